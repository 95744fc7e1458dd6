"""The ground under all cameras that nobody calibrated, learned from the vehicles that they see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.tracking.pinhole import LOOK_ALIKES, Drive, Pinhole, film, sightings, street
from tracking.ground import GIVEN, LEARNED, GroundPlane
from tracking.maps.common_maps import LEAST_STD_M
from tracking.maps.survey import LATEST, survey
from tracking.sightings import Sightings
from tracking.slices import finish
from tracking.types import Tracklet

CAMERAS = ("a", "b", "c")
ROAD = street(30, from_y=-20, to_y=240, kinds=["car"])
SOUTH = Pinhole("a")
# It looks back, at what both others see; these see cars up to some 75 m away.
MIDDLE = Pinhole("b", at=(-9.0, 150.0), yaw_deg=177, pitch_deg=10, height_m=8, lens_deg=24)
NORTH = Pinhole("c", at=(3.0, 90.0), yaw_deg=-2, pitch_deg=15, height_m=7.5)
BESIDE = Pinhole("b", at=(14.0, -3.0), yaw_deg=-5, pitch_deg=17, height_m=8)
AWAY = Pinhole("c", at=(300.0, 0.0))


def surveyed(
    tracklets: Sequence[Tracklet], cameras: Sequence[int] = (0, 1, 2)
) -> dict[int, GroundPlane]:
    return finish(survey(sightings(tracklets), list(cameras), LOOK_ALIKES)).planes


def places(
    plane: GroundPlane, tracklet: Tracklet, times: NDArray[np.float64]
) -> NDArray[np.float64]:
    at = plane.places(tracklet.xyxy)[:, :2]
    return np.stack([np.interp(times, tracklet.timestamps, column) for column in at.T], axis=1)


def way_on(plane: GroundPlane, tracklet: Tracklet) -> NDArray[np.float64]:
    """Return the velocity that a plane makes of a tracklet, in metres per second."""
    first, last = places(plane, tracklet, tracklet.timestamps[[2, -3]])
    return np.asarray((last - first) / np.ptp(tracklet.timestamps[[2, -3]]))


def test_a_chain_of_cameras_has_one_map() -> None:
    # The southern one and the northern one share nothing: each shares a view with the middle one.
    seen = [film(camera, ROAD) for camera in (SOUTH, MIDDLE, NORTH)]
    planes = surveyed([t for some in seen for t in some])
    assert {plane.frame for plane in planes.values()} == {LEARNED}
    # What the southern one sees of a vehicle goes on as the northern one sees it: the same way, and
    # as far ahead as it drives meanwhile. Lengths on the map are some 20 % off, and so is the way.
    for a in seen[0]:
        c = next(t for t in seen[2] if t.track_id == a.track_id)
        ways = way_on(planes[0], a), way_on(planes[2], c)
        cosine = ways[0] @ ways[1] / np.linalg.norm(ways[0]) / np.linalg.norm(ways[1])
        assert cosine > 0.9
    one, two = ([places(planes[k], t, t.timestamps).mean(axis=0) for t in seen[k]] for k in (0, 2))
    assert np.median(np.linalg.norm(np.array(one) - np.array(two), axis=1)) > 40


def test_places_of_cameras_on_one_map_agree_within_what_is_said_of_them() -> None:
    seen = [film(camera, ROAD) for camera in (SOUTH, BESIDE)]
    planes = surveyed([t for some in seen for t in some])
    assert planes.keys() == {0, 1}
    apart = []
    for a, b in zip(*seen, strict=True):
        from_ = max(a.first_timestamp, b.first_timestamp)
        times = np.linspace(from_, min(a.last_timestamp, b.last_timestamp), 9)
        both = places(planes[0], a, times), places(planes[1], b, times)
        apart.append(float(np.median(np.linalg.norm(both[0] - both[1], axis=1))))
    assert np.median(apart) < 2.0
    std_m = planes[0].places(np.array([[600.0, 500, 700, 600]]))[0, 2]
    assert LEAST_STD_M <= std_m < 2.0


def test_cameras_that_share_nothing_keep_maps_of_their_own() -> None:
    elsewhere = [replace_x(d, 300.0) for d in street(30, from_y=-20, to_y=110, seed=9)]
    tracklets = [*film(SOUTH, ROAD), *film(AWAY, elsewhere)]
    frames = {camera: plane.frame for camera, plane in surveyed(tracklets).items()}
    assert frames == {0: LEARNED, 2: LEARNED + 2}
    assert GIVEN not in frames.values()


def replace_x(drive: Drive, by: float) -> Drive:
    return replace(drive, from_=(drive.from_[0] + by, drive.from_[1]))


def test_only_cameras_that_are_asked_for_are_surveyed() -> None:
    tracklets = [t for camera in (SOUTH, MIDDLE, NORTH) for t in film(camera, ROAD)]
    found = surveyed(tracklets, [0, 2])
    assert {camera: plane.frame for camera, plane in found.items()} == {
        0: LEARNED,
        2: LEARNED + 2,
    }
    assert surveyed(tracklets, []) == {}


def test_nothing_is_known_before_anything_was_seen() -> None:
    assert surveyed([]) == {}
    assert surveyed(film(SOUTH, ROAD)[:4]) == {}


def as_bytes(found: dict[int, GroundPlane]) -> dict[int, bytes]:
    box = np.array([[600.0, 400, 680, 500], [100.0, 500, 380, 700]])
    return {camera: plane.places(box).tobytes() for camera, plane in found.items()}


@pytest.mark.parametrize("at_once", [False, True])
def test_the_order_does_not_matter_and_a_replay_finds_the_same(*, at_once: bool) -> None:
    crowded = street(60, from_y=-20, to_y=240, every_s=0.7)
    seen = sightings([t for camera in (SOUTH, BESIDE) for t in film(camera, crowded)])
    if at_once:
        # As of vehicles that are in view still: many were last seen in the newest frame.
        seen = replace(seen, last=np.ceil(seen.last))
        assert len(np.unique(seen.last)) < 0.5 * len(seen)
    planes = finish(survey(seen, [0, 1], LOOK_ALIKES)).planes
    assert [planes[k].frame for k in (0, 1)] == [LEARNED, LEARNED]
    expected = as_bytes(planes)
    assert as_bytes(finish(survey(seen, [0, 1], LOOK_ALIKES)).planes) == expected
    for seed in range(4):
        shuffled = seen[np.random.default_rng(seed).permutation(len(seen))]
        assert as_bytes(finish(survey(shuffled, [1, 0], LOOK_ALIKES)).planes) == expected


def test_vehicles_that_are_parked_do_not_hide_those_that_drive() -> None:
    # They were all last seen just now, and all others before.
    parked = [
        Drive(5000 + k, (-12.0 + 0.3 * k, 30.0 + 0.4 * k), (0.0, 0.0), (0.0, 400.0))
        for k in range(LATEST + 10)
    ]
    moving = film(SOUTH, ROAD)
    hidden = film(SOUTH, parked)
    assert len(hidden) >= LATEST
    assert surveyed([*moving, *hidden]).keys() == {0}


def test_a_quiet_camera_shares_a_view_with_a_busy_one() -> None:
    # The busy one also sees a motorway, so that what is looked at of it is of the last minute; what
    # the quiet one saw before has nobody to agree with.
    here = street(60, from_y=-20, to_y=110, every_s=6.0)
    until = max(drive.times[1] for drive in here)
    motorway = [
        replace(
            replace_x(drive, -22.0),
            number=3000 + drive.number,
            times=(drive.times[0] + until - 100, drive.times[1] + until - 100),
        )
        for drive in street(LATEST, from_y=-20, to_y=110, every_s=1.2, seed=5)
    ]
    busy, quiet = film(SOUTH, [*here, *motorway]), film(BESIDE, here)
    assert surveyed([*film(SOUTH, here), *quiet])[1].frame == LEARNED
    assert len(busy) > 1.5 * LATEST
    planes = surveyed([*busy, *quiet])
    assert [planes[k].frame for k in (0, 1)] == [LEARNED] * 2


def test_five_thousand_sightings_of_a_camera_are_the_latest_ones() -> None:
    seen = sightings(film(SOUTH, ROAD))
    many: Sightings = Sightings.join([seen] * (5000 // len(seen)))
    assert finish(survey(many, [0], LOOK_ALIKES)).planes.keys() == {0}
