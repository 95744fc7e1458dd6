"""Cost matrices of the single-camera tracker: how well a detection fits a track.

Every cost is below 1 if the pair is possible and infinite if not, so that matching with a
`max_cost` of 1 picks the possible pairs of the greatest total fit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from detector.boxes import iou
from tracking.single_camera import motion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from detector.types import Detections
    from tracking.single_camera.live_track import LiveTrack

MAX_COST: Final = 1.0
"""The cost of leaving a track and a detection alone."""

REACH_GATE: Final = 9.21
"""Squared Mahalanobis distance that 99% of the centres keep (chi-square, two degrees)."""

BOX_GATE: Final = 18.47
"""Squared Mahalanobis distance that 99.9% of the boxes keep (chi-square, four degrees)."""

SURE_IOU: Final = 0.4
"""Overlap that needs no gate, for box and motion jump where a part of the vehicle is hidden.

A box that overlaps less *and* is not what the motion leads to is another vehicle's: most often that
of one that drives over the place where the first has just been hidden or has left the view.
Without the gate ByteTrack's 0.2 hands tracks over to such vehicles.
"""

RECENCY_S: Final = 0.5
"""Time in which the claim of an unseen track to a detection fades to 1/e, in seconds."""

MAX_SIZE_RATIO: Final = 2.0
"""Most by which width or height of one vehicle differ between two frames, however occluded."""

OTHER_CLASS_FIT: Final = 0.9
"""Factor on the fit of a detection of another class than the track's: enough to settle a tie, too
little to break a track, since detectors confuse vans, trucks and buses."""


def overlap_cost(
    tracks: Sequence[LiveTrack],
    detections: Detections,
    *,
    min_iou: float,
    timestamp: float,
    sure_iou: float = SURE_IOU,
) -> NDArray[np.float64]:
    """Return how little each detection overlaps with each predicted box; float64 (N, M).

    The fit is IoU * confidence, less for a track of another class and for one that has not been
    seen for a while: where two tracks want a detection, the one that was just seen is the more
    certain. A small overlap only counts where box and size are what the motion leads to.

    Args:
        tracks: N tracks, predicted to the time of the detections.
        detections: M detections.
        min_iou: Least overlap of a possible pair.
        timestamp: UTC seconds of the detections.
        sure_iou: Overlap from which a pair is possible wherever the motion leads.

    Reference: "fuse score" of ByteTrack's published code; the recency stands for the matching
    cascade of DeepSORT, which always prefers the track seen last, and the gate is DeepSORT's.
    """
    states = [track.motion for track in tracks]
    overlap = iou(motion.boxes(states), detections.xyxy)
    expected = motion.squared_offsets(states, detections.xyxy).sum(axis=2) <= BOX_GATE
    recency = np.exp([-track.unseen_s(timestamp) / RECENCY_S for track in tracks])
    fit = overlap.astype(np.float64) * detections.confidence * recency[:, None]
    possible = (overlap >= min_iou) & (expected | (overlap >= sure_iou))
    return _cost(fit * _class_fit(tracks, detections), possible=possible)


def reach_cost(tracks: Sequence[LiveTrack], detections: Detections) -> NDArray[np.float64]:
    """Return how far each detection is from where each track should be; float64 (N, M).

    The distance of the centres is Mahalanobis', so that it counts for less the less is known about
    the motion: much after one sighting, little after ten. Boxes of another size do not fit.
    """
    states = [track.motion for track in tracks]
    distance = motion.squared_offsets(states, detections.xyxy)[..., :2].sum(axis=2)
    fit = 1 - distance / REACH_GATE
    possible = _similar_size(motion.boxes(states), detections.xyxy)
    return _cost(fit * _class_fit(tracks, detections), possible=possible)


def _cost(fit: NDArray[np.float64], *, possible: NDArray[np.bool_]) -> NDArray[np.float64]:
    return np.where(possible & (fit > 0), MAX_COST - fit, np.inf)


def _class_fit(tracks: Sequence[LiveTrack], detections: Detections) -> NDArray[np.float64]:
    classes = np.array([track.class_id for track in tracks], np.int64)
    return np.where(classes[:, None] == detections.class_id[None, :], 1.0, OTHER_CLASS_FIT)


def _similar_size(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return whether the boxes differ little in both width and height; (N, 4), (M, 4) -> (N, M)."""
    size_a = np.maximum(a[:, None, 2:] - a[:, None, :2], motion.MIN_SIZE_PX)
    size_b = np.maximum(b[None, :, 2:] - b[None, :, :2], motion.MIN_SIZE_PX)
    ratio = np.maximum(size_a / size_b, size_b / size_a)
    return np.asarray((ratio <= MAX_SIZE_RATIO).all(axis=2))
