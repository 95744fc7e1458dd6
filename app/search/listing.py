"""Search by filters alone: vehicles that passed given cameras at given times."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from app.search.ranking import Match

if TYPE_CHECKING:
    from app.storage.records import Sighting, SightingFilter
    from app.storage.store_reader import StoreReader


def list_vehicles(
    store: StoreReader, where: SightingFilter, *, top: int | None = None, latest: bool = False
) -> tuple[list[Match], int]:
    """Return the vehicles of which a sighting passes a filter, in the order of their first one.

    Args:
        store: Where to look.
        where: Which sightings come into question.
        top: Most vehicles to return, at least 1; None for all.
        latest: Whether those that were in view last come first instead.

    Returns:
        The vehicles, each with the sightings that pass and without distances, and how many there
        are beyond `top`.

    Raises:
        ValueError: If `top` is not positive.
    """
    if top is not None and top < 1:
        raise ValueError(f"a positive top is needed, have {top}")
    with store.unchanging():
        # First only which vehicles: all sightings of a month are too many to be held.
        order: dict[int, float] = {}
        for sighting in store.sightings(where):
            vehicle = _vehicle(sighting)
            if latest:
                order[vehicle] = min(order.get(vehicle, math.inf), -sighting.last_timestamp)
            else:
                order.setdefault(vehicle, sighting.first_timestamp)
        chosen = sorted(order, key=lambda vehicle: order[vehicle])[:top]
        listed: dict[int, list[Sighting]] = {vehicle: [] for vehicle in chosen}
        for sighting in store.sightings(where):
            if (vehicle := _vehicle(sighting)) in listed:
                listed[vehicle].append(sighting)
    found = [
        Match(seen[0].identity_id, None, tuple(seen), (None,) * len(seen))
        for seen in listed.values()
    ]
    return found, len(order) - len(found)


def _vehicle(sighting: Sighting) -> int:
    """Return the same of all sightings of a vehicle, as `VehicleLooks.vehicle`."""
    # Without an identity, a sighting stands for itself.
    return sighting.identity_id or -sighting.sighting_id
