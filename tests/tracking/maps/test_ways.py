from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.tracking.yard import CAMERAS, Point, seen, sightings, uncalibrated, unplaced
from tracking.appearance.calibration import MAX_LOG_RATIO
from tracking.ground import GIVEN, NOWHERE
from tracking.maps.encounters import (
    AREA_M2,
    CLOCK_STD_S,
    PLACE_STD_M,
    VEHICLE_M,
    meeting_log_ratios,
)
from tracking.maps.ways import SPREAD, SPREAD_AT, Ways, late_s, ways_between
from tracking.sightings import Sightings
from tracking.travel.link_prior import (
    MEDIAN_GAP_S,
    OPEN,
    PLACED,
    TAIL_EXPONENT,
    LinkPrior,
    log_densities_pooled,
)
from tracking.travel.links import CameraLink, LinkGraph
from tracking.travel.travel_times import MEETING_LOG_RATE, TravelTimes
from tracking.travel.zones import MAX_ZONES
from tracking.types import Tracklet

# Twice the variance of a lower edge: 2 px of 0.1 m in each of the cameras.
NOISE = 2 * 0.2**2


def between(rows: Sightings, columns: Sightings) -> Ways:
    """Compare each with each, row by row."""
    i, j = (index.ravel() for index in np.indices((len(rows), len(columns))))
    return ways_between(rows, columns, i, j, columns.first[j] - rows.last[i])


def one(earlier: Tracklet, later: Tracklet) -> Ways:
    return between(sightings(earlier), sightings(later))


def log_odds(ways: Ways, *, a: int = 0, b: int = 1, placed: bool = True) -> NDArray[np.float64]:
    """Return what is believed of moves between two cameras before anything was seen."""
    graph = LinkGraph()
    for name in CAMERAS:
        graph.index(name)
    prior = LinkPrior(graph, np.full(len(CAMERAS), GIVEN if placed else NOWHERE))
    times = TravelTimes.unlearned(prior, arrivals_per_s=0.1)
    source, target = (np.full(len(ways.gap), camera * MAX_ZONES) for camera in (a, b))
    return times.log_odds(source, target, ways)


def same_place(apart: float, speed: float = 0.0) -> float:
    """Return the log-ratio of two places at once, by hand."""
    variance = PLACE_STD_M**2 + NOISE + (speed * CLOCK_STD_S) ** 2
    same = 0.98 * np.exp(-(apart**2) / (2 * variance)) / (2 * np.pi * variance)
    same += 0.02 / (np.pi * 100 * (1 + apart**2 / 100) ** 2)
    blurred = VEHICLE_M**2 + variance
    strangers = 1 - VEHICLE_M**2 / blurred * np.exp(-(apart**2) / (2 * blurred))
    return float(np.log(same) - np.log(strangers / AREA_M2))


@pytest.mark.parametrize("speed", [0.0, 10.0])
@pytest.mark.parametrize("apart", [0.0, 2.0, 12.0])
def test_places_at_once_that_a_hand_can_check(apart: float, speed: float) -> None:
    found = one(
        seen("a", 1, (0, 4), (0, 0), (speed, 0)),
        seen("b", 1, (1, 5), (speed, apart), (speed, 0)),
    )
    assert found.met.tolist() == [True]
    assert found.gap.tolist() == [-3.0]
    assert found.place[0] == pytest.approx(same_place(apart, speed), abs=1e-3)


def test_two_look_alikes_at_two_places_in_two_cameras_at_once_are_told_apart() -> None:
    in_a = sightings(seen("a", 1, (0, 4), (0, 0)), seen("a", 2, (0, 4), (0, 12)))
    in_b = sightings(seen("b", 1, (1, 4), (0, 12.5)), seen("b", 2, (1, 4), (0.5, 0)))
    odds = log_odds(between(in_a, in_b)).reshape(2, 2)
    assert (odds > 3).tolist() == [[False, True], [True, False]]
    assert (odds < -3).tolist() == [[True, False], [False, True]]
    # Without their places they are alike.
    plain = [replace(some, ends=np.full_like(some.ends, np.nan)) for some in (in_a, in_b)]
    blind = log_odds(between(*plain), placed=False)
    assert blind == pytest.approx(np.full(4, blind[0]))


def test_where_it_goes_next_does_not_matter_while_it_is_seen() -> None:
    near, far = (one(seen("a", 1, (0, 4), (0, 0)), seen("b", 1, (1, 4), (0, y))) for y in (0, 3))
    assert log_odds(near) - log_odds(far) == pytest.approx(near.place - far.place)
    # Births are all that counts beside: half of 0.1 per second, in one of the zones, or nearly.
    birth = MEETING_LOG_RATE + near.place - log_odds(near)
    assert birth == pytest.approx(log_birth_rate(), abs=1e-6)


def log_birth_rate() -> float:
    # 3 matches' weight draws each camera's and zone's share of births to that of the network.
    came, cameras = 0.1, len(CAMERAS)
    network = (cameras * came / 2 + 1) / (cameras * came + 2)
    camera = (came / 2 + 3 * network) / (came + 3)
    zone = came / MAX_ZONES
    return float(np.log(zone / 2 + 3 * camera * zone / (zone + 3) + 0.1 / 60))


@pytest.mark.parametrize(
    ("span", "met"),
    [
        pytest.param((3.9, 8), False, id="hardly at once"),
        pytest.param((3.5, 8), True, id="at once"),
        pytest.param((0.5, 1.5), True, id="one within the other"),
        pytest.param((9, 12), False, id="one after the other"),
    ],
)
def test_who_meets(span: Point, *, met: bool) -> None:
    vehicle, later = seen("a", 1, (0, 4), (0, 0)), seen("b", 1, span, (0, 0))
    assert one(vehicle, later).met.tolist() == [met]
    assert one(vehicle, seen("a", 2, span, (0, 0))).met.tolist() == [False]


@pytest.mark.parametrize(
    ("out", "in_", "way", "expected"),
    [
        pytest.param(12.0, 12.0, 60.0, 5.0, id="at cruising speed"),
        pytest.param(20.0, 20.0, 60.0, 3.0, id="faster than usual"),
        # Half of the way to get faster, half to stop: twice the root of 2 * 18 m / 2 m/s2.
        pytest.param(0.0, 0.0, 36.0, 72**0.5, id="from lights to lights"),
        # Six seconds, 36 m, for each change of speed by 12 m/s; the 120 m between take ten.
        pytest.param(0.0, 0.0, 192.0, 22.0, id="and with room between them"),
        pytest.param(12.0, 12.0, 0.0, 0.0, id="no way at all"),
    ],
)
def test_the_time_foretold(out: float, in_: float, way: float, expected: float) -> None:
    # A vehicle leaves at 4 s from (0, 0) and comes a second later than foretold.
    arrival = 4 + expected + 1
    found = one(
        seen("a", 1, (0, 4), (-4 * out, 0), (out, 0)),
        seen("b", 1, (arrival, arrival + 4), (way, 0), (in_, 0)),
    )
    unit = 1 + expected * SPREAD / SPREAD_AT
    assert found.gap == pytest.approx([expected + 1])
    assert found.delay == pytest.approx([1 / unit], abs=1e-3)
    assert found.log_unit == pytest.approx([np.log(unit)], abs=1e-3)


def arriving(late: float) -> Ways:
    """Return a vehicle that goes 60 m in 5 s, and some seconds more."""
    first = 9.0 + late
    return one(
        seen("a", 1, (0, 4), (-48, 0), (12, 0)), seen("b", 1, (first, first + 4), (60, 0), (12, 0))
    )


def test_a_delay_near_the_foretold_one_beats_a_far_one() -> None:
    late = [float(log_odds(arriving(by))[0]) for by in (0.25, 3.0, 10.0, 60.0)]
    assert late == sorted(late, reverse=True)
    assert late[0] > late[-1] + 3
    # To come early is less likely than to come late: some wait at lights.
    assert log_odds(arriving(-4.5)) < log_odds(arriving(4.5))


@pytest.mark.parametrize(
    ("place", "velocity", "nats"),
    [
        pytest.param((60, 0), (12, 0), 2.0, id="straight on"),
        pytest.param((60, 0), (-12, 0), 1.0 - 3.0, id="towards where it came from"),
        # Both headings are off; that speaks against it once.
        pytest.param((-60, 0), (12, 0), -3.0, id="behind where it came from"),
        pytest.param((60, 0), (0, 0), 1.0, id="standing there"),
        # 45 degrees off: between cosines 0.6 and 0.85, at both ends.
        pytest.param(
            (60, 60),
            (12, 0),
            2 * (-0.3 + 0.7 * (0.5**0.5 - 0.6) / 0.25),
            id="aside",
        ),
    ],
)
def test_headings_that_a_hand_can_check(place: Point, velocity: Point, nats: float) -> None:
    found = one(seen("a", 1, (0, 4), (-48, 0), (12, 0)), seen("b", 1, (10, 14), place, velocity))
    square = place[0] ** 2 + place[1] ** 2
    assert found.place[0] == pytest.approx(nats * square / (square + 100), abs=1e-3)


def test_one_cannot_arrive_behind_where_one_came_from() -> None:
    out = seen("a", 1, (0, 4), (-48, 0), (12, 0))
    ahead, behind = (one(out, seen("b", 1, (9, 13), (x, 0), (12, 0))) for x in (60, -60))
    assert ahead.delay == pytest.approx(behind.delay)
    assert log_odds(ahead) > 0 > log_odds(behind)


@pytest.mark.parametrize(
    ("x", "gap", "lost"),
    [
        # 30 m/s, or half as fast again as seen, and 10 m for errors.
        pytest.param(100, 3.0, 0.0, id="as fast as it goes"),
        pytest.param(130, 3.0, -2 * np.log1p(9), id="30 m too far"),
        pytest.param(300, 3.0, -2 * np.log1p(400), id="at no speed"),
        pytest.param(30, -0.1, -2 * np.log1p(4), id="elsewhere before it has left"),
    ],
)
def test_nobody_drives_faster_than_vehicles_do(x: float, gap: float, lost: float) -> None:
    out, in_ = seen("a", 1, (0, 4), (-48, 0), (12, 0)), seen("b", 1, (4 + gap, 9), (x, 0), (12, 0))
    length, heading = x**2 / (x**2 + 100), 2.0
    row = np.zeros(1, np.intp)
    found = ways_between(sightings(out), sightings(in_), row, row, np.array([gap]))
    assert found.place[0] == pytest.approx(heading * length + lost, abs=1e-3)


def test_who_is_seen_at_once_in_two_places_of_a_town_is_two_vehicles() -> None:
    near, far = (one(seen("a", 1, (0, 9), (0, 0)), seen("b", 1, (1, 8), (x, 0))) for x in (20, 200))
    assert near.place[0] == pytest.approx(same_place(20), abs=1e-3)
    assert far.place[0] == pytest.approx(same_place(200), abs=1e-3)
    # More than any looks can say (`calibration.MAX_LOG_RATIO`).
    assert far.place[0] < -2 * MAX_LOG_RATIO


@pytest.mark.parametrize(
    ("gap", "place", "likely"),
    [
        pytest.param(1.0, (12, 0), True, id="straight ahead"),
        pytest.param(1.0, (2, 0), True, id="it has braked"),
        pytest.param(1.0, (12, 9), False, id="aside"),
        pytest.param(1.0, (-9, 0), False, id="behind"),
        pytest.param(1.0, (30, 0), False, id="too far ahead"),
        pytest.param(5.0, (60, 9), True, id="aside, but after some time"),
    ],
)
def test_a_camera_sees_a_vehicle_again_near_where_it_was_lost(
    gap: float, place: Point, *, likely: bool
) -> None:
    found = one(
        seen("a", 1, (0, 4), (-48, 0), (12, 0)), seen("a", 2, (4 + gap, 9 + gap), place, (12, 0))
    )
    assert found.delay == found.gap == pytest.approx([gap])
    assert (found.place[0] > -1) == likely
    assert (found.place[0] < -5) != likely


def test_the_same_camera_again_by_hand() -> None:
    # It stands; 2 s later something stands 3 m from there.
    found = one(seen("a", 1, (0, 4), (0, 0)), seen("a", 2, (6, 9), (3, 0)))
    variance = PLACE_STD_M**2 + NOISE + (1.5 * 2) ** 2
    same = 0.98 * np.exp(-9 / (2 * variance)) / (2 * np.pi * variance) + 0.02 * 1e-4
    assert found.place[0] == pytest.approx(np.log(same * AREA_M2), abs=1e-3)


def test_after_some_time_it_can_be_anywhere_in_a_picture() -> None:
    found = one(seen("a", 1, (0, 4), (0, 0)), seen("a", 2, (14.5, 20), (0, 0)))
    assert found.place.tolist() == [0.0]


MANY = [
    seen("a", 1, (0, 4), (-48, 0), (12, 0)),
    seen("b", 1, (1, 5), (-30, 0), (12, 0)),
    seen("a", 2, (5, 8), (12, 1), (11, 0)),
    seen("c", 1, (12, 15), (80, -20), (8, -3)),
    seen("b", 2, (30, 30.2), (0, 5), (0, 0)),
]


def test_cameras_without_calibration_give_the_evidence_of_before() -> None:
    rows = uncalibrated(*MANY)
    found = between(rows, rows)
    plain = unplaced(found.gap)
    for name in ("gap", "delay", "log_unit", "place", "met"):
        assert getattr(found, name).tolist() == getattr(plain, name).tolist(), name
    # By hand: the density of a gap is that of Lomax (`link_prior`).
    twice = unplaced(np.array([20.25, 50.25]))
    scale = MEDIAN_GAP_S / (2 ** (1 / TAIL_EXPONENT) - 1)
    ratio = (1 + TAIL_EXPONENT) * np.log((scale + 50.25) / (scale + 20.25))
    odds = log_odds(twice, placed=False)
    assert odds[0] - odds[1] == pytest.approx(ratio, abs=1e-4)


def test_one_calibrated_camera_alone_says_nothing_of_the_way_to_another() -> None:
    calibrated, plain = sightings(MANY[0]), uncalibrated(MANY[3])
    found = between(calibrated, plain)
    assert (found.delay.tolist(), found.place.tolist()) == (found.gap.tolist(), [0.0])
    assert found.met.tolist() == [False]


def test_a_prior_without_calibrated_cameras_is_that_of_before() -> None:
    graph = LinkGraph()
    for name in CAMERAS:
        graph.index(name)
    plain, none = LinkPrior(graph), LinkPrior(graph, np.full(3, NOWHERE))
    one_alone = LinkPrior(graph, np.array([GIVEN, NOWHERE, NOWHERE]))
    each_on_its_own_map = LinkPrior(graph, np.array([1, 2, 3]))
    a, b = (index.ravel() for index in np.indices((3, 3)))
    gaps = np.linspace(-20, 700, 9)
    expected = plain.log_density_of_gap(a, b, gaps)
    for prior in (plain, none, one_alone, each_on_its_own_map):
        assert (prior.pool == OPEN).tolist() == plain.unknown.tolist()
        assert not (prior.pool == PLACED).any()
        assert prior.log_density(a, b, gaps).tolist() == expected.tolist()


def test_what_was_parked_for_hours_is_unlikely_to_be_elsewhere_at_once_but_not_impossible() -> None:
    # What people say must be able to outweigh it.
    prior = LinkPrior(LinkGraph([CameraLink("a", "b")]), np.full(2, GIVEN))
    delay, camera = np.array([-10_800.0, 1e9]), np.zeros(2, np.intp)
    found = prior.log_density(camera, camera + 1, delay)
    assert np.isfinite(found).all()
    assert (found < -20).all()
    assert np.isfinite(log_densities_pooled(delay)).all()


@pytest.mark.parametrize("n", [0, 1, 5])
def test_every_pair_is_judged_by_itself(n: int) -> None:
    rows = sightings(*MANY[:n])
    together = between(rows, rows)
    assert len(together.gap) == n * n
    for pair in range(n * n):
        i, j = divmod(pair, n)
        alone, picked = between(rows[i : i + 1], rows[j : j + 1]), together[np.array([pair])]
        for name in ("gap", "delay", "log_unit", "place", "met"):
            assert getattr(alone, name) == pytest.approx(getattr(picked, name)), name


def test_who_meets_is_judged_the_same_among_themselves_and_beforehand() -> None:
    rows = sightings(*MANY)
    i, j = np.indices((len(rows), len(rows)))
    meeting = meeting_log_ratios(rows, rows)
    assert meeting.any()
    assert meeting.tolist() == meeting_log_ratios(rows, rows[i[:, 0]]).tolist()
    gap = rows.first[j.ravel()] - rows.last[i.ravel()]
    found = ways_between(rows, rows, i.ravel(), j.ravel(), gap, meeting=meeting)
    assert found.place.tolist() == between(rows, rows).place.tolist()


@settings(max_examples=25)
@given(st.floats(-np.pi, np.pi), st.floats(-1000, 1000), st.floats(-1000, 1000), st.floats(-99, 99))
def test_evidence_depends_neither_on_the_map_nor_on_the_epoch(
    turn: float, x: float, y: float, epoch: float
) -> None:
    moved = np.array([[np.cos(turn), -np.sin(turn), x], [np.sin(turn), np.cos(turn), y], [0, 0, 1]])
    rows, turned = sightings(*MANY), sightings(*MANY, turned=moved)
    later = replace(turned, first=turned.first + epoch, last=turned.last + epoch)
    found, expected = between(later, later), between(rows, rows)
    assert found.met.tolist() == expected.met.tolist()
    for name in ("gap", "delay", "log_unit", "place"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name), abs=1e-4), name


Place = tuple[float, float, float, float]


def ends(*rows: Place) -> NDArray[np.float64]:
    return np.array(rows, np.float64)


@pytest.mark.parametrize(
    ("out", "in_", "gap", "expected"),
    [
        pytest.param((0, 0, 12, 0), (60, 0, 12, 0), 5.0, 0.0, id="at a steady speed"),
        pytest.param((0, 0, 12, 0), (60, 0, 12, 0), 9.0, 4.0, id="waited"),
        pytest.param((60, 0, 12, 0), (0, 0, 12, 0), -5.0, 0.0, id="seen by both for a while"),
        pytest.param((60, 0, 12, 0), (0, 0, 12, 0), -2.0, 3.0, id="by clocks 3 s apart"),
        pytest.param((60, 0, 0, 0), (0, 0, 12, 0), -10.0, 0.0, id="stopped in view of both"),
    ],
)
def test_how_late_a_vehicle_is(out: Place, in_: Place, gap: float, expected: float) -> None:
    found = late_s(ends(out), ends(in_), np.array([gap]))
    assert found == pytest.approx([expected], abs=0.01)


def test_nothing_tells_how_late_a_vehicle_is_whose_place_is_unknown() -> None:
    nowhere = (np.nan,) * 4
    found = late_s(ends(nowhere, (0, 0, 9, 0)), ends((60, 0, 9, 0), nowhere), np.zeros(2))
    assert np.isnan(found).all()
