"""Short clips of what a query found, cut out of the recordings of the run."""

from __future__ import annotations

import logging
from contextlib import closing
from typing import TYPE_CHECKING, Final

import numpy as np

from app.clips import cut_clip, track_boxes
from app.errors import OutputError, SourceError
from app.run_recordings import open_recording
from detector.types import CLASS_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from app.records import Camera, Sighting
    from app.search import Match
    from app.store_reader import StoreReader

_log = logging.getLogger(__name__)

MARGIN_S: Final = 2.0
"""Shown before a vehicle comes and after it has gone, so that one sees where from and where to."""

MAX_AROUND_BEST_S: Final = 10.0
"""A vehicle that stays longer is shown only so long before and after its best view."""


def write_clips(store: StoreReader, folder: Path, *, matches: Sequence[Match]) -> list[Path]:
    """Cut a clip of each sighting, the vehicle marked; `<rank>_<camera>_<track>.mp4`.

    Cameras without their recording (live ones, files that have gone or were replaced) are left out,
    with a warning.

    Args:
        store: The run.
        folder: Where the clips go; made if need be.
        matches: What was found, best first.

    Returns:
        The files that were written.

    Raises:
        OutputError: If one cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: {error.strerror}") from error
    cameras = {camera.camera_id: camera for camera in store.cameras()}
    paths = []
    for rank, sighting in _ranked(matches):
        path = folder / f"{rank:02}_{sighting.camera_id}_{sighting.track_id}.mp4"
        try:
            _write_clip(store, path, camera=cameras[sighting.camera_id], sighting=sighting)
        except SourceError as error:
            _log.warning("no clip of match %d, sighting %d: %s", rank, sighting.sighting_id, error)
        else:
            paths.append(path)
    return paths


def _ranked(matches: Sequence[Match]) -> Iterator[tuple[int, Sighting]]:
    for rank, match in enumerate(matches, start=1):
        yield from ((rank, sighting) for sighting in match.sightings)


def _write_clip(store: StoreReader, path: Path, *, camera: Camera, sighting: Sighting) -> None:
    found = store.boxes(
        camera.camera_id, first_frame=sighting.first_frame, last_frame=sighting.last_frame
    )
    own = [box for box in found if box.track_id == sighting.track_id]
    first, last = clip_span(sighting)
    boxes_at = track_boxes(
        np.array([box.timestamp for box in own], np.float64),
        np.array([box.xyxy for box in own], np.float32).reshape(-1, 4),
        identity_id=sighting.identity_id,
        class_name=CLASS_NAMES[sighting.class_id],
    )
    with closing(open_recording(camera)) as source:
        cut_clip(source, path, first=first, last=last, boxes_at=boxes_at)


def clip_span(sighting: Sighting) -> tuple[float, float]:
    """Return the first and last UTC second to show of a sighting."""
    first = max(sighting.first_timestamp - MARGIN_S, sighting.best_timestamp - MAX_AROUND_BEST_S)
    last = min(sighting.last_timestamp + MARGIN_S, sighting.best_timestamp + MAX_AROUND_BEST_S)
    return first, last
