"""Linear interpolation of short gaps in tracks.

A vehicle that a lamp post occludes for half a second was still there. Offline trackers fill such
gaps, as ByteTrack's evaluation does.

Reference: Zhang et al., "ByteTrack: Multi-object tracking by associating every detection box",
ECCV 2022, Sect. 4.1 (tracklet interpolation).
"""

from __future__ import annotations

import heapq
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from app.storage.records import BoxRow


def fill_gaps(boxes: Iterable[BoxRow], *, max_gap_s: float) -> Iterator[BoxRow]:
    """Yield one camera's boxes and those missing between two boxes of the same track.

    Args:
        boxes: By frame.
        max_gap_s: Longest time between two boxes of a track that is filled; 0 fills nothing.

    Yields:
        All boxes by frame and track. Only about `max_gap_s` of them are held at a time.
    """
    last: dict[int, BoxRow] = {}
    waiting: list[tuple[int, int, BoxRow]] = []
    for box in boxes:
        before = last.get(box.track_id)
        last[box.track_id] = box
        if before is not None and box.timestamp - before.timestamp <= max_gap_s:
            for between in _between(before, box):
                heapq.heappush(waiting, (between.frame, between.track_id, between))
        heapq.heappush(waiting, (box.frame, box.track_id, box))
        while waiting[0][2].timestamp < box.timestamp - max_gap_s:
            _, track_id, ready = heapq.heappop(waiting)
            yield ready
            if last[track_id] is ready:
                # Its next box, if there is one, comes too late.
                del last[track_id]
    yield from (box for _, _, box in (heapq.heappop(waiting) for _ in range(len(waiting))))


def _between(a: BoxRow, b: BoxRow) -> Iterator[BoxRow]:
    """Yield the boxes of the frames between two, on the straight line from one to the other."""
    for frame in range(a.frame + 1, b.frame):
        share = (frame - a.frame) / (b.frame - a.frame)
        x1, y1, x2, y2 = (_mix(p, q, share) for p, q in zip(a.xyxy, b.xyxy, strict=True))
        yield replace(
            a,
            frame=frame,
            timestamp=_mix(a.timestamp, b.timestamp, share),
            xyxy=(x1, y1, x2, y2),
            confidence=_mix(a.confidence, b.confidence, share),
        )


def _mix(a: float, b: float, share: float) -> float:
    return a + (b - a) * share
