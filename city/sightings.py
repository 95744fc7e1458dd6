"""True sightings of vehicles, and what follows from them: journeys, travel times, re-entries.

Times are true seconds since the recording began, whatever a camera's clock says.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MAX_GAP_S: Final = 3.0
"""A vehicle out of sight for longer starts another sighting."""
RETURN_AFTER_S: Final = 8.0
"""A vehicle that returns to a camera after longer than this has returned, rather than waited
behind something."""


@dataclass(frozen=True, slots=True, order=True)
class Sighting:
    """One pass of a vehicle through a camera's view, ordered by time.

    Attributes:
        first_s: When it was first seen.
        last_s: When it was last seen.
        camera_id: By whom.
    """

    first_s: float
    last_s: float
    camera_id: str


Journeys = dict[int, list[Sighting]]
"""All sightings of each vehicle, in order of time."""


def split_by_gaps(times_s: Sequence[float]) -> list[tuple[float, float]]:
    """Return first and last time of each sighting.

    >>> split_by_gaps([0.0, 0.5, 1.0, 9.0, 9.5])
    [(0.0, 1.0), (9.0, 9.5)]
    """
    spans: list[tuple[float, float]] = []
    for time in times_s:
        if spans and time - spans[-1][1] <= MAX_GAP_S:
            spans[-1] = (spans[-1][0], time)
        else:
            spans.append((time, time))
    return spans


def journeys(seen: Mapping[str, Mapping[int, Iterable[tuple[float, float]]]]) -> Journeys:
    """Return where everybody went.

    Args:
        seen: By camera and vehicle, first and last time of each sighting.
    """
    found: Journeys = {}
    for camera_id, vehicles in seen.items():
        for vehicle, spans in vehicles.items():
            found.setdefault(vehicle, []).extend(Sighting(a, b, camera_id) for a, b in spans)
    return {vehicle: sorted(found[vehicle]) for vehicle in sorted(found)}


def travel_times(ways: Journeys) -> dict[tuple[str, str], list[float]]:
    """Return, for each pair of cameras that follow each other, all travel times in ascending order.

    A travel time is counted from the last sight in one camera to the first in the next; it is
    negative where both saw the vehicle at once.
    """
    times: dict[tuple[str, str], list[float]] = {}
    for way in ways.values():
        for a, b in itertools.pairwise(way):
            times.setdefault((a.camera_id, b.camera_id), []).append(b.first_s - a.last_s)
    return {pair: sorted(times[pair]) for pair in sorted(times)}


def cameras_of(way: Iterable[Sighting]) -> list[str]:
    """Return the cameras that saw a vehicle, by name."""
    return sorted({sighting.camera_id for sighting in way})


def returning(ways: Journeys) -> list[int]:
    """Return the vehicles that left a camera's view and returned to it later."""
    return [vehicle for vehicle, way in ways.items() if _returns(way)]


def _returns(way: Sequence[Sighting]) -> bool:
    last: dict[str, float] = {}
    for sighting in way:
        before = last.get(sighting.camera_id)
        if before is not None and sighting.first_s - before > RETURN_AFTER_S:
            return True
        last[sighting.camera_id] = sighting.last_s
    return False
