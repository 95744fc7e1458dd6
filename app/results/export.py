"""Plain files from the store: tracks in the MOT format and the thumbnails of all sightings.

They hold the current state of the store. When identities change, only the affected frames are
updated, which takes as long as these are and not as long as the run.
"""

from __future__ import annotations

import math
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

from app.atomic import atomic_file, write_bytes
from app.errors import OutputError
from app.results.gaps import fill_gaps
from app.results.splice import Patch, splice
from app.storage.history import boxes_as_known

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from app.storage.records import BoxRow, Revision, Sighting
    from app.storage.store_reader import StoreReader


def write_tracks(
    store: StoreReader, folder: Path, *, max_gap_s: float = 0.0, online: bool = False
) -> list[Path]:
    """Write the boxes of each camera, under their global identities, to a MOT file.

    A line reads `frame,identity,x,y,width,height,confidence,class,-1`; frames count from 1. Boxes
    of tracks that were never given an identity (false alarms, mostly) are left out.

    Args:
        store: Where the boxes are.
        folder: Where `<camera>.txt` goes; made if need be.
        max_gap_s: Gaps in a track up to this long are filled by straight lines.
        online: Whether the identities known at the time are meant, instead of the final ones; see
            `app.storage.history`.

    Returns:
        The files, one per camera.

    Raises:
        OutputError: If one cannot be written.
    """
    paths = []
    read = partial(boxes_as_known, store) if online else store.boxes
    for camera in store.cameras():
        path = _track_file(folder, camera.camera_id)
        with atomic_file(path) as file:
            lines = _lines(read(camera.camera_id), max_gap_s=max_gap_s)
            file.writelines(line.encode() for line in lines)
        paths.append(path)
    return paths


def update_tracks(
    store: StoreReader, folder: Path, sightings: Iterable[Sighting], *, max_gap_s: float
) -> None:
    """Bring the files of `write_tracks` up to date where some sightings are in the image.

    Args:
        store: Where the boxes are.
        folder: Where the files are; they were written with the same `max_gap_s`.
        sightings: Those whose identity has changed.
        max_gap_s: As for `write_tracks`.

    Raises:
        OutputError: If a file is not there, or cannot be read or written.
        ValueError: If a file is not what was written.
    """
    by_camera: dict[str, list[Sighting]] = {}
    for sighting in sightings:
        by_camera.setdefault(sighting.camera_id, []).append(sighting)
    for camera_id, changed in by_camera.items():
        patches = [
            Patch(first, last, _lines_of_frames(store, camera_id, first, last, max_gap_s=max_gap_s))
            for first, last in _stretches(changed)
        ]
        splice(_track_file(folder, camera_id), patches)


def _stretches(sightings: Iterable[Sighting]) -> list[tuple[int, int]]:
    """Return the frames that sightings of a camera take up, as first and last of each stretch."""
    found: list[tuple[int, int]] = []
    for first, last in sorted((s.first_frame, s.last_frame) for s in sightings):
        if found and first <= found[-1][1] + 1:
            found[-1] = found[-1][0], max(last, found[-1][1])
        else:
            found.append((first, last))
    return found


def _lines_of_frames(
    store: StoreReader, camera_id: str, first: int, last: int, *, max_gap_s: float
) -> Iterator[str]:
    """Yield the lines of some frames; a vehicle may be seen only before and after these."""
    begin = store.frame_before(camera_id, first, by_s=max_gap_s)
    around = _until_after(store.boxes(camera_id, first_frame=begin), last, by_s=max_gap_s)
    for line in _lines(around, max_gap_s=max_gap_s):
        frame = int(line.partition(",")[0]) - 1
        if first <= frame <= last:
            yield line


def _until_after(boxes: Iterable[BoxRow], frame: int, *, by_s: float) -> Iterator[BoxRow]:
    """Yield boxes up to a frame, and those that come at most so many seconds after it."""
    end = -math.inf
    for box in boxes:
        if box.frame <= frame:
            end = box.timestamp + by_s
        elif box.timestamp > end:
            return
        yield box


def _lines(boxes: Iterable[BoxRow], *, max_gap_s: float) -> Iterator[str]:
    known = (box for box in boxes if box.identity_id is not None)
    return mot_lines(fill_gaps(known, max_gap_s=max_gap_s))


def _track_file(folder: Path, camera_id: str) -> Path:
    return folder / f"{camera_id}.txt"


def mot_lines(boxes: Iterable[BoxRow]) -> Iterator[str]:
    """Yield a MOT line for each box that has an identity, by frame and identity.

    Where two tracks of one frame have the same identity, as they may until that is revised, or once
    people said so, the box that was detected with more confidence stands for both: the format
    knows a vehicle only once in a frame.

    Args:
        boxes: By frame.
    """
    for _, in_frame in groupby(boxes, key=lambda box: box.frame):
        surest: dict[int, BoxRow] = {}
        for box in in_frame:
            if box.identity_id is not None:
                rival = surest.get(box.identity_id)
                if rival is None or rival.confidence < box.confidence:
                    surest[box.identity_id] = box
        for identity_id, box in sorted(surest.items()):
            x1, y1, x2, y2 = box.xyxy
            yield (
                f"{box.frame + 1},{identity_id},{x1:.2f},{y1:.2f},{x2 - x1:.2f},{y2 - y1:.2f},"
                f"{box.confidence:.4f},{box.class_id},-1\n"
            )


def write_thumbnails(store: StoreReader, folder: Path) -> int:
    """Write the best view of every sighting to `<identity>_<camera>_<track>.jpg`.

    Images of a sighting under an identity that it had before are removed.

    Args:
        store: Where they are.
        folder: Where they go; made if need be.

    Returns:
        How many were written.

    Raises:
        OutputError: If one cannot be written.
    """
    names = {
        _write_thumbnail(store, folder, sighting)
        for identity in store.identities()
        for sighting in identity.sightings
    }
    _remove(path for path in folder.glob("*.jpg") if path.name not in names)
    return len(names)


def update_thumbnails(
    store: StoreReader, folder: Path, sightings: Iterable[Sighting], former: Iterable[Revision]
) -> None:
    """Bring the files of `write_thumbnails` up to date for some sightings.

    Args:
        store: Where the images are.
        folder: Where they go.
        sightings: Those whose identity has changed.
        former: How it has.

    Raises:
        OutputError: If a file cannot be written or removed.
    """
    changed = {sighting.sighting_id: sighting for sighting in sightings}
    names = {_write_thumbnail(store, folder, sighting) for sighting in changed.values()}
    old = {
        _thumbnail_name(one.before, changed[one.sighting_id])
        for one in former
        if one.before is not None
    }
    _remove(folder / name for name in old - names)


def _write_thumbnail(store: StoreReader, folder: Path, sighting: Sighting) -> str:
    name = _thumbnail_name(sighting.identity_id, sighting)
    write_bytes(folder / name, store.thumbnail(sighting.sighting_id))
    return name


def _thumbnail_name(identity_id: int | None, sighting: Sighting) -> str:
    return f"{identity_id}_{sighting.camera_id}_{sighting.track_id}.jpg"


def _remove(paths: Iterable[Path]) -> None:
    try:
        for path in list(paths):
            path.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"{error.filename}: {error.strerror}") from error
