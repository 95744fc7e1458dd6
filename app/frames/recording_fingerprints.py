"""Fingerprints that tell whether a file still is the recording that a run read.

Another day's recording may be as long and as large. Only some parts of a file are read, so that
recordings of 100 GB cost no more than small ones.
"""

from __future__ import annotations

import hashlib
import logging
import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from app.storage.store import Store
    from app.storage.store_reader import StoreReader

_log = logging.getLogger(__name__)

_KEY: Final = "recording_fingerprints"
_PARTS: Final = 16
_PART_BYTES: Final = 1 << 16
"""A part of this size holds whole images even of 4K video: two recordings never share all."""


def fingerprint(path: Path) -> str:
    """Return a SHA-256, in hexadecimal, of a file's size and of parts all over it.

    Of files of up to 1 MiB all is read, of larger ones as much.

    Raises:
        OSError: If it cannot be read.
    """
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        digest = hashlib.sha256(f"{size} ".encode())
        for number in range(_PARTS):
            # The first part begins where the file does, and the last one ends there.
            begin = max(0, size - _PART_BYTES) * number // (_PARTS - 1)
            file.seek(begin)
            digest.update(file.read(_PART_BYTES))
    return digest.hexdigest()


def keep_fingerprints(store: Store, recordings: Mapping[str, Path]) -> None:
    """Keep what the recordings of a run are like, by camera; before they are read."""
    store.set_meta(_KEY, _fingerprints(recordings))


def drop_changed(store: Store, recordings: Mapping[str, Path]) -> None:
    """Forget those that have changed while they were read, such as one that is still recorded.

    What it will be like in the end nobody knows.
    """
    now = _fingerprints(recordings)
    kept = store.meta(_KEY, {})
    store.set_meta(_KEY, {name: value for name, value in kept.items() if now.get(name) == value})


def is_unchanged(store: StoreReader, camera_id: str, path: Path) -> bool:
    """Return whether a file may be what a run read of a camera; so it is where nothing was kept.

    Raises:
        OSError: If it cannot be read.
    """
    kept = store.meta(_KEY, {}).get(camera_id)
    return kept is None or kept == fingerprint(path)


def _fingerprints(recordings: Mapping[str, Path]) -> dict[str, str]:
    found = {}
    for camera_id, path in recordings.items():
        try:
            found[camera_id] = fingerprint(path)
        except OSError as error:  # the reader of its images will say more, if it matters
            _log.debug("camera %s: %s", camera_id, error)
    return found
