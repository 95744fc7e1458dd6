"""Pipeline of a frame: detector, tracker, embedding, association, store.

`Pipeline.detect` and `Pipeline.step` take the frames that the cameras took at about the same time
and read like the figure in docs/architecture.md. They neither read videos nor draw.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from app.graph.camera_graph import put_camera_graph
from app.storage.coverage import put_outages, put_waiting
from app.storage.outages import Outages
from app.timing import StageTimer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from app.camera import CameraTracks, Pass
    from app.graph.camera_graph import CameraGraph
    from app.storage.records import BoxRow, Camera
    from app.storage.store import Store
    from detector.types import Detections, Frame
    from tracking.decisions import Assignment, Correction, Revision
    from tracking.types import Tracklet

COMMIT_EVERY_S: Final = 1.0
"""Stream seconds between two commits: what a crash costs, with the frames in hand."""

GRAPH_EVERY_S: Final = 60.0
"""Stream seconds after which what was learned of the cameras is kept again, for who looks on."""


class Detector(Protocol):
    """Finds vehicles.

    Attributes:
        apart: Whether it pays to detect while other networks compute.
    """

    apart: bool

    def __call__(self, images: Sequence[NDArray[np.uint8]]) -> list[Detections]:
        """Return the detections of each image; uint8 (H, W, 3), BGR, sizes may differ."""


class Embedder(Protocol):
    """Describes vehicles by vectors."""

    def __call__(
        self, images: Sequence[NDArray[np.uint8]], xyxy: Sequence[NDArray[np.float32]]
    ) -> NDArray[np.float32]:
        """Return float32 (N, 512) unit vectors of all boxes (n_i, 4) of all images, in order."""


class Associator(Protocol):
    """Recognises vehicles across cameras."""

    def update(self, tracklets: Sequence[Tracklet]) -> dict[tuple[str, int], Assignment]:
        """Return the identities of these tracklets, and of older ones that are others now."""

    def correct(self, corrections: Iterable[Correction]) -> None:
        """Heed manual corrections in the final pass over everything."""

    def flush(self) -> dict[tuple[str, int], Assignment]:
        """Take a final pass over everything and return the identities that are others now."""

    def revisions(self) -> list[Revision]:
        """Return the identities that were revised since the last call."""


class Pipeline:
    """Turns batches of frames into sightings and identities in a store.

    Args:
        cameras: The cameras as the store knows them, before their first frame; more may be added.
        tracks: One camera's tracking each, in the same order.
        detector: Finds vehicles.
        embedder: Describes them.
        associator: Recognises them.
        store: Where all of it goes; the pipeline is its only writer and commits about every second.
        corrections: Manual corrections of the sightings in a store that has seen all of them;
            the association respects it in its final pass over everything.
        learned: What was learned of the cameras by now, which is kept about once a minute and at
            the end.
        outages: Times without a frame or a picture so far, by camera; kept with the next commit.
        now: The time by the clock of live cameras, UTC seconds; None without any.
    """

    def __init__(
        self,
        cameras: Iterable[Camera],
        tracks: Iterable[CameraTracks],
        *,
        detector: Detector,
        embedder: Embedder,
        associator: Associator,
        store: Store,
        corrections: Callable[[Store], Iterable[Correction]],
        learned: Callable[[], CameraGraph],
        outages: Callable[[], Mapping[str, Outages]],
        now: Callable[[], float | None],
    ) -> None:
        self.timer = StageTimer()
        self.crops_embedded = 0
        self._cameras: dict[str, Camera] = {}
        self._tracks: dict[str, CameraTracks] = {}
        self._detector = detector
        self._embedder = embedder
        self._associator = associator
        self._store = store
        self._corrections = corrections
        self._learned = learned
        self._learned_at: float | None = None
        self._outages = outages
        self._outages_kept: dict[str, Outages] = {}
        self._now = now
        self._identities: dict[tuple[str, int], int] = {}
        self._committed_at = -np.inf
        for camera, one in zip(cameras, tracks, strict=True):
            self.add_camera(camera, one)
        store.commit()

    def add_camera(self, camera: Camera, tracks: CameraTracks) -> None:
        """Take in a camera, before its first frame."""
        self._cameras[camera.camera_id] = camera
        self._tracks[camera.camera_id] = tracks
        self._store.put_camera(camera)

    @property
    def detects_apart(self) -> bool:
        """Whether it pays to `detect` during a `step`."""
        return self._detector.apart

    def detect(self, batch: Sequence[Frame]) -> list[Detections]:
        """Return the vehicles in the frames of a moment; another thread may, during a `step`."""
        return self._detector([frame.image for frame in batch])

    def step(
        self, batch: Sequence[Frame], detections: Sequence[Detections]
    ) -> dict[str, list[BoxRow]]:
        """Process the frames of a moment.

        Args:
            batch: One frame or more, at most one per camera, each later than that camera's one
                before.
            detections: What `detect` found in each.

        Returns:
            By camera of the batch: the boxes that were added, with the identities known by now;
            only those of confirmed tracks, and with the first of them the earlier ones, from
            before the track was confirmed.
        """
        now = max(frame.timestamp for frame in batch)
        self._keep(now)
        images = [frame.image for frame in batch]
        with self.timer.stage("track"):
            wanted = [
                self._tracks[frame.camera_id].advance(frame, found)
                for frame, found in zip(batch, detections, strict=True)
            ]
        with self.timer.stage("embed"):
            embeddings = self._embed(images, wanted)
        with self.timer.stage("track"):
            boxes = self._learn(batch, embeddings)
        self._associate([p for one in self._tracks.values() for p in one.take_passes(now)], now)
        with self.timer.stage("store"):
            self._record(batch, boxes)
        return {camera_id: self._identified(rows) for camera_id, rows in boxes.items()}

    def wait(self) -> None:
        """Keep what there is, and the time, while no live camera gives an image.

        Without that, the store of a run that has lost all its cameras would look like that of one
        which is up to date.
        """
        now = self._now()
        if now is not None and now - self._committed_at >= COMMIT_EVERY_S:
            put_waiting(self._store, now)
            self._put_cameras()
            self._store.commit()
            self._committed_at = now

    def finish(self) -> None:
        """Decide on all vehicles still in view, and make everything lasting."""
        ends = [c.last_timestamp for c in self._cameras.values() if c.last_timestamp is not None]
        now = max(ends, default=0.0)
        self._associate([p for one in self._tracks.values() for p in one.finish()], now)
        with self.timer.stage("associate"):
            self._associator.correct(self._corrections(self._store))
            assignments = self._associator.flush()
        with self.timer.stage("store"):
            self._put_assignments(assignments, now)
            self._put_cameras()
            put_camera_graph(self._store, self._learned())
            self._store.commit()

    def _embed(
        self, images: Sequence[NDArray[np.uint8]], xyxy: Sequence[NDArray[np.float32]]
    ) -> list[NDArray[np.float32]]:
        """Return the embeddings of each image's boxes, from one forward pass over all."""
        counts = [len(boxes) for boxes in xyxy]
        self.crops_embedded += sum(counts)
        return np.split(self._embedder(images, xyxy), np.cumsum(counts)[:-1])

    def _learn(
        self, batch: Sequence[Frame], embeddings: Sequence[NDArray[np.float32]]
    ) -> dict[str, list[BoxRow]]:
        boxes = {}
        for frame, vectors in zip(batch, embeddings, strict=True):
            tracks = self._tracks[frame.camera_id]
            for moved in tracks.learn(frame, vectors):
                self._store.move_boxes(moved)
            boxes[frame.camera_id] = tracks.take_boxes()
        return boxes

    def _associate(self, passes: Sequence[Pass], now: float) -> None:
        with self.timer.stage("associate"):
            assignments = self._associator.update([one.tracklet for one in passes])
        self._remember(passes, assignments)
        with self.timer.stage("store"):
            for one in passes:
                self._store.upsert_sighting(
                    one.tracklet, one.view, first_frame=one.first_frame, last_frame=one.last_frame
                )
            self._put_assignments(assignments, now)

    def _put_assignments(
        self, assignments: Mapping[tuple[str, int], Assignment], now: float
    ) -> None:
        causes = {revision.key: revision.cause for revision in self._associator.revisions()}
        # By key alone: assignments have no order.
        for key in sorted(assignments):
            cause = causes.get(key, "evidence")
            self._store.put_assignment(key, assignments[key], timestamp=now, cause=cause)

    def _remember(
        self, passes: Sequence[Pass], assignments: Mapping[tuple[str, int], Assignment]
    ) -> None:
        """Keep the identities of the vehicles in view; of all others the store knows them."""
        for one in passes:
            if one.tracklet.ended:
                self._identities.pop(one.tracklet.key, None)
            else:
                self._identities[one.tracklet.key] = assignments[one.tracklet.key].identity_id
        for key in self._identities.keys() & assignments.keys():
            self._identities[key] = assignments[key].identity_id

    def _keep(self, now: float) -> None:
        """Commit what came before a batch, at most once per `COMMIT_EVERY_S`.

        Before and not after it: live frames that arrived together may come in several batches, and
        a camera that is in a later one would look as if it were lost.
        """
        if self._learned_at is None:  # before the first batch there is nothing to keep
            self._learned_at = self._committed_at = now
        if now - self._committed_at < COMMIT_EVERY_S:
            return
        with self.timer.stage("store"):
            self._put_cameras()
            if now - self._learned_at >= GRAPH_EVERY_S:
                put_camera_graph(self._store, self._learned())
                self._learned_at = now
            self._store.commit()
        self._committed_at = now

    def _record(self, batch: Sequence[Frame], boxes: dict[str, list[BoxRow]]) -> None:
        for rows in boxes.values():
            self._store.append_boxes(rows)
        for frame in batch:
            camera = self._cameras[frame.camera_id]
            first = camera.first_timestamp
            self._cameras[frame.camera_id] = replace(
                camera,
                frames=camera.frames + 1,
                first_timestamp=frame.timestamp if first is None else first,
                last_timestamp=frame.timestamp,
            )

    def _identified(self, rows: Sequence[BoxRow]) -> list[BoxRow]:
        return [
            replace(row, identity_id=self._identities.get((row.camera_id, row.track_id)))
            for row in rows
        ]

    def _put_cameras(self) -> None:
        for camera in self._cameras.values():
            self._store.put_camera(camera)
        for camera_id, outages in self._outages().items():
            if outages != self._outages_kept.get(camera_id, Outages()):
                put_outages(self._store, camera_id, *outages)
                self._outages_kept[camera_id] = outages
