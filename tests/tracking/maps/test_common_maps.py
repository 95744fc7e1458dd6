"""Which cameras come onto one map, and onto whose."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tracking.ground import GIVEN, LEARNED, GroundPlane
from tracking.maps.common_maps import LEAST_STD_M, Pair, on_common_maps
from tracking.maps.shared_views import Overlay

BOX = np.array([[600.0, 400, 680, 500]])
# It sees its box in the same place on its own map, whichever camera it is.
MATRIX = np.array([[0.05, 0, -30.0], [0, -0.01, 50.0], [0, 0.01, -1.0]])


def plane(frame: int) -> GroundPlane:
    return GroundPlane(MATRIX, frame=frame)


def own(*cameras: int) -> dict[int, GroundPlane]:
    return {camera: plane(LEARNED + camera) for camera in cameras}


def overlay(east_m: float, nats: float, std_m: float = 0.5, turn_deg: float = 0.0) -> Overlay:
    """Return that the other camera's map lies so far to the east on the one's, and is turned."""
    cos, sin = np.cos(np.radians(turn_deg)), np.sin(np.radians(turn_deg))
    affine = np.array([[cos, -sin, east_m], [sin, cos, 0.0]])
    return Overlay(affine, vehicles=20, nats=nats, std_m=std_m, across=5)


def place(plane: GroundPlane) -> NDArray[np.float64]:
    return np.asarray(plane.places(BOX)[0, :2])


AT = place(plane(0))


def east_of_its_own(planes: dict[int, GroundPlane], camera: int) -> float:
    east, north = place(planes[camera]) - AT
    assert north == pytest.approx(0, abs=1e-6)
    return float(east)


@pytest.mark.parametrize("pair", [(0, 1), (1, 2)], ids=["calibrated first", "calibrated second"])
def test_a_camera_comes_onto_the_map_of_the_calibrated_one(pair: Pair) -> None:
    calibrated = pair[0] if pair == (0, 1) else pair[1]
    planes = on_common_maps(own(1), {pair: overlay(10.0, 90)}, {calibrated: plane(GIVEN)})
    # The calibrated one stays as it is, and is not told again.
    assert planes.keys() == {1}
    assert planes[1].frame == GIVEN
    assert east_of_its_own(planes, 1) == pytest.approx(10.0 if calibrated == 0 else -10.0)


def test_a_turned_map_is_turned_back() -> None:
    # Camera 0 is not calibrated: camera 1's map lies on its own turned by a right angle.
    turned = {(0, 1): overlay(10.0, 90, turn_deg=90)}
    planes = on_common_maps(own(0), turned, {1: plane(3)})
    assert planes[0].frame == 3
    x, y = AT
    assert place(planes[0]) == pytest.approx((y, 10.0 - x))


def test_a_group_comes_onto_the_map_of_the_calibrated_one_of_them() -> None:
    overlays: dict[Pair, Overlay] = {
        (0, 1): overlay(10.0, 200),
        (1, 2): overlay(20.0, 100),
        (2, 3): overlay(40.0, 50),
    }
    planes = on_common_maps(own(0, 1, 2), overlays, {3: plane(GIVEN)})
    assert {camera: one.frame for camera, one in planes.items()} == dict.fromkeys(range(3), GIVEN)
    assert [east_of_its_own(planes, c) for c in range(3)] == pytest.approx([-70, -60, -40])


def test_who_shares_no_view_with_them_stays_apart() -> None:
    overlays: dict[Pair, Overlay] = {(0, 1): overlay(10.0, 90), (2, 3): overlay(5.0, 60)}
    planes = on_common_maps(own(1, 2, 3, 4), overlays, {0: plane(GIVEN)})
    frames = {camera: one.frame for camera, one in planes.items()}
    assert frames == {1: GIVEN, 2: LEARNED + 2, 3: LEARNED + 2, 4: LEARNED + 4}
    assert planes[4].std_m == 0


@pytest.mark.parametrize("surer", [0, 2])
def test_a_camera_that_reaches_two_maps_is_on_the_surer_one(surer: int) -> None:
    overlays: dict[Pair, Overlay] = {
        (0, 1): overlay(10.0, 90 if surer == 0 else 50),
        (1, 2): overlay(20.0, 90 if surer == 2 else 50, std_m=3.0),
    }
    given = {0: plane(GIVEN), 2: plane(7)}
    planes = on_common_maps(own(1), overlays, given)
    assert planes[1].frame == given[surer].frame
    assert east_of_its_own(planes, 1) == pytest.approx(10.0 if surer == 0 else -20.0)
    # What is not heeded makes it no less sure.
    assert planes[1].std_m == (LEAST_STD_M if surer == 0 else 3.0)


def test_a_group_that_reaches_two_maps_stays_together_on_the_surer_one() -> None:
    overlays: dict[Pair, Overlay] = {
        (0, 1): overlay(10.0, 60),
        (1, 2): overlay(20.0, 200),
        (2, 3): overlay(40.0, 50),
    }
    planes = on_common_maps(own(1, 2), overlays, {0: plane(GIVEN), 3: plane(7)})
    assert [planes[c].frame for c in (1, 2)] == [GIVEN, GIVEN]
    assert [east_of_its_own(planes, c) for c in (1, 2)] == pytest.approx([10, 30])


def test_a_group_that_reaches_two_maps_is_parted_where_it_is_least_sure() -> None:
    overlays: dict[Pair, Overlay] = {
        (0, 1): overlay(10.0, 200),
        (1, 2): overlay(20.0, 50),
        (2, 3): overlay(40.0, 60),
    }
    planes = on_common_maps(own(1, 2), overlays, {0: plane(GIVEN), 3: plane(7)})
    assert [planes[c].frame for c in (1, 2)] == [GIVEN, 7]
    assert [east_of_its_own(planes, c) for c in (1, 2)] == pytest.approx([10, -40])


def test_two_calibrated_cameras_of_one_map_do_not_move_each_other() -> None:
    # The second says something else of where the camera between them is, and is less sure.
    overlays: dict[Pair, Overlay] = {(0, 1): overlay(10.0, 90), (1, 2): overlay(-12.0, 60, 2.5)}
    planes = on_common_maps(own(1), overlays, {0: plane(GIVEN), 2: plane(GIVEN)})
    assert planes.keys() == {1}
    assert east_of_its_own(planes, 1) == pytest.approx(10.0)
    # But the two do not agree better than that.
    assert planes[1].std_m == 2.5


def test_two_maps_that_people_made_are_never_laid_over_each_other() -> None:
    overlays: dict[Pair, Overlay] = {(0, 1): overlay(10.0, 90), (1, 2): overlay(20.0, 80)}
    planes = on_common_maps(own(2), overlays, {0: plane(GIVEN), 1: plane(7)})
    assert {camera: one.frame for camera, one in planes.items()} == {2: 7}
    assert east_of_its_own(planes, 2) == pytest.approx(20.0)


@pytest.mark.parametrize(("overlay_std_m", "expected"), [(0.2, LEAST_STD_M), (1.7, 1.7)])
def test_places_are_no_surer_than_the_overlay(overlay_std_m: float, expected: float) -> None:
    overlays: dict[Pair, Overlay] = {(0, 1): overlay(10.0, 90, overlay_std_m)}
    for cameras, given in (((1,), {0: plane(GIVEN)}), ((0, 1), {})):
        planes = on_common_maps(own(*cameras), overlays, given)
        assert planes[1].std_m == expected
