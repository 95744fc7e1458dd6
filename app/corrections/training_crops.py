"""Images of manually corrected vehicles, to train the ReID network on.

The errors of the association are the most instructive examples for the network: merged sightings
are one vehicle that looked like two, and split ones are two that looked like one.
"""

from __future__ import annotations

import logging
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from app.atomic import write_bytes
from app.errors import OutputError, QueryError
from detector.boxes import clip

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from app.frames.recorded import RecordedSource
    from app.frames.run_recordings import Recordings
    from app.storage.records import BoxRow, Sighting
    from app.storage.store_reader import StoreReader

_log = logging.getLogger(__name__)

_JPEG_QUALITY: Final = 95
_HALF_FRAME_S: Final = 0.005


@dataclass(frozen=True, slots=True)
class Written:
    """What an export wrote.

    Attributes:
        crops: Pictures.
        identities: Vehicles.
    """

    crops: int
    identities: int


def write_training_crops(
    store: StoreReader, folder: Path, *, recordings: Recordings, whole: bool, views: int
) -> Written:
    """Write `<identity>/<camera>_<track>_<frame>.jpg`, as `reid.data.layouts.read_folder` reads it.

    Args:
        store: The run.
        folder: Where the folders of the vehicles go: new or empty.
        recordings: The run's; where one cannot be read, the thumbnails are used.
        whole: Whether all sightings of a corrected identity are written, instead of only those
            that corrections are about.
        views: Most images of a sighting, evenly spread over its time.

    Raises:
        QueryError: If there are no corrections that hold.
        OutputError: If the folder is not empty or cannot be written to.
    """
    corrected = store.corrected_sightings()
    if not corrected:
        raise QueryError(
            f"{store.path}: no identity has been corrected, so there are no training crops yet"
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError(f"{folder}: a new or empty folder is expected")
    chosen = [
        sighting
        for identity in store.identities()
        if corrected & {sighting.sighting_id for sighting in identity.sightings}
        for sighting in identity.sightings
        if whole or sighting.sighting_id in corrected
    ]
    sources = _sources(recordings)
    crops = 0
    for sighting in chosen:
        for name, jpeg in _views(store, sighting, sources.get(sighting.camera_id), views=views):
            write_bytes(folder / str(sighting.identity_id) / f"{name}.jpg", jpeg)
            crops += 1
    return Written(crops, len({sighting.identity_id for sighting in chosen}))


def _sources(recordings: Recordings) -> dict[str, RecordedSource]:
    sources, missing = recordings.open_all()
    for error in missing:
        _log.warning("%s; using the thumbnails", error)
    return {source.camera_id: source for source in sources}


def _views(
    store: StoreReader, sighting: Sighting, source: RecordedSource | None, *, views: int
) -> Iterator[tuple[str, bytes]]:
    """Yield names and JPEG files of a sighting's views."""
    # The reader takes what is before the first underscore for the camera.
    stem = f"{sighting.camera_id.replace('_', '-')}_{sighting.track_id}"
    boxes = list(store.track(sighting))
    if source is None or not boxes:
        yield f"{stem}_best", store.thumbnail(sighting.sighting_id)
        return
    places = np.unique(np.linspace(0, len(boxes) - 1, min(views, len(boxes))).round().astype(int))
    wanted = [boxes[place] for place in places.tolist()]
    first, last = wanted[0].timestamp - _HALF_FRAME_S, wanted[-1].timestamp + _HALF_FRAME_S
    with closing(source.frames_between(first, last)) as frames:
        for frame in frames:
            while wanted and wanted[0].timestamp < frame.timestamp - _HALF_FRAME_S:
                wanted.pop(0)
            if wanted and wanted[0].timestamp <= frame.timestamp + _HALF_FRAME_S:
                box = wanted.pop(0)
                if (jpeg := _crop(frame.image, box)) is not None:
                    yield f"{stem}_{box.frame}", jpeg


def _crop(image: NDArray[np.uint8], box: BoxRow) -> bytes | None:
    height, width = image.shape[:2]
    edges = np.array([box.xyxy]).round().astype(np.float32)
    x1, y1, x2, y2 = clip(edges, width=width, height=height)[0].astype(int).tolist()
    if x2 <= x1 or y2 <= y1:
        return None
    quality = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
    return bytes(cv2.imencode(".jpg", image[y1:y2, x1:x2], quality)[1])
