from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from city.episode import OVERLAP_TOLERANCE_M, find_overlaps, ground_boxes, play, without_overlaps
from city.overlap import overlapping_pairs
from city.population import Actor
from city.scene import load_scene
from city.signals import Aspect
from city.trajectories import STEP_S, Motion, Trajectories
from city.vehicles.catalogue import MODELS, Kind
from city.vehicles.individual import draw_individual
from tests.city.coverage import passes
from tests.city.small_scenes import FOLDER, TINY
from tests.city.streets import distance_to_road

ROOT = Path(__file__).parents[2]
DIGEST = "from tests.city.test_episode import digest; print(digest())"


@pytest.fixture(scope="module")
def tiny():
    return play(load_scene(TINY))


@pytest.fixture(scope="module")
def demo_scene():
    return load_scene(FOLDER / "demo.yaml")


@pytest.fixture(scope="module")
def demo(demo_scene):
    return play(demo_scene)


def digest():
    """Sum up everything about the tiny scene that must not change from run to run."""
    episode = play(load_scene(TINY))
    said = [asdict(actor.individual) for actor in episode.actors.values()]
    check = hashlib.sha256(json.dumps(said).encode())
    for motion in episode.trajectories.motions:
        check.update(motion.poses.tobytes() + motion.braking.tobytes())
    for state in episode.trajectories.standing:
        check.update(repr(state).encode())
    return check.hexdigest()


def test_the_same_scene_gives_the_same_episode_in_every_process():
    environment = {**os.environ, "PYTHONHASHSEED": "77"}
    done = subprocess.run(
        [sys.executable, "-c", DIGEST], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.stdout.strip() == digest(), done.stderr


def test_everybody_who_is_somewhere_is_known(tiny):
    assert set(tiny.actors) == set(tiny.trajectories.actor_ids)
    for number, actor in tiny.actors.items():
        assert actor.actor_id == number


@pytest.mark.parametrize("name", ["tiny", "demo"])
def test_no_two_actors_stand_in_each_other(name, request):
    episode = request.getfixturevalue(name)
    assert find_overlaps(episode.trajectories, episode.actors) == set()


def test_vehicles_move_smoothly_and_stand_still(demo):
    for motion in demo.trajectories.motions:
        if not demo.actors[motion.actor_id].is_vehicle or len(motion.poses) < 3:
            continue
        steps = np.diff(motion.poses[:, 0], axis=0)
        assert np.hypot(steps[:, 0], steps[:, 1]).max() < 2.0  # 72 km/h
        assert np.abs(np.diff(steps[:, 2])).max() < 0.03  # yaw rate changes by 0.3 rad/s a step
        standing = motion.speed_mps[1:] == 0
        assert np.abs(steps[standing]).max(initial=0) < 1e-9
        assert motion.braking[1:][standing].all()


def test_parked_vehicles_stand_in_their_bays(tiny):
    boxes, owners = ground_boxes(tiny.trajectories.standing, tiny.actors)
    assert owners
    assert overlapping_pairs(boxes, tolerance_m=0.0) == []
    bays = np.array([(b.x, b.y, b.length_m, b.width_m) for b in tiny.network.bays])
    for box in boxes:
        bay = bays[np.hypot(*(bays[:, :2] - box[:2]).T).argmin()]
        assert np.hypot(*(box[:2] - bay[:2])) < 2.0
        assert box[3] < bay[2]
        assert box[4] < bay[3]


def test_nobody_sits_in_a_parked_vehicle(tiny):
    parked = [actor for actor in tiny.actors.values() if actor.parked]
    assert parked
    assert all(actor.is_vehicle for actor in parked)
    assert not any(actor.individual.has("driver") for actor in parked)


def walkers(episode):
    return [
        motion
        for motion in episode.trajectories.motions
        if episode.actors[motion.actor_id].body.kind is Kind.PEDESTRIAN
    ]


def off_road_m(episode, walk):
    return distance_to_road(episode.network, walk.poses[:, 0, :2])


def test_pedestrians_keep_off_the_carriageway_or_cross_it(demo):
    nearest = [off_road_m(demo, walk)[::10].min() for walk in walkers(demo)]
    assert sum(gap > 0.5 for gap in nearest) > 15  # of 24; who walks through another is left out
    assert sum(gap == 0 for gap in nearest) > 6  # of 12
    for walk in walkers(demo):
        steps = np.hypot(*np.diff(walk.poses[:, 0, :2], axis=0).T)
        assert steps.max() < 0.17


def test_nobody_who_crosses_is_near_a_vehicle(demo):
    for walk in walkers(demo):
        for step in np.flatnonzero(off_road_m(demo, walk) == 0)[::5].tolist():
            for later in (-15, 0, 15):
                states = demo.trajectories.states_at((step + later) * STEP_S)
                vehicles = [s for s in states if demo.actors[s.actor_id].is_vehicle]
                boxes, _ = ground_boxes(vehicles, demo.actors)
                person = (*walk.poses[step, 0, :2], 0.0, 1.0, 1.0)
                hit = overlapping_pairs(np.vstack([person, boxes]), tolerance_m=0.0)
                assert not [pair for pair in hit if 0 in pair]


def test_vehicles_are_parked_where_the_scene_says(demo, demo_scene):
    standing = {(pose.x, pose.y) for state in demo.trajectories.standing for pose in state.poses}
    assert {spot[:2] for spot in demo_scene.bystanders.spots} <= standing


def test_vehicles_of_the_demo_go_at_green(demo):
    """At amber some do, as they could not stop any more."""
    ends = {signal.edge_id: signal for signal in demo.network.signals}
    passed = dict.fromkeys(Aspect, 0)
    for motion in demo.trajectories.motions:
        body = demo.actors[motion.actor_id].body
        if not demo.actors[motion.actor_id].is_vehicle:
            continue
        heading = motion.poses[:, 0, 2]
        nose = motion.poses[:, 0, :2] + body.length_m / 2 * np.c_[np.cos(heading), np.sin(heading)]
        for edge, signal in ends.items():
            ahead = np.array([np.cos(signal.heading), np.sin(signal.heading)])
            offset = nose - (signal.x, signal.y)
            along, across = offset @ ahead, offset @ (-ahead[1], ahead[0])
            over = (along[:-1] < 0) & (along[1:] >= 0) & (np.abs(across[1:]) < 5.2)
            facing = np.cos(heading[1:] - signal.heading) > 0.9
            for step in (np.flatnonzero(over & facing) + 1 + motion.start).tolist():
                passed[demo.signals.aspect_at(edge, step * STEP_S)] += 1
    assert passed[Aspect.GREEN] > 50
    assert passed[Aspect.RED] <= 1


def test_each_demo_camera_sees_traffic_and_most_vehicles_pass_two(demo, demo_scene):
    seen = {
        camera.id: passes(demo, demo_scene, camera, min_height_px=40, step_s=0.5)
        for camera in demo_scene.cameras
    }
    assert min(len(found) for found in seen.values()) >= 15
    everyone = [actor_id for found in seen.values() for actor_id in found]
    vehicles = set(everyone)
    assert 40 <= len(vehicles) <= 60
    assert sum(everyone.count(actor_id) > 1 for actor_id in vehicles) > len(vehicles) / 2
    again = {k for found in seen.values() for k, times in found.items() if len(times) > 1}
    assert len(again) >= 3
    groups = [demo.actors[actor_id].group for actor_id in vehicles if demo.actors[actor_id].group]
    assert len(groups) >= 6


def car(actor_id, *, group=""):
    sedan = next(name for name, model in MODELS.items() if model.kind is Kind.SEDAN)
    individual = draw_individual(random.Random(1), models=[sedan])
    return Actor(actor_id, individual, group=group)


def drive(actor_id, y):
    poses = np.zeros((11, 1, 3))
    poses[:, 0, 0], poses[:, 0, 1] = np.arange(11), y
    return Motion(actor_id, 0, poses, np.full(11, 10.0), np.zeros(11, bool))


@pytest.mark.parametrize(
    ("y", "kept"),
    [
        pytest.param([], [], id="nobody"),
        pytest.param([0], [1], id="one"),
        pytest.param([0, 4], [1, 2], id="side by side"),
        pytest.param([0, 1], [1], id="the later one goes"),
        pytest.param([0, 1.2, 2.4], [1, 3], id="the one between goes"),
    ],
)
def test_who_drives_through_others_is_left_out(y, kept):
    actors = {k + 1: car(k + 1) for k in range(len(y))}
    motions = [drive(k + 1, value) for k, value in enumerate(y)]
    assert [m.actor_id for m in without_overlaps(motions, [], actors)] == kept


def test_look_alikes_are_kept_before_others():
    actors = {1: car(1), 2: car(2, group="group1")}
    (kept,) = without_overlaps([drive(1, 0), drive(2, 1)], [], actors)
    assert kept.actor_id == 2


def test_who_drives_through_a_parked_vehicle_is_left_out():
    actors = {1: car(1), 2: replace(car(2), parked=True)}
    parked = Trajectories([drive(2, 1)]).states_at(0.5)
    assert without_overlaps([drive(1, 0)], parked, actors) == []


def test_boxes_within_the_tolerance_do_not_overlap():
    width = car(1).body.width_m
    actors = {1: car(1), 2: car(2)}
    close = Trajectories([drive(1, 0), drive(2, width - OVERLAP_TOLERANCE_M * 0.9)])
    assert find_overlaps(close, actors) == set()
