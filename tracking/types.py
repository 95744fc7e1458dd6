"""Data types of tracking: tracks, tracklets and identities."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from detector.types import check_array

if TYPE_CHECKING:
    from numpy.typing import NDArray

EMBEDDING_DIM = 512
"""Length of an appearance vector: the FC output of SCAN (Sect. 3.3 of the paper)."""


class TrackState(Enum):
    """Where a track stands in its life."""

    TENTATIVE = "tentative"
    CONFIRMED = "confirmed"
    LOST = "lost"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """A snapshot of one track in one frame; the filter itself stays inside the tracker.

    Attributes:
        camera_id: The camera that it lives in.
        track_id: Unique within the camera, from 1, never used again.
        state: Tentative, confirmed, lost or removed.
        xyxy: float32 (4,), the detected box where there is one, else the predicted one.
        confidence: Of the matched detection, in [0, 1]; 0 without one.
        class_id: Confidence-weighted vote over the track's detections.
        timestamp: UTC seconds of this snapshot.
        detection: Row of the matched detection in this frame's `Detections`, None without one.
        in_doubt: Whether it may be of another vehicle by now.
        to_settle: Whether one look at it in this frame settles that.
    """

    camera_id: str
    track_id: int
    state: TrackState
    xyxy: NDArray[np.float32]
    confidence: float
    class_id: int
    timestamp: float
    detection: int | None
    in_doubt: bool = False
    to_settle: bool = False

    def __post_init__(self) -> None:
        """Check the box."""
        check_array("xyxy", self.xyxy, dtype=np.float32, shape=(4,))


@dataclass(frozen=True, slots=True, eq=False)
class Tracklet:
    """One vehicle's pass through one camera, as far as it has been seen.

    Attributes:
        camera_id: The camera.
        track_id: Its track there.
        timestamps: float64 (T,), ascending UTC seconds of the samples of its path; the first and
            the last sighting are always among them, those between may be thinned out.
        xyxy: float32 (T, 4), the boxes at these times.
        embedding: float32 (512,), unit length: quality-weighted mean appearance.
        exemplars: float32 (E, 512), unit length: a few diverse single views.
        class_id: The track's class.
        ended: Whether the vehicle has left, so that nothing will be added.
        unseen_s: Seconds for which its camera has looked for it in vain since, and not given it up.
    """

    camera_id: str
    track_id: int
    timestamps: NDArray[np.float64]
    xyxy: NDArray[np.float32]
    embedding: NDArray[np.float32]
    exemplars: NDArray[np.float32]
    class_id: int
    ended: bool
    unseen_s: float = 0.0

    def __post_init__(self) -> None:
        """Check shapes and dtypes."""
        check_array("timestamps", self.timestamps, dtype=np.float64, shape=(None,))
        if not len(self.timestamps):
            raise ValueError("timestamps must hold at least one sample")
        check_array("xyxy", self.xyxy, dtype=np.float32, shape=(len(self.timestamps), 4))
        check_array("embedding", self.embedding, dtype=np.float32, shape=(EMBEDDING_DIM,))
        check_array("exemplars", self.exemplars, dtype=np.float32, shape=(None, EMBEDDING_DIM))

    @property
    def key(self) -> tuple[str, int]:
        """Camera and track id, which together name a tracklet."""
        return self.camera_id, self.track_id

    @property
    def first_timestamp(self) -> float:
        """UTC seconds of the first sighting."""
        return float(self.timestamps[0])

    @property
    def last_timestamp(self) -> float:
        """UTC seconds of the last sighting so far."""
        return float(self.timestamps[-1])
