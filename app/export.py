"""Plain files from the store: tracks in the MOT format and the pictures of all sightings.

They hold what the store knows by then, so that they can be made again after identities change.
"""

from __future__ import annotations

from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

from app.atomic import atomic_file, write_bytes
from app.errors import OutputError
from app.gaps import fill_gaps
from app.history import boxes_as_known

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from app.records import BoxRow
    from app.store_reader import StoreReader


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
            `app.history`.

    Returns:
        The files, one per camera.

    Raises:
        OutputError: If one cannot be written.
    """
    paths = []
    read = partial(boxes_as_known, store) if online else store.boxes
    for camera in store.cameras():
        path = folder / f"{camera.camera_id}.txt"
        known = (box for box in read(camera.camera_id) if box.identity_id is not None)
        with atomic_file(path) as file:
            file.writelines(
                line.encode() for line in mot_lines(fill_gaps(known, max_gap_s=max_gap_s))
            )
        paths.append(path)
    return paths


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

    Pictures of a sighting under an identity that it had before are removed.

    Args:
        store: Where they are.
        folder: Where they go; made if need be.

    Returns:
        How many were written.

    Raises:
        OutputError: If one cannot be written.
    """
    names = set()
    for identity in store.identities():
        for sighting in identity.sightings:
            name = f"{identity.identity_id}_{sighting.camera_id}_{sighting.track_id}.jpg"
            write_bytes(folder / name, store.thumbnail(sighting.sighting_id))
            names.add(name)
    try:
        for path in [path for path in folder.glob("*.jpg") if path.name not in names]:
            path.unlink()
    except OSError as error:
        raise OutputError(f"{error.filename}: {error.strerror}") from error
    return len(names)
