from __future__ import annotations

import numpy as np
import pytest

from city.crossings import BOX_STEP_S, cross, find_crossings
from city.signals import Aspect, Change, SignalPlan
from tests.city.small_scenes import scene
from tests.city.streets import crossing, distance_to_road, street

ARMS = ["E_M", "N_M", "W_M", "S_M"]
EMPTY = [np.zeros((0, 5))] * 301
WIDTH_M = 6.8


def plan(**red):
    """All approaches have green, but for those given from when to when they have red."""
    changes = {edge: [Change(0.0, Aspect.GREEN)] for edge in ARMS}
    for edge, (from_s, to_s) in red.items():
        changes[edge] += [Change(from_s, Aspect.RED), Change(to_s, Aspect.GREEN)]
    return SignalPlan(changes)


def crowd(signals, traffic=EMPTY, *, people=4):
    made = scene(duration_s=60, bystanders={"crossing": people})
    return cross(made, crossing(), signals, traffic=traffic, first_id=7)


def times_on_road(motion):
    return np.flatnonzero(distance_to_road(crossing(), motion.poses[:, 0, :2]) == 0) * 0.1


def test_crossings_are_those_of_signalled_arms():
    assert [c.edge_id for c in find_crossings(crossing())] == ARMS
    assert find_crossings(crossing(signalled=False)) == []
    assert find_crossings(street()) == []


@pytest.mark.parametrize("people", [0, 1, 5])
def test_people_cross_while_the_approach_has_red(people):
    actors, motions = crowd(plan(N_M=(20.0, 40.0)), people=people)
    assert [actor.actor_id for actor in actors] == list(range(7, 7 + people))
    assert [motion.actor_id for motion in motions] == [actor.actor_id for actor in actors]
    for motion in motions:
        times = times_on_road(motion)
        assert 20.0 <= times.min() < times.max() <= 40.0
        assert np.ptp(times) == pytest.approx(WIDTH_M / motion.speed_mps.max(), abs=0.3)


def test_nobody_crosses_at_green_or_where_red_is_too_short():
    assert crowd(plan()) == ([], [])
    assert crowd(plan(N_M=(20.0, 24.0))) == ([], [])


def test_people_keep_clear_of_vehicles():
    across = np.array([[0.0, 8.0, np.pi / 2, 4.5, 1.8]])
    gone, there = EMPTY[0], across
    free_s = (34.0, 50.0)
    traffic = [
        gone if free_s[0] <= k * BOX_STEP_S <= free_s[1] else there for k in range(len(EMPTY))
    ]
    _, motions = crowd(plan(N_M=(10.0, 55.0)), traffic)
    assert motions
    for motion in motions:
        near = np.abs(motion.poses[:, 0, :2]).max(axis=1) < 14
        between = near & (np.abs(motion.poses[:, 0, 0]) < 0.9)
        times = np.flatnonzero(between) * 0.1
        assert free_s[0] + 1.8 < times.min()
        assert times.max() < free_s[1] - 1.8


def test_people_walk_steadily_before_and_after():
    _, motions = crowd(plan(N_M=(20.0, 40.0)))
    for motion in motions:
        steps = np.hypot(*np.diff(motion.poses[:, 0, :2], axis=0).T)
        assert motion.start == 0
        assert motion.last * 0.1 >= 60.0
        assert steps.max() < 0.17
        standing = (steps < 1e-6).sum() * 0.1
        assert 0.3 < standing < 6.5


def test_the_same_seed_gives_the_same_people():
    (one, first), (other, second) = (crowd(plan(W_M=(5.0, 30.0))) for _ in range(2))
    assert one == other
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a.poses, b.poses)
