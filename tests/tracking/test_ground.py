from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tracking.ground import BOX_NOISE_PX, GIVEN, MOST_DEPTH_M, SAMPLES, GroundPlane, paths_on_ground

# Looking straight down, a pixel is a metre.
DOWN = np.eye(3)
# From a height of 5 m straight ahead, with 1000 px of focal length and the horizon at y = 100: the
# foot of a box n px below it is 5000 / n metres away.
AHEAD = np.array([[5.0, 0.0, -1600.0], [0.0, 0.0, 5000.0], [0.0, 1.0, -100.0]])


def boxes(*rows: tuple[float, float, float, float]) -> NDArray[np.float64]:
    return np.array(rows, np.float64).reshape(-1, 4)


def around(feet: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return boxes of 4 x 4 px whose middles are seen straight from above at some points."""
    return np.column_stack([feet - 2, feet + 2])


@pytest.mark.parametrize(
    ("homography", "box", "expected"),
    [
        # The foot is (3, 8); the middle half a width, 2 px, further up.
        pytest.param(DOWN, (1, 4, 5, 8), (3, 6, BOX_NOISE_PX), id="a pixel is a metre"),
        pytest.param(
            np.diag([0.5, 0.5, 1.0]), (1, 4, 5, 8), (1.5, 3, BOX_NOISE_PX / 2), id="half a metre"
        ),
        pytest.param(-3 * DOWN, (1, 4, 5, 8), (3, 6, BOX_NOISE_PX), id="a factor does not matter"),
        pytest.param(
            np.array([[1.0, 0, 600_000], [0, -1.0, 5_300_000], [0, 0, 1]]),
            (1, 4, 5, 8),
            (600_003, 5_299_994, BOX_NOISE_PX),
            id="map coordinates, y to the north",
        ),
        pytest.param(
            DOWN, (0, 0, 40, 20), (20, 20 - MOST_DEPTH_M, BOX_NOISE_PX), id="a long one from a side"
        ),
        # 20 m away; 2 m wide, so 1 m further; the pixel above is 5000 / 249 m away.
        pytest.param(
            AHEAD, (270, 200, 370, 350), (0, 21, BOX_NOISE_PX * 0.08032), id="straight ahead"
        ),
    ],
)
def test_places_that_a_hand_can_check(
    homography: NDArray[np.float64],
    box: tuple[float, float, float, float],
    expected: tuple[float, float, float],
) -> None:
    found = GroundPlane(homography).places(boxes(box))
    assert found.shape == (1, 3)
    assert found[0] == pytest.approx(expected, abs=2e-4)


@pytest.mark.parametrize(
    ("bottom", "known"),
    [
        pytest.param(50.0, False, id="above the horizon"),
        pytest.param(100.0, False, id="on the horizon"),
        pytest.param(101.0, False, id="so near to it that the pixel above is on it"),
        # The pixel above is 5000 / 22 - 5000 / 23 = 9.9 m further.
        pytest.param(123.0, True, id="below"),
        pytest.param(122.0, False, id="a pixel is more than ten metres"),
    ],
)
@pytest.mark.parametrize("sign", [1, -1])
def test_what_is_near_the_horizon_is_not_known(bottom: float, sign: int, *, known: bool) -> None:
    found = GroundPlane(sign * AHEAD).places(boxes((310, 0, 330, bottom)))
    assert np.isfinite(found).all() == known
    assert np.isfinite(found).any() == known


@pytest.mark.parametrize("n", [0, 1, 5])
def test_every_box_is_placed_by_itself(n: int) -> None:
    many = np.random.default_rng(0).uniform(0, 400, (n, 4))
    many[:, 2:] += many[:, :2]
    plane = GroundPlane(AHEAD)
    together = plane.places(many)
    assert together.shape == (n, 3)
    alone = [plane.places(many[[row]])[0] for row in range(n)]
    assert together == pytest.approx(np.array(alone).reshape(n, 3), nan_ok=True)


@pytest.mark.parametrize("tilt", [0.0, 1e-7, -1e-7, 1e-5, -1e-5])
def test_a_camera_that_looks_nearly_straight_down_sees_all_of_the_ground(tilt: float) -> None:
    # The horizon is ten million or a hundred thousand pixels above the picture, or below it.
    matrix = DOWN.copy()
    matrix[2, 1] = tilt
    assert GroundPlane(matrix).places(boxes((1, 4, 5, 8)))[0, :2] == pytest.approx((3, 6), abs=0.01)


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        pytest.param(np.eye(2), "3 x 3 finite numbers", id="too small"),
        pytest.param(np.zeros((0, 3)), "3 x 3 finite numbers", id="empty"),
        pytest.param(np.full((3, 3), np.nan), "3 x 3 finite numbers", id="NaN"),
        pytest.param(np.diag([1, 1, np.inf]), "3 x 3 finite numbers", id="infinite"),
        pytest.param(np.zeros((3, 3)), "can be inverted", id="zeros"),
        pytest.param(np.ones((3, 3)), "can be inverted", id="all alike"),
        pytest.param(
            np.array([[1.0, 2, 3], [2, 4, 6], [0, 0, 1]]), "can be inverted", id="onto a line"
        ),
        pytest.param(
            np.array([[1.0, 0, 0], [2, 0, 0], [0, 1, 1]]), "can be inverted", id="rank of two"
        ),
        pytest.param(
            np.array([[0.0, 0, 1], [0, 1, 0], [1, 0, 0]]), "horizon", id="a picture on its side"
        ),
    ],
)
def test_bad_matrices_are_refused(matrix: NDArray[np.float64], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        GroundPlane(matrix)


@pytest.mark.parametrize("metres_per_px", [1.0, 0.01])
def test_map_coordinates_far_from_their_origin_are_not_taken_for_a_singular_matrix(
    metres_per_px: float,
) -> None:
    far = np.array([[metres_per_px, 0, 691_000], [0, metres_per_px, 5_334_000], [0, 0, 1]])
    found = GroundPlane(far).places(boxes((1, 4, 5, 8)))[0]
    assert found[:2] - (691_000, 5_334_000) == pytest.approx(np.array((3, 6)) * metres_per_px)


def drive(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return boxes of a vehicle at (10 + 8 t, 20 + 6 t) metres, seen by `DOWN`."""
    # The middle is two pixels above the foot.
    return around(np.stack([10 + 8 * times, 20 + 6 * times], axis=1))


def path_on_ground(
    plane: GroundPlane | None, timestamps: NDArray[np.float64], xyxy: NDArray[np.floating]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    (path,), (ends,) = paths_on_ground(plane, [(timestamps, xyxy)])
    return path, ends


def test_a_straight_drive_at_constant_speed() -> None:
    times = np.linspace(0, 4, 41)
    path, ends = path_on_ground(GroundPlane(DOWN), 100 + times, drive(times))
    assert path.shape == (SAMPLES, 3)
    even = np.linspace(0, 4, SAMPLES)
    assert path[:, :2] == pytest.approx(np.stack([10 + 8 * even, 20 + 6 * even], axis=1))
    assert path[:, 2] == pytest.approx(np.full(SAMPLES, BOX_NOISE_PX))
    assert ends == pytest.approx(np.array([[10, 20, 8, 6], [42, 44, 8, 6]]))


def test_speeds_at_the_ends_are_those_of_the_ends() -> None:
    # It stands for 3 s and then goes at 10 m/s for 2 s.
    times = np.linspace(0, 5, 51)
    feet = np.stack([10 * np.maximum(times - 3, 0), np.full(51, 7.0)], axis=1)
    ends = path_on_ground(GroundPlane(DOWN), times, around(feet))[1]
    assert ends == pytest.approx(np.array([[0, 7, 0, 0], [20, 7, 10, 0]]), abs=1e-9)


@pytest.mark.parametrize(
    "times",
    [
        pytest.param([5.0], id="once"),
        pytest.param([5.0, 5.2], id="too briefly"),
        pytest.param([5.0, 9.0], id="seldom: one sample at each end"),
    ],
)
def test_without_enough_time_the_place_is_known_but_not_the_speed(times: list[float]) -> None:
    seen = np.array(times)
    path, ends = path_on_ground(GroundPlane(DOWN), seen, drive(seen))
    assert np.isfinite(path).all()
    assert np.isfinite(ends[:, :2]).all()
    assert np.isnan(ends[:, 2:]).all()
    assert ends[0, 0] <= path[:, 0].max()


@pytest.mark.parametrize(
    ("plane", "boxed"),
    [
        pytest.param(None, boxes((1, 4, 5, 8), (2, 4, 6, 8)), id="not calibrated"),
        pytest.param(GroundPlane(AHEAD), boxes((1, 4, 5, 8), (2, 4, 6, 8)), id="in the sky"),
    ],
)
def test_nothing_is_known_of_what_is_not_on_the_ground(
    plane: GroundPlane | None, boxed: NDArray[np.float64]
) -> None:
    path, ends = path_on_ground(plane, np.array([0.0, 1.0]), boxed)
    assert path.shape == (SAMPLES, 3)
    assert ends.shape == (2, 4)
    assert np.isnan(path).all()
    assert np.isnan(ends).all()


def test_a_path_that_comes_down_from_the_horizon_begins_where_it_is_first_known() -> None:
    # For the first half it is too far away; it comes down the picture by 100 px a second.
    times = np.linspace(0, 4, 41)
    bottom = 23 + 100 * times
    boxed = np.column_stack([np.full(41, 310), bottom - 20, np.full(41, 330), bottom])
    path, ends = path_on_ground(GroundPlane(AHEAD), times, boxed)
    assert np.isfinite(path).all()
    first = np.flatnonzero(bottom >= 123)[0]
    known = GroundPlane(AHEAD).places(boxed[[first]])[0]
    assert path[0] == pytest.approx(known)
    assert np.isfinite(ends).all()
    assert ends[1, 3] < 0


# A quarter turn, twice as large, 100 m to the east.
ELSEWHERE = np.array([[0.0, -2.0, 100.0], [2.0, 0.0, 0.0]])


def test_the_same_view_on_another_map() -> None:
    plane, boxed = GroundPlane(AHEAD), boxes((270, 200, 370, 350), (310, 0, 330, 50))
    moved = plane.moved(ELSEWHERE, frame=3, std_m=0.0)
    assert (plane.frame, moved.frame) == (GIVEN, 3)
    # Its middle is 21 m ahead: 42 m to the west of (100, 0) by a map that is twice as large.
    assert plane.places(boxed)[0] == pytest.approx((0, 21, BOX_NOISE_PX * 0.08032), abs=2e-4)
    assert moved.places(boxed)[0] == pytest.approx((58, 0, BOX_NOISE_PX * 0.16064), abs=4e-4)
    # What is in the sky stays there.
    assert np.isnan(moved.places(boxed)[1]).all()


def test_a_map_and_the_way_back_is_the_map_itself() -> None:
    back = np.array([[0.0, 0.5, 0.0], [-0.5, 0.0, 50.0]])
    boxed = boxes((270, 200, 370, 350), (0, 300, 50, 400), (600, 100, 640, 160))
    plane = GroundPlane(AHEAD)
    again = plane.moved(ELSEWHERE, frame=3, std_m=1.0).moved(back, frame=GIVEN, std_m=0.0)
    assert again.frame == GIVEN
    assert again.places(boxed) == pytest.approx(plane.places(boxed))


@pytest.mark.parametrize(("std_m", "expected"), [(0.0, 2.0), (1.5, 2.5), (100.0, 100.02)])
def test_the_doubt_of_a_map_adds_to_the_noise_of_boxes(std_m: float, expected: float) -> None:
    plane = GroundPlane(DOWN).moved(np.eye(2, 3), frame=1, std_m=std_m)
    found = plane.places(boxes((1, 4, 5, 8)))[0]
    assert found == pytest.approx((3, 6, expected), abs=1e-3)


def test_a_view_cannot_be_moved_onto_a_line() -> None:
    with pytest.raises(ValueError, match="can be inverted"):
        GroundPlane(AHEAD).moved(np.array([[1.0, 2, 0], [2, 4, 0]]), frame=1, std_m=1.0)
