import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.camera import CameraGeometry
from city.renderer.projection import (
    Rect,
    body_matrix,
    box_matrix,
    flatten_along,
    look_at_matrix,
    merge_rects,
    pixel_rect,
    tight_rects,
    transformed,
)
from city.types import Pose

CAMERA = CameraGeometry(eye=(0, 0, 10), look_at=(0, 5, 10), fov_deg=90, size_wh=(200, 100))
SQUARE = np.array([[-2, 10, 8], [2, 10, 8], [2, 10, 12], [-2, 10, 12]], np.float64)


def test_a_body_is_turned_and_moved():
    matrix = body_matrix(Pose(x=5, y=1, heading=np.pi / 2))
    np.testing.assert_allclose(transformed(matrix, np.array([[2.0, 0, 1]])), [[5, 3, 1]])


def test_a_shadow_falls_away_from_the_sun():
    matrix = flatten_along(np.array([1.0, 0, 1]), height_m=0.5)
    np.testing.assert_allclose(transformed(matrix, np.array([[0.0, 0, 2.5]])), [[-2, 0, 0.5]])


def test_the_suns_view_holds_the_square_around_its_target():
    target = np.array([10.0, 20, 0])
    matrix = box_matrix(50, 1, 200) @ look_at_matrix(np.array([10.0, 20, 100]), target)
    corners = target + np.array([[50.0, 50, 0], [-50, -50, 0]])
    inside = transformed(matrix, corners)
    np.testing.assert_allclose(np.abs(inside[:, :2]), 1, atol=1e-9)
    assert (np.abs(inside[:, 2]) < 1).all()


@pytest.mark.parametrize(
    ("move", "rect"),
    [
        pytest.param((0, 0, 0), Rect(90, 40, 110, 60), id="inside"),
        pytest.param((-20, 0, 0), Rect(0, 40, 10, 60), id="cut off"),
        pytest.param((-30, 0, 0), None, id="outside"),
        pytest.param((0, -30, 0), None, id="behind"),
    ],
)
def test_pixel_rect(move, rect):
    assert pixel_rect(SQUARE + move, CAMERA, margin=0) == rect


def test_what_reaches_behind_the_camera_is_cut_at_the_near_plane():
    road = np.array([[-1, -50, 0], [1, -50, 0], [1, 50, 0], [-1, 50, 0]], np.float64)
    rect = pixel_rect(road, CAMERA, margin=0)
    assert rect is not None
    # 50 m ahead it is 10 m below the eye: 10 pixels below the middle.
    assert (rect.y0, rect.y1) == (60, 100)


def test_halved_and_doubled_cover_what_they_came_from():
    rect = Rect(3, 5, 8, 9)
    assert rect.halved() == Rect(1, 2, 4, 5)
    assert rect.halved().doubled((7, 20)) == Rect(2, 4, 7, 10)


rects = st.builds(
    lambda x, y, w, h: Rect(x, y, x + w, y + h),
    *(st.integers(0, 40), st.integers(0, 40), st.integers(1, 20), st.integers(1, 20)),
)


@given(st.lists(rects, max_size=12))
def test_merged_rects_are_disjoint_and_cover_the_same(given_rects):
    count = np.zeros((64, 64), int)
    merged = merge_rects(given_rects)
    for rect in merged:
        count[rect.slices] += 1
    assert count.max(initial=0) <= 1
    for rect in given_rects:
        assert (count[rect.slices] == 1).all()


@given(st.lists(rects, max_size=12), st.integers(1, 16))
def test_tight_rects_are_disjoint_and_cover_the_same(given_rects, scale):
    given_rects = [Rect(*(scale * v for v in rect)) for rect in given_rects]
    count = np.zeros((64 * scale, 64 * scale), int)
    for rect in tight_rects(given_rects):
        assert rect.area > 0
        count[rect.slices] += 1
    assert count.max(initial=0) <= 1
    for rect in given_rects:
        assert (count[rect.slices] == 1).all()


def test_tight_rects_leave_the_middle_of_a_diagonal_road_out():
    along = [Rect(60 * k, 30 * k, 60 * k + 80, 30 * k + 40) for k in range(10)]
    tight = sum(rect.area for rect in tight_rects(along))
    assert tight < 0.5 * sum(rect.area for rect in merge_rects(along))


def test_a_hull_around_the_camera_is_cut_at_its_near_plane():
    around = np.array([[-2, 10, 8], [2, 10, 12], [2, -10, 12], [-2, -10, 8]], np.float64)
    assert pixel_rect(around, CAMERA, margin=0) == Rect(0, 0, 200, 100)
