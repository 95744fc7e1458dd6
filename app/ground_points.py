"""Homography of a camera from points identified in its image and on a map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

MOST_RESIDUAL_M: Final = 5.0
"""A point that the others put further away was read off wrongly: lenses bend less."""

LEAST_SPAN_M: Final = 0.2
"""Points that lie closer together on the map are in degrees: of latitude and longitude, streets are
some ten-thousandths long."""

LEAST_TOLD: Final = 2e-3
"""How well points must determine a homography, see `_told`. Four of them on a line and one beside
it give 0, read off with errors of a pixel up to this; the corners of a lane of 300 m, at whose far
end it is three pixels wide, twice as much."""


def homography_of(points: Sequence[Sequence[float]]) -> NDArray[np.float64]:
    """Return the homography from pixels to metres that fits points best (least squares).

    Args:
        points: Rows of x and y in the image (pixels), x and y on the ground (metres); four or
            more, among them four of which no three are on a line.

    Returns:
        float64 (3, 3), from pixels (x, y, 1) to metres.

    Raises:
        ValueError: If the points don't say what the homography is, or contradict each other.
    """
    table = np.asarray(points, np.float64)
    pixels, metres = table[:, :2], table[:, 2:]
    if np.ptp(metres, axis=0).max() < LEAST_SPAN_M:
        raise ValueError(
            "on the map, all points are within a few centimetres; metres are expected, not degrees "
            "of latitude and longitude"
        )
    # Map coordinates can be huge (UTM), which the equations don't bear.
    origin = metres.mean(axis=0)
    matrix, _ = cv2.findHomography(pixels, metres - origin)
    if matrix is None or _told(pixels, metres) < LEAST_TOLD:
        raise ValueError("four points are expected, no three of them on a line")
    found = cv2.perspectiveTransform(pixels[None], matrix)[0]
    residual = np.linalg.norm(found - (metres - origin), axis=1)
    worst = int(residual.argmax())
    if not residual[worst] <= MOST_RESIDUAL_M:
        x, y = pixels[worst]
        raise ValueError(
            f"the point at pixel ({x:g}, {y:g}) is {residual[worst]:.1f} m off the fit to all "
            f"points; at most {MOST_RESIDUAL_M:g} m are expected"
        )
    weight = np.column_stack([pixels, np.ones(len(pixels))]) @ matrix[2]
    if weight.min() < 0 < weight.max():
        raise ValueError("the horizon would run between the points: two of them may be swapped")
    shift = np.array([[1, 0, origin[0]], [0, 1, origin[1]], [0, 0, 1]])
    return np.asarray(shift @ matrix, np.float64)


def _told(pixels: NDArray[np.float64], metres: NDArray[np.float64]) -> float:
    """Return how well points determine a homography, in [0, 1]; 0 where several fit them alike.

    Reference: Hartley & Zisserman, "Multiple view geometry in computer vision", 2nd ed. 2004, Sect.
    4.1 (there is one solution where all but one of the nine singular values are above 0).
    """
    (x, y), (u, v) = (_normalised(points).T for points in (pixels, metres))
    one, zero = np.ones_like(x), np.zeros_like(x)
    rows = (
        [x, y, one, zero, zero, zero, -u * x, -u * y, -u],
        [zero, zero, zero, x, y, one, -v * x, -v * y, -v],
    )
    equations = np.concatenate([np.stack(row, axis=1) for row in rows])
    values = np.linalg.svd(equations, compute_uv=False)
    return float(values[7] / values[0])


def _normalised(points: NDArray[np.float64]) -> NDArray[np.float64]:
    centred = points - points.mean(axis=0)
    size = np.sqrt((centred**2).sum(axis=1).mean())
    return np.asarray(centred / max(float(size), 1e-12))
