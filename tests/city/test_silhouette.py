import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from city.silhouette import MAX_SIDE_PX, covered_area

SQUARE = [[[0, 0], [6, 0], [6, 6]], [[0, 0], [6, 6], [0, 6]]]


def by_point(triangles: np.ndarray) -> int:
    """Count the pixel centres that lie in a triangle, one by one."""
    low, high = np.floor(triangles.min(axis=(0, 1))), np.ceil(triangles.max(axis=(0, 1)))
    x, y = np.meshgrid(np.arange(low[0], high[0]) + 0.5, np.arange(low[1], high[1]) + 0.5)
    covered = np.zeros(x.shape, bool)
    for corners in triangles:
        sides = [
            (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])
            for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True)
        ]
        covered |= (np.min(sides, axis=0) > 0) | (np.max(sides, axis=0) < 0)
    return int(covered.sum())


@pytest.mark.parametrize(
    ("triangles", "area"),
    [
        pytest.param(np.zeros((0, 3, 2)), 0, id="none"),
        pytest.param([[[2, 2], [2, 2], [2, 2]]], 0, id="a point"),
        pytest.param([[[0, 3.5], [9, 3.5], [4, 3.5]]], 0, id="a line through centres"),
        pytest.param(SQUARE, 36, id="a square"),
        pytest.param(SQUARE * 3, 36, id="one upon the other counts once"),
        pytest.param(np.array(SQUARE) - 100, 36, id="outside of the picture"),
        pytest.param([*SQUARE, *(np.array(SQUARE) + 10)], 72, id="apart"),
        pytest.param(np.add(SQUARE, (0.4, 0.6)), 36, id="between pixels"),
    ],
)
def test_area(triangles, area):
    assert covered_area(np.array(triangles, np.float64)) == area


def test_a_large_one_is_estimated():
    large = np.array(SQUARE, np.float64) * MAX_SIDE_PX
    assert covered_area(large) == pytest.approx((6 * MAX_SIDE_PX) ** 2, rel=2e-3)


@given(
    arrays(
        np.float64,
        st.tuples(st.integers(1, 6), st.just(3), st.just(2)),
        elements=st.integers(-200, 200).map(float),
    )
)
def test_it_is_what_counting_point_by_point_gives(triangles):
    # No corner and no edge hits a pixel's centre by chance, where the two could differ.
    odd = triangles * (0.14159, 0.16180) + (0.0137, 0.0291)
    assert covered_area(odd) == by_point(odd)
