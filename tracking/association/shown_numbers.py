"""Records under which numbers sightings were shown, and for how long."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tracking.decisions import Key
    from tracking.types import Tracklet


class ShownNumbers:
    """Remembers what identity each sighting was given, and when."""

    def __init__(self) -> None:
        self._since: dict[Key, list[tuple[float, int]]] = {}

    def note(self, numbers: Mapping[Key, int], now: float) -> None:
        """Take note of what identities some sightings have from now on, UTC seconds."""
        for key, number in numbers.items():
            known = self._since.setdefault(key, [])
            if not known or known[-1][1] != number:
                known.append((now, number))

    def seconds(self, tracklet: Tracklet) -> dict[int, float]:
        """Return for how long a vehicle in view was shown under each number.

        Before its first decision it had none: that time is the first number's.
        """
        known = self._since.get(tracklet.key, [])
        first, last = tracklet.first_timestamp, tracklet.last_timestamp
        if len(known) == 1:
            return {known[0][1]: last - first}
        begins = [first, *(since for since, _ in known[1:]), last]
        shown: dict[int, float] = {}
        for place, (_, number) in enumerate(known):
            from_, to = (min(max(time, first), last) for time in begins[place : place + 2])
            shown[number] = shown.get(number, 0.0) + to - from_
        return shown

    def forget(self, keys: Iterable[Key]) -> None:
        """Drop sightings."""
        for key in keys:
            self._since.pop(key, None)
