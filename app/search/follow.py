"""Follows a run in progress: reports new sightings that resemble a vehicle, or pass a filter."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from app.search.ranking import Match
    from app.storage.records import SightingFilter
    from app.storage.store_reader import StoreReader

EVERY_S: Final = 2.0
"""Between two looks into the store, to which a run adds about every second."""
LOOK_BACK_S: Final = 60.0
"""Stream time for which a vehicle that has passed is looked at again: its identity, and with it the
look it is judged by, may still change, and cameras of a run need not be at quite the same time."""


class Watch:
    """Tells each sighting of the vehicles that are looked for once, when it has come.

    Args:
        store: Where to look; somebody else adds to it.
        find: Returns all vehicles of which a sighting passes a filter and that are looked for, as
            `search` and `list_vehicles` do.
        where: Which sightings come into question.
        told: Sightings, by id, that are known already.
    """

    def __init__(
        self,
        store: StoreReader,
        find: Callable[[SightingFilter], Sequence[Match]],
        *,
        where: SightingFilter,
        told: Iterable[int] = (),
    ) -> None:
        self._store = store
        self._find = find
        self._where = where
        self._told = set(told)
        self._since = -math.inf if where.after is None else where.after

    def news(self) -> list[Match]:
        """Return the vehicles with sightings that were not told before, in the order of `find`.

        A vehicle's distance is that of all it was seen; its sightings are the new ones alone.
        """
        recent = replace(self._where, after=self._since)
        newest = [c.last_timestamp for c in self._store.cameras() if c.last_timestamp is not None]
        found = self._find(recent)
        self._since = max([self._since, *(end - LOOK_BACK_S for end in newest)])
        return [news for match in found if (news := self._untold(match)).sightings]

    def _untold(self, match: Match) -> Match:
        rows = [
            row
            for row, sighting in enumerate(match.sightings)
            if sighting.sighting_id not in self._told
        ]
        sightings = tuple(match.sightings[row] for row in rows)
        self._told.update(sighting.sighting_id for sighting in sightings)
        return replace(
            match, sightings=sightings, distances=tuple(match.distances[row] for row in rows)
        )
