"""A camera's own map, from the sizes of the boxes of what drives through its picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from tests.tracking.pinhole import (
    PICTURE,
    Drive,
    Pinhole,
    affine_between,
    crossing,
    film,
    sightings,
    street,
)
from tracking.ground import GroundPlane
from tracking.maps.perspective import LEAST_VEHICLES, own_plane
from tracking.types import Tracklet

LENSES = [24.0, 36.0, 50.0]
VIEWS = [(12.0, 5.0), (15.0, 7.0), (25.0, 10.0)]
TRAFFIC = [*street(30), *crossing(10)]


def plane_of(tracklets: Sequence[Tracklet]) -> GroundPlane | None:
    return own_plane(sightings(tracklets), frame=7)


def found(tracklets: Sequence[Tracklet]) -> GroundPlane:
    plane = plane_of(tracklets)
    assert plane is not None
    return plane


def horizon_of(plane: GroundPlane) -> float:
    """Return where in the middle of the picture places are infinitely far away.

    Along a column of the picture the distance is a + b / (y - horizon): three of them tell.
    """
    y = np.array([500.0, 600.0, 700.0])
    # Boxes without a width: their middle is where their lower edge is.
    points = np.column_stack([np.full(3, 640.0), y - 50, np.full(3, 640.0), y])
    d = plane.places(points)[:, 1]
    ratio = (d[0] - d[1]) / (d[1] - d[2])
    return float((ratio * y[0] - y[2]) / (ratio - 1))


def both_places(
    plane: GroundPlane, tracklets: Sequence[Tracklet], drives: Sequence[Drive]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where vehicles are by a plane, and where they truly are, of all of their boxes."""
    by_number = {drive.number: drive for drive in drives}
    places = np.concatenate([plane.places(t.xyxy)[:, :2] for t in tracklets])
    true = np.concatenate([by_number[t.track_id].places(t.timestamps) for t in tracklets])
    known = np.isfinite(places).all(axis=1)
    assert known.mean() > 0.9
    return places[known], true[known]


@pytest.mark.parametrize("lens", LENSES)
@pytest.mark.parametrize(("pitch", "height"), VIEWS)
@pytest.mark.parametrize("noise_px", [0.0, 1.5])
def test_cars_tell_the_ground(lens: float, pitch: float, height: float, noise_px: float) -> None:
    camera = Pinhole(lens_deg=lens, pitch_deg=pitch, height_m=height)
    tracklets = film(camera, TRAFFIC, noise_px=noise_px)
    plane = found(tracklets)
    assert plane.frame == 7
    # Candidates for the horizon are 5 % apart, and those for the height 7 %.
    off = horizon_of(plane) - camera.horizon_y
    assert abs(off) < 0.1 * (PICTURE[1] - camera.horizon_y)
    # The true plane, with the middle of a vehicle taken from its box, is 0.5 m off.
    places, true = both_places(plane, tracklets, TRAFFIC)
    onto = affine_between(places, true)
    apart = np.linalg.norm(places @ onto[:, :2].T + onto[:, 2] - true, axis=1)
    assert np.median(apart) < 1.3
    # To the right is to the right, away is away: a turn, no mirror.
    assert np.linalg.det(onto[:, :2]) > 0
    # A metre is a metre, but for that error, and for the lens along the view.
    across = float(np.linalg.norm(onto[:, 0]))
    assert 0.75 < across < 1.25
    assert across == pytest.approx(float(onto[0, 0]), rel=0.02)


def test_a_camera_that_looks_straight_down_has_no_horizon_but_a_map() -> None:
    # Boxes are as large anywhere: the farthest candidate is taken, which is nearly straight down.
    times = np.linspace(0, 4, 21)
    tracklets = []
    for track, drive in enumerate(street(12)):
        foot = 40 + 150 * times if drive.velocity[1] < 0 else 680 - 150 * times
        x = 400.0 + 40 * track
        boxes = np.column_stack([x - 30 + 0 * foot, foot - 70, x + 30 + 0 * foot, foot])
        base = film(Pinhole(), [drive])[0]
        boxes = boxes.astype(np.float32)
        tracklets.append(replace(base, track_id=track, timestamps=times, xyxy=boxes))
    plane = found(tracklets)
    assert horizon_of(plane) < -3000
    places = np.concatenate([plane.places(t.xyxy) for t in tracklets])
    assert np.isfinite(places).all()
    assert np.ptp(places[:, 2]) < 0.5 * np.median(places[:, 2])


def test_what_is_above_the_horizon_is_nowhere() -> None:
    # The camera looks nearly level, and sees a bridge, too: small boxes high up in the picture.
    camera = Pinhole(pitch_deg=3.0, height_m=5.0)
    drives = street(30)
    tracklets = film(camera, drives)
    on_bridge = [
        replace(t, track_id=900 + t.track_id, xyxy=t.xyxy * np.float32(0.3) + AT_THE_TOP)
        for t in film(camera, crossing(12))
    ]
    assert max(float(t.xyxy[:, 3].max()) for t in on_bridge) < camera.horizon_y
    with np.errstate(divide="raise", over="raise"):
        plane = found([*tracklets, *on_bridge])
    for tracklet in on_bridge:
        assert np.isnan(plane.places(tracklet.xyxy)).all()
    places, _ = both_places(plane, tracklets, drives)
    assert len(places)


AT_THE_TOP = np.array([400, 0, 400, 0], np.float32)


def parked(n: int = 12) -> list[Drive]:
    return [Drive(k, (3.0 * k - 18, 20.0 + 4 * k), (0.0, 0.0), (0.0, 60.0)) for k in range(1, n)]


@pytest.mark.parametrize(
    "drives",
    [
        pytest.param([], id="nobody"),
        pytest.param(street(1), id="one vehicle"),
        pytest.param(street(LEAST_VEHICLES - 1), id="too few"),
        pytest.param(parked(), id="all parked"),
        pytest.param(crossing(30), id="all from side to side"),
        pytest.param([*street(LEAST_VEHICLES - 1), *crossing(30), *parked()], id="too few of all"),
    ],
)
def test_without_vehicles_that_come_nearer_or_go_away_nothing_is_known(
    drives: list[Drive],
) -> None:
    assert plane_of(film(Pinhole(), drives)) is None


@pytest.mark.parametrize("lone", [1, 2])
def test_tracklets_of_a_sample_or_two_tell_nothing(lone: int) -> None:
    tracklets = film(Pinhole(), TRAFFIC)
    short = [replace(t, timestamps=t.timestamps[:lone], xyxy=t.xyxy[:lone]) for t in tracklets]
    assert plane_of(short) is None


def test_boxes_that_the_edge_cuts_off_tell_nothing() -> None:
    # All as wide as the picture.
    tracklets = film(Pinhole(), TRAFFIC)
    cut = [t.xyxy.copy() for t in tracklets]
    for boxes in cut:
        boxes[:, [0, 2]] = 0, PICTURE[0]
    assert plane_of([replace(t, xyxy=b) for t, b in zip(tracklets, cut, strict=True)]) is None


def spoilt(value: float | None) -> Callable[[Tracklet], Tracklet]:
    """Return what makes one box of a tracklet senseless; None for one without an area."""

    def spoil(tracklet: Tracklet) -> Tracklet:
        boxes = tracklet.xyxy.copy()
        if value is None:
            boxes[2::3, :2] = boxes[2::3, 2:]
        else:
            boxes[3, 2:] = value
        return replace(tracklet, xyxy=boxes)

    return spoil


@pytest.mark.parametrize("value", [None, np.nan, np.inf, -np.inf], ids=str)
def test_senseless_boxes_do_not_count(value: float | None) -> None:
    tracklets = film(Pinhole(), TRAFFIC)
    spoil = spoilt(value)
    plane = found([spoil(t) if number % 4 == 0 else t for number, t in enumerate(tracklets)])
    whole = found(tracklets)
    box = np.array([[600.0, 400.0, 680.0, 450.0]])
    assert plane.places(box) == pytest.approx(whole.places(box), rel=0.15)


def test_trucks_tell_the_height_where_no_car_moves() -> None:
    trucks = street(12, kinds=["truck"])
    lone = Drive(500, (-8.0, 25.0), (0.0, 0.0), (0.0, 30.0))
    assert plane_of(film(Pinhole(), trucks)) is not None
    assert plane_of(film(Pinhole(), [*trucks, lone])) is not None


def test_the_order_does_not_matter_and_a_replay_finds_the_same() -> None:
    tracklets = film(Pinhole(), TRAFFIC)
    boxes = np.concatenate([t.xyxy for t in tracklets])
    expected = found(tracklets).places(boxes).tobytes()
    assert found(tracklets).places(boxes).tobytes() == expected
    shuffled = [tracklets[k] for k in np.random.default_rng(5).permutation(len(tracklets))]
    assert found(shuffled).places(boxes).tobytes() == expected


@settings(max_examples=60)
@given(
    arrays(
        np.float32,
        st.tuples(st.integers(1, 12), st.integers(1, 6), st.just(4)),
        elements=st.one_of(
            st.floats(0, 2000, width=32),
            st.sampled_from([0.0, 720.0, 1e9, -50.0, np.nan, np.inf]).map(float),
        ),
    )
)
def test_whatever_boxes_are_a_map_is_finite_or_none(boxes: NDArray[np.float32]) -> None:
    look = film(Pinhole(), street(1))[0]
    times = np.arange(boxes.shape[1], dtype=np.float64)
    tracklets = [
        replace(look, track_id=track, timestamps=times, xyxy=xyxy)
        for track, xyxy in enumerate(boxes)
    ]
    with np.errstate(all="ignore"):
        seen = sightings(tracklets)
    with np.errstate(divide="raise", invalid="raise", over="raise"):
        plane = own_plane(seen, frame=1)
    if plane is not None:
        assert plane.places(np.array([[0.0, 0, 10, 1e6]])).shape == (1, 3)
