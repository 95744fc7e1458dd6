from __future__ import annotations

import itertools

import numpy as np
import pytest

from city.network import RoadNetwork
from city.population import populate
from city.roads import build_network
from city.routes import RouteMap
from city.traffic import overall_length, simulate
from city.vehicles.catalogue import MODELS, Kind
from tests.city.small_scenes import scene
from tests.city.streets import distance_to_road


def drive(folder, **changed):
    small = scene(**changed)
    plan = small.map.plan()
    population = populate(small, RouteMap(plan))
    path = build_network(plan, folder)
    return simulate(small, population, path, folder=folder), RoadNetwork.from_file(path)


def test_empty_roads(tmp_path):
    assert drive(tmp_path, traffic={})[0] == []


def test_one_vehicle_drives_along_its_route(tmp_path):
    flow = {"route": "W0 G00 G10 E0", "vehicles": 1, "from_s": 0, "to_s": 0}
    ((motion,), network) = drive(tmp_path, traffic={"flows": [flow], "kinds": {"sedan": 1}})
    path = motion.poses[:, 0]
    assert motion.start >= 0
    assert path[0, 0] == pytest.approx(-90, abs=12)  # from the western border
    assert (np.diff(path[:, 0]) > 0).all()
    assert distance_to_road(network, path[:, :2]).max() == 0
    np.testing.assert_allclose(path[:, 2], 0, atol=0.2)


def test_motions_begin_with_the_scene_and_come_one_at_a_time(tmp_path):
    motions, _ = drive(tmp_path, traffic={"random_vehicles": 12, "returning": 2}, duration_s=40)
    assert motions
    assert min(motion.start for motion in motions) >= 0
    assert max(motion.last for motion in motions) <= 402
    for one, after in itertools.pairwise(motions):
        assert (one.actor_id, one.last) < (after.actor_id, after.start)


def test_brake_lamps_are_lit_where_vehicles_slow_down_and_not_where_they_speed_up(tmp_path):
    motions, _ = drive(tmp_path, traffic={"random_vehicles": 16}, duration_s=20)
    gains = np.concatenate([np.gradient(m.speed_mps, 0.1) for m in motions if len(m.poses) > 5])
    lamps = np.concatenate([m.braking for m in motions if len(m.poses) > 5])
    speeds = np.concatenate([m.speed_mps for m in motions if len(m.poses) > 5])
    assert lamps[(gains < -2) & (speeds > 1)].mean() > 0.9
    assert lamps[(gains > 1) & (speeds > 2)].mean() < 0.1
    assert lamps[speeds == 0].all()


def test_a_truck_with_trailer_is_shorter_than_both_beside_each_other():
    semi = next(model for model in MODELS.values() if model.kind is Kind.SEMI_TRAILER)
    assert semi.length_m < overall_length(semi) < semi.length_m + semi.trailer.shape.length
    sedan = next(model for model in MODELS.values() if model.kind is Kind.SEDAN)
    assert overall_length(sedan) == sedan.length_m
