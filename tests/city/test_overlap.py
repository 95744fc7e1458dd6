from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.overlap import overlap_depths, overlapping_pairs

CAR = (0.0, 0.0, 0.0, 4.0, 2.0)


@pytest.mark.parametrize(
    ("other", "depth"),
    [
        pytest.param((3.9, 0, 0, 4, 2), 0.1, id="bumper to bumper"),
        pytest.param((4.1, 0, 0, 4, 2), 0.0, id="a gap"),
        pytest.param((0, 1.5, 0, 4, 2), 0.5, id="side by side"),
        pytest.param((2.5, 0, math.pi / 2, 4, 2), 0.5, id="across"),
        pytest.param((3.2, 2.2, math.pi / 4, 2, 2), 0.0, id="corner beside corner"),
        pytest.param(CAR, 2.0, id="itself"),
    ],
)
def test_depths(other, depth):
    found = overlap_depths(np.array([CAR]), np.array([other], float))
    assert found == pytest.approx([depth], abs=1e-9)


def test_nobody_overlaps_nobody():
    assert overlapping_pairs(np.zeros((0, 5)), tolerance_m=0.1) == []
    assert overlapping_pairs(np.array([CAR]), tolerance_m=0.1) == []


def test_pairs_deeper_than_the_tolerance():
    boxes = np.array([CAR, (3.95, 0, 0, 4, 2), (0, 1.0, 0, 4, 2), (50, 0, 0, 4, 2)])
    assert overlapping_pairs(boxes, tolerance_m=0.1) == [(0, 2)]


BOX = st.tuples(
    st.floats(-6, 6), st.floats(-6, 6), st.floats(-4, 4), st.floats(1, 8), st.floats(1, 3)
)


@given(BOX, BOX)
def test_overlap_is_mutual_and_at_most_the_smaller_width(one, other):
    a, b = np.array([one]), np.array([other])
    depth = overlap_depths(a, b)
    assert depth == pytest.approx(overlap_depths(b, a), abs=1e-9)
    assert depth[0] <= (min(one[3], one[4]) + np.hypot(other[3], other[4])) / 2 + 1e-9
    if (
        np.hypot(one[0] - other[0], one[1] - other[1])
        > (np.hypot(one[3], one[4]) + np.hypot(other[3], other[4])) / 2
    ):
        assert depth[0] == 0
