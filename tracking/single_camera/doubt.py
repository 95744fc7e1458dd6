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

from typing import TYPE_CHECKING, Final

import numpy as np

from detector.boxes import covered, iou
from tracking.single_camera import motion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tracking.single_camera.live_track import LiveTrack

MEETING_IOU: Final = 0.3
"""Overlap of two tracks from which one may take the other's detection."""

CLEAR_SHARE: Final = 0.2
"""Of a box by itself another track that is seen, too, covers at most so much: its crop shows one
vehicle."""


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
            track.begin_doubt(overlap=most)
        elif track.doubt is not None and track.doubt.next_timestamp is None and seen:
            track.doubt.next_timestamp, track.doubt.next_xyxy = timestamp, track.last_xyxy
