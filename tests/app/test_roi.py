from __future__ import annotations

import numpy as np
import pytest

from app.roi import area, clip


@pytest.mark.parametrize(
    ("polygon", "expected"),
    [
        pytest.param([[1, 1], [5, 1], [5, 4], [1, 4]], 12, id="inside"),
        pytest.param([[-9, -9], [99, -9], [99, 99], [-9, 99]], 80, id="all of the picture"),
        pytest.param([[5, 4], [1, 4], [1, 1], [5, 1]], 12, id="the other sense of rotation"),
        pytest.param([[8, 6], [20, 6], [20, 20], [8, 20]], 4, id="over a corner"),
        pytest.param([[11, 0], [20, 0], [20, 8]], 0, id="to the right of it"),
        pytest.param([[0, -5], [10, -5], [10, -1]], 0, id="above it"),
        pytest.param([[10, 0], [20, 0], [20, 8]], 0, id="at its edge"),
        # An L around the picture's lower right corner.
        pytest.param([[11, -5], [15, -5], [15, 15], [-5, 15], [-5, 9], [11, 9]], 0, id="around it"),
        # Two teeth of one comb.
        pytest.param(
            [[-5, 0], [4, 0], [4, 2], [-1, 2], [-1, 4], [4, 4], [4, 6], [-5, 6]], 16, id="in parts"
        ),
    ],
)
def test_area_within_a_picture_of_10_by_8(polygon: list[list[float]], expected: float) -> None:
    part = clip(np.array(polygon, np.float64), width=10, height=8)
    assert part.shape[1] == 2
    assert area(part) == pytest.approx(expected)
