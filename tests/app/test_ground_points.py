from __future__ import annotations

import numpy as np
import pytest

from app.ground_points import homography_of

# A square of 10 m, seen from straight above at 20 px per metre.
SQUARE = [[0, 0, 100, 210], [200, 0, 110, 210], [200, 200, 110, 200], [0, 200, 100, 200]]
GRID = [[x, y, 100 + x / 20, 210 - y / 20] for x in (0, 100, 200) for y in (0, 100, 200)]

DEGREES = [[x, y, north / 111e3 + 52, east / 68e3 + 13] for x, y, east, north in SQUARE]

# Along a straight kerb as a camera sees it, each read off a little beside the line.
KERB = [
    [100, 500.4, 13.2, 11.5],
    [250, 399.8, 11.1, 13.5],
    [400, 300.3, 7.3, 17.1],
    [550, 199.6, -1.2, 25.3],
]


def mapped(matrix: np.ndarray, x: float, y: float) -> np.ndarray:
    point = matrix @ (x, y, 1)
    return point[:2] / point[2]


@pytest.mark.parametrize("offset", [(0, 0), (500_000, 5_400_000)], ids=["local", "UTM"])
def test_four_points(offset):
    points = [[x, y, east + offset[0], north + offset[1]] for x, y, east, north in SQUARE]
    middle = mapped(homography_of(points), 100, 100) - offset
    np.testing.assert_allclose(middle, [105, 205], atol=1e-3)


def test_points_of_a_narrow_road_that_goes_far_away():
    lane = [[300, 700, 0, 0], [900, 700, 7, 0], [603, 150, 7, 300], [600, 150, 0, 300]]
    np.testing.assert_allclose(mapped(homography_of(lane), 603, 150), [7, 300], atol=1e-3)


def test_three_on_a_line_do_where_two_more_are_beside_it():
    points = [GRID[0], GRID[1], GRID[2], GRID[6], GRID[8]]
    np.testing.assert_allclose(mapped(homography_of(points), 100, 100), [105, 205], atol=1e-3)


def test_more_points_share_their_errors():
    points = [*SQUARE, [100, 100, 105.4, 205]]
    east, north = mapped(homography_of(points), 100, 100)
    assert 105 < east < 105.4
    assert north == pytest.approx(205, abs=0.05)


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ([[0, 0, 0, 0], [1, 1, 1, 1], [2, 2, 2, 2], [3, 3, 3, 3]], "no three of them on a line"),
        ([SQUARE[0], SQUARE[0], SQUARE[1], SQUARE[2]], "no three of them on a line"),
        ([GRID[0], GRID[4], GRID[8], GRID[2]], "no three of them on a line"),
        ([*KERB, [700, 450, 7.8, 20.5]], "no three of them on a line"),
        ([*GRID, [50, 50, 122, 228]], r"pixel \(.*\) is .* m off the fit to all"),
        (DEGREES, "metres are expected, not degrees"),
    ],
    ids=[
        "on a line",
        "twice the same",
        "three on a line",
        "kerb and one",
        "read off wrongly",
        "degrees",
    ],
)
def test_points_that_cannot_be(points, message):
    with pytest.raises(ValueError, match=message):
        homography_of(points)
