"""Records of the store: cameras, boxes, sightings, identities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tracking.types import Track

Box = tuple[float, float, float, float]
"""x1, y1, x2, y2 in absolute pixels, half-open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """A camera of a run and how much of it has been seen.

    Attributes:
        camera_id: Its name, unique in the run.
        source: File, URL or device that it was read from.
        start_time: UTC seconds of its first frame by its own clock, None where nobody knows.
        clock_offset_s: Seconds that were added to its clock.
        width: Of its images, in pixels.
        height: Of its images, in pixels.
        live: Whether it was a live stream, which cannot be read again.
        frames: Frames seen so far.
        first_timestamp: UTC seconds of the first frame seen, None before it.
        last_timestamp: UTC seconds of the last frame seen, None before the first.
    """

    camera_id: str
    source: str
    width: int
    height: int
    start_time: float | None = None
    clock_offset_s: float = 0.0
    live: bool = False
    frames: int = 0
    first_timestamp: float | None = None
    last_timestamp: float | None = None

    @property
    def beginning(self) -> float:
        """UTC seconds at which its recording begins; of a live camera, its clock's error."""
        return (self.start_time or 0.0) + self.clock_offset_s


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxRow:
    """One vehicle in one frame.

    Attributes:
        camera_id: The camera.
        frame: Number of the frame in its stream, from 0.
        track_id: The track there.
        timestamp: UTC seconds.
        xyxy: The detected box.
        confidence: Of the detection, in [0, 1].
        class_id: Index into `CLASS_NAMES`.
        identity_id: The identity that the track has by now; set by the store when it is read.
    """

    camera_id: str
    frame: int
    track_id: int
    timestamp: float
    xyxy: Box
    confidence: float
    class_id: int
    identity_id: int | None = None

    @classmethod
    def of(cls, track: Track, frame: int) -> BoxRow:
        """Return a track's box in a frame, in plain numbers."""
        x1, y1, x2, y2 = track.xyxy.tolist()
        return cls(
            camera_id=track.camera_id,
            frame=frame,
            track_id=track.track_id,
            timestamp=float(track.timestamp),
            xyxy=(x1, y1, x2, y2),
            confidence=float(track.confidence),
            class_id=int(track.class_id),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedBoxes:
    """Boxes that were written under one track and turned out to be another's.

    Attributes:
        camera_id: Their camera.
        track_id: The track that they were written under.
        to: The track that they belong to.
        first_frame: Number of the first frame of theirs.
        last_frame: Number of the frame in which it turned out.
        timestamp: UTC seconds of that frame.
    """

    camera_id: str
    track_id: int
    to: int
    first_frame: int
    last_frame: int
    timestamp: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BestView:
    """The frame in which a vehicle was seen best.

    Attributes:
        timestamp: UTC seconds.
        xyxy: Its box there.
        confidence: Of that detection, in [0, 1].
        thumbnail: The vehicle cut out, as a JPEG file.
    """

    timestamp: float
    xyxy: Box
    confidence: float
    thumbnail: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One vehicle's pass through one camera, as stored; its images and vectors are read apart.

    Attributes:
        sighting_id: Unique in the store.
        camera_id: The camera.
        track_id: The track there; unique together with the camera.
        identity_id: The vehicle that it was recognised as, None before that decision.
        match_distance: L2 distance at which it joined the identity, None where it founded it.
        class_id: Index into `CLASS_NAMES`.
        first_timestamp: UTC seconds.
        last_timestamp: UTC seconds.
        first_frame: Number of the frame in the stream, from 0.
        last_frame: Number of the frame in the stream.
        best_timestamp: When it was seen best.
        best_xyxy: Its box then.
        best_confidence: Of that detection, in [0, 1].
    """

    sighting_id: int
    camera_id: str
    track_id: int
    identity_id: int | None
    match_distance: float | None
    class_id: int
    first_timestamp: float
    last_timestamp: float
    first_frame: int
    last_frame: int
    best_timestamp: float
    best_xyxy: Box
    best_confidence: float

    @property
    def key(self) -> tuple[str, int]:
        """Camera and track, which together name it."""
        return self.camera_id, self.track_id

    @property
    def name(self) -> str:
        """What people call it by: camera:track."""
        return f"{self.camera_id}:{self.track_id}"


@dataclass(frozen=True, slots=True)
class Identity:
    """A vehicle and all its sightings.

    Attributes:
        identity_id: Unique in the store.
        sightings: At least one, in time order.
    """

    identity_id: int
    sightings: tuple[Sighting, ...]

    @property
    def cameras(self) -> tuple[str, ...]:
        """The cameras that saw it, in the order of its first visit, each once."""
        return tuple(dict.fromkeys(sighting.camera_id for sighting in self.sightings))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class VehicleLooks:
    """What N sightings look like: the mean appearance of each.

    Attributes:
        sighting_id: int64 (N,).
        vehicle: int64 (N,), the identity of each; minus its own id where it has none.
        vectors: float32 (N, 512), unit length.
    """

    sighting_id: NDArray[np.int64]
    vehicle: NDArray[np.int64]
    vectors: NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class SightingFilter:
    """Which sightings are meant; a field at its default lets all pass, and all must hold.

    Attributes:
        cameras: Only those of these cameras.
        after: Only those that were still in view at this time or later, UTC seconds.
        before: Only those that had come into view by this time, UTC seconds.
        class_ids: Only vehicles of these classes.
        identity_id: Only those of this identity.
        sighting_id: Only this one.
        exclude_identities: None of these identities.
        exclude_sightings: None of these.
    """

    cameras: frozenset[str] | None = None
    after: float | None = None
    before: float | None = None
    class_ids: frozenset[int] | None = None
    identity_id: int | None = None
    sighting_id: int | None = None
    exclude_identities: frozenset[int] = frozenset()
    exclude_sightings: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What a run has seen.

    Attributes:
        frames: Of all cameras together.
        vehicles: Sightings: passes of a vehicle through a camera.
        identities: Different vehicles.
        shared_identities: Those seen by two or more cameras.
    """

    frames: int
    vehicles: int
    identities: int
    shared_identities: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraTotals:
    """What a camera has seen.

    Attributes:
        vehicles: Sightings: passes of a vehicle.
        identities: Different vehicles, as far as they have one yet.
    """

    vehicles: int = 0
    identities: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """An identity that a sighting was given, at first or instead of another.

    Attributes:
        sighting_id: The sighting.
        before: The identity that it had, None for its first.
        after: The identity that it had from then on.
        timestamp: UTC seconds of stream time at which it was decided; None where a person decided
            after the run.
        cause: "first" for its first identity; "evidence", "ended" or "final" as in
            `tracking.decisions.Revision`; "corrected" or "undone" where a person decided.
        correction_id: The correction that caused it, None where the association decided.
    """

    sighting_id: int
    before: int | None
    after: int
    timestamp: float | None
    cause: str
    correction_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionRecord:
    """A person's correction as a run's store remembers it.

    Attributes:
        correction_id: Its number in `corrections.yaml`.
        kind: merge, split, confirm or reject.
        made_by: Who made it.
        made_at: When, in UTC seconds of the wall clock.
        undone_at: When it was taken back, None while it holds.
        note: Why, in that person's words; may be empty.
    """

    correction_id: int
    kind: str
    made_by: str
    made_at: float
    undone_at: float | None = None
    note: str = ""
