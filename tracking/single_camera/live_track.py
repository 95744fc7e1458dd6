"""State of one active track, updated from frame to frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from detector.types import CLASS_NAMES, Detections
from tracking.single_camera import motion
from tracking.types import Track, TrackState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tracking.single_camera.motion import MotionState


ABSENCE_S: Final = 0.35
"""Seconds without a detection after which a track may have returned on another vehicle, if it was
missed in a frame at all: slow cameras have none in between."""


@dataclass(slots=True, eq=False)
class Doubt:
    """When a track may have gone over to another vehicle.

    Attributes:
        overlap: Greatest IoU with another track so far; 0 where it was only out of sight.
        last_timestamp: UTC seconds of its last detection up to that overlap.
        last_xyxy: float32 (4,), that detection.
        last_motion: Belief after it.
        next_timestamp: UTC seconds of its first detection after that, None if there is none yet.
        next_xyxy: float32 (4,), that detection.
        appearance: float64 (D,), quality-weighted sum of its embeddings since; None without any.
    """

    overlap: float
    last_timestamp: float
    last_xyxy: NDArray[np.float32]
    last_motion: MotionState
    next_timestamp: float | None = None
    next_xyxy: NDArray[np.float32] | None = None
    appearance: NDArray[np.float64] | None = None


@dataclass(slots=True, eq=False)
class LiveTrack:
    """The tracker's own, mutable record of one vehicle; `snapshot` is what others see.

    Attributes:
        track_id: Its id in its camera.
        motion: Belief about the box at the time of the current frame.
        first_timestamp: UTC seconds of its first detection.
        first_xyxy: float32 (4,), its first detection.
        last_timestamp: UTC seconds of its last detection.
        last_xyxy: float32 (4,), its last detection.
        last_motion: Belief after its last detection.
        state: Where it stands in its life.
        proofs: Number of its detections that no confirmed or older track's box lies on.
        confidence: Of its detection in the current frame, 0 without one.
        detection: Row of its detection in the current frame.
        last_class_id: The class of its last detection.
        last_confidence: The confidence of its last detection.
        votes: float64 (C,), summed confidence of each class.
        appearance: float64 (D,), quality-weighted sum of its embeddings, None before the first.
        judged: Whether it has been compared with the lost tracks.
        doubt: Since when it may be of another vehicle, None if it is not.
        clear: Whether it has a detection in the current frame that no other track covers.
    """

    track_id: int
    motion: MotionState
    first_timestamp: float
    first_xyxy: NDArray[np.float32]
    last_timestamp: float
    last_xyxy: NDArray[np.float32]
    last_motion: MotionState
    state: TrackState = TrackState.TENTATIVE
    proofs: int = 0
    confidence: float = 0.0
    detection: int | None = None
    last_class_id: int = 0
    last_confidence: float = 0.0
    votes: NDArray[np.float64] = field(default_factory=lambda: np.zeros(len(CLASS_NAMES)))
    appearance: NDArray[np.float64] | None = None
    judged: bool = False
    doubt: Doubt | None = None
    clear: bool = False

    @classmethod
    def found(
        cls, track_id: int, detections: Detections, *, row: int, timestamp: float
    ) -> LiveTrack:
        """Return a new track, founded by one detection."""
        xyxy = detections.xyxy[row]
        belief = motion.initiate(xyxy)
        track = cls(
            track_id=track_id,
            motion=belief,
            first_timestamp=timestamp,
            first_xyxy=xyxy,
            last_timestamp=timestamp,
            last_xyxy=xyxy,
            last_motion=belief,
        )
        track._count(detections, row)
        return track

    @property
    def class_id(self) -> int:
        """The class with most votes, the lowest id among equals."""
        return int(self.votes.argmax())

    @property
    def total_confidence(self) -> float:
        """The confidence of all its detections together."""
        return float(self.votes.sum())

    @property
    def can_settle(self) -> bool:
        """Whether it is in doubt, and its detection shows which vehicle it is on now."""
        return self.clear and self.doubt is not None and self.doubt.next_timestamp is not None

    def unseen_s(self, timestamp: float) -> float:
        """Return the seconds since its last detection."""
        return timestamp - self.last_timestamp

    def predict(self, dt_s: float) -> None:
        """Move the belief on by `dt_s` seconds; the track has no detection there yet."""
        self.motion = motion.predict(self.motion, dt_s)
        self.forget_detection()

    def forget_detection(self) -> None:
        """Be without a detection in the current frame."""
        self.detection = None
        self.confidence = 0.0
        self.clear = False

    def hit(self, detections: Detections, *, row: int, timestamp: float) -> None:
        """Take a detection of the current frame."""
        absent = self.state is TrackState.LOST and self.unseen_s(timestamp) > ABSENCE_S
        if absent and self.doubt is None:
            self.begin_doubt(overlap=0.0)
        self.motion = motion.update(self.motion, detections.xyxy[row])
        self.last_motion = self.motion
        self.last_timestamp = timestamp
        self.last_xyxy = detections.xyxy[row]
        self._count(detections, row)

    def observe(self, embedding: NDArray[np.float32], quality: float) -> None:
        """Add an embedding, weighted by the quality of its crop."""
        weighted = quality * embedding.astype(np.float64)
        if self.doubt is None:
            self.appearance = _added(self.appearance, weighted)
        else:
            self.doubt.appearance = _added(self.doubt.appearance, weighted)

    def begin_doubt(self, *, overlap: float) -> None:
        """Be in doubt whether it is on another vehicle after its last detection; see `Doubt`."""
        self.doubt = Doubt(overlap, self.last_timestamp, self.last_xyxy, self.last_motion)

    def settle(self) -> None:
        """Be sure again that it is the vehicle that it was."""
        if self.doubt is not None:
            self.appearance = _added(self.appearance, self.doubt.appearance)
            self.doubt = None

    def depart(self, track_id: int, timestamp: float) -> LiveTrack:
        """Go on as a track of another vehicle, that which it has been on since it met it.

        Args:
            track_id: Its new id.
            timestamp: UTC seconds of the current frame.

        Returns:
            A lost track of the vehicle that it was, under the old id.

        Raises:
            ValueError: If it is not in doubt.
        """
        doubt = self.doubt
        if doubt is None or doubt.next_timestamp is None or doubt.next_xyxy is None:
            raise ValueError(f"track {self.track_id} is not in doubt")
        left = LiveTrack(
            track_id=self.track_id,
            motion=motion.predict(doubt.last_motion, timestamp - doubt.last_timestamp),
            first_timestamp=self.first_timestamp,
            first_xyxy=self.first_xyxy,
            last_timestamp=doubt.last_timestamp,
            last_xyxy=doubt.last_xyxy,
            last_motion=doubt.last_motion,
            state=TrackState.LOST,
            votes=self.votes,
            appearance=self.appearance,
            judged=True,
        )
        self.track_id = track_id
        self.first_timestamp, self.first_xyxy = doubt.next_timestamp, doubt.next_xyxy
        self.votes = np.zeros_like(self.votes)
        self.votes[self.last_class_id] = self.last_confidence
        self.appearance = doubt.appearance
        self.judged, self.doubt = False, None
        return left

    def mean_embedding(self) -> NDArray[np.float64] | None:
        """Return the mean appearance on unit length, None if there is none (yet)."""
        norm = 0.0 if self.appearance is None else float(np.linalg.norm(self.appearance))
        return None if self.appearance is None or norm == 0.0 else self.appearance / norm

    def continue_as(self, lost: LiveTrack) -> None:
        """Take over id, history and appearance of a lost track that turned out to be this one."""
        self.track_id = lost.track_id
        self.first_timestamp = lost.first_timestamp
        self.first_xyxy = lost.first_xyxy
        self.votes = self.votes + lost.votes
        self.appearance = _added(self.appearance, lost.appearance)

    def snapshot(self, camera_id: str, timestamp: float) -> Track:
        """Return what is known of it in the current frame."""
        seen = self.detection is not None
        return Track(
            camera_id=camera_id,
            track_id=self.track_id,
            state=self.state,
            xyxy=self.last_xyxy.copy() if seen else motion.boxes([self.motion])[0],
            confidence=self.confidence,
            class_id=self.class_id,
            timestamp=timestamp,
            detection=self.detection,
            in_doubt=self.doubt is not None,
            to_settle=self.can_settle,
        )

    def _count(self, detections: Detections, row: int) -> None:
        self.detection = row
        self.confidence = self.last_confidence = float(detections.confidence[row])
        self.last_class_id = int(detections.class_id[row])
        self.votes[self.last_class_id] += self.confidence


def _added(
    total: NDArray[np.float64] | None, more: NDArray[np.float64] | None
) -> NDArray[np.float64] | None:
    """Return the sum of two appearances, of which there may be none."""
    if total is None or more is None:
        return more if total is None else total
    return total + more
