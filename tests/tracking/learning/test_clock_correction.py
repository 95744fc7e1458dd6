from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.tracking.corridor import Passage, corridor, idf1, passing, run
from tracking.appearance.calibration import Calibration, Curves
from tracking.association.associator import Associator
from tracking.association.settings import AssociationSettings
from tracking.chains.successions import ALONE
from tracking.decisions import ClockEstimate
from tracking.learning import lesson as lesson_module
from tracking.learning.clock_correction import as_clocked, sure_offsets
from tracking.learning.learner import LinkLearner
from tracking.maps.view_lags import ViewLag
from tracking.sightings import Sightings
from tracking.travel.gap_densities import Moves
from tracking.travel.link_prior import LinkPrior
from tracking.travel.links import CameraLink, LinkGraph
from tracking.travel.travel_times import TravelTimes
from tracking.travel.zones import MAX_ZONES

# From camera a to camera b in 9 to 11 s.
NARROW = [CameraLink("a", "b", min_s=9, max_s=11)]


def moves(gaps: Sequence[float]) -> Moves:
    """Return sure moves from the first zone of camera 0 to that of camera 1."""
    n = len(gaps)
    cells = (np.full(n, camera * MAX_ZONES, np.intp) for camera in range(2))
    return Moves.unplaced(*cells, np.array(gaps, np.float64), np.ones(n))


def found(
    offset_s: float, std_s: float, gaps: Sequence[float], links: Sequence[CameraLink]
) -> list[float]:
    """Return the offsets that count where camera b's clock seems to be wrong."""
    graph = LinkGraph(links)
    for name in "ab":
        graph.index(name)
    clocks = [ClockEstimate("a", 0.0, 0.3, 20), ClockEstimate("b", offset_s, std_s, 20)]
    return sure_offsets(clocks, moves(gaps), LinkPrior(graph)).tolist()


@pytest.mark.parametrize(
    ("offset_s", "std_s", "gaps", "links", "expected"),
    [
        pytest.param(-3.0, 0.3, [13.0] * 5, NARROW, -3.0, id="3 s fast"),
        pytest.param(-3.0, 1.5, [13.0] * 5, NARROW, 0.0, id="perhaps by chance"),
        pytest.param(-0.8, 0.1, [11.5] * 5, NARROW, 0.0, id="too little to matter"),
        pytest.param(-3.0, 0.3, [10.0] * 5, NARROW, 0.0, id="the moves fit as they are"),
        pytest.param(-3.0, 0.3, [13.0] * 5, [], 0.0, id="no links that it could matter to"),
        pytest.param(-3.0, 0.3, [], NARROW, 0.0, id="nothing moved"),
    ],
)
def test_offsets_count_where_they_are_sure_and_explain_something(
    offset_s: float,
    std_s: float,
    gaps: list[float],
    links: list[CameraLink],
    expected: float,
) -> None:
    assert found(offset_s, std_s, gaps, links) == [0.0, expected]


@pytest.mark.parametrize(
    ("gap_s", "expected"),
    [pytest.param(10.0, 0.0, id="links fit"), pytest.param(13.0, -3.0, id="links do not fit")],
)
def test_views_that_agree_say_nothing_of_other_clocks(gap_s: float, expected: float) -> None:
    """The clock of d is wrong, which the view of c shows; that of b has nothing to do with it."""
    graph = LinkGraph(NARROW)
    for name in "abcd":
        graph.index(name)
    told = [(0.0, 0.3), (-3.0, 0.3), (0.0, 0.3), (2.9, 0.5)]
    clocks = [ClockEstimate(n, off, std, 20) for n, (off, std) in zip("abcd", told, strict=True)]
    lags = {(2, 3): ViewLag(3.0, 20)}
    offsets = sure_offsets(clocks, moves([gap_s] * 5), LinkPrior(graph), lags)
    assert offsets.tolist() == [0, expected, 0, 3]


def test_who_has_the_time_of_a_clock_that_is_put_right_is_put_right_as_well() -> None:
    """The clocks of b and c are both wrong: each by itself would be beside the other's view."""
    graph = LinkGraph()
    for name in "abcd":
        graph.index(name)
    told = [(0.0, 0.3), (2.9, 0.5), (3.0, 0.5), (3.1, 0.5)]
    clocks = [ClockEstimate(n, off, std, 20) for n, (off, std) in zip("abcd", told, strict=True)]
    lags = {(0, 3): ViewLag(3.0, 20), (1, 2): ViewLag(0.0, 20), (2, 3): ViewLag(0.25, 20)}
    expected = [0, 2.9, 3, 3]
    assert sure_offsets(clocks, moves([]), LinkPrior(graph), lags).tolist() == expected


def test_what_is_only_likely_counts_where_views_agree_with_it() -> None:
    """That the clocks of c and d differ does not say that d's is the wrong one, and by 5 s."""
    graph = LinkGraph()
    for name in "abcd":
        graph.index(name)
    told = [(0.0, 0.3), (2.9, 0.5), (0.0, 0.3), (5.0, 2.3)]
    clocks = [ClockEstimate(n, off, std, 20) for n, (off, std) in zip("abcd", told, strict=True)]
    lags = {(0, 1): ViewLag(3.0, 20), (2, 3): ViewLag(3.0, 20)}
    assert sure_offsets(clocks, moves([]), LinkPrior(graph), lags).tolist() == [0, 3, 0, 0]


def test_moves_in_true_time_are_shown_as_the_clocks_had_them() -> None:
    # b's clock is 3 s fast: its times are put right by -3, and it had shown gaps of 13 s.
    assert as_clocked(moves([10.0]), np.array([0.0, -3.0])).gap.tolist() == [13.0]


def fast_by(error_s: float, passages: Sequence[Passage]) -> list[Passage]:
    """Return passages where the clock of camera c1 is fast."""
    return [
        Passage(p.vehicle, replace(p.tracklet, timestamps=p.tracklet.timestamps + error_s))
        if p.tracklet.camera_id == "c1"
        else p
        for p in passages
    ]


@dataclass(frozen=True)
class Street:
    """A corridor whose links are given."""

    passages: list[Passage]
    links: list[CameraLink]
    calibration: Calibration

    def score(self, shown: list[Passage]) -> tuple[float, Associator]:
        """Return IDF1 of the passages as their cameras' clocks show them."""
        associator = Associator(AssociationSettings(), self.links, calibration=self.calibration)
        return idf1(shown, run(associator, shown)), associator


@pytest.fixture(scope="module")
def street() -> Street:
    links = [
        CameraLink(f"c{a}", f"c{b}", min_s=5.5, max_s=14.5)
        for a in range(4)
        for b in (a - 1, a + 1)
        if 0 <= b < 4
    ]
    passages = corridor(1, noise=0.6, vehicles=60, span_s=600)
    looks = np.stack([p.tracklet.embedding for p in passages])
    vehicle = np.array([p.vehicle for p in passages])
    camera = np.unique([p.tracklet.camera_id for p in passages], return_inverse=True)[1]
    return Street(passages, links, Calibration.of_vehicles(looks, vehicle, camera))


def test_a_clock_3_s_fast_is_found_and_hardly_harms(street: Street) -> None:
    right, _ = street.score(street.passages)
    score, associator = street.score(fast_by(3.0, street.passages))
    offset = {clock.camera_id: clock.offset_s for clock in associator.clocks()}
    assert offset["c1"] == pytest.approx(-3.0, abs=0.8)
    assert score >= right - 0.03


def test_vehicles_are_followed_in_the_order_of_true_time(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    # By a clock that is 20 s fast they are in the next camera before they are in this one.
    def known(clocks: Sequence[ClockEstimate], *_: object) -> NDArray[np.float64]:
        return np.array([-20.0 if clock.camera_id == "c1" else 0.0 for clock in clocks])

    right, _ = street.score(street.passages)
    monkeypatch.setattr(lesson_module, "sure_offsets", known)
    score, _ = street.score(fast_by(20.0, street.passages))
    assert score == pytest.approx(right)
    assert right >= 0.98


def test_what_was_decided_holds_for_the_sightings_that_it_was_said_of(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # In true time sightings come in another order than by their clocks.
    links = [CameraLink("c0", "c1", min_s=2, max_s=4), CameraLink("c1", "c0", min_s=2, max_s=4)]
    curves = Curves(Calibration())
    learner = LinkLearner(LinkGraph(links), curves, correlation=1.0, learning=True)
    look = np.eye(1, 512)[0]
    there = [passing("c0", n, np.arange(10.0 * n, 10 * n + 2), look) for n in range(20)]
    # The clock of c1 is 20 s fast: each vehicle gets there 3 s after it has left.
    here = [passing("c1", n, np.arange(10.0 * n + 24, 10 * n + 26), look) for n in range(20)]
    learner.heed({("c1", n): ("c0", n) for n in range(20)})
    learner.offsets = np.array([0.0, -20.0])
    heard: list[dict[float, float]] = []

    def learn(sightings: Sightings, *_: object, previous: NDArray[np.intp], **options: object):
        columns = np.flatnonzero(previous != ALONE)
        first = sightings.first
        heard.append(dict(zip(first[columns], first[previous[columns]], strict=True)))
        yield 1.0
        return TravelTimes.unlearned(LinkPrior(LinkGraph(links)), arrivals_per_s=0.1)

    monkeypatch.setattr(lesson_module, "learn_travel_times", learn)
    learner.add([*there, *here])
    assert heard[0] == {10.0 * n + 4: 10.0 * n for n in range(20)}


def test_how_late_vehicles_were_is_told_by_the_clocks_as_well() -> None:
    late = replace(moves([10.0, 12.0]), late_s=np.array([0.5, np.nan]))
    clocked = as_clocked(late, np.array([1.0, -2.0]))
    assert clocked.gap.tolist() == [13.0, 15.0]
    assert clocked.late_s is not None
    np.testing.assert_array_equal(clocked.late_s, [3.5, np.nan])
