"""Trails: what is kept, and for how long."""

import numpy as np

from app.drawing.trails import Trails


def box(x: float) -> np.ndarray:
    return np.array([x, 0, x + 2, 5], np.float32)


def test_a_trail_is_the_bottom_centres_of_the_last_seconds() -> None:
    trails = Trails()
    assert trails.update(1, 10.0, box(0)).tolist() == [[1, 5]]
    assert trails.update(1, 11.0, box(10)).tolist() == [[1, 5], [11, 5]]
    assert trails.update(1, 12.0, box(20)).tolist() == [[1, 5], [11, 5], [21, 5]]
    assert trails.update(1, 12.25, box(30)).tolist() == [[11, 5], [21, 5], [31, 5]]


def test_vehicles_have_their_own_trails() -> None:
    trails = Trails()
    trails.update(1, 0.0, box(0))
    assert trails.update(2, 0.0, box(50)).tolist() == [[51, 5]]
    assert trails.update(1, 0.1, box(2)).tolist() == [[1, 5], [3, 5]]


def test_vehicles_that_left_are_forgotten() -> None:
    trails = Trails()
    for number in range(100):
        trails.update(number, float(number), box(0))
    assert len(trails._points) == 3
    assert trails.update(0, 99.5, box(7)).tolist() == [[8, 5]]


def test_the_type_is_that_of_annotated_boxes() -> None:
    trail = Trails().update("a", 1.7e9, box(0))
    assert (trail.dtype, trail.shape) == (np.float32, (1, 2))
