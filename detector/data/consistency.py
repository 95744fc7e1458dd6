"""Temporal consistency of labels: neighbouring frames decide where one is ambiguous.

A vehicle drives through many frames. Detections of single frames are chained by overlap; a chain
that is certain somewhere is a vehicle everywhere, with its most frequent class; one that is never
certain, or too short, is neither vehicle nor background, and becomes a region to ignore.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from detector.boxes import iou
from detector.truth import Truth
from detector.types import CLASS_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from detector.data.fusion import Opinion


MIN_IOU: Final = 0.3
"""Overlap from one frame to the next that continues a chain."""

MAX_GAP: Final = 2
"""Frames without an opinion that a chain survives."""

SURE: Final = 0.4
"""Fused confidence from which a detection is certain: half of the teachers at 0.8 give so much."""

SURE_FRAMES: Final = 3
"""Frames in which a chain must be certain."""

KEEP: Final = 0.12
"""Fused confidence from which a frame of a certain chain is labelled; below it is ignored."""


@dataclass(slots=True)
class _Chain:
    """One vehicle, perhaps: its box in each frame."""

    frames: list[int] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    xyxy: NDArray[np.float32] = field(default_factory=lambda: np.zeros(4, np.float32))
    votes: NDArray[np.float32] = field(
        default_factory=lambda: np.zeros(len(CLASS_NAMES), np.float32)
    )
    sure_frames: int = 0

    def add(self, frame: int, row: int, opinion: Opinion) -> None:
        self.frames.append(frame)
        self.rows.append(row)
        self.xyxy = opinion.xyxy[row]
        self.votes = self.votes + opinion.votes[row]
        self.sure_frames += int(opinion.confidence[row] >= SURE)


def settle(opinions: Sequence[Opinion]) -> list[Truth]:
    """Return the labels of consecutive frames of a fixed camera, given what was found in each."""
    chains = _chain(opinions)
    class_of = [np.full(len(o.confidence), -1) for o in opinions]
    for chain in chains:
        if chain.sure_frames >= SURE_FRAMES:
            for frame, row in zip(chain.frames, chain.rows, strict=True):
                if opinions[frame].confidence[row] >= KEEP:
                    class_of[frame][row] = int(chain.votes.argmax())
    return [
        Truth(o.xyxy[c >= 0], c[c >= 0].astype(np.int64), o.xyxy[c < 0])
        for o, c in zip(opinions, class_of, strict=True)
    ]


def _chain(opinions: Sequence[Opinion]) -> list[_Chain]:
    """Link opinions from frame to frame, the largest overlap first."""
    done: list[_Chain] = []
    alive: list[_Chain] = []
    for frame, opinion in enumerate(opinions):
        done += [c for c in alive if frame - c.frames[-1] > MAX_GAP + 1]
        alive = [c for c in alive if frame - c.frames[-1] <= MAX_GAP + 1]
        last = np.array([c.xyxy for c in alive], np.float32).reshape(-1, 4)
        overlaps = iou(last, opinion.xyxy)
        free = np.ones(len(opinion.confidence), bool)
        waiting = np.ones(len(alive), bool)
        for flat in np.argsort(-overlaps, axis=None, kind="stable"):
            old, row = divmod(int(flat), overlaps.shape[1])
            if overlaps[old, row] < MIN_IOU:
                break
            if waiting[old] and free[row]:
                alive[old].add(frame, row, opinion)
                waiting[old] = free[row] = False
        for row in np.flatnonzero(free):
            chain = _Chain()
            chain.add(frame, int(row), opinion)
            alive.append(chain)
    return done + alive
