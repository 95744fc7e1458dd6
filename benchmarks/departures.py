"""True departures: when vehicles left all views, and which camera saw them next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.storage.store_reader import StoreReader
from tracking.decisions import End
from tracking.evaluation.comparison import LabelledBoxes
from tracking.sightings import path_ends
from tracking.travel.gap_densities import MOST_GAP_S

OUT_OF_SIGHT_S: Final = 3.0
"""A vehicle that a camera does not see for longer has left it, or is hidden there."""


@dataclass(frozen=True, slots=True)
class Departure:
    """A vehicle that left a view and was in no other.

    Attributes:
        vehicle: Which one, of the truth.
        camera_id: The camera.
        left_at: UTC seconds, by its clock.
        end: Where, as `ExitEstimate.end`.
        next_camera: The camera that saw it next; None for none until the recordings ended, or
            for so long (`MOST_GAP_S`) that it is another visit.
        after_s: Seconds until then, by the cameras' clocks; None for none.
    """

    vehicle: int
    camera_id: str
    left_at: float
    end: End
    next_camera: str | None = None
    after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """A vehicle's pass through an image.

    Attributes:
        camera_id: The camera.
        first: UTC seconds, by its clock.
        last: The same.
        end: Where it left.
    """

    camera_id: str
    first: float
    last: float
    end: End


def departures(
    truth: Mapping[str, LabelledBoxes], clocks: Mapping[str, NDArray[np.float64]]
) -> list[Departure]:
    """Return all departures, in order of time.

    A vehicle that comes into sight again in the image that it left was hidden there, or comes
    back: that is no departure.

    Args:
        truth: The true boxes by camera.
        clocks: The time of each frame (`frame_times`).
    """
    ways: dict[int, list[Passage]] = defaultdict(list)
    for camera_id, boxes in truth.items():
        for vehicle, passage in _passages(camera_id, boxes, clocks[camera_id]):
            ways[vehicle].append(passage)
    return departures_on(ways)


def departures_on(ways: Mapping[int, Sequence[Passage]]) -> list[Departure]:
    """Return all departures of vehicles by their passages; see `departures`."""
    found = [one for vehicle, way in ways.items() for one in _of_vehicle(vehicle, way)]
    return sorted(found, key=lambda one: (one.left_at, one.camera_id, one.vehicle))


def _of_vehicle(vehicle: int, way: Sequence[Passage]) -> Iterator[Departure]:
    for one in way:
        if any(other.first <= one.last < other.last for other in way):
            continue  # in another view as it left this one
        later = [other for other in way if 0 < other.first - one.last < MOST_GAP_S]
        left = Departure(vehicle, one.camera_id, one.last, one.end)
        if not later:
            yield left
            continue
        following = min(later, key=lambda other: other.first)
        if following.camera_id != one.camera_id:
            after_s = following.first - one.last
            yield Departure(vehicle, one.camera_id, one.last, one.end, following.camera_id, after_s)


def _passages(
    camera_id: str, boxes: LabelledBoxes, clock: NDArray[np.float64]
) -> Iterator[tuple[int, Passage]]:
    """Yield the passes through an image and whose they are."""
    rows = boxes[np.lexsort((boxes.frame, boxes.identity))]
    times = clock[rows.frame - 1]
    breaks = (np.diff(rows.identity) != 0) | (np.diff(times) > OUT_OF_SIGHT_S)
    for part in np.split(np.arange(len(rows)), np.flatnonzero(breaks) + 1):
        if len(part):
            x, y, along_x, along_y = path_ends(rows.xyxy[part])[1].tolist()
            first, last = times[part[[0, -1]]].tolist()
            yield (
                int(rows.identity[part[0]]),
                Passage(camera_id, first, last, (x, y, along_x, along_y)),
            )


def frame_times(run: StoreReader) -> dict[str, NDArray[np.float64]]:
    """Return when each frame was taken; by camera, float64 (F,), UTC seconds by its clock.

    Those without a box are put evenly between those with one.
    """
    found = {}
    for camera in run.cameras():
        if camera.first_timestamp is None or camera.last_timestamp is None:
            continue
        known = {0: camera.first_timestamp, camera.frames - 1: camera.last_timestamp}
        known |= {box.frame: box.timestamp for box in run.boxes(camera.camera_id)}
        frames = sorted(known)
        found[camera.camera_id] = np.interp(
            np.arange(camera.frames), frames, [known[frame] for frame in frames]
        )
    return found
