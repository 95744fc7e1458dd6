"""Merges motorcycles with their riders, for detectors that box the two separately.

Detectors trained on COCO box a motorcycle without its rider. In this project, as in most vehicle
datasets, the rider belongs to the motorcycle: he covers half of it, moves with it, and is what
distinguishes one from another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from detector.types import CLASS_NAMES, Detections

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOTORCYCLE: Final = CLASS_NAMES.index("motorcycle")

_MAX_RIDERS: Final = 2

_MIN_SHARED_WIDTH: Final = 0.6
"""Share of the narrower of the two widths that both cover. Whoever stands beside a motorcycle
shares little of it; in a rider's case one spans the other nearly wholly."""

_SEAT: Final = (0.25, 1.05)
"""Where a rider's box may end, as shares of the motorcycle's height from its top: below the
handlebar, and not below the wheels, where somebody in front of it stands."""

_HEIGHTS: Final = (0.4, 2.5)
"""A rider's height relative to the motorcycle's: half of one hidden behind a fairing, or all of one
on a scooter seen from the side."""


def with_riders(found: Detections, persons: NDArray[np.float32]) -> Detections:
    """Extend the boxes of motorcycles by those of their riders.

    A person rides at most one motorcycle, the one with which he shares most of its width; of more
    than two who might ride the same, the two that share most do. Confidences, classes and all other
    boxes stay.

    Args:
        found: Vehicles of one image.
        persons: float32 (P, 4), persons of the same image, xyxy.

    Returns:
        As many detections, in the same order.
    """
    ridden = np.flatnonzero(found.class_id == MOTORCYCLE)
    if not len(ridden) or not len(persons):
        return found
    xyxy = found.xyxy.copy()
    shared = _shared_width(persons, xyxy[ridden])
    shared[~_sits(persons, xyxy[ridden])] = 0.0
    mine = shared.argmax(axis=1)
    for column, row in enumerate(ridden):
        share = np.where(mine == column, shared[:, column], 0.0)
        order = np.argsort(-share, kind="stable")[:_MAX_RIDERS]
        riders = persons[order[share[order] >= _MIN_SHARED_WIDTH]]
        if len(riders):
            xyxy[row, :2] = np.minimum(xyxy[row, :2], riders[:, :2].min(axis=0))
            xyxy[row, 2:] = np.maximum(xyxy[row, 2:], riders[:, 2:].max(axis=0))
    return Detections(xyxy, found.confidence, found.class_id)


def _shared_width(persons: NDArray[np.float32], cycles: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the common width over the narrower one; (P, 4), (M, 4) -> (P, M), in [0, 1]."""
    left = np.maximum(persons[:, None, 0], cycles[None, :, 0])
    right = np.minimum(persons[:, None, 2], cycles[None, :, 2])
    narrower = np.minimum(_side(persons, 0)[:, None], _side(cycles, 0)[None])
    return np.asarray((right - left).clip(0) / narrower.clip(1e-6), np.float32)


def _sits(persons: NDArray[np.float32], cycles: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Tell whose height and lower end are a rider's; (P, 4), (M, 4) -> bool (P, M)."""
    height = _side(cycles, 1)[None].clip(1e-6)
    end = (persons[:, None, 3] - cycles[None, :, 1]) / height
    size = _side(persons, 1)[:, None] / height
    above = persons[:, None, 1] < cycles[None, :, 1] + height / 2
    seated = (end >= _SEAT[0]) & (end <= _SEAT[1])
    return np.asarray(seated & above & (size >= _HEIGHTS[0]) & (size <= _HEIGHTS[1]))


def _side(xyxy: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    """Return the widths (axis 0) or heights (axis 1) of boxes; (N, 4) -> (N,)."""
    return np.asarray(xyxy[:, axis + 2] - xyxy[:, axis])
