"""Stationary vehicles: each counts once, however often its track breaks.

A parked vehicle is occluded by all that pass it, and reappears as another track. If every track
counted, it would dominate the mean embedding of its camera, and its own appearance would be
subtracted as camera bias.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from detector.boxes import iou

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tracking.types import Tracklet

LEAST_WAY: Final = 0.5
"""Heights of its box that a vehicle must get on between the first and the last third of its time to
have moved."""

SAME_PLACE_IOU: Final = 0.5
"""Overlap from which on two boxes are of one vehicle that stands: others are beside it."""


class StandingPlaces:
    """Where vehicles have stood, by camera; grows with the places, not with time."""

    def __init__(self) -> None:
        self._boxes: dict[str, NDArray[np.float32]] = {}

    def first_time(self, tracklets: Sequence[Tracklet]) -> NDArray[np.bool_]:
        """Return vehicles seen for the first time: moving, or standing where none stood before.

        Args:
            tracklets: N of them, whole; those that stand are remembered.

        Returns:
            bool (N,).
        """
        return np.array([has_moved(t.xyxy) or self._is_new(t) for t in tracklets], np.bool_)

    def _is_new(self, tracklet: Tracklet) -> bool:
        box = np.median(tracklet.xyxy, axis=0).astype(np.float32)[None]
        known = self._boxes.get(tracklet.camera_id, np.zeros((0, 4), np.float32))
        if iou(box, known).max(initial=0.0) > SAME_PLACE_IOU:
            return False
        self._boxes[tracklet.camera_id] = np.concatenate([known, box])
        return True


def has_moved(xyxy: NDArray[np.float32] | NDArray[np.float64]) -> bool:
    """Return whether a vehicle got anywhere in the image, rather than stood all the time.

    Who hides a part of one that stands moves its box for a while; medians don't follow.

    Args:
        xyxy: float32 or float64 (T, 4), its boxes in order of time; at least one.
    """
    third = max(1, len(xyxy) // 3)
    first, last = (np.median(part, axis=0) for part in (xyxy[:third], xyxy[-third:]))
    way = np.hypot((first[0] + first[2] - last[0] - last[2]) / 2, first[3] - last[3])
    return bool(way > LEAST_WAY * np.median(xyxy[:, 3] - xyxy[:, 1]))
