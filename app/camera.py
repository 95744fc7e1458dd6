"""One camera's part of the pipeline: its tracker, and the tracklets of its vehicles."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from app.drawing.thumbnails import cut_thumbnail
from app.storage.records import BestView, BoxRow, MovedBoxes
from detector.boxes import bottom_center
from tracking.single_camera.quality import crop_quality
from tracking.single_camera.tracklet import TrackletBuilder
from tracking.types import TrackState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from detector.types import Detections, Frame
    from tracking.single_camera.tracker import Handover, Tracker
    from tracking.single_camera.tracklet import TrackletSettings
    from tracking.types import Track, Tracklet

MATURE_S: Final = 0.5
"""Stream seconds that a vehicle is watched before its first association."""
LOOK_AGAIN_S: Final = 0.5
"""Stream seconds after which a vehicle in view is associated again, by all that was seen of it. On
four rendered development scenes 1.0 gave an online IDF1 0.013 lower, 0.25 the same."""
RECENT_FRAMES: Final = 600
"""Frames of which a track that goes over to another vehicle can be taken back at most."""
SILENCE_S: Final = 1.0
"""How much longer than a track may be lost its camera must have been silent for the pass to be
ended without a frame: those of live cameras come a little late."""
_LEAST_QUALITY: Final = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Pass:
    """A vehicle's pass through a camera as far as it was seen, ready to be associated.

    Attributes:
        tracklet: Path and appearance.
        view: How it was seen best.
        first_frame: Number of its first frame.
        last_frame: Number of its last frame so far.
    """

    tracklet: Tracklet
    view: BestView
    first_frame: int
    last_frame: int


@dataclass(slots=True, eq=False)
class _Vehicle:
    """Everything gathered of a vehicle in view."""

    builder: TrackletBuilder
    first_frame: int
    first_timestamp: float
    last_frame: int = 0
    quality: float = 0.0
    confirmed: bool = False
    associated_at: float | None = None
    unsaved: list[BoxRow] = field(default_factory=list)
    views: list[tuple[float, BestView]] = field(default_factory=list)
    recent: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=RECENT_FRAMES))

    def see(self, track: Track, frame: Frame, quality: float) -> None:
        self.builder.see(track, quality)
        self.last_frame = frame.index
        self.quality = max(quality, _LEAST_QUALITY)
        self.confirmed |= track.state is TrackState.CONFIRMED
        if self.views and not track.in_doubt:
            # What was seen up to now stays this track's: only the best matters.
            self.views = [self._best()]
        self.unsaved.append(BoxRow.of(track, frame.index))
        self.recent.append((frame.timestamp, frame.index))

    def learn(self, track: Track, frame: Frame, embedding: NDArray[np.float32]) -> None:
        self.builder.add(embedding)
        if track.in_doubt or all(self.quality > past for past, _ in self.views):
            x1, y1, x2, y2 = track.xyxy.tolist()
            view = BestView(
                timestamp=frame.timestamp,
                xyxy=(x1, y1, x2, y2),
                confidence=track.confidence,
                thumbnail=cut_thumbnail(frame.image, track.xyxy),
            )
            self.views.append((self.quality, view))

    def go_on_as(self, later: _Vehicle, track_id: int) -> None:
        self.builder.absorb(later.builder)
        self.confirmed |= later.confirmed
        self.last_frame = later.last_frame
        self.quality = later.quality
        self.unsaved += [replace(row, track_id=track_id) for row in later.unsaved]
        self.recent += later.recent
        self.views += later.views

    @property
    def last_timestamp(self) -> float:
        """UTC seconds of its last frame; -inf if that cannot be taken back."""
        return self.recent[-1][0] if self.recent else -np.inf

    @property
    def reaches_back_to(self) -> float:
        """UTC seconds from which on it can be taken back; -inf for its whole life."""
        return self.recent[0][0] if len(self.recent) == RECENT_FRAMES else -np.inf

    def split_off(self, since: float, track_id: int) -> _Vehicle:
        """Return what is another vehicle's, from a time on; the rest stays."""
        since, first = next(entry for entry in self.recent if entry[0] >= since)
        later = _Vehicle(
            self.builder.split_off(since, track_id=track_id),
            first,
            since,
            last_frame=self.last_frame,
            quality=self.quality,
            confirmed=self.confirmed,
        )
        for row in self.unsaved:
            if row.frame >= first:
                later.unsaved.append(replace(row, track_id=track_id))
        self.unsaved = [row for row in self.unsaved if row.frame < first]
        later.recent += [entry for entry in self.recent if entry[0] >= since]
        self.recent = deque(
            (entry for entry in self.recent if entry[0] < since), maxlen=RECENT_FRAMES
        )
        self.last_frame = self.recent[-1][1] if self.recent else first - 1
        later.views = [view for view in self.views if view[1].timestamp >= since]
        self.views = [view for view in self.views if view[1].timestamp < since]
        return later

    def is_due(self, now: float) -> bool:
        """Return whether it is time for a first association, or for another look."""
        if self.associated_at is None:
            return now - self.first_timestamp >= MATURE_S
        return now - self.associated_at >= LOOK_AGAIN_S

    def as_pass(self, *, ended: bool, looked_until: float = -np.inf) -> Pass | None:
        tracklet = self.builder.tracklet(ended=ended, looked_until=looked_until)
        if tracklet is None or not self.views:
            return None
        return Pass(tracklet, self._best()[1], self.first_frame, self.last_frame)

    def _best(self) -> tuple[float, BestView]:
        return max(self.views, key=lambda view: view[0])


class CameraTracks:
    """Follows the vehicles of one camera and decides which crops to embed.

    For each frame: `advance`, `learn` with the embeddings that it asked for, then `take_boxes` and
    `take_passes`; after the last frame `finish`.

    Args:
        camera_id: The camera.
        tracker: Its own tracker.
        settings: When to embed.
        roi: float32 (P, 2) polygon in pixels outside which vehicles are ignored, None for none.
        min_confidence: Detections below this are ignored.
    """

    def __init__(
        self,
        camera_id: str,
        tracker: Tracker,
        settings: TrackletSettings,
        *,
        roi: NDArray[np.float32] | None = None,
        min_confidence: float = 0.0,
    ) -> None:
        self.camera_id = camera_id
        self._tracker = tracker
        self._settings = settings
        self._roi = roi
        self._min_confidence = min_confidence
        self._vehicles: dict[int, _Vehicle] = {}
        self._asked: list[Track] = []
        self._ended: list[_Vehicle] = []
        self._looked_until = -np.inf
        # By the newest frame of all cameras so far: their clocks may differ (`clock_offset_s`).
        self._newest = -np.inf
        self._silent_since: float | None = None

    def advance(self, frame: Frame, detections: Detections) -> NDArray[np.float32]:
        """Track one frame's detections.

        Args:
            frame: The frame, later than the one before.
            detections: What was found in it.

        Returns:
            float32 (N, 4), the boxes whose embeddings `learn` expects.
        """
        self._silent_since = None
        self._looked_until = frame.timestamp
        detections = self._relevant(detections)
        tracks = self._tracker.update(detections, frame.timestamp)
        height, width = frame.image.shape[:2]
        quality = crop_quality(detections.xyxy, detections.confidence, frame_wh=(width, height))
        self._asked = []
        for track in tracks:
            if track.state is TrackState.REMOVED:
                self._end(track.track_id)
            elif track.detection is not None:
                vehicle = self._vehicle(track.track_id, frame)
                vehicle.see(track, frame, float(quality[track.detection]))
                if vehicle.builder.wants_embedding():
                    self._asked.append(track)
        boxes = [track.xyxy for track in self._asked]
        return np.stack(boxes) if boxes else np.zeros((0, 4), np.float32)

    def learn(self, frame: Frame, embeddings: NDArray[np.float32]) -> list[MovedBoxes]:
        """Take the embeddings of the boxes that `advance` returned.

        Args:
            frame: The frame that was given to `advance`.
            embeddings: float32 (N, 512), unit length.

        Returns:
            What turned out to be another track's (an older, lost one, or a new one of the vehicle
            that the track went over to), to be corrected in this order.
        """
        found = []
        ids = [track.track_id for track in self._asked]
        for row, (track, embedding) in enumerate(zip(self._asked, embeddings, strict=True)):
            quality = self._vehicles[ids[row]].quality
            verdict = self._tracker.observe(ids[row], embedding, quality)
            for handover in self._cut_together(verdict.handovers):
                found.append(self._hand_over(handover, frame))
                # The other tracks of this frame may be among those that were corrected.
                ids = [handover.to if one == handover.track_id else one for one in ids]
            self._vehicles[verdict.track_id].learn(track, frame, embedding)
        self._asked = []
        return found

    def _cut_together(self, handovers: Sequence[Handover]) -> list[Handover]:
        """Return handovers that cut all tracks at one time, as far back as all of them reach.

        Tracks that exchange vehicles remember `RECENT_FRAMES` of their own detections each: cut
        where each of them ends, they would overlap. One that was lost before that time has nothing
        to hand over.
        """
        cut = [self._vehicles[one.track_id] for one in handovers if one.track_id in self._vehicles]
        reach = max((vehicle.reaches_back_to for vehicle in cut), default=-np.inf)
        found, nothing = [], set()
        for one in handovers:
            if one.since is None:
                found.append(one)
                continue
            since = max(one.since, reach)
            if self._vehicles[one.track_id].last_timestamp >= since:
                found.append(replace(one, since=since))
            else:
                nothing.add(one.to)
        return [one for one in found if one.track_id not in nothing]

    def _hand_over(self, handover: Handover, frame: Frame) -> MovedBoxes:
        """Give what was gathered of a track to the one whose vehicle it turned out to be."""
        if handover.since is None:
            part = self._vehicles.pop(handover.track_id)
        else:
            part = self._vehicles[handover.track_id].split_off(handover.since, handover.to)
        if handover.since is not None and handover.to not in self._vehicles:
            self._vehicles[handover.to] = part
        else:
            # There is none of a track that got nothing when it was founded (`_cut_together`).
            older = self._vehicles.setdefault(
                handover.to, self._new(handover.to, part.first_frame, part.first_timestamp)
            )
            older.go_on_as(part, handover.to)
        return MovedBoxes(
            camera_id=self.camera_id,
            track_id=handover.track_id,
            to=handover.to,
            first_frame=part.first_frame,
            last_frame=frame.index,
            timestamp=frame.timestamp,
        )

    def take_boxes(self) -> list[BoxRow]:
        """Return the boxes of confirmed tracks that were not returned before."""
        rows: list[BoxRow] = []
        for vehicle in self._vehicles.values():
            if vehicle.confirmed:
                rows += vehicle.unsaved
                vehicle.unsaved = []
        return rows

    def take_passes(self, now: float) -> list[Pass]:
        """Return the passes that ended, and those in view whose association is due.

        Where the camera has ended or is lost, the passes of who was in view end when the tracker
        would end them with the next frame: else those vehicles would stay in this camera, and be
        recognised in no other, until it returns.

        Args:
            now: UTC seconds of the newest frame, of any camera.
        """
        self._newest = max(self._newest, now)
        if self._silent_since is None:
            self._silent_since = self._newest
        elif self._newest - self._silent_since > self._tracker.max_lost_s + SILENCE_S:
            self._end_all()
        ready = [vehicle.as_pass(ended=True) for vehicle in self._ended]
        self._ended = []
        for vehicle in self._vehicles.values():
            if vehicle.is_due(now):
                current = vehicle.as_pass(ended=False, looked_until=self._looked_until)
                if current is not None:
                    vehicle.associated_at = now
                    ready.append(current)
        return [one for one in ready if one is not None]

    def finish(self) -> list[Pass]:
        """End all passes, since no frame will come, and return those not returned before."""
        self._end_all()
        return self.take_passes(np.inf)

    def _relevant(self, detections: Detections) -> Detections:
        keep = detections.confidence >= self._min_confidence
        if self._roi is not None:
            points = bottom_center(detections.xyxy).tolist()
            inside = [cv2.pointPolygonTest(self._roi, point, False) >= 0 for point in points]
            keep &= np.array(inside, np.bool_)
        return detections[keep]

    def _vehicle(self, track_id: int, frame: Frame) -> _Vehicle:
        if track_id not in self._vehicles:
            self._vehicles[track_id] = self._new(track_id, frame.index, frame.timestamp)
        return self._vehicles[track_id]

    def _new(self, track_id: int, first_frame: int, first_timestamp: float) -> _Vehicle:
        builder = TrackletBuilder(self.camera_id, track_id, self._settings)
        return _Vehicle(builder, first_frame, first_timestamp)

    def _end_all(self) -> None:
        for track_id in list(self._vehicles):
            self._end(track_id)

    def _end(self, track_id: int) -> None:
        vehicle = self._vehicles.pop(track_id, None)
        # There is none if the tracker dropped the track in its first frame, as a duplicate.
        if vehicle is not None:
            self._ended.append(vehicle)
