from __future__ import annotations

import math

import numpy as np
import pytest

from city.episode import play
from city.kerbside import KEPT_FREE_M, Halt, pull_over
from city.network import Bay
from tests.city.small_scenes import scene

STEP_S = 0.1
BAY = Bay("A_B", 38.0, -2.9, 0.0, 6.2, 2.3, perpendicular=False)
HALT = Halt(BAY, 1, 40.0, (40.0, 0.0), 5.0, 2.9)


def drive(x):
    """Return a path along x and its speeds; the halt is 50 steps at x = 40."""
    speed = np.concatenate([[5.0], np.diff(x) / STEP_S])
    return np.stack([x, np.zeros(len(x))], axis=1), speed


def test_it_stands_aside_and_comes_back_to_its_lane():
    x = np.concatenate([np.arange(0, 40, 0.5), np.full(51, 40.0), np.arange(40.5, 80, 0.5)])
    front, speed = drive(x)
    path = pull_over(front, speed, HALT, step_s=STEP_S)
    standing = speed == 0
    assert path[standing, 1] == pytest.approx(-2.9)
    assert np.ptp(path[standing], axis=0).max() == pytest.approx(0)
    assert path[x < 20, 1] == pytest.approx(0)
    assert path[x > 55, 1] == pytest.approx(0)


def test_where_the_simulation_shows_it_meanwhile_does_not_matter():
    x = np.concatenate([np.arange(0, 40, 0.5), np.full(51, 40.0), np.arange(40.5, 80, 0.5)])
    front, speed = drive(x)
    beside = front.copy()
    beside[80:130, 1] = -6.1
    np.testing.assert_allclose(
        pull_over(beside, speed, HALT, step_s=STEP_S), pull_over(front, speed, HALT, step_s=STEP_S)
    )


@pytest.mark.parametrize(
    "x",
    [
        pytest.param(np.arange(0, 80, 0.5), id="drives on"),
        pytest.param(np.concatenate([np.arange(0, 20, 0.5), np.full(60, 20.0)]), id="red light"),
        pytest.param(np.zeros(1), id="one step"),
    ],
)
def test_who_does_not_halt_there_stays_on_its_lane(x):
    front, speed = drive(x)
    assert pull_over(front, speed, HALT, step_s=STEP_S) is front


def test_in_a_scene_vehicles_stand_in_free_bays():
    small = scene(
        duration_s=50,
        traffic={"random_vehicles": 24, "kinds": {"hatchback": 1}, "kerbside_halts": 2},
        bystanders={"parked": 1.0},
        map={"layout": "grid", "columns": 1, "rows": 1, "parking": True},
    )
    episode = play(small)
    bays = [bay for bay in episode.network.bays if not bay.perpendicular]
    halted = {
        motion.actor_id: (motion.poses[k, 0], bay)
        for motion in episode.trajectories.motions
        for k in range(len(motion.poses))
        for bay in bays
        if motion.speed_mps[k] == 0 and _inside(motion.poses[k, 0], bay)
    }
    assert halted
    for pose, bay in halted.values():
        assert math.cos(pose[2] - bay.heading) > math.cos(math.radians(8))
        for state in episode.trajectories.standing:
            gap = math.hypot(state.poses[0].x - pose[0], state.poses[0].y - pose[1])
            assert gap > KEPT_FREE_M / 2 or not _same_kerb(state.poses[0], bay)


def _inside(pose: np.ndarray, bay: Bay) -> bool:
    return math.hypot(pose[0] - bay.x, pose[1] - bay.y) < 0.6


def _same_kerb(pose, bay):
    across = -math.sin(bay.heading) * (pose.x - bay.x) + math.cos(bay.heading) * (pose.y - bay.y)
    return abs(across) < 1.0
