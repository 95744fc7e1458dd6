"""Assigns the files of a folder to the recordings of a run, after they were moved or copied.

A recording is known by its file name. If recordings of a run share one (`gate/0830.mp4` and
`bridge/0830.mp4`), as many trailing parts of the path count as distinguish them; more of them may
be present, so that a copy of the folders works as well as one of the files. Nothing else is
searched: which file is read can be predicted without listing a disk.
"""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from app.errors import SourceError
from app.storage.run_folder import RunFolder

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.storage.records import Camera
    from app.storage.store_reader import StoreReader


def find_moved(store: StoreReader, camera: Camera, folder: Path) -> Path:
    """Return where the recording of a camera lies in a folder.

    Args:
        store: The run's; its annotated videos, which may have the same names, are never taken for
            recordings.
        camera: One that was no live camera.
        folder: Where to look.

    Raises:
        SourceError: If it is not there, or more than one file may be meant.
    """
    read = PurePath(camera.source)
    others = [PurePath(other.source) for other in store.cameras() if not other.live]
    possible = tails(read, others)
    found = [folder / tail for tail in possible if (folder / tail).is_file()]
    run = RunFolder(store.path.parent)
    recordings = [path for path in found if not run.has_video_at(path)]
    where = f"camera {camera.camera_id}"
    if len(recordings) == 1:
        return recordings[0]
    if recordings:
        listed = " and ".join(map(str, recordings))
        raise SourceError(
            f"{where}: {listed} may both be {read}; move away what the run did not read"
        )
    if found:
        raise SourceError(f"{where}: {found[0]} is an annotated video of the run, no recording")
    named = possible[0] if possible else read
    raise SourceError(f"{where}: {named} is not in {folder}; the run read {read}")


def tails(path: PurePath, others: Iterable[PurePath]) -> list[PurePath]:
    """Return the ends of an absolute path that no other path ends in, the shortest first.

    >>> [one.as_posix() for one in tails(PurePath("/a/gate/1.mp4"), [PurePath("/a/roof/1.mp4")])]
    ['gate/1.mp4', 'a/gate/1.mp4']
    """
    parts = path.parts[1:]
    shared = max((_shared_parts(path, other) for other in others if other != path), default=0)
    return [PurePath(*parts[-length:]) for length in range(shared + 1, len(parts) + 1)]


def _shared_parts(one: PurePath, other: PurePath) -> int:
    """Return how many of their last parts two paths have in common."""
    shared = 0
    for ours, theirs in zip(reversed(one.parts[1:]), reversed(other.parts[1:]), strict=False):
        if ours != theirs:
            break
        shared += 1
    return shared
