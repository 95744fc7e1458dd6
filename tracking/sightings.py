"""Tracklets as arrays: times, cameras, embeddings, and places of entry and exit."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from operator import attrgetter
from typing import TYPE_CHECKING, Final, NamedTuple, Self

import numpy as np

from tracking.appearance.camera_looks import side_of
from tracking.ground import NOWHERE, SAMPLES, paths_on_ground
from tracking.types import EMBEDDING_DIM

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from tracking.appearance.camera_looks import CameraLooks
    from tracking.appearance.cohort import Cohort
    from tracking.ground import GroundPlane
    from tracking.types import Tracklet

HEADING_SHARE: Final = 0.34
"""Share of a path over which its heading at the ends is taken: a turn must not blur it."""

NUMBERLESS: Final = -1
"""The number of sightings that nobody has numbered."""

_LEAST_HEADING: Final = 0.25
"""Heights of its box that a vehicle must move for its heading to be known."""


class Trail(NamedTuple):
    """Where in the image a vehicle was.

    Attributes:
        timestamps: float64 (T,), ascending UTC seconds.
        xyxy: float32 (T, 4), the boxes at these times.
    """

    timestamps: NDArray[np.float64]
    xyxy: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Sightings:
    """Tracklets as a struct of arrays.

    Attributes:
        camera: intp (N,), index of the camera.
        first: float64 (N,), UTC seconds of the first time.
        last: float64 (N,), of the last time so far.
        ended: bool (N,), whether the vehicle has left.
        class_id: int64 (N,), index into `CLASS_NAMES`.
        embedding: float32 (N, 512), unit length; camera bias is subtracted.
        entry: float64 (N, 4), where it came in: middle of the lower edge of the first box (x, y in
            pixels), and its heading there (unit vector, zero where it hardly moved).
        leave: float64 (N, 4), the same where it went out.
        scale: float64 (N, 2), mean and deviation of the distances to other vehicles
            (`Cohort.scale`).
        crops: float64 (N,), single views of it that are known; at least 1.
        path: float64 (N, `SAMPLES`, 3), places on the ground (`paths_on_ground`); NaN if unknown.
        ends: float64 (N, 2, 4), place and velocity on the ground at both ends; NaN if unknown.
        unseen: float64 (N,), seconds for which the camera has looked for it in vain since.
        frame: intp (N,), which map these places are on (`GroundPlane`); `NOWHERE` if unknown.
        trail: object (N,), a `Trail` each; None of those that are archived.
        number: int64 (N,), the same only for sightings that are the same in all of this, by one
            count (`association.book`); `NUMBERLESS` for none.
    """

    camera: NDArray[np.intp]
    first: NDArray[np.float64]
    last: NDArray[np.float64]
    ended: NDArray[np.bool_]
    class_id: NDArray[np.int64]
    embedding: NDArray[np.float32]
    entry: NDArray[np.float64]
    leave: NDArray[np.float64]
    scale: NDArray[np.float64]
    crops: NDArray[np.float64]
    path: NDArray[np.float64]
    ends: NDArray[np.float64]
    unseen: NDArray[np.float64]
    frame: NDArray[np.intp]
    trail: NDArray[np.object_]
    number: NDArray[np.int64]

    def __len__(self) -> int:
        """Return the number of sightings."""
        return len(self.camera)

    @property
    def side(self) -> NDArray[np.intp]:
        """Which side of them their cameras saw; intp (N,), see `camera_looks.side_of`."""
        return side_of(np.stack([self.entry, self.leave], axis=1)[..., 2:])

    def __getitem__(self, rows: slice | NDArray[np.intp] | NDArray[np.bool_]) -> Self:
        """Return some of the sightings."""
        return type(self)(*(column[rows] for column in _columns(self)))

    @classmethod
    def of(
        cls,
        tracklets: Sequence[Tracklet],
        index: Callable[[str], int],
        cohort: Cohort,
        cameras: CameraLooks,
        ground: Mapping[str, GroundPlane] | None = None,
    ) -> Self:
        """Return tracklets as arrays.

        Args:
            tracklets: N of them.
            index: Gives a camera's index.
            cohort: What appearance is compared with.
            cameras: Their bias of embeddings, which is subtracted.
            ground: How calibrated cameras see the ground, by name.
        """
        camera = np.array([index(t.camera_id) for t in tracklets], np.intp)
        seen = np.array([t.embedding for t in tracklets], np.float32).reshape(-1, EMBEDDING_DIM)
        ends = ends_of_paths([t.xyxy for t in tracklets])
        looks = cameras.taken_off(seen, camera, side_of(ends[..., 2:]))
        names = {t.camera_id for t in tracklets}
        planes = {index(name): plane for name, plane in (ground or {}).items() if name in names}
        trails = np.empty(len(tracklets), np.object_)
        trails[:] = [Trail(t.timestamps, t.xyxy) for t in tracklets]
        return cls(
            camera,
            np.array([t.first_timestamp for t in tracklets], np.float64),
            np.array([t.last_timestamp for t in tracklets], np.float64),
            np.array([t.ended for t in tracklets], np.bool_),
            np.array([t.class_id for t in tracklets], np.int64),
            looks,
            ends[:, 0],
            ends[:, 1],
            cohort.scale(looks),
            np.array([max(1, len(t.exemplars)) for t in tracklets], np.float64),
            np.full((len(tracklets), SAMPLES, 3), np.nan),
            np.full((len(tracklets), 2, 4), np.nan),
            np.array([t.unseen_s for t in tracklets], np.float64),
            np.full(len(tracklets), NOWHERE, np.intp),
            trails,
            np.full(len(tracklets), NUMBERLESS, np.int64),
        ).placed(planes)

    def placed(self, ground: Mapping[int, GroundPlane | None]) -> Self:
        """Return the same sightings at their places on the ground, without numbers.

        Args:
            ground: How cameras see it, by index, None where that is not known any more; those of
                other cameras keep what they have.
        """
        path, ends, frame = self.path.copy(), self.ends.copy(), self.frame.copy()
        known = np.array([trail is not None for trail in self.trail.tolist()], np.bool_)
        for camera, plane in ground.items():
            rows = np.flatnonzero(known & (self.camera == camera))
            path[rows], ends[rows] = paths_on_ground(plane, self.trail[rows].tolist())
            frame[rows] = NOWHERE if plane is None else plane.frame
        number = np.full(len(self), NUMBERLESS, np.int64)
        return replace(self, path=path, ends=ends, frame=frame, number=number)

    @classmethod
    def join(cls, parts: Sequence[Self]) -> Self:
        """Return all sightings of some, in their order."""
        return cls(*map(np.concatenate, zip(*map(_columns, parts), strict=True)))


_columns: Final = attrgetter(*(field.name for field in fields(Sightings)))
"""Gives all arrays of some sightings, in their order; for joining hundreds of single ones."""


def path_ends(xyxy: NDArray[np.float32] | NDArray[np.float64]) -> NDArray[np.float64]:
    """Return place and heading at both ends of a path, as `Sightings.entry` and `leave`.

    Args:
        xyxy: float32 or float64 (T, 4), its boxes in order of time; at least one.

    Returns:
        float64 (2, 4).
    """
    return np.asarray(ends_of_paths([xyxy])[0])


def ends_of_paths(
    paths: Sequence[NDArray[np.float32] | NDArray[np.float64]],
) -> NDArray[np.float64]:
    """Return the same as `path_ends` of N paths; float64 (N, 2, 4)."""
    if not paths:
        return np.zeros((0, 2, 4))
    boxes = np.concatenate(paths).astype(np.float64)
    feet = np.stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]], axis=1)
    size = np.array([len(path) for path in paths], np.intp)
    last = np.cumsum(size) - 1
    first = last - size + 1
    stretch = np.maximum(1, np.round(HEADING_SHARE * (size - 1))).astype(np.intp)
    inner = np.minimum(stretch, size - 1)
    moves = np.stack([feet[first + inner] - feet[first], feet[last] - feet[last - inner]], axis=1)
    height = boxes[:, 3] - boxes[:, 1]
    # Of each path, in ascending order; the median is in the middle.
    height = height[np.lexsort((height, np.repeat(np.arange(len(paths)), size)))]
    median = (height[first + (size - 1) // 2] + height[first + size // 2]) / 2
    length = np.hypot(moves[..., 0], moves[..., 1])
    known = length > np.maximum(_LEAST_HEADING * median, 1e-6)[:, None]
    headings = np.where(known[..., None], moves / np.where(known, length, 1.0)[..., None], 0.0)
    return np.concatenate([np.stack([feet[first], feet[last]], axis=1), headings], axis=2)
