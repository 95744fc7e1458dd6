"""How clocks of two cameras that share a view differ."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.tracking.yard import GROUND, seen
from tracking.appearance.camera_looks import CameraLooks
from tracking.appearance.cohort import Cohort
from tracking.decisions import ClockEstimate
from tracking.ground import GroundPlane
from tracking.learning.clock_correction import sure_offsets
from tracking.learning.clocks import estimate_clocks
from tracking.maps.shared_views import lay_over
from tracking.maps.view_lags import MOST_LAG_S, ViewLag, in_time, in_turns, view_lag
from tracking.sightings import Sightings
from tracking.slices import finish
from tracking.travel.gap_densities import Moves
from tracking.travel.link_prior import LinkPrior
from tracking.travel.links import LinkGraph

# Each camera on a map of its own.
OWN = {name: GroundPlane(GROUND[name].homography, frame=n) for n, name in enumerate("ab", 1000)}


def traffic(camera: str, *, late_s: float = 0.0, one_way: bool = False) -> Sightings:
    """Return what a camera with a clock that is late sees of 14 vehicles."""
    rng = np.random.default_rng(5)
    tracks = []
    for number in range(14):
        first, speed = 4.0 * number + rng.uniform(0, 2), rng.uniform(7, 13)
        way = 1 if one_way or number % 2 else -1
        times = first - late_s, first + 5 - late_s
        start, velocity = (-way * 30.0, 3.0 * way), (way * speed, 0.0)
        tracks.append(seen(camera, number + 1, times, start, velocity))
    return Sightings.of(tracks, "ab".index, Cohort(1.4, 0.1), CameraLooks(), OWN)


def looks(one: Sightings, other: Sightings) -> NDArray[np.float64]:
    """Say a little for pairs of one vehicle, which come in the same order in both."""
    return np.where(np.eye(len(one), len(other), dtype=np.bool_), 1.5, -1.0)


@pytest.mark.parametrize("late_s", [0.0, 3.0, -1.5, 5.0])
def test_a_clock_that_is_wrong_is_found_by_when_vehicles_agree(late_s: float) -> None:
    one, other = traffic("a"), traffic("b", late_s=late_s)
    found = finish(view_lag(one, other, looks(one, other)))
    assert found is not None
    assert found.lag_s == pytest.approx(late_s, abs=0.25)
    assert found.vehicles >= 10


@pytest.mark.parametrize("late_s", [0.0, 3.0, -1.5, 5.0])
@pytest.mark.parametrize("one_way", [False, True], ids=["both ways", "one way"])
def test_on_a_measured_map_a_shift_in_time_is_none_in_place(
    late_s: float, *, one_way: bool
) -> None:
    one, other = traffic("a", one_way=one_way), traffic("b", late_s=late_s, one_way=one_way)
    found = finish(view_lag(one, other, looks(one, other), placed=True))
    assert found is not None
    assert found.lag_s == pytest.approx(late_s, abs=0.25)
    assert found.vehicles >= 10


def test_cameras_that_see_other_places_of_a_map_share_no_view() -> None:
    one, other = traffic("a"), traffic("b")
    for apart_m in (15.0, 500.0):
        away = replace(other, path=other.path + np.array([0, apart_m, 0]))
        assert finish(view_lag(one, away, looks(one, away), placed=True)) is None


def test_cameras_that_have_the_time_of_others() -> None:
    lags = {(0, 1): ViewLag(0.25, 9), (1, 2): ViewLag(0.0, 9), (0, 3): ViewLag(3.0, 9)}
    first = np.array([True, False, False, False])
    assert in_time(lags, np.zeros(4), first).tolist() == [False, True, False, False]
    put_right = np.array([0.0, 0.0, 0.0, 3.0])
    assert in_time(lags, put_right, first).tolist() == [False, True, False, True]
    assert not in_time({}, np.zeros(4), first).any()


@pytest.mark.parametrize("placed", [False, True])
def test_a_lag_that_may_be_longer_than_all_that_is_tried_is_not_told(*, placed: bool) -> None:
    # Vehicles that agree half at six seconds.
    one, other = traffic("a"), traffic("b", late_s=MOST_LAG_S + 0.5)
    assert finish(view_lag(one, other, looks(one, other), placed=placed)) is None


def test_of_vehicles_that_all_go_one_way_nothing_tells_a_shift_in_time_from_one_in_place() -> None:
    one, other = traffic("a", one_way=True), traffic("b", one_way=True)
    assert lay_over(one, other, looks(one, other)) is not None
    assert finish(view_lag(one, other, looks(one, other))) is None


def test_a_lag_beyond_all_that_is_tried_is_not_told() -> None:
    one, other = traffic("a"), traffic("b", late_s=3 * MOST_LAG_S)
    found = finish(view_lag(one, other, looks(one, other)))
    assert found is None or abs(found.lag_s) <= MOST_LAG_S


@pytest.mark.parametrize("n", range(10))
def test_in_turns_any_two_cameras_are_together(n: int) -> None:
    turns = in_turns(range(n))
    assert all(1 < len(turn) <= 4 for turn in turns)
    together = {pair for turn in turns for pair in combinations(turn, 2)}
    assert together == set(combinations(range(n), 2))


def test_lags_are_offsets_of_clocks() -> None:
    lags = {("a", "b"): ViewLag(3.0, 20), ("a", "c"): ViewLag(0.0, 15)}
    clocks = {c.camera_id: c for c in estimate_clocks([], ["a", "b", "c", "d"], lags)}
    # Two of three agree.
    assert clocks["b"].offset_s == pytest.approx(3.0, abs=0.1)
    assert clocks["a"].offset_s == pytest.approx(0.0, abs=0.1)
    # The clock of a could be half of that wrong: neither lag would fit.
    assert clocks["b"].std_s < 0.8
    assert (clocks["b"].count, clocks["a"].count, clocks["d"].count) == (20, 35, 0)


def test_groups_of_cameras_that_nothing_compares_do_not_make_each_other_unsure() -> None:
    lags = {("a", "b"): ViewLag(0.0, 20), ("c", "d"): ViewLag(3.0, 15)}
    clocks = estimate_clocks([], ["a", "b", "c", "d"], lags)
    assert max(clock.std_s for clock in clocks) < 0.6
    # Nothing tells which one of two is wrong.
    assert [clock.offset_s for clock in clocks] == pytest.approx([0, 0, -1.5, 1.5], abs=0.1)


def test_a_clock_is_put_right_without_any_link_where_two_views_agree_only_then() -> None:
    graph = LinkGraph()
    for name in "abc":
        graph.index(name)
    none = np.zeros(0)
    moves = Moves.unplaced(none.astype(np.intp), none.astype(np.intp), none, none)
    lags = {("a", "b"): ViewLag(3.0, 20), ("a", "c"): ViewLag(0.0, 15)}
    clocks = estimate_clocks([], list("abc"), lags)
    by_index = {(0, 1): lags["a", "b"], (0, 2): lags["a", "c"]}
    assert sure_offsets(clocks, moves, LinkPrior(graph)).tolist() == [0, 0, 0]
    found = sure_offsets(clocks, moves, LinkPrior(graph), by_index)
    assert found == pytest.approx([0, 3, 0], abs=0.1)
    little = {pair: replace(lag, lag_s=lag.lag_s / 6) for pair, lag in by_index.items()}
    assert not sure_offsets(clocks, moves, LinkPrior(graph), little).any()


def test_of_two_views_the_wrong_clock_is_put_right_by_when_they_agree() -> None:
    graph = LinkGraph()
    for name in "abc":
        graph.index(name)
    none = np.zeros(0)
    moves = Moves.unplaced(none.astype(np.intp), none.astype(np.intp), none, none)
    # Links are less sure of it: 0.8 s are vehicles of ten metres a second elsewhere.
    clocks = [
        ClockEstimate(name, off, 0.5, 20) for name, off in zip("abc", (0, 0, -3.8), strict=True)
    ]
    found = sure_offsets(clocks, moves, LinkPrior(graph), {(1, 2): ViewLag(-3.0, 27)})
    assert found.tolist() == [0, 0, -3]
    turned = sure_offsets(clocks[::-1], moves, LinkPrior(graph), {(0, 1): ViewLag(3.0, 27)})
    assert turned.tolist() == [-3, 0, 0]


def test_a_clock_is_put_right_by_when_views_agree_though_both_are_thought_to_be_off() -> None:
    graph = LinkGraph()
    for name in "abcd":
        graph.index(name)
    none = np.zeros(0)
    moves = Moves.unplaced(none.astype(np.intp), none.astype(np.intp), none, none)
    # The demo with the last clock 3 s fast: all may be off by the lights, the last alone for sure,
    # or nearly, and then by too much.
    told = [(2.7, 1.7), (-0.2, 1.2), (-2.2, 1.6), (-3.7, 1.5)]
    clocks = [ClockEstimate(n, off, std, 20) for n, (off, std) in zip("abcd", told, strict=True)]
    found = sure_offsets(clocks, moves, LinkPrior(graph), {(2, 3): ViewLag(-3.0, 27)})
    assert found.tolist() == [0, 0, 0, -3]
    # Where neither is sure to be wrong, neither is put right.
    unsure = [replace(clock, std_s=3.0) for clock in clocks]
    assert not sure_offsets(unsure, moves, LinkPrior(graph), {(2, 3): ViewLag(-3.0, 27)}).any()
