"""Where things of the city fall in a picture: matrices of bodies, shadows, and pixel rectangles."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from city.camera import NEAR_M

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from city.camera import CameraGeometry
    from city.types import Pose

_PART_COSTS_PX: Final = 3000
"""To copy, read and lay over one more rectangle takes as long as so many more pixels."""


class Rect(NamedTuple):
    """Pixels from (x0, y0) up to but without (x1, y1)."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def viewport(self) -> tuple[int, int, int, int]:
        """Corner, width and height, as OpenGL wants them."""
        return self.x0, self.y0, self.x1 - self.x0, self.y1 - self.y0

    @property
    def area(self) -> int:
        """Number of its pixels."""
        return max(self.x1 - self.x0, 0) * max(self.y1 - self.y0, 0)

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns of an image."""
        return slice(self.y0, self.y1), slice(self.x0, self.x1)

    def halved(self) -> Rect:
        """Return the pixels of a picture of half the size that this rectangle touches."""
        return Rect(self.x0 // 2, self.y0 // 2, (self.x1 + 1) // 2, (self.y1 + 1) // 2)

    def doubled(self, size_wh: tuple[int, int]) -> Rect:
        """Return the pixels of a picture of twice the size, which is `size_wh`."""
        width, height = size_wh
        return Rect(2 * self.x0, 2 * self.y0, min(2 * self.x1, width), min(2 * self.y1, height))


def body_matrix(pose: Pose) -> NDArray[np.float64]:
    """Return (4, 4) from a body's own to world coordinates."""
    c, s = math.cos(pose.heading), math.sin(pose.heading)
    return np.array([[c, -s, 0, pose.x], [s, c, 0, pose.y], [0, 0, 1, 0], [0, 0, 0, 1]])


def flatten_along(direction: NDArray[np.float64], *, height_m: float) -> NDArray[np.float64]:
    """Return (4, 4) that drops world points along a direction of light onto a level plane."""
    matrix = np.eye(4)
    matrix[:2, 2] = -direction[:2] / direction[2]
    matrix[:2, 3] = direction[:2] / direction[2] * height_m
    matrix[2, 2:] = 0, height_m
    return matrix


def look_at_matrix(eye: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (4, 4) from world coordinates to axes at `eye`: right, up, backwards."""
    forward = (target - eye) / np.linalg.norm(target - eye)
    helper = (0.0, 0.0, 1.0) if abs(forward[2]) < 0.99 else (0.0, 1.0, 0.0)
    right = np.cross(forward, helper)
    right /= np.linalg.norm(right)
    matrix = np.eye(4)
    matrix[:3, :3] = np.stack([right, np.cross(right, forward), -forward])
    matrix[:3, 3] = -matrix[:3, :3] @ eye
    return matrix


def box_matrix(half_m: float, near_m: float, far_m: float) -> NDArray[np.float64]:
    """Return (4, 4) of a parallel projection onto a square, to OpenGL's clip coordinates."""
    depth = far_m - near_m
    return np.array(
        [
            [1 / half_m, 0, 0, 0],
            [0, 1 / half_m, 0, 0],
            [0, 0, -2 / depth, -(far_m + near_m) / depth],
            [0, 0, 0, 1],
        ]
    )


def transformed(matrix: NDArray[np.float64], points: NDArray[np.floating]) -> NDArray[np.float64]:
    """Apply an affine (4, 4) matrix to points (N, 3)."""
    return np.asarray(points @ matrix[:3, :3].T + matrix[:3, 3], np.float64)


def pixel_rect(
    points: NDArray[np.float64], geometry: CameraGeometry, *, margin: int
) -> Rect | None:
    """Return the part of the picture that the convex hull of world points can touch.

    Args:
        points: float64 (N, 3), metres.
        geometry: The camera.
        margin: Pixels added on each side.

    Returns:
        The rectangle; None if it is empty.
    """
    width, height = geometry.size_wh
    pixels = _project_hull(points, geometry)
    if not len(pixels):
        return None
    low, high = pixels.min(0), pixels.max(0)
    if (high < 0).any() or (low > (width, height)).any():
        return None
    x0, y0 = np.clip(np.floor(low).astype(int) - margin, 0, (width, height))
    x1, y1 = np.clip(np.ceil(high).astype(int) + margin, 0, (width, height))
    return Rect(int(x0), int(y0), int(x1), int(y1)) if x1 > x0 and y1 > y0 else None


def _project_hull(points: NDArray[np.float64], geometry: CameraGeometry) -> NDArray[np.float64]:
    """Return pixels (N, 2) of what of a convex hull lies before the camera's near plane."""
    pixels, depth = geometry.project(points)
    in_front = depth > NEAR_M
    if in_front.all():
        return pixels
    front, behind = points[in_front], points[~in_front]
    if not len(front):
        return np.empty((0, 2))
    near, far = depth[~in_front][None, :, None], depth[in_front][:, None, None]
    share = (far - NEAR_M) / (far - near)
    crossings = front[:, None] + share * (behind[None] - front[:, None])
    return geometry.project(np.concatenate([front, crossings.reshape(-1, 3)]))[0]


def merge_rects(rects: Iterable[Rect]) -> list[Rect]:
    """Return disjoint rectangles that cover the given ones: those that overlap become one.

    >>> merge_rects([Rect(0, 0, 2, 2), Rect(5, 5, 6, 6), Rect(1, 1, 3, 3)])
    [Rect(x0=5, y0=5, x1=6, y1=6), Rect(x0=0, y0=0, x1=3, y1=3)]
    """
    merged: list[Rect] = []
    for new in rects:
        grown, apart = new, []
        pending = merged
        while pending:
            apart = [other for other in pending if not _overlap(grown, other)]
            touching = [other for other in pending if _overlap(grown, other)]
            if not touching:
                break
            grown = _around([grown, *touching])
            pending = apart
        merged = [*pending, grown]
    return merged


def tight_rects(rects: Sequence[Rect]) -> list[Rect]:
    """Return disjoint rectangles that cover the given ones with few pixels more.

    The rectangle around all is halved as long as that leaves out more than the parts cost. Unlike
    `merge_rects` it cuts what it is given, so it is for work that is done pixel by pixel.

    >>> tight_rects([Rect(0, 0, 100, 100), Rect(100, 100, 200, 200)])
    [Rect(x0=0, y0=0, x1=100, y1=100), Rect(x0=100, y0=100, x1=200, y1=200)]
    """
    rects = [rect for rect in rects if rect.area]
    if not rects:
        return []
    around = _around(rects)
    if around.area <= 2 * _PART_COSTS_PX:
        return [around]
    parts = [part for half in _halves(around) for part in tight_rects(_within(rects, half))]
    spent = sum(part.area + _PART_COSTS_PX for part in parts)
    return parts if spent < around.area + _PART_COSTS_PX else [around]


def _around(rects: Sequence[Rect]) -> Rect:
    x0, y0 = min(r.x0 for r in rects), min(r.y0 for r in rects)
    return Rect(x0, y0, max(r.x1 for r in rects), max(r.y1 for r in rects))


def _halves(rect: Rect) -> tuple[Rect, Rect]:
    x0, y0, x1, y1 = rect
    if x1 - x0 >= y1 - y0:
        middle = (x0 + x1) // 2
        return Rect(x0, y0, middle, y1), Rect(middle, y0, x1, y1)
    middle = (y0 + y1) // 2
    return Rect(x0, y0, x1, middle), Rect(x0, middle, x1, y1)


def _within(rects: Iterable[Rect], limit: Rect) -> list[Rect]:
    x0, y0, x1, y1 = limit
    return [Rect(max(r.x0, x0), max(r.y0, y0), min(r.x1, x1), min(r.y1, y1)) for r in rects]


def _overlap(a: Rect, b: Rect) -> bool:
    return a.x0 < b.x1 and b.x0 < a.x1 and a.y0 < b.y1 and b.y0 < a.y1
