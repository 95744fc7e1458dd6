from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.tracking.yard import CAMERAS, seen, sightings
from tracking.bends import PRIOR_MATCHES, USUAL_SHARE, Bends
from tracking.calibration import Calibration, Curves
from tracking.gap_densities import Moves
from tracking.link_learning import CameraZones, learn_travel_times
from tracking.link_prior import LinkPrior
from tracking.links import LinkGraph
from tracking.sightings import Sightings
from tracking.travel_times import TravelTimes
from tracking.types import Tracklet
from tracking.ways import ways_between
from tracking.zones import MAX_ZONES

A, B = 0, MAX_ZONES  # the first zones of the first two cameras
AGAINST = np.array([-6.0])


def one(cell: int) -> NDArray[np.intp]:
    return np.array([cell], np.intp)


def moves(bent: float, *, count: int, target: int = B) -> Moves:
    """Return sure moves from the first camera, of which a share bends."""
    cells = (np.full(count, cell, np.intp) for cell in (A, target))
    numbers = np.arange(count) < round(bent * count)
    return Moves(*cells, np.zeros(count), np.ones(count), bent=numbers.astype(np.float64))


def test_few_ways_bend_as_long_as_nothing_is_known() -> None:
    heading = np.array([-6.0, 2.0, 0.0])
    source, target = np.full(3, A), np.full(3, B)
    found = Bends(2).log_ratio(source, target, heading)
    mixed = np.log(USUAL_SHARE + (1 - USUAL_SHARE) * np.exp(heading))
    np.testing.assert_allclose(found, [mixed[0], mixed[1], 0.0])


def test_shares_by_hand_at_both_levels() -> None:
    found = Bends(2, moves(1.0, count=8)).log_ratio(one(A), one(B), AGAINST)[0]
    cameras = (8 + PRIOR_MATCHES * USUAL_SHARE) / (8 + PRIOR_MATCHES)
    zones = (8 + PRIOR_MATCHES * cameras) / (8 + PRIOR_MATCHES)
    assert found == pytest.approx(np.log(zones + (1 - zones) * np.exp(-6.0)))


def test_other_zones_of_the_cameras_learn_a_little_and_other_cameras_nothing() -> None:
    bends = Bends(3, moves(1.0, count=8))
    here, beside, elsewhere = (
        bends.log_ratio(one(A), one(cell), AGAINST)[0] for cell in (B, B + 1, 2 * MAX_ZONES)
    )
    assert here > beside > elsewhere
    assert elsewhere == Bends(3).log_ratio(one(A), one(B), AGAINST)[0]


def test_straight_moves_make_bends_less_likely() -> None:
    straight = Bends(2, moves(0.0, count=20)).log_ratio(one(A), one(B), AGAINST)
    assert straight < Bends(2).log_ratio(one(A), one(B), AGAINST)


def test_a_move_does_not_vouch_for_itself() -> None:
    own = np.ones(1)
    found = Bends(2, moves(1.0, count=1)).log_ratio(one(A), one(B), AGAINST, own=own, own_bent=own)
    np.testing.assert_allclose(found, Bends(2).log_ratio(one(A), one(B), AGAINST))


def test_headings_tell_which_moves_bend() -> None:
    heading = np.array([-6.0, 0.0, 2.0])
    found = Bends(2).bent(np.full(3, A), np.full(3, B), heading)
    odds = USUAL_SHARE / ((1 - USUAL_SHARE) * np.exp(heading))
    np.testing.assert_allclose(found[[0, 2]], (odds / (1 + odds))[[0, 2]])
    assert found[1] == 0


def behind_a_bend(count: int) -> list[Tracklet]:
    """Return vehicles that leave one camera eastwards and come into the next one from behind.

    Between any two of them there is time for a third: only one gap fits each.
    """
    found = []
    for number in range(count):
        t = 7.0 * number
        way = 6.0 + 0.5 * (number % 3)
        found += [
            seen("a", number, (t, t + 3), (0, 0), (10, 0), look=number),
            seen("b", number, (t + 3 + way, t + 6 + way), (20, 30), (-10, 0), look=number),
        ]
    return sorted(found, key=lambda t: (t.first_timestamp, t.key))


def learned(rows: Sightings) -> tuple[CameraZones, TravelTimes]:
    graph = LinkGraph()
    for name in CAMERAS:
        graph.index(name)
    zones = CameraZones.of(rows, len(CAMERAS))
    prior = LinkPrior(graph, np.ones(len(CAMERAS), np.bool_))
    return zones, learn_travel_times(rows, zones, prior, Curves(Calibration(), None))


def test_a_road_that_bends_is_learned() -> None:
    count = 80
    tracklets = behind_a_bend(count)
    place = {t.key: row for row, t in enumerate(tracklets)}
    first, second = (
        np.array([place[camera, number] for number in range(count)], np.intp) for camera in "ab"
    )
    rows = sightings(*tracklets)
    zones, times = learned(rows)
    ways = ways_between(rows, rows, first, second, rows.first[second] - rows.last[first])
    assert (ways.heading < -2).all()
    leave, enter = zones.cells(rows)
    said = times.bends.log_ratio(leave[first], enter[second], ways.heading)
    assert (said > -0.5).all()
