"""Whole visits that follow on former ones: six made-up vehicles, each a direction of its own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.tracking.corridor import passing
from tracking.appearance.calibration import Calibration, Curves
from tracking.appearance.camera_looks import CameraLooks
from tracking.appearance.cohort import Cohort
from tracking.association.evidence import Comparison
from tracking.association.explanation import explain
from tracking.association.returns import with_returns
from tracking.chains.chain_looks import Looks
from tracking.chains.solver import NO, Problem, Solution
from tracking.chains.successions import ALONE
from tracking.chains.visits import VisitLooks
from tracking.sightings import Sightings
from tracking.travel.gap_densities import Moves
from tracking.travel.link_prior import LinkPrior
from tracking.travel.links import LinkGraph
from tracking.travel.travel_times import Traffic, TravelTimes
from tracking.travel.zones import MAX_ZONES
from tracking.types import EMBEDDING_DIM

VISITS = VisitLooks(
    np.eye(EMBEDDING_DIM, 6, dtype=np.float32) * 6, np.full(6, 1.0), np.full(6, 5.0), 0.0, 1.0, 15
)
SEEN_S = 5.0


def travel_times(arrived: NDArray[np.float64]) -> TravelTimes:
    """Return what is known of two cameras, in which half of those who come are new."""
    graph = LinkGraph([])
    for camera in ("c0", "c1"):
        graph.index(camera)
    cell, none = np.full(2 * MAX_ZONES, len(arrived) / (2 * MAX_ZONES)), np.zeros(0)
    traffic = Traffic(0 * cell, cell, cell / 2, 900.0, arrived)
    moves = Moves.unplaced(np.zeros(0, np.intp), np.zeros(0, np.intp), none, none)
    return TravelTimes(LinkPrior(graph, None), traffic, moves)


def compared(
    sightings: list[tuple[float, int]], previous: list[int], *, known: int = 0
) -> tuple[Comparison, Solution]:
    """Return sightings, each a first time and a vehicle, as they were found to follow each other.

    Args:
        sightings: The first are the last sightings of known identities, of which there are five.
        previous: Row that each of the others follows.
        known: How many are known.
    """
    tracklets = [
        passing(f"c{i % 2}", i, np.array([at, at + SEEN_S]), np.eye(EMBEDDING_DIM)[vehicle])
        for i, (at, vehicle) in enumerate(sightings)
    ]
    cohort = Cohort(1.39, 0.14)
    rows = Sightings.of(tracklets, lambda name: int(name[1]), cohort, CameraLooks())
    count = np.where(np.arange(len(rows)) < known, 5.0, 1.0)
    shape = len(rows), len(rows) - known
    looks = Looks(rows.embedding * count[:, None].astype(np.float32), count, rows.scale, rows.crops)
    none = np.zeros(shape)
    problem = Problem(np.full(shape, NO), none > 0, looks, none, none.astype(np.intp), none, none)
    gap = rows.first[None, known:] - rows.last[:, None]
    comparison = Comparison(rows, [t.key for t in tracklets], gap, problem)
    return comparison, Solution(np.array(previous, np.intp), np.full(shape, NO), none)


def returned(comparison: Comparison, solution: Solution, least: float = 0.5) -> Solution:
    times = travel_times(np.arange(0.0, 1000, 100))
    return with_returns(comparison, solution, VISITS, times, min_probability=least)


def banned(comparison: Comparison, row: int, column: int) -> Comparison:
    conflicts = comparison.problem.conflicts.copy()
    conflicts[row, column] = True
    return replace(comparison, problem=replace(comparison.problem, conflicts=conflicts))


# Vehicle 2 passes both cameras, and again ten minutes later; others between.
TWO_VISITS = [(0, 2), (15, 2), (40, 3), (60, 4), (600, 2), (615, 2), (630, 2)]
FOUND = [ALONE, 0, ALONE, ALONE, ALONE, 4, 5]


def test_a_visit_follows_on_the_last_sighting_of_the_former_one() -> None:
    found = returned(*compared(TWO_VISITS, FOUND))
    assert found.previous.tolist() == [ALONE, 0, ALONE, ALONE, 1, 4, 5]
    assert 0.5 < found.probability[1, 4] <= 1
    assert found.log_odds[1, 4] > 0


def test_a_single_sighting_says_less_than_a_visit() -> None:
    whole = returned(*compared(TWO_VISITS, FOUND))
    comparison, solution = compared(TWO_VISITS[:5], FOUND[:5])
    single = returned(comparison, solution)
    assert single.log_odds[1, 4] < whole.log_odds[1, 4]


@pytest.mark.parametrize("row", [0, 1])
@pytest.mark.parametrize("column", [4, 6])
def test_who_cannot_be_one_vehicle_does_not_come_back(row: int, column: int) -> None:
    comparison, solution = compared(TWO_VISITS, FOUND)
    found = returned(banned(comparison, row, column), solution)
    assert found.previous.tolist() == FOUND
    assert found.probability[1, 4] == 0


def test_two_that_cannot_be_one_vehicle_have_no_third_between_them() -> None:
    thrice = [(at, 2) for at in (0, 15, 600, 615, 1200, 1215)]
    comparison, solution = compared(thrice, [ALONE, 0, ALONE, 2, ALONE, 4])
    assert returned(comparison, solution).previous.tolist() == [ALONE, 0, 1, 2, 3, 4]
    # As a person said of the first visit and the last one.
    apart = banned(banned(comparison, 1, 5), 5, 1)
    found = returned(apart, solution)
    (cut,) = np.flatnonzero(found.previous != [ALONE, 0, 1, 2, 3, 4])
    assert found.previous[cut] == ALONE
    assert found.probability[:, cut].sum() == 0


def test_nobody_comes_back_within_a_minute() -> None:
    soon = [(at if at < 600 else at - 530, vehicle) for at, vehicle in TWO_VISITS]
    assert returned(*compared(soon, FOUND)).previous.tolist() == FOUND


def test_a_known_identity_comes_back() -> None:
    comparison, solution = compared([(0, 2), (5, 3), *TWO_VISITS[4:]], [ALONE, 2, 3], known=2)
    assert returned(comparison, solution).previous.tolist() == [0, 2, 3]


def test_a_former_visit_is_followed_once() -> None:
    both = [*TWO_VISITS, (640, 2), (655, 2)]
    found = returned(*compared(both, [*FOUND, ALONE, 7]), least=0.0)
    assert (found.previous == 1).sum() == 1
    assert found.probability[1].sum() <= 1


def test_the_unsure_are_candidates_only() -> None:
    comparison, solution = compared(TWO_VISITS, FOUND)
    found = returned(comparison, solution, least=1.0)
    assert found.previous.tolist() == FOUND
    told = explain(
        4,
        comparison,
        found,
        Curves(Calibration()),
        row_identity=np.array([1, 1, 2, 3, 4, 4, 4]),
        cameras=["c0", "c1"],
    )
    assert told.identity_id == 4
    assert [one.identity_id for one in told.candidates] == [1]
    assert told.probability == pytest.approx(1 - told.candidates[0].probability)


def test_reasons_name_the_former_visit() -> None:
    comparison, solution = compared(TWO_VISITS, FOUND)
    found = returned(comparison, solution)
    told = explain(
        4,
        comparison,
        found,
        Curves(Calibration()),
        row_identity=np.array([1, 1, 2, 3, 1, 1, 1]),
        cameras=["c0", "c1"],
    )
    assert told.reasons is not None
    assert told.reasons.previous == comparison.keys[1]
    assert told.probability == pytest.approx(found.probability[1, 4])


def test_what_else_a_sighting_may_follow_leaves_less_for_its_return() -> None:
    comparison, solution = compared(TWO_VISITS, FOUND)
    probability = solution.probability.copy()
    probability[3, 4] = 0.4
    alone = returned(comparison, solution)
    beside = returned(comparison, replace(solution, probability=probability))
    assert beside.probability[1, 4] == pytest.approx(0.6 * alone.probability[1, 4])


def test_what_was_decided_before_weighs_more() -> None:
    comparison, solution = compared(TWO_VISITS, FOUND)
    bonus = np.zeros(comparison.problem.bonus.shape)
    bonus[1, 4] = 1.0
    stays = replace(comparison, problem=replace(comparison.problem, bonus=bonus))
    more, less = returned(stays, solution), returned(comparison, solution)
    assert more.log_odds[1, 4] == pytest.approx(less.log_odds[1, 4] + 1)


@pytest.mark.parametrize(
    ("in_view", "expected"),
    [pytest.param([6], 1, id="its last"), pytest.param([4, 5, 6], ALONE, id="all of it")],
)
def test_who_is_in_view_still_says_nothing(in_view: list[int], expected: int) -> None:
    comparison, solution = compared(TWO_VISITS, FOUND)
    ended = np.full(len(TWO_VISITS), fill_value=True)
    ended[in_view] = False
    still = replace(comparison, rows=replace(comparison.rows, ended=ended))
    found = returned(still, solution)
    assert found.previous[4] == expected
    # It says as little as if it had not been there.
    fewer = returned(*compared(TWO_VISITS[:6], FOUND[:6]))
    assert expected == ALONE or found.log_odds[1, 4] == fewer.log_odds[1, 4]


@pytest.mark.parametrize(
    ("sightings", "previous"),
    [
        pytest.param([(0.0, 2)], [ALONE], id="one"),
        pytest.param([(0.0, 2), (10.0, 2)], [ALONE, 0], id="one chain"),
    ],
)
def test_nobody_to_follow(sightings: list[tuple[float, int]], previous: list[int]) -> None:
    assert returned(*compared(sightings, previous)).previous.tolist() == previous


def test_in_a_quiet_hour_hardly_anybody_is_new() -> None:
    times = travel_times(np.concatenate([np.arange(0.0, 900, 2), [5000.0, 9000.0]]))
    when = np.array([450.0, 5000.0, 20_000.0, -300.0])
    busy, quiet, later, before = times.log_odds_of_return(np.full(4, 300.0), when)
    # One in four seconds or five, and one in as long as is looked at, at least.
    assert quiet - busy == pytest.approx(np.log(1200 / 4.7), abs=0.05)
    assert later - busy == pytest.approx(np.log(600 / 4.7), abs=0.05)
    assert before == pytest.approx(busy, abs=0.2)


def test_where_nothing_is_known_of_arrivals_all_births_count() -> None:
    graph = LinkGraph([])
    graph.index("c0")
    times = TravelTimes.unlearned(LinkPrior(graph, None), arrivals_per_s=1.0)
    found = times.log_odds_of_return(np.full(2, 300.0), np.array([0.0, 1e9]))
    assert found[0] == found[1] < -8
