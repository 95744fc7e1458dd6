"""Search by filters alone: vehicles that passed given cameras at given times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.search.ranking import Match

if TYPE_CHECKING:
    from app.storage.records import Sighting, SightingFilter
    from app.storage.store_reader import StoreReader


def list_vehicles(
    store: StoreReader, where: SightingFilter, *, top: int | None = None
) -> tuple[list[Match], int]:
    """Return the vehicles of which a sighting passes a filter, in the order of their first one.

    Args:
        store: Where to look.
        where: Which sightings come into question.
        top: Most vehicles to return, at least 1; None for all.

    Returns:
        The vehicles, each with the sightings that pass and without distances, and how many there
        are beyond `top`.

    Raises:
        ValueError: If `top` is not positive.
    """
    if top is not None and top < 1:
        raise ValueError(f"a positive top is needed, have {top}")
    listed: dict[int, list[Sighting]] = {}
    others: set[int] = set()
    with store.unchanging():
        for sighting in store.sightings(where):
            # Like `VehicleLooks.vehicle`: without an identity, a sighting stands for itself.
            vehicle = sighting.identity_id or -sighting.sighting_id
            if vehicle in listed or top is None or len(listed) < top:
                listed.setdefault(vehicle, []).append(sighting)
            else:
                others.add(vehicle)
    found = [
        Match(seen[0].identity_id, None, tuple(seen), (None,) * len(seen))
        for seen in listed.values()
    ]
    return found, len(others)
