"""Cameras that nobody calibrated come onto the map of a calibrated one that shares their view."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

import tracking.maps.survey
from tests.tracking.pinhole import LOOK_ALIKES, Pinhole, film, sightings, street
from tracking.ground import GIVEN, LEARNED, GroundPlane
from tracking.maps.common_maps import LEAST_STD_M
from tracking.maps.survey import Surveyed, survey
from tracking.slices import finish
from tracking.types import Tracklet

ROAD = street(30, from_y=-20, to_y=240, kinds=["car"])
SOUTH = Pinhole("a")
MIDDLE = Pinhole("b", at=(-9.0, 150.0), yaw_deg=177, pitch_deg=10, height_m=8, lens_deg=24)
NORTH = Pinhole("c", at=(3.0, 90.0), yaw_deg=-2, pitch_deg=15, height_m=7.5)
BESIDE = Pinhole("b", at=(14.0, -3.0), yaw_deg=-5, pitch_deg=17, height_m=8)
# Metres as surveyors count them.
ZONE = (-500_000.0, -5_800_000.0)


def filmed(*cameras: Pinhole) -> list[Tracklet]:
    return [t for camera in cameras for t in film(camera, ROAD)]


def surveyed(
    tracklets: Sequence[Tracklet], given: Mapping[int, GroundPlane], *, lagging: bool = False
) -> Surveyed:
    cameras = sorted({"abc".index(t.camera_id) for t in tracklets} - given.keys())
    return finish(survey(sightings(tracklets), cameras, LOOK_ALIKES, given=given, lagging=lagging))


def off_m(plane: GroundPlane, camera: Pinhole) -> NDArray[np.float64]:
    """Return by how much places are off where two cameras see them; a median per vehicle."""
    found = []
    shared = {t.track_id: t for t in film(BESIDE if camera is SOUTH else SOUTH, ROAD)}
    for t in film(camera, ROAD):
        if (other := shared.get(t.track_id)) is not None:
            both = t.timestamps >= other.first_timestamp
            both &= t.timestamps <= other.last_timestamp
            if both.sum() > 5:
                is_, should = (p.places(t.xyxy[both])[:, :2] for p in (plane, camera.plane()))
                found.append(float(np.median(np.linalg.norm(is_ - should, axis=1))))
    return np.array(found)


@pytest.mark.parametrize("frame", [GIVEN, 3])
def test_it_comes_onto_the_calibrated_map(frame: int) -> None:
    given = {0: SOUTH.plane(frame=frame)}
    found = surveyed(filmed(SOUTH, BESIDE), given)
    assert found.planes.keys() == {1}
    plane = found.planes[1]
    assert plane.frame == frame
    assert plane.std_m == max(LEAST_STD_M, found.overlays[0, 1].std_m)
    off = off_m(plane, BESIDE)
    assert len(off) > 15
    assert np.median(off) < 1.5


@pytest.mark.parametrize("apart_s", [0.0, 1e7])
def test_a_calibrated_camera_that_saw_nothing_meanwhile_tells_of_no_clock(
    monkeypatch: pytest.MonkeyPatch, apart_s: float
) -> None:
    monkeypatch.setattr(tracking.maps.survey, "LATEST", 5)
    earlier = film(BESIDE, ROAD) if apart_s else []
    earlier = [replace(t, timestamps=t.timestamps - apart_s) for t in earlier]
    given = {0: SOUTH.plane(), 1: BESIDE.plane()}
    found = surveyed([*film(SOUTH, ROAD), *earlier], given, lagging=True)
    assert found == Surveyed({}, {}, {})


def test_whichever_comes_first() -> None:
    found = surveyed(filmed(SOUTH, BESIDE), {1: BESIDE.plane()})
    assert found.planes.keys() == {0}
    assert found.planes[0].frame == GIVEN
    assert np.median(off_m(found.planes[0], SOUTH)) < 1.5


def test_who_shares_a_view_with_it_comes_along() -> None:
    found = surveyed(filmed(SOUTH, MIDDLE, NORTH), {0: SOUTH.plane()})
    assert {camera: plane.frame for camera, plane in found.planes.items()} == {1: GIVEN, 2: GIVEN}
    # Far from what the calibrated camera sees lengths are some 20 % off.
    box = np.array([[600.0, 480, 680, 540]])
    is_, should = (p.places(box)[0, :2] for p in (found.planes[2], NORTH.plane()))
    assert should[1] > 100
    assert is_ == pytest.approx(should, abs=25)


def test_metres_may_be_counted_from_far_away() -> None:
    here, far = (
        surveyed(filmed(SOUTH, BESIDE), {0: SOUTH.plane(origin=origin)}).planes[1]
        for origin in ((0.0, 0.0), ZONE)
    )
    box = np.array([[600.0, 480, 680, 540], [200.0, 300, 260, 350]])
    assert far.frame == here.frame == GIVEN
    moved = far.places(box)[:, :2] + ZONE
    assert moved == pytest.approx(here.places(box)[:, :2], abs=0.05)


def test_two_calibrated_cameras_are_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    def lay_over(one, other, looks):
        tried.append((int(one.camera[0]), int(other.camera[0])))

    monkeypatch.setattr(tracking.maps.survey, "lay_over", lay_over)
    given = {0: SOUTH.plane(), 1: MIDDLE.plane()}
    found = surveyed(filmed(SOUTH, MIDDLE, NORTH), given)
    assert tried == [(0, 2), (1, 2)]
    assert {camera: plane.frame for camera, plane in found.planes.items()} == {2: LEARNED + 2}


def test_where_all_are_calibrated_nothing_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracking.maps.survey, "lay_over", None)
    found = surveyed(filmed(SOUTH, MIDDLE), {0: SOUTH.plane(), 1: MIDDLE.plane()})
    assert found == Surveyed({}, {}, {})


@pytest.mark.parametrize(
    ("plane", "told"),
    [
        (BESIDE.plane(), True),
        # Maps that were learned may lie as they do because of a wrong clock.
        (GroundPlane(BESIDE.plane().homography, std_m=1.0), False),
        (BESIDE.plane(frame=2), False),
    ],
    ids=["measured", "learned", "on a map with a name"],
)
def test_clocks_of_calibrated_cameras_are_told_where_people_measured_both(
    plane: GroundPlane, *, told: bool
) -> None:
    late = [replace(t, timestamps=t.timestamps - 3.0) for t in film(BESIDE, ROAD)]
    given = {0: SOUTH.plane(), 1: plane}
    found = surveyed([*film(SOUTH, ROAD), *late], given, lagging=True)
    assert (found.planes, found.overlays) == ({}, {})
    assert {pair: lag.lag_s for pair, lag in found.lags.items()} == ({(0, 1): 3.0} if told else {})


def test_a_calibrated_camera_that_has_seen_nobody_helps_nobody() -> None:
    found = surveyed(filmed(BESIDE), {0: SOUTH.plane()})
    assert {camera: plane.frame for camera, plane in found.planes.items()} == {1: LEARNED + 1}


@pytest.mark.parametrize("seen", [(), (SOUTH,)], ids=["neither", "one"])
def test_of_a_calibrated_camera_that_has_seen_nobody_no_clock_is_told(
    seen: Sequence[Pinhole],
) -> None:
    given = {0: SOUTH.plane(), 1: BESIDE.plane()}
    assert surveyed(filmed(*seen), given, lagging=True) == Surveyed({}, {}, {})


def test_a_wrong_clock_is_told_beside_a_calibrated_camera() -> None:
    late = [replace(t, timestamps=t.timestamps - 3.0) for t in film(BESIDE, ROAD)]
    found = surveyed([*film(SOUTH, ROAD), *late], {0: SOUTH.plane()}, lagging=True)
    assert found.planes[1].frame == LEARNED + 1
    assert found.lags[0, 1].lag_s == pytest.approx(3.0, abs=0.3)


def test_the_order_does_not_matter() -> None:
    seen = sightings(filmed(SOUTH, BESIDE))
    given = {0: SOUTH.plane()}
    expected = finish(survey(seen, [1], LOOK_ALIKES, given=given)).planes[1].homography.tobytes()
    for seed in range(3):
        shuffled = seen[np.random.default_rng(seed).permutation(len(seen))]
        again = finish(survey(shuffled, [1], LOOK_ALIKES, given=given)).planes[1]
        assert again.homography.tobytes() == expected
