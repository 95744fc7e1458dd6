"""Resumes a lost track: appearance decides, and motion must allow it.

Reference: the idea of Wojke et al., "Simple online and realtime tracking with a deep association
metric", ICIP 2017, Sect. 2.2: after an occlusion motion is too uncertain for association,
appearance is not. Departure: whole tracks are compared, not boxes, so that a vehicle is embedded a
few times and not in every frame.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from detector.boxes import iou
from detector.types import CLASS_NAMES
from tracking.single_camera import motion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tracking.single_camera.live_track import LiveTrack

REACH_STDS: Final = 3.0
"""How far beside its expected way a lost track may return, in standard deviations."""

MAX_HEIGHT_RATIO: Final = 2.5
"""Most by which the height of a vehicle's box changes while it is out of sight."""

MET_IOU: Final = 0.3
"""Overlap of its first box with the last one of a lost track that is near enough by itself: where
vehicles hide each other, boxes jump by more than motion allows."""

_MOTORCYCLE: Final = CLASS_NAMES.index("motorcycle")


def find_lost(
    track: LiveTrack, lost: Sequence[LiveTrack], *, max_distance: float, margin: float
) -> LiveTrack | None:
    """Return the lost track that `track` continues, or None.

    Args:
        track: A track with an appearance.
        lost: The camera's lost tracks; those without an appearance are passed over.
        max_distance: Greatest L2 distance between the mean appearances.
        margin: How much nearer than the second plausible one the nearest must be; where two
            vehicles look alike, a new id is a smaller error than the wrong one.
    """
    embedding = track.mean_embedding()
    if embedding is None:
        return None
    ranked: list[tuple[float, int, LiveTrack]] = []
    for other in lost:
        appearance = other.mean_embedding()
        if appearance is not None and is_plausible(track, other):
            distance = float(np.linalg.norm(embedding - appearance))
            ranked.append((distance, other.track_id, other))
    ranked.sort(key=lambda entry: entry[:2])
    if not ranked or ranked[0][0] > max_distance:
        return None
    if len(ranked) > 1 and ranked[1][0] - ranked[0][0] < margin:
        return None
    return ranked[0][2]


def is_plausible(track: LiveTrack, lost: LiveTrack) -> bool:
    """Return whether the lost track can have come to where the new one was first seen.

    It must have been lost before, be of a compatible class and size, and have been last seen there,
    or its expected way (from where it was last seen to where it would be by now at constant
    velocity, since it may have braked) must pass near the place.
    """
    gap_s = track.first_timestamp - lost.last_timestamp
    if gap_s <= 0 or not _compatible(track.class_id, lost.class_id):
        return False
    heights = [_height(track.first_xyxy), _height(lost.last_xyxy)]
    if max(heights) > MAX_HEIGHT_RATIO * min(heights):
        return False
    if float(iou(track.first_xyxy[None], lost.last_xyxy[None])[0, 0]) > MET_IOU:
        return True
    expected = motion.predict(lost.last_motion, gap_s)
    place = (track.first_xyxy[:2] + track.first_xyxy[2:]).astype(np.float64) / 2
    way = np.stack([lost.last_motion.mean[:2], expected.mean[:2]])
    std = np.sqrt(np.diag(expected.covariance)[:2])
    return _distance_to_segment(place / std, way / std) <= REACH_STDS


def _compatible(a: int, b: int) -> bool:
    """Return whether one vehicle may be voted both classes: only motorcycles stand apart."""
    return a == b or _MOTORCYCLE not in (a, b)


def _height(xyxy: NDArray[np.float32]) -> float:
    return max(float(xyxy[3] - xyxy[1]), motion.MIN_SIZE_PX)


def _distance_to_segment(point: NDArray[np.float64], ends: NDArray[np.float64]) -> float:
    """Return the distance of a point (2,) from the segment between two ends (2, 2)."""
    along = ends[1] - ends[0]
    length = float(along @ along)
    share = float(np.clip((point - ends[0]) @ along / length, 0, 1)) if length > 0 else 0.0
    return float(np.linalg.norm(point - (ends[0] + share * along)))
