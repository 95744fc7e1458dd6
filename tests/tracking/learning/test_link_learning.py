from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.tracking.corridor import Passage, corridor
from tests.tracking.yard import unplaced
from tracking.appearance.calibration import Calibration, Curves
from tracking.appearance.camera_looks import CameraLooks
from tracking.appearance.cohort import Cohort
from tracking.chains.successions import predecessors
from tracking.decisions import ClockEstimate, Key, LinkEstimate
from tracking.learning.clocks import estimate_clocks
from tracking.learning.link_estimates import estimate_links, weighted_quantiles
from tracking.learning.link_learning import CameraZones, learn_travel_times
from tracking.learning.recollection import recollect
from tracking.sightings import Sightings
from tracking.slices import finish
from tracking.travel.link_prior import LinkPrior
from tracking.travel.links import LinkGraph
from tracking.travel.travel_times import TravelTimes
from tracking.travel.zones import MAX_ZONES

CAMERAS = ["c0", "c1", "c2", "c3"]


def learned(passages: list[Passage], *, chained: bool = False) -> tuple[CameraZones, TravelTimes]:
    """Learn the links of the corridor without being given any, or also the vehicles' chains."""
    graph = LinkGraph()
    tracklets = sorted((p.tracklet for p in passages), key=lambda t: (t.first_timestamp, t.key))
    vehicle_of = {p.tracklet.key: p.vehicle for p in passages}
    for name in CAMERAS:
        graph.index(name)
    calibration = Calibration.of_vehicles(
        np.stack([t.embedding for t in tracklets]),
        np.array([vehicle_of[t.key] for t in tracklets]),
        np.array([graph.index(t.camera_id) for t in tracklets]),
    )
    cohort = Cohort(calibration.stranger_mean, calibration.stranger_std)
    cohort.add(np.stack([t.embedding for t in tracklets]))
    sightings = Sightings.of(tracklets, graph.index, cohort, CameraLooks())
    zones = CameraZones.of(sightings, len(CAMERAS))
    latest: dict[int, Key] = {}
    previous: dict[Key, Key | None] = {}
    for tracklet in tracklets:
        vehicle = vehicle_of[tracklet.key]
        previous[tracklet.key] = latest.get(vehicle)
        latest[vehicle] = tracklet.key
    return zones, finish(
        learn_travel_times(
            sightings,
            zones,
            LinkPrior(graph),
            Curves(calibration),
            measured=np.zeros(len(CAMERAS), np.bool_),
            previous=predecessors([t.key for t in tracklets], previous if chained else {}),
            correlation=0.85,
        )
    )


def late(passages: list[Passage], camera: str, error_s: float) -> list[Passage]:
    return [
        replace(p, tracklet=replace(p.tracklet, timestamps=p.tracklet.timestamps + error_s))
        if p.tracklet.camera_id == camera
        else p
        for p in passages
    ]


@pytest.fixture(scope="module")
def links() -> list[LinkEstimate]:
    zones, times = learned(corridor(3, noise=0.9, vehicles=120, span_s=900))
    return estimate_links(zones, times, times.moves, CAMERAS)


def test_the_street_comes_out_of_the_noise(links: list[LinkEstimate]) -> None:
    strong = {(link.from_camera, link.to_camera) for link in links if link.count > 20}
    assert strong == {(f"c{a}", f"c{b}") for a in range(4) for b in (a - 1, a + 1) if 0 <= b < 4}


def test_travel_times_are_right(links: list[LinkEstimate]) -> None:
    # Uniform from 6 to 14 s, and up to half a second for the sampling of the path.
    for link in links:
        if link.count > 20:
            assert link.quantiles_s[2] == pytest.approx(10.25, abs=1.5)
            assert 5 < link.quantiles_s[0] < link.quantiles_s[4] < 17
            assert not link.overlap


def test_chains_tell_moves_from_chance() -> None:
    def neighbours(chained: bool) -> float:
        """Return the share of the moves between neighbours that take as long as moves do."""
        passages = corridor(3, noise=2.5, vehicles=120, span_s=900)
        moves = learned(passages, chained=chained)[1].moves
        a, b = moves.source // MAX_ZONES, moves.target // MAX_ZONES
        true = (np.abs(a - b) == 1) & (moves.gap > 5) & (moves.gap < 15)
        return float(moves.weight[true].sum() / moves.weight.sum())

    assert neighbours(chained=True) > neighbours(chained=False) + 0.02


def test_who_comes_back_after_hours_is_not_ruled_out_by_what_is_usual() -> None:
    _, times = learned(corridor(3, noise=0.4, vehicles=120, span_s=900))
    gaps = np.array([500.0, 1000.0, 4000.0, 40_000.0, 100_000.0])
    place = np.zeros(len(gaps), np.intp)
    odds = times.log_odds(place, place, unplaced(gaps))
    # Log-uniform: half as likely per second after twice the time, up to a day.
    np.testing.assert_allclose(np.diff(odds[1:4]), -np.log([4, 10]), atol=0.3)
    assert odds[0] > -9
    assert odds[4] < odds[3] - 3


def test_there_may_be_no_cameras_yet() -> None:
    nothing = np.zeros(0)
    times = TravelTimes.unlearned(LinkPrior(LinkGraph()), arrivals_per_s=0.1)
    places = nothing.astype(np.intp)
    assert times.log_odds(places, places, unplaced(nothing)).shape == (0,)


def test_a_clock_that_is_three_seconds_wrong_is_found() -> None:
    passages = late(corridor(3, noise=0.9, vehicles=120, span_s=900), "c2", 3.0)
    zones, times = learned(passages)
    clocks: dict[str, ClockEstimate] = {
        clock.camera_id: clock
        for clock in estimate_clocks(estimate_links(zones, times, times.moves, CAMERAS), CAMERAS)
    }
    assert clocks["c2"].offset_s == pytest.approx(-3.0, abs=0.8)
    others = [clocks[name].offset_s for name in ("c0", "c1", "c3")]
    assert others == pytest.approx([0, 0, 0], abs=1.0)


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.05, 1.0), (0.25, 1.0), (0.5, 2.0), (0.95, 9.0)],
)
def test_weighted_quantiles(share: float, expected: float) -> None:
    values, weights = np.array([9.0, 1.0, 2.0]), np.array([1.0, 2.0, 2.0])
    assert weighted_quantiles(values, weights, [share]) == [expected]


def test_months_in_which_nobody_watched_are_no_quiet_hour() -> None:
    today = corridor(5, noise=0.9)
    earlier = recollect([p.tracklet for p in today], {p.tracklet.key: p.vehicle for p in today})
    vehicle = {(c, -track): p.vehicle for p in today for c, track in [p.tracklet.key]}
    before = [Passage(vehicle[t.key], t) for t in earlier.tracklets]
    gap, when = np.array([90.0]), np.array([200.0])
    alone, taught = (learned(some)[1] for some in (today, [*before, *today]))
    found = taught.log_odds_of_return(gap, when)
    assert found == pytest.approx(alone.log_odds_of_return(gap, when), abs=0.5)
