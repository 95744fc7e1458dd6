from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tracking.sightings import HEADING_SHARE, ends_of_paths, path_ends


def by_hand(xyxy: NDArray[np.float32]) -> NDArray[np.float64]:
    boxes = xyxy.astype(np.float64)
    feet = np.stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]], axis=1)
    inner = min(max(1, round(HEADING_SHARE * (len(feet) - 1))), len(feet) - 1)
    least = max(0.25 * float(np.median(boxes[:, 3] - boxes[:, 1])), 1e-6)
    ends = []
    for place, move in ((0, feet[inner] - feet[0]), (-1, feet[-1] - feet[-1 - inner])):
        length = float(np.hypot(*move))
        heading = move / length if length > least else np.zeros(2)
        ends.append(np.append(feet[place], heading))
    return np.stack(ends)


def test_ends_of_many_paths_are_those_of_each() -> None:
    rng = np.random.default_rng(3)
    paths = []
    for length in (1, 2, 3, 4, 7, 20, 33):
        corner = np.cumsum(rng.normal(0, 8, (length, 2)), axis=0)
        size = rng.uniform(5, 40, (length, 2))
        paths.append(np.hstack([corner, corner + size]).astype(np.float32))
    found = ends_of_paths(paths)
    assert found.tolist() == [by_hand(path).tolist() for path in paths]
    assert path_ends(paths[3]).tolist() == found[3].tolist()
    assert 0 < np.count_nonzero((found[..., 2:] == 0).all(axis=2)) < found[..., 0].size


def test_no_paths_have_no_ends() -> None:
    assert ends_of_paths([]).shape == (0, 2, 4)


def test_a_vehicle_that_drives_right_heads_right() -> None:
    boxes = np.array([[0, 0, 10, 10], [20, 0, 30, 10], [40, 0, 50, 10]], np.float32)
    assert path_ends(boxes)[0].tolist() == pytest.approx([5, 10, 1, 0])
    assert path_ends(boxes)[1].tolist() == pytest.approx([45, 10, 1, 0])
