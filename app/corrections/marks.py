"""Marks: references to sightings that can be found again in another run.

Track and identity numbers change from run to run, with another detector or setting. The recording
stays: a mark names the camera, the time in its recording and the vehicle's position in the image.
Time counts from the start of the recording, so that a mark outlives a later correction of the
clock.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated, ClassVar, Final

import numpy as np
from pydantic import Field

from app.times import format_time
from detector.boxes import iou

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from app.storage.records import BoxRow, Camera, Sighting

SAMPLES: Final = 8
"""Boxes kept in a mark: paths are smooth, so that the ones between can be interpolated."""

LEAST_IOU: Final = 0.5
"""Least mean overlap with a mark's boxes: half a box is the field's usual bound of one object."""

SLACK_S: Final = 0.2
"""How much earlier or later than a mark a track may begin or end and still be compared there."""

LEAST_SHARE: Final = 0.25
"""Least share of the shorter one's time that a mark and a track have in common: where one track
ends and another begins in its place, as of two cars in a queue, these may be two vehicles. Of the
marks of the demo's 189 sightings of a vehicle, looked for in a run with smaller images and
without calibration, 163 find a track of theirs, and 7 tracks of others are found; without this it
is 166 and 12, with 0.5 162 and 7."""

_ROUNDING_S: Final = 0.001
"""To which the times of a mark are rounded."""

_MOST: Final = 1e9
"""Thirty years, and wider than any picture: what is beyond is no time, and no place in one."""
_Bounded = Annotated[float, Field(ge=-_MOST, le=_MOST, allow_inf_nan=False)]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a vehicle was at one moment.

    Attributes:
        second: Since the beginning of the recording.
        x1: Left edge of its box, in pixels.
        y1: Upper edge.
        x2: Right edge.
        y2: Lower edge.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    second: _Bounded
    x1: _Bounded
    y1: _Bounded
    x2: _Bounded
    y2: _Bounded


@dataclass(frozen=True, slots=True)
class Mark:
    """One vehicle's pass through one camera, by time and place.

    Attributes:
        camera_id: The camera.
        recording: Name of the recorded file, or of the stream.
        places: Where it was, in order of time; at least one.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    camera_id: str
    recording: str
    places: Annotated[tuple[Place, ...], Field(min_length=1)]

    def __str__(self) -> str:
        """Return camera and time in the recording, for messages."""
        return f"{self.camera_id} at {format_time(self.places[0].second)}"


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """A vehicle's way through an image, in the recording's own time.

    Attributes:
        camera_id: The camera.
        recording: Name of the recorded file, or of the stream.
        seconds: float64 (T,), ascending, since the beginning of the recording.
        xyxy: float64 (T, 4), the boxes at these times.
    """

    camera_id: str
    recording: str
    seconds: NDArray[np.float64]
    xyxy: NDArray[np.float64]

    @classmethod
    def of_sighting(cls, sighting: Sighting, boxes: Iterable[BoxRow], camera: Camera) -> Path:
        """Return the path of a sighting, given the boxes of its track by frame."""
        places = [(box.timestamp, box.xyxy) for box in boxes]
        times, xyxy = zip(*places or [(sighting.best_timestamp, sighting.best_xyxy)], strict=True)
        seconds = np.array(times) - camera.beginning
        return cls(camera.camera_id, recording_name(camera), seconds, np.array(xyxy))

    def at(self, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the boxes at some times, float64 (S, 4), by straight lines between the known."""
        edges = [np.interp(seconds, self.seconds, edge) for edge in self.xyxy.T]
        return np.stack(edges, axis=1)

    def mark(self) -> Mark:
        """Return the mark by which this path is found again."""
        seconds = np.linspace(self.seconds[0], self.seconds[-1], min(SAMPLES, len(self.seconds)))
        places = zip(seconds.round(3).tolist(), self.at(seconds).round(1).tolist(), strict=True)
        return Mark(
            self.camera_id,
            self.recording,
            tuple(Place(second, *box) for second, box in places),
        )


def fits(mark: Mark, path: Path) -> bool:
    """Return whether a path is what a mark means, or a fragment of it.

    A tracker may have broken the marked pass in two, or seen it longer: compared is the time that
    both cover, which is a good part of the shorter one's.
    """
    if (mark.camera_id, mark.recording) != (path.camera_id, path.recording):
        return False
    seconds = np.array([place.second for place in mark.places])
    if not _mostly_at_once(seconds, path.seconds):
        return False
    first, last = path.seconds[0] - SLACK_S, path.seconds[-1] + SLACK_S
    common = (seconds >= first) & (seconds <= last)
    if not common.any():
        return False
    marked = np.array([astuple(place)[1:] for place in mark.places], np.float32)[common]
    found = path.at(seconds[common]).astype(np.float32)
    return bool(np.diagonal(iou(marked, found)).mean() >= LEAST_IOU)


def _mostly_at_once(a: NDArray[np.float64], b: NDArray[np.float64]) -> bool:
    """Return whether two spans have `LEAST_SHARE` of the shorter one in common; ascending times."""
    common = min(a[-1], b[-1]) - max(a[0], b[0])
    shorter = min(a[-1] - a[0], b[-1] - b[0])
    return bool(common >= LEAST_SHARE * shorter - _ROUNDING_S)


def recording_name(camera: Camera) -> str:
    """Return what a camera's recording is known by, wherever it lies."""
    return camera.source if camera.live else PurePath(camera.source).name
