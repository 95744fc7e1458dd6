"""Short clips of what a query found, cut out of the recordings of the run."""

from __future__ import annotations

import logging
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Final

import numpy as np

from app.clips import cut_clip, track_boxes
from app.errors import OutputError, SourceError
from detector.types import CLASS_NAMES

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence
    from pathlib import Path

    from app.recorded import RecordedSource
    from app.records import Sighting
    from app.run_recordings import Recordings
    from app.search import Match
    from app.store_reader import StoreReader

_log = logging.getLogger(__name__)

MARGIN_S: Final = 2.0
"""Shown before a vehicle comes and after it has gone, so that one sees where from and where to."""

MAX_AROUND_BEST_S: Final = 10.0
"""A vehicle that stays longer is shown only so long before and after its best view."""


def write_clips(
    store: StoreReader, folder: Path, *, recordings: Recordings, matches: Sequence[Match]
) -> list[Path]:
    """Cut a clip of each sighting, the vehicle marked; `<rank>_<camera>_<track>.mp4`.

    Cameras without their recording (live ones, files that have gone or were replaced) are left out,
    with a warning for each.

    Args:
        store: The run.
        folder: Where the clips go; made if need be.
        recordings: The run's.
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
    seen = {sighting.camera_id for match in matches for sighting in match.sightings}
    paths = []
    with ExitStack() as opened:
        sources = _open(store, recordings, opened, camera_ids=seen)
        for rank, sighting in _ranked(matches):
            if (source := sources.get(sighting.camera_id)) is None:
                continue
            path = folder / f"{rank:02}_{sighting.camera_id}_{sighting.track_id}.mp4"
            try:
                _write_clip(store, path, source=source, sighting=sighting)
            except SourceError as error:
                _log.warning("no clip of match %d, sighting %s: %s", rank, sighting.name, error)
            else:
                paths.append(path)
    return paths


def _open(
    store: StoreReader, recordings: Recordings, opened: ExitStack, *, camera_ids: Container[str]
) -> dict[str, RecordedSource]:
    """Return the recordings of cameras that have one, and say in one line each which have none."""
    sources = {}
    for camera in store.cameras():
        if camera.camera_id in camera_ids:
            try:
                source = recordings.open(camera)
            except SourceError as error:
                _log.warning("%s; it has no clips", error)
            else:
                sources[camera.camera_id] = opened.enter_context(closing(source))
    return sources


def _ranked(matches: Sequence[Match]) -> Iterator[tuple[int, Sighting]]:
    for rank, match in enumerate(matches, start=1):
        yield from ((rank, sighting) for sighting in match.sightings)


def _write_clip(
    store: StoreReader, path: Path, *, source: RecordedSource, sighting: Sighting
) -> None:
    found = store.boxes(
        sighting.camera_id, first_frame=sighting.first_frame, last_frame=sighting.last_frame
    )
    own = [box for box in found if box.track_id == sighting.track_id]
    first, last = clip_span(sighting)
    boxes_at = track_boxes(
        np.array([box.timestamp for box in own], np.float64),
        np.array([box.xyxy for box in own], np.float32).reshape(-1, 4),
        identity_id=sighting.identity_id,
        class_name=CLASS_NAMES[sighting.class_id],
    )
    cut_clip(source, path, first=first, last=last, boxes_at=boxes_at)


def clip_span(sighting: Sighting) -> tuple[float, float]:
    """Return the first and last UTC second to show of a sighting."""
    first = max(sighting.first_timestamp - MARGIN_S, sighting.best_timestamp - MAX_AROUND_BEST_S)
    last = min(sighting.last_timestamp + MARGIN_S, sighting.best_timestamp + MAX_AROUND_BEST_S)
    return first, last
