"""Single-camera tracker: which boxes are the same vehicle, within one camera.

A track is started by a confident detection, confirmed when it has been seen often and long enough
separately from all others, lost when it has no detection, and removed when it has been lost for too
long.

Detections are assigned to tracks in stages, the most certain first:
    1. confident detections that overlap the predicted box of a confirmed or lost track,
    2. the remaining ones that overlap that of a tentative track,
    3. weak detections that overlap that of a confirmed track (an occluded vehicle) and fit its
       motion, the only other evidence for them,
    4. confident ones that overlap no predicted box, but lie where a track may well be, given the
       uncertainty of its motion: this finds a vehicle that moves by its own length between two
       frames of a slow camera.

Reference: Zhang et al., "ByteTrack: Multi-Object Tracking by Associating Every Detection Box", ECCV
2022, Algorithm 1 (stages 1 to 3). Departures: all times are in seconds; stage 4; the overlap is
gated before it is multiplied with the confidence, so that a vehicle that is always detected with
low confidence keeps its track; and a small overlap is gated by the Kalman filter, as in DeepSORT.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from detector.boxes import iou
from detector.types import check_array
from tracking.assignment import match
from tracking.single_camera import motion
from tracking.single_camera.costs import MAX_COST, overlap_cost, reach_cost
from tracking.single_camera.doubt import note_meetings
from tracking.single_camera.live_track import LiveTrack
from tracking.single_camera.refinding import find_lost
from tracking.single_camera.settings import TrackerSettings
from tracking.types import EMBEDDING_DIM, Track, TrackState

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from detector.types import Detections

    CostFunction = Callable[[Sequence[LiveTrack], Detections], NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Handover:
    """Observations of one track belong to another.

    Attributes:
        track_id: The one.
        to: The other: a new track, or an older one that continues with it.
        since: UTC seconds from which on; None: all of it, and the one is no more.
    """

    track_id: int
    to: int
    since: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Which vehicle a track turned out to be of.

    Attributes:
        track_id: The id under which it continues.
        handovers: What has to be corrected, in this order.
    """

    track_id: int
    handovers: tuple[Handover, ...] = ()


class Tracker:
    """Follows the vehicles of one camera from frame to frame; one instance per camera."""

    def __init__(self, camera_id: str, settings: TrackerSettings) -> None:
        self._camera_id = camera_id
        self._settings = settings
        self._tracks: list[LiveTrack] = []
        self._next_id = 1
        self._timestamp: float | None = None

    @property
    def max_lost_s(self) -> float:
        """Seconds without a detection that end a track at the latest, with the next frame."""
        return self._settings.max_lost_s

    def update(self, detections: Detections, timestamp: float) -> list[Track]:
        """Associate the detections of one frame.

        Args:
            detections: What was found in the frame.
            timestamp: When it was taken, UTC seconds, after that of the frame before.

        Returns:
            Snapshots in ascending order of their ids: of all tracks with a detection in this frame,
            and of those lost or removed just now.

        Raises:
            ValueError: If `timestamp` is not finite or does not ascend.
        """
        dt_s = self._advance(timestamp)
        for track in self._tracks:
            track.predict(dt_s)
        self._associate(detections, timestamp)
        self._count_proofs()
        changed = self._age(timestamp) + self._drop_duplicates()
        settled = [track for track in self._tracks if track.state is not TrackState.TENTATIVE]
        if settled:
            note_meetings(settled, timestamp)
        seen = [track for track in self._tracks if track.detection is not None]
        # One that was lost just now may have been removed at once.
        reported = {track.track_id: track for track in seen + changed}
        return [track.snapshot(self._camera_id, timestamp) for _, track in sorted(reported.items())]

    def observe(self, track_id: int, embedding: NDArray[np.float32], quality: float) -> Verdict:
        """Give an active track an embedding, and return which vehicle it is of.

        One that was in doubt and stands clear may turn out to have gone over to another vehicle;
        then, and when it has just been confirmed, it may turn out to be a lost one.

        Args:
            track_id: The track.
            embedding: float32 (512,), unit length.
            quality: Weight of this view in the track's mean appearance, positive.

        Raises:
            ValueError: If no such track lives, or the embedding or its quality is invalid.
        """
        check_array("embedding", embedding, dtype=np.float32, shape=(EMBEDDING_DIM,))
        if not math.isfinite(quality) or quality <= 0:
            raise ValueError(f"quality must be positive, is {quality}")
        track = next((track for track in self._tracks if track.track_id == track_id), None)
        if track is None:
            raise ValueError(f"camera {self._camera_id} has no living track {track_id}")
        handovers = self._settle(track, embedding)
        track.observe(embedding, quality)
        if track.state is TrackState.CONFIRMED and not track.judged:
            handovers += self._refind(track)
        return Verdict(track.track_id, tuple(handovers))

    def _settle(self, track: LiveTrack, embedding: NDArray[np.float32]) -> list[Handover]:
        """Settle whether a track that was in doubt has gone over to another vehicle."""
        before = _distance(track, embedding)
        if before is None:
            track.settle()  # nothing was known that could have been of another
            return []
        if not track.can_settle:
            return []
        if before <= self._settings.depart_distance:
            track.settle()
            return []
        handovers = [self._depart(track)]
        other = self._exchanged(track, embedding)
        if other is not None:
            # That vehicle is here, so the track that had it is on another one.
            handovers.append(self._depart(other))
            if other.appearance is not None:
                handovers += self._refind(other)
        return handovers

    def _depart(self, track: LiveTrack) -> Handover:
        """Let a track go on as one of another vehicle, and be lost as the one that it was."""
        assert self._timestamp is not None
        left = track.depart(self._next_id, self._timestamp)
        self._next_id += 1
        self._tracks.append(left)
        return Handover(left.track_id, track.track_id, track.first_timestamp)

    def _exchanged(self, track: LiveTrack, embedding: NDArray[np.float32]) -> LiveTrack | None:
        """Return the track in doubt whose vehicle a departed one has gone over to, if any."""
        near = []
        for other in self._tracks:
            doubt, distance = other.doubt, _distance(other, embedding)
            if doubt is None or doubt.next_timestamp is None or distance is None:
                continue
            in_time = doubt.last_timestamp < track.first_timestamp
            if in_time and distance <= self._settings.refind_distance:
                near.append((distance, other.track_id, other))
        return min(near, key=lambda entry: entry[:2])[2] if near else None

    def _advance(self, timestamp: float) -> float:
        """Set the clock and return the seconds since the frame before."""
        if not math.isfinite(timestamp):
            raise ValueError(f"timestamp must be finite, is {timestamp}")
        before = self._timestamp
        if before is not None and timestamp <= before:
            raise ValueError(f"timestamp must be after {before}, is {timestamp}")
        self._timestamp = timestamp
        return 0.0 if before is None else timestamp - before

    def _associate(self, detections: Detections, timestamp: float) -> None:
        """Give the detections to the tracks, stage by stage, and found tracks on the rest."""
        settings = self._settings
        confidence = detections.confidence
        confident = np.flatnonzero(confidence >= settings.high_confidence)
        weak = np.flatnonzero(
            (confidence >= settings.low_confidence) & (confidence < settings.high_confidence)
        )
        overlap = partial(overlap_cost, min_iou=settings.min_iou, timestamp=timestamp)
        weak_overlap = partial(overlap, min_iou=settings.weak_min_iou, sure_iou=1.0)

        alive = _seen_within(settings.max_lost_s, self._tracks, timestamp=timestamp)
        settled = [track for track in alive if track.state is not TrackState.TENTATIVE]
        tentative = [track for track in alive if track.state is TrackState.TENTATIVE]
        recent = _seen_within(settings.weak_max_gap_s, settled, timestamp=timestamp)
        near = _seen_within(settings.reach_max_gap_s, alive, timestamp=timestamp)
        for tracks, cost in ((settled, overlap), (tentative, overlap)):
            confident = _give(detections, confident, tracks, cost=cost, timestamp=timestamp)
        _give(detections, weak, recent, cost=weak_overlap, timestamp=timestamp)
        confident = _give(detections, confident, near, cost=reach_cost, timestamp=timestamp)
        self._found(detections, confident, timestamp)

    def _found(self, detections: Detections, rows: NDArray[np.intp], timestamp: float) -> None:
        """Found a track on each of the rows, but not on a second box of a vehicle that has one."""
        taken = [track.last_xyxy for track in self._tracks if track.detection is not None]
        for row in rows[np.argsort(-detections.confidence[rows], kind="stable")]:
            box = detections.xyxy[row]
            if taken and iou(box[None], np.stack(taken)).max() > self._settings.duplicate_iou:
                continue
            self._tracks.append(
                LiveTrack.found(self._next_id, detections, row=int(row), timestamp=timestamp)
            )
            self._next_id += 1
            taken.append(box)

    def _count_proofs(self) -> None:
        """Count the detections of tentative tracks that lie on no confirmed or older one's."""
        seen = [track for track in self._tracks if track.detection is not None]
        seen.sort(key=lambda track: (track.state is TrackState.TENTATIVE, track.track_id))
        if not seen or seen[-1].state is not TrackState.TENTATIVE:
            return
        boxes = np.stack([track.last_xyxy for track in seen])
        nested = np.tril(iou(boxes, boxes) > self._settings.nested_iou, k=-1)
        for track, others in zip(seen, nested, strict=True):
            track.proofs += not others.any()

    def _age(self, timestamp: float) -> list[LiveTrack]:
        """Bring all states up to date; return the tracks that were lost or removed just now."""
        changed = []
        for track in self._tracks:
            before = track.state
            track.state = self._next_state(track, timestamp)
            if track.state is not before and track.detection is None:
                changed.append(track)
        self._tracks = [track for track in self._tracks if track.state is not TrackState.REMOVED]
        return changed

    def _next_state(self, track: LiveTrack, timestamp: float) -> TrackState:
        settings = self._settings
        tentative = track.state is TrackState.TENTATIVE
        if track.detection is None:
            limit_s = settings.tentative_max_gap_s if tentative else settings.max_lost_s
            if track.unseen_s(timestamp) > limit_s:
                return TrackState.REMOVED
            return TrackState.TENTATIVE if tentative else TrackState.LOST
        proven = (
            track.proofs >= settings.confirm_hits
            and track.total_confidence >= settings.confirm_confidence
            and timestamp - track.first_timestamp >= settings.confirm_s
        )
        return TrackState.CONFIRMED if proven or not tentative else TrackState.TENTATIVE

    def _drop_duplicates(self) -> list[LiveTrack]:
        """Remove the younger of any two tracks that follow one vehicle; return those removed.

        A track that is lost gives way only to an older one: a vehicle hidden by another is where
        the other one is, and yet not the same.
        """
        tracks = sorted(self._tracks, key=lambda track: (track.first_timestamp, track.track_id))
        boxes = motion.boxes([track.motion for track in tracks])
        pairs = np.argwhere(np.triu(iou(boxes, boxes) > self._settings.duplicate_iou, k=1))
        dropped: list[LiveTrack] = []
        for older, younger in ((tracks[a], tracks[b]) for a, b in pairs):
            hidden = older.state is TrackState.LOST and younger.detection is not None
            if not (hidden or older in dropped or younger in dropped):
                younger.state = TrackState.REMOVED
                younger.forget_detection()
                dropped.append(younger)
        self._tracks = [track for track in self._tracks if track not in dropped]
        return dropped

    def _refind(self, track: LiveTrack) -> list[Handover]:
        """Let a track that has become one go on as the lost one that it continues, if there is one.

        Args:
            track: Newly confirmed, or newly of another vehicle.
        """
        track.judged = True
        lost = find_lost(
            track,
            [other for other in self._tracks if other.state is TrackState.LOST],
            max_distance=self._settings.refind_distance,
            margin=self._settings.refind_margin,
        )
        if lost is None:
            return []
        handover = Handover(track.track_id, lost.track_id)
        track.continue_as(lost)
        self._tracks.remove(lost)
        return [handover]


def _distance(track: LiveTrack, embedding: NDArray[np.float32]) -> float | None:
    """Return the L2 distance of an embedding from the mean of a track, if it has one."""
    mean = track.mean_embedding()
    return None if mean is None else float(np.linalg.norm(mean - embedding))


def _seen_within(
    limit_s: float, tracks: Sequence[LiveTrack], *, timestamp: float
) -> list[LiveTrack]:
    """Return the tracks whose last detection is at most `limit_s` seconds ago."""
    return [track for track in tracks if track.unseen_s(timestamp) <= limit_s]


def _give(
    detections: Detections,
    rows: NDArray[np.intp],
    tracks: Sequence[LiveTrack],
    *,
    cost: CostFunction,
    timestamp: float,
) -> NDArray[np.intp]:
    """Give some rows of the detections to the tracks that have none yet; return the rows left."""
    free = [track for track in tracks if track.detection is None]
    if not free or not len(rows):
        return rows
    pairs = match(cost(free, detections[rows]), max_cost=MAX_COST)
    for index, column in pairs:
        free[index].hit(detections, row=int(rows[column]), timestamp=timestamp)
    return np.delete(rows, pairs[:, 1])
