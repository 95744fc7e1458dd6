from __future__ import annotations

import numpy as np
import pytest

from city.trajectories import Motion, Trajectories
from city.types import ActorState, Pose


def motion(actor_id, start, xs, *, bodies=1, braking=False):
    poses = np.zeros((len(xs), bodies, 3))
    poses[:, :, 0] = np.array(xs, float)[:, None] - np.arange(bodies) * 10
    return Motion(
        actor_id=actor_id,
        start=start,
        poses=poses,
        speed_mps=np.full(len(xs), 5.0),
        braking=np.full(len(xs), braking),
    )


PARKED = ActorState(2, (Pose(7.0, 8.0, 0.5),))


def test_nobody_is_anywhere():
    assert Trajectories([]).states_at(0.0) == []
    assert Trajectories([]).actor_ids == ()


@pytest.mark.parametrize(
    ("time_s", "x"),
    [
        pytest.param(0.3, 0.0, id="first sample"),
        pytest.param(0.35, 0.25, id="between samples"),
        pytest.param(0.5, 1.0, id="last sample"),
        pytest.param(0.29, None, id="not yet there"),
        pytest.param(0.51, None, id="gone"),
        pytest.param(-1.0, None, id="before the scene"),
    ],
)
def test_one_is_there_from_its_first_to_its_last_sample(time_s, x):
    states = Trajectories([motion(1, 3, [0, 0.5, 1])]).states_at(time_s)
    assert [state.poses[0].x for state in states] == ([] if x is None else [pytest.approx(x)])


def test_many_come_sorted_with_all_their_bodies():
    trajectories = Trajectories([motion(3, 0, [1, 2], bodies=2), motion(1, 0, [5, 6])], [PARKED])
    states = trajectories.states_at(0.1)
    assert [(s.actor_id, len(s.poses)) for s in states] == [(1, 1), (2, 1), (3, 2)]
    assert states[1] is PARKED
    assert states[2].poses[1].x == pytest.approx(-8)
    assert trajectories.actor_ids == (1, 2, 3)


def test_who_comes_back_keeps_the_id():
    trajectories = Trajectories([motion(1, 10, [5, 6]), motion(1, 0, [1, 2])])
    assert [s.poses[0].x for s in trajectories.states_at(1.0)] == [5]
    assert trajectories.states_at(0.5) == []


@pytest.mark.parametrize(
    ("motions", "standing", "message"),
    [
        pytest.param([(1, 0), (1, 1)], [], "actor 1 overlap in time", id="twice at once"),
        pytest.param([(2, 0)], [PARKED], "actor 2 both moves and stands", id="parked and moving"),
    ],
)
def test_contradictions_are_refused(motions, standing, message):
    with pytest.raises(ValueError, match=message):
        Trajectories([motion(actor, start, [0, 1]) for actor, start in motions], standing)


def test_a_motion_needs_a_sample():
    with pytest.raises(ValueError, match="at least one sample"):
        motion(1, 0, [])
