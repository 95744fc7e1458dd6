"""Detects tracks that have switched to another vehicle.

Where two boxes overlap, motion cannot distinguish them any more: a queue, a vehicle that drives
past a parked one, one that reappears from behind a lorry. The track of one may continue on the
other, and everything that it gathers from then on belongs to the wrong vehicle. So a track whose
box met another's is in doubt from the moment of greatest overlap, until one embedding of the
vehicle by itself settles it (`Tracker.observe`).

Reference: the idea of cutting tracks where their appearance changes is that of Zhang et al.,
"Long-term tracking with deep tracklet association", TIP 2020. Departure: only where boxes met.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from detector.boxes import covered, iou
from tracking.single_camera import motion
from tracking.types import TrackState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tracking.single_camera.live_track import LiveTrack
    from tracking.single_camera.motion import MotionState

MEETING_IOU: Final = 0.3
"""Overlap of two tracks from which one may take the other's detection."""

CLEAR_SHARE: Final = 0.2
"""Of a box by itself another track that is seen, too, covers at most so much: its crop shows one
vehicle."""

ABSENCE_S: Final = 0.35
"""Seconds without a detection after which a track may have returned on another vehicle, if it was
missed in a frame at all: slow cameras have none in between."""


@dataclass(slots=True, eq=False)
class Doubt:
    """When a track may have gone over to another vehicle.

    Attributes:
        overlap: Greatest IoU with another track so far; 0 where it was only out of sight.
        moment: UTC seconds of that.
        last_timestamp: UTC seconds of its last detection up to then.
        last_xyxy: float32 (4,), that detection.
        last_motion: Belief after it.
        next_timestamp: UTC seconds of its first detection after that, None if there is none yet.
        next_xyxy: float32 (4,), that detection.
        appearance: float64 (D,), quality-weighted sum of its embeddings since; None without any.
    """

    overlap: float
    moment: float
    last_timestamp: float
    last_xyxy: NDArray[np.float32]
    last_motion: MotionState
    next_timestamp: float | None = None
    next_xyxy: NDArray[np.float32] | None = None
    appearance: NDArray[np.float64] | None = None


def note_meetings(tracks: Sequence[LiveTrack], timestamp: float) -> None:
    """Bring up to date which tracks are in doubt, and which of them stand clear of all others.

    Args:
        tracks: Confirmed and lost tracks of one camera, after a frame was associated.
        timestamp: Of the frame, UTC seconds.
    """
    boxes = motion.boxes([track.motion for track in tracks])
    visible = np.array([track.detection is not None for track in tracks])
    overlap, share = iou(boxes, boxes), covered(boxes, boxes)
    np.fill_diagonal(overlap, 0.0)
    np.fill_diagonal(share, 0.0)
    for row, (track, seen) in enumerate(zip(tracks, visible.tolist(), strict=True)):
        track.clear = seen and float((share[row] * visible).max()) <= CLEAR_SHARE
        most = float(overlap[row].max())
        if most > MEETING_IOU and (track.doubt is None or most >= track.doubt.overlap):
            track.settle()  # what was seen up to now is of before
            track.doubt = _doubt_from_now(track, most, timestamp)
        elif track.doubt is not None and track.doubt.next_timestamp is None and seen:
            track.doubt.next_timestamp, track.doubt.next_xyxy = timestamp, track.last_xyxy


def _doubt_from_now(track: LiveTrack, overlap: float, timestamp: float) -> Doubt:
    return Doubt(
        overlap,
        timestamp,
        track.last_timestamp,
        track.last_xyxy,
        track.last_motion,
    )


def back_after_absence(track: LiveTrack, timestamp: float) -> Doubt | None:
    """Return the doubt about a track that is about to get a detection, None if there is none."""
    absent = track.state is TrackState.LOST and track.unseen_s(timestamp) > ABSENCE_S
    if track.doubt is not None or not absent:
        return track.doubt
    return _doubt_from_now(track, 0.0, timestamp - track.unseen_s(timestamp))
