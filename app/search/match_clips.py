"""Short clips of the matches of a query, cut from the recordings of the runs."""

from __future__ import annotations

import logging
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Final

import numpy as np

from app.atomic import make_folder
from app.errors import SourceError
from app.search.clips import cut_clip, track_boxes
from detector.types import CLASS_NAMES

if TYPE_CHECKING:
    from collections.abc import Container, Sequence
    from pathlib import Path

    from app.frames.recorded import RecordedSource
    from app.frames.run_recordings import Recordings
    from app.search.answer import Finding
    from app.search.ranking import Match
    from app.search.searched_runs import SearchedRun
    from app.storage.records import Sighting
    from app.storage.store_reader import StoreReader

_log = logging.getLogger(__name__)

MARGIN_S: Final = 2.0
"""Shown before a vehicle comes and after it has gone, so that one sees where from and where to."""

MAX_AROUND_BEST_S: Final = 10.0
"""A vehicle that stays longer is shown only so long before and after its best view."""

_ANY_CLIP: Final = "[0-9][0-9]*_*.mp4"
_NAMED: Final = 3


def write_clips(
    folder: Path, found: Sequence[Finding], *, recordings: Sequence[tuple[SearchedRun, Recordings]]
) -> list[Path]:
    """Cut a clip of each sighting, the vehicle marked; `<rank>_<camera>_<track>.mp4`.

    Where several runs were searched, the run's name comes before the camera. Cameras without their
    recording (live ones, files that have gone or were replaced) are left out, with a warning for
    each. Clips of an earlier search stay, with a warning: their ranks are not those of this one.

    Args:
        folder: Where the clips go; made if need be.
        found: What was found, best first.
        recordings: Of each run that it is of.

    Returns:
        The files that were written.

    Raises:
        OutputError: If one cannot be written.
    """
    make_folder(folder)
    ranked = list(enumerate(found, start=1))
    paths = []
    # Run by run: all recordings of a month are too many to be open at once.
    for run, footage in recordings:
        own = [(rank, one.match) for rank, one in ranked if one.run is run]
        paths += _write_clips_of(run, folder, recordings=footage, ranked=own)
    others = sorted(path.name for path in set(folder.glob(_ANY_CLIP)).difference(paths))
    if others:
        shown = ", ".join(others[:_NAMED]) + (", …" if len(others) > _NAMED else "")
        _log.warning("%s: also contains clips of another search: %s", folder, shown)
    return paths


def _write_clips_of(
    run: SearchedRun, folder: Path, *, recordings: Recordings, ranked: Sequence[tuple[int, Match]]
) -> list[Path]:
    sightings = [(rank, sighting) for rank, match in ranked for sighting in match.sightings]
    seen = {sighting.camera_id for _, sighting in sightings}
    paths = []
    with ExitStack() as opened:
        sources = _open(run, recordings, opened, camera_ids=seen)
        for rank, sighting in sightings:
            if (source := sources.get(sighting.camera_id)) is None:
                continue
            name = run.named(f"{sighting.camera_id}_{sighting.track_id}").replace("/", "_")
            path = folder / f"{rank:02}_{name}.mp4"
            try:
                write_clip(run.store, path, source=source, sighting=sighting)
            except SourceError as error:
                name = run.named(sighting.name)
                _log.warning("no clip of match %d, sighting %s: %s", rank, name, error)
            else:
                paths.append(path)
    return paths


def _open(
    run: SearchedRun, recordings: Recordings, opened: ExitStack, *, camera_ids: Container[str]
) -> dict[str, RecordedSource]:
    """Return the recordings of cameras that have one, and say in one line each which have none."""
    sources = {}
    whose = f"{run.name}: " if run.several else ""
    for camera in run.store.cameras():
        if camera.camera_id in camera_ids:
            try:
                source = recordings.open(camera)
            except SourceError as error:
                _log.warning("%s%s; it has no clips", whose, error)
            else:
                sources[camera.camera_id] = opened.enter_context(closing(source))
    return sources


def write_clip(
    store: StoreReader, path: Path, *, source: RecordedSource, sighting: Sighting
) -> None:
    """Cut the clip of one sighting, the vehicle marked.

    Args:
        store: The run's.
        path: Where the clip goes; replaced if it exists.
        source: The camera's recording.
        sighting: The sighting.

    Raises:
        SourceError: If the recording has no frame of that time.
        OutputError: If the clip cannot be written.
    """
    own = list(store.track(sighting))
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
