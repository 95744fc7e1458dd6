from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.camera import FAR_M, NEAR_M, CameraGeometry

# Ten metres up, looking level to the north; 90 degrees: the focal length is half the height.
LEVEL = CameraGeometry(eye=(0, 0, 10), look_at=(0, 5, 10), fov_deg=90, size_wh=(200, 100))


def test_whole_numbers_are_coordinates_like_others():
    assert [type(value) for value in (*LEVEL.eye, *LEVEL.look_at)] == [float] * 6
    assert LEVEL.rotation.dtype == LEVEL.translation.dtype == np.float64


def points(*rows):
    return np.array(rows, np.float64).reshape(-1, 3)


def test_intrinsics_of_a_right_angle():
    assert LEVEL.focal_px == pytest.approx(50)
    np.testing.assert_allclose(LEVEL.intrinsics, [[50, 0, 100], [0, 50, 50], [0, 0, 1]])


@pytest.mark.parametrize(
    ("point", "pixel", "depth"),
    [
        pytest.param((0, 20, 10), (100, 50), 20, id="middle"),
        pytest.param((10, 10, 10), (150, 50), 10, id="east is right"),
        pytest.param((0, 10, 0), (100, 100), 10, id="ground is below"),
        pytest.param((-40, 20, 20), (0, 25), 20, id="left edge, above"),
    ],
)
def test_project(point, pixel, depth):
    pixels, depths = LEVEL.project(points(point))
    np.testing.assert_allclose(pixels, [pixel], atol=1e-9)
    np.testing.assert_allclose(depths, [depth])


def test_project_says_what_is_behind():
    assert (LEVEL.project(points((0, -5, 10), (0, 0, 10)))[1] <= 0).all()


def test_project_takes_no_points():
    pixels, depths = LEVEL.project(points())
    assert pixels.shape == (0, 2)
    assert depths.shape == (0,)


def test_rotation_and_translation_are_those_of_opencv():
    np.testing.assert_allclose(LEVEL.rotation, [[1, 0, 0], [0, 0, -1], [0, 1, 0]], atol=1e-12)
    np.testing.assert_allclose(LEVEL.translation, [0, 10, 0], atol=1e-12)


coordinates = st.floats(-50, 50)


@given(
    eye=st.tuples(coordinates, coordinates, st.floats(1, 30)),
    turn=st.floats(0, 6.28),
    drop=st.floats(0.05, 2),
    fov=st.floats(10, 100),
    ahead=st.floats(1, 100),
    aside=st.floats(-20, 20),
)
def test_ground_points_survive_the_way_to_the_picture_and_back(eye, turn, drop, fov, ahead, aside):
    c, s = np.cos(turn), np.sin(turn)
    look_at = (eye[0] + c, eye[1] + s, eye[2] - drop)
    camera = CameraGeometry(eye=eye, look_at=look_at, fov_deg=fov, size_wh=(640, 360))
    point = points((eye[0] + ahead * c - aside * s, eye[1] + ahead * s + aside * c, 0.0))
    pixel, depth = camera.project(point)
    assert depth[0] > 0
    back = camera.ground_homography() @ np.append(pixel[0], 1)
    np.testing.assert_allclose(back[:2] / back[2], point[0, :2], atol=1e-5)
    by_matrices = camera.intrinsics @ (camera.rotation @ point[0] + camera.translation)
    np.testing.assert_allclose(by_matrices[:2] / by_matrices[2], pixel[0], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(("depth", "clip"), [(NEAR_M, -1), (FAR_M, 1)])
def test_clip_depths(depth, clip):
    x, y, z, w = LEVEL.clip_matrix() @ (0, 0, depth, 1)
    assert (x, y, z / w) == pytest.approx((0, 0, clip))


def test_clip_coordinates_run_down_the_picture():
    at = LEVEL.clip_matrix() @ LEVEL.view_matrix() @ (0, 10, 0, 1)
    np.testing.assert_allclose(at[:2] / at[3], (0, 1), atol=1e-12)


def test_fewer_pixels_show_the_same():
    small = replace(LEVEL, size_wh=(100, 50))
    point = points((3, 20, 4))
    np.testing.assert_allclose(small.project(point)[0] * 2, LEVEL.project(point)[0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fov_deg": 0}, "fov_deg must lie between 0 and 180, is 0"),
        ({"fov_deg": 180}, "fov_deg must lie between 0 and 180"),
        ({"size_wh": (0, 4)}, "size_wh must be two positive integers"),
        ({"look_at": (0, 0, 0)}, "look_at must not lie straight above or below eye"),
        ({"eye": (0, float("nan"), 1)}, "eye must be three finite numbers"),
    ],
)
def test_bad_cameras(change, message):
    good = {"eye": (0, 0, 10), "look_at": (0, 5, 0), "fov_deg": 40, "size_wh": (64, 36)}
    with pytest.raises(ValueError, match=message):
        CameraGeometry(**(good | change))


def test_a_camera_on_the_ground_has_no_homography():
    camera = CameraGeometry(eye=(0, 0, 0), look_at=(0, 5, 1), fov_deg=40, size_wh=(64, 36))
    with pytest.raises(ValueError, match="must not stand on the ground"):
        camera.ground_homography()
