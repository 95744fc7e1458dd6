"""Overlapping actors: oriented boxes on the ground.

Reference: Gottschalk, Lin & Manocha, "OBBTree", SIGGRAPH 1996 (separating axis test; in the plane,
the four normals of both boxes suffice).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from detector.types import check_array

if TYPE_CHECKING:
    from numpy.typing import NDArray

BOX_FLOATS = 5
"""x, y, heading, length, width."""


def overlap_depths(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how deep boxes reach into each other.

    Args:
        one: float64 (N, 5), see `BOX_FLOATS`; metres and radians.
        other: float64 (N, 5), compared row by row.

    Returns:
        float64 (N,), metres along the axis on which they overlap least; 0 where they are apart.
    """
    check_array("one", one, dtype=np.float64, shape=(None, BOX_FLOATS))
    check_array("other", other, dtype=np.float64, shape=(len(one), BOX_FLOATS))
    between = other[:, :2] - one[:, :2]
    depth = np.full(len(one), np.inf)
    for box in (one, other):
        for turn in (0.0, np.pi / 2):
            angle = box[:, 2] + turn
            axis = np.stack([np.cos(angle), np.sin(angle)], axis=1)
            apart = np.abs((between * axis).sum(axis=1))
            depth = np.minimum(depth, _reach(one, axis) + _reach(other, axis) - apart)
    clipped: NDArray[np.float64] = np.maximum(depth, 0.0)
    return clipped


def overlapping_pairs(boxes: NDArray[np.float64], *, tolerance_m: float) -> list[tuple[int, int]]:
    """Return the pairs of boxes that reach deeper into each other than the tolerance.

    Args:
        boxes: float64 (N, 5), see `BOX_FLOATS`.
        tolerance_m: Depth that counts as none.

    Returns:
        Pairs of rows, the smaller first, in order.
    """
    check_array("boxes", boxes, dtype=np.float64, shape=(None, BOX_FLOATS))
    radius = np.hypot(boxes[:, 3], boxes[:, 4]) / 2
    gap = np.hypot(*(boxes[:, None, k] - boxes[None, :, k] for k in (0, 1)))
    first, second = np.nonzero(np.triu(gap < radius[:, None] + radius, k=1))
    deep = overlap_depths(boxes[first], boxes[second]) > tolerance_m
    return list(zip(first[deep].tolist(), second[deep].tolist(), strict=True))


def _reach(boxes: NDArray[np.float64], axis: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return half of each box's extent along an axis, (N,)."""
    cos, sin = np.cos(boxes[:, 2]), np.sin(boxes[:, 2])
    along = np.abs(axis[:, 0] * cos + axis[:, 1] * sin) * boxes[:, 3]
    across = np.abs(axis[:, 1] * cos - axis[:, 0] * sin) * boxes[:, 4]
    reach: NDArray[np.float64] = (along + across) / 2
    return reach
