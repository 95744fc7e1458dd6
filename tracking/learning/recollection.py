"""Starts an association with what an earlier run saw, so that its cameras are known from the start.

Only the cameras are learned from it. Vehicles of the earlier run cannot be matched: their tracklets
are moved far back in time, and get numbers that no track has.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tracking.decisions import Key
    from tracking.sightings import Sightings
    from tracking.types import Tracklet

LONG_AGO: Final = -1e7
"""UTC seconds at which what was seen earlier ended: months before time 0, at which recordings
without a date begin."""

CUT_OFF_S: Final = 60.0
"""Who left so shortly before the end of a run may have come elsewhere after it: nothing is learned
of where it went."""

OWN_GROUND: Final = 30
"""From so many sightings of its own for each camera on, a run learns the ground from these alone:
maps that also have to fit what an earlier one saw recognised less (uncalibrated, three development
scenes in the end: IDF1 0.824 with both, 0.852 so)."""

QUIET: Final = 10
"""A camera that has fewer of its own by then keeps those of the earlier run: it may be out of order
today, or see a vehicle in an hour, and would have no map else."""


class Recollection(NamedTuple):
    """What an earlier run saw.

    Attributes:
        tracklets: In order of their last times, all before `LONG_AGO`.
        previous: By sighting, which one it follows, None for none.
    """

    tracklets: list[Tracklet]
    previous: dict[Key, Key | None]


def recollect(tracklets: Sequence[Tracklet], vehicles: Mapping[Key, int]) -> Recollection:
    """Return an earlier run's tracklets as a new association may learn from them.

    Args:
        tracklets: Those of the run, or its latest, all that belong to one another by one clock.
        vehicles: Which vehicle each was recognised as; others were recognised as none.
    """
    if not tracklets:
        return Recollection([], {})
    ordered = sorted(tracklets, key=lambda t: (t.last_timestamp, t.key))
    begin = min(t.first_timestamp for t in ordered)
    end = ordered[-1].last_timestamp
    # Of a short run a quarter is left out, as of one that continues (`learn_travel_times`).
    since = end - min(CUT_OFF_S, (end - begin) / 4)
    moved = [
        replace(
            t,
            track_id=-t.track_id,
            timestamps=t.timestamps + (LONG_AGO - end),
            ended=t.last_timestamp <= since,
            unseen_s=0.0,
        )
        for t in ordered
    ]
    return Recollection(moved, _followed(ordered, vehicles))


def _followed(tracklets: Sequence[Tracklet], vehicles: Mapping[Key, int]) -> dict[Key, Key | None]:
    """Return which sighting each follows, by their new names."""
    sightings: dict[int, list[Tracklet]] = defaultdict(list)
    for tracklet in tracklets:
        if tracklet.key in vehicles:
            sightings[vehicles[tracklet.key]].append(tracklet)
    previous: dict[Key, Key | None] = {}
    for own in sightings.values():
        before = None
        for tracklet in sorted(own, key=lambda t: (t.first_timestamp, t.key)):
            name = tracklet.camera_id, -tracklet.track_id
            previous[name], before = before, name
    return previous


def own_ground(sightings: Sightings, n_cameras: int) -> Sightings:
    """Return those sightings from which a run learns the ground: its own, if there are enough.

    Args:
        sightings: Of the run and of an earlier one.
        n_cameras: How many cameras there are.
    """
    own = sightings.last > LONG_AGO
    if np.count_nonzero(own) < OWN_GROUND * n_cameras:
        return sightings
    seen = np.bincount(sightings.camera[own], minlength=n_cameras)
    return sightings[own | (seen < QUIET)[sightings.camera]]
