"""Regions of interest: polygons in pixels, whose edges may lie outside the image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def area(polygon: NDArray[np.float64]) -> float:
    """Return the area of a polygon in square pixels.

    Args:
        polygon: float64 (V, 2), corners in either sense of rotation; none is no area.

    >>> area(np.array([[0.0, 0.0], [4.0, 0.0], [4.0, 3.0]]))
    6.0
    """
    (x, y), (x1, y1) = polygon.T, np.roll(polygon, -1, axis=0).T
    return abs(float((x * y1 - x1 * y).sum())) / 2


def clip(polygon: NDArray[np.float64], *, width: int, height: int) -> NDArray[np.float64]:
    """Return the part of a polygon that lies in an image.

    Args:
        polygon: float64 (V, 2), corners in pixels.
        width: Of the image, in pixels.
        height: Of the image, in pixels.

    Returns:
        float64 (U, 2), the corners of that part, none if there is no such part; parts that do not
        hang together are joined along the image's edge.

    Reference: Sutherland and Hodgman, "Reentrant polygon clipping", CACM 1974.

    >>> square = np.array([[-2.0, 0.0], [2.0, 0.0], [2.0, 4.0], [-2.0, 4.0]])
    >>> clip(square, width=8, height=3).tolist()
    [[0.0, 3.0], [0.0, 0.0], [2.0, 0.0], [2.0, 3.0]]
    """
    for axis, size in ((0, width), (1, height)):
        polygon = _half(polygon, polygon[:, axis])
        polygon = _half(polygon, size - polygon[:, axis])
    return polygon


def _half(polygon: NDArray[np.float64], depth: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the part whose depth, (V,) at the corners, is not negative."""
    corners = []
    for here, depth_here, before, depth_before in zip(
        polygon, depth, np.roll(polygon, 1, axis=0), np.roll(depth, 1), strict=True
    ):
        if (depth_here < 0) != (depth_before < 0):
            share = depth_before / (depth_before - depth_here)
            corners.append(before + share * (here - before))
        if depth_here >= 0:
            corners.append(here)
    return np.array(corners, np.float64).reshape(-1, 2)
