"""Boxes as arrays: conversions, areas and overlaps.

All boxes are float arrays (N, 4) of absolute pixels in `xyxy` order, half-open, so that width is
x2 - x1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def area(xyxy: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the area of each box in square pixels, 0 for degenerate ones; (N, 4) -> (N,).

    >>> area(np.array([[0, 0, 2, 3]], np.float32)).tolist()
    [6.0]
    """
    wh = np.clip(xyxy[:, 2:] - xyxy[:, :2], 0, None)
    return np.asarray(wh[:, 0] * wh[:, 1])


def intersection(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the shared area of every pair of boxes; (N, 4), (M, 4) -> (N, M)."""
    top_left = np.maximum(a[:, None, :2], b[None, :, :2])
    bottom_right = np.minimum(a[:, None, 2:], b[None, :, 2:])
    wh = np.clip(bottom_right - top_left, 0, None)
    return np.asarray(wh[..., 0] * wh[..., 1])


def iou(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return intersection over union of every pair of boxes, in [0, 1]; (N, 4), (M, 4) -> (N, M).

    Two boxes without area have IoU 0.
    """
    shared = intersection(a, b)
    union = area(a)[:, None] + area(b)[None, :] - shared
    return np.asarray(np.divide(shared, union, out=np.zeros_like(shared), where=union > 0))


def covered(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the share of each box of `a` that each box of `b` covers; (N, 4), (M, 4) -> (N, M)."""
    own = area(a)[:, None]
    shared = intersection(a, b)
    return np.asarray(np.divide(shared, own, out=np.zeros_like(shared), where=own > 0))


def clip(xyxy: NDArray[np.float32], *, width: int, height: int) -> NDArray[np.float32]:
    """Return the boxes cut off at the borders of an image; (N, 4) -> (N, 4)."""
    limits = np.array([width, height, width, height], np.float32)
    return np.clip(xyxy, 0, limits)


def xyxy_to_xywh(xyxy: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return boxes as (x1, y1, width, height); (N, 4) -> (N, 4).

    >>> xyxy_to_xywh(np.array([[1, 2, 4, 6]], np.float32)).tolist()
    [[1.0, 2.0, 3.0, 4.0]]
    """
    return np.concatenate([xyxy[:, :2], xyxy[:, 2:] - xyxy[:, :2]], axis=1)


def xywh_to_xyxy(xywh: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (x1, y1, width, height) boxes as corners; (N, 4) -> (N, 4)."""
    return np.concatenate([xywh[:, :2], xywh[:, :2] + xywh[:, 2:]], axis=1)


def bottom_center(xyxy: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the middle of each lower edge, about where the vehicle stands; (N, 4) -> (N, 2)."""
    return np.stack([(xyxy[:, 0] + xyxy[:, 2]) / 2, xyxy[:, 3]], axis=1)
