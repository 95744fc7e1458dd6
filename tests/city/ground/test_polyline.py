from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.ground.polyline import cut, length_m, normals, offset, point_at, ribbon

CORNER = np.array([[0.0, 0.0], [4.0, 0.0], [4.0, 3.0]])


def test_length_of_a_corner():
    assert length_m(CORNER) == pytest.approx(7.0)


def test_offset_keeps_the_distance_around_a_corner():
    assert offset(CORNER, 1.0) == pytest.approx(np.array([[0, 1], [3, 1], [3, 3]]), abs=1e-9)


def test_a_hairpin_grows_no_spike():
    hairpin = np.array([[0.0, 0.0], [5.0, 0.0], [0.0, 0.01]])
    assert np.linalg.norm(normals(hairpin), axis=1).max() <= 2.0 + 1e-9


def test_ribbon_of_a_straight_line_is_a_rectangle():
    outline = ribbon(CORNER[:2], 2.0)
    assert outline.tolist() == [[0, 1], [4, 1], [4, -1], [0, -1]]


@pytest.mark.parametrize(
    ("along", "point", "direction"),
    [
        pytest.param(0.0, (0, 0), (1, 0), id="start"),
        pytest.param(5.0, (4, 1), (0, 1), id="second piece"),
        pytest.param(9.0, (4, 5), (0, 1), id="beyond the end"),
        pytest.param(-2.0, (-2, 0), (1, 0), id="before the start"),
    ],
)
def test_point_at(along, point, direction):
    found, heading = point_at(CORNER, along)
    assert found.tolist() == pytest.approx(point)
    assert heading.tolist() == pytest.approx(direction)


def test_cut_keeps_the_corners_between():
    assert cut(CORNER, 3.0, 6.0).tolist() == [[3, 0], [4, 0], [4, 2]]


@given(start=st.floats(0, 6), span=st.floats(0.1, 6))
def test_a_piece_is_as_long_as_asked(start, span):
    assert length_m(cut(CORNER, start, start + span)) == pytest.approx(span, abs=1e-6)


@given(angle=st.floats(0, 2 * math.pi), left=st.floats(-5, 5))
def test_offset_of_a_straight_line_is_parallel(angle, left):
    line = np.array([[0.0, 0.0], [math.cos(angle), math.sin(angle)]])
    moved = offset(line, left)
    assert np.linalg.norm(moved - line, axis=1) == pytest.approx([abs(left)] * 2, abs=1e-9)
