"""Names of sightings: `camera:track`, as in the report and all tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.errors import ConfigError, QueryError

if TYPE_CHECKING:
    from app.storage.records import Sighting
    from app.storage.store_reader import StoreReader


def sighting_of_name(store: StoreReader, text: str) -> Sighting:
    """Return the sighting that `camera:track` names.

    Raises:
        ConfigError: If the text is not of that form.
        QueryError: If there is no such sighting.
    """
    camera_id, colon, track = text.rpartition(":")
    if not (colon and camera_id and track.isdecimal()):
        raise ConfigError(f"{text!r}: expected a sighting as camera:track (gate:12)")
    if camera_id not in (known := [camera.camera_id for camera in store.cameras()]):
        raise QueryError(f"{store.path}: {text}: no such camera; known: {', '.join(known)}")
    found = store.sighting_by_key((camera_id, int(track)))
    if found is None:
        raise QueryError(
            f"{store.path}: camera {camera_id} has no sighting with track {int(track)}"
        )
    return found


def sighting_of_name_or_id(store: StoreReader, text: str) -> Sighting:
    """Return the sighting that `camera:track`, or its id in the store, stands for.

    Only where no identity can be meant: people take a bare number for one of those.

    Raises:
        ConfigError: If the text is neither.
        QueryError: If there is no such sighting.
    """
    if text.isdecimal():
        return store.sighting(int(text))
    return sighting_of_name(store, text)
