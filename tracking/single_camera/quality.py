"""Quality of a crop: how much of its vehicle it shows, judged from the boxes of the frame alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from detector.boxes import covered, iou

if TYPE_CHECKING:
    from numpy.typing import NDArray

HALF_HEIGHT_PX: Final = 64.0
"""Height of a box at which size counts one half; the embedder sees crops of about twice that."""

TRUNCATED: Final = 0.5
"""Factor for each side of the image that cuts the vehicle off: how much is gone is unknown."""

BORDER_PX: Final = 2.0
"""A box this near to the border is taken to be cut off: detectors seldom reach the last pixel."""

SAME_VEHICLE_IOU: Final = 0.85
"""Boxes that overlap more than this are two boxes of one vehicle, not one in front of the other."""


def crop_quality(
    xyxy: NDArray[np.float32],
    confidence: NDArray[np.float32],
    *,
    frame_wh: tuple[int, int],
) -> NDArray[np.float32]:
    """Return how good the crop of each box of one frame is.

    The product of size, visible share, completeness and confidence, each in [0, 1].

    Args:
        xyxy: float32 (N, 4), all boxes of the frame, since they hide each other.
        confidence: float32 (N,), in [0, 1].
        frame_wh: Width and height of the image in pixels.

    Returns:
        float32 (N,), in [0, 1).
    """
    height = np.clip(xyxy[:, 3] - xyxy[:, 1], 0, None)
    size = height / (height + HALF_HEIGHT_PX)
    quality = size * visible_share(xyxy) * _completeness(xyxy, frame_wh) * confidence
    return np.asarray(quality, np.float32)


def visible_share(xyxy: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the share of each box that no box in front of it covers; (N, 4) -> (N,), in [0, 1].

    On a road seen from above, the vehicle whose lower edge is lower in the image is in front. Of
    several in front only the one that covers most counts.
    """
    if not len(xyxy):
        return np.zeros(0, np.float32)
    in_front = xyxy[None, :, 3] > xyxy[:, None, 3]
    other = iou(xyxy, xyxy) <= SAME_VEHICLE_IOU
    hidden = np.where(in_front & other, covered(xyxy, xyxy), 0.0)
    return np.asarray(1 - hidden.max(axis=1), np.float32)


def _completeness(xyxy: NDArray[np.float32], frame_wh: tuple[int, int]) -> NDArray[np.float32]:
    """Return `TRUNCATED` to the power of the number of borders each box touches; (N, 4) -> (N,)."""
    width, height = frame_wh
    touching = (xyxy[:, :2] <= BORDER_PX).sum(axis=1) + (
        xyxy[:, 2:] >= np.array([width, height]) - BORDER_PX
    ).sum(axis=1)
    return np.asarray(TRUNCATED**touching, np.float32)
