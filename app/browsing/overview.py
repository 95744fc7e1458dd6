"""The cameras of a run at a glance: a picture of each, when it watched, and how much it saw."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.browsing.stills import still
from app.errors import SourceError
from app.results.cards import inline_picture
from app.search.unwatched import absences_of, few_frames_of
from app.storage.coverage import camera_ids, coverage
from app.storage.records import CameraTotals

if TYPE_CHECKING:
    from app.frames.run_recordings import Recordings
    from app.search.searched_runs import SearchedRun
    from app.storage.records import Camera, Sighting

PICTURE_PX: Final = 480
"""Longest side of a camera's picture."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a camera showed at its beginning.

    Attributes:
        picture: A data URL, empty where there is none.
        trouble: Why there is none.
        tracks: Of the vehicles in it.
    """

    picture: str = ""
    trouble: str = ""
    tracks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraSummary:
    """A camera at a glance.

    Attributes:
        run: Its run.
        camera_id: Its name.
        camera: What the run keeps of it; None if it never answered.
        preview: What it showed at its beginning.
        in_view: The sightings in that picture.
        absent: When it did not watch while the run went on, in words, empty if always.
        few: That vehicles are missed, in words, empty if they are not.
        totals: How much it saw.
    """

    run: SearchedRun
    camera_id: str
    camera: Camera | None
    preview: Preview
    in_view: tuple[Sighting, ...]
    absent: str
    few: str
    totals: CameraTotals


class Overview:
    """The cameras of runs; a picture is read once.

    Args:
        recordings: Of each run.
    """

    def __init__(self, recordings: dict[SearchedRun, Recordings]) -> None:
        self._recordings = recordings
        self._previews: dict[tuple[SearchedRun, str], Preview] = {}

    def cameras(self, run: SearchedRun) -> list[CameraSummary]:
        """Return all cameras of a run, as configured, also those that never answered."""
        known = {camera.camera_id: camera for camera in run.store.cameras()}
        totals = run.store.camera_totals()
        found = coverage(run.store)
        summaries = []
        for camera_id in camera_ids(run.store):
            preview = self._preview(run, known.get(camera_id))
            seen = (run.store.sighting_by_key((camera_id, track)) for track in preview.tracks)
            summaries.append(
                CameraSummary(
                    run=run,
                    camera_id=camera_id,
                    camera=known.get(camera_id),
                    preview=preview,
                    in_view=tuple(one for one in seen if one is not None),
                    absent=absences_of(found, camera_id),
                    few=few_frames_of(found, camera_id),
                    totals=totals.get(camera_id, CameraTotals()),
                )
            )
        return summaries

    def _preview(self, run: SearchedRun, camera: Camera | None) -> Preview:
        if camera is None or camera.first_timestamp is None:
            return Preview(trouble="no frame was received")
        key = run, camera.camera_id
        if key not in self._previews:
            try:
                # Closed again: all recordings of a month are too many to be open at once.
                with closing(self._recordings[run].open(camera)) as source:
                    shown = still(run.store, source, camera.first_timestamp)
            except SourceError as error:
                # It may be there the next time.
                return Preview(trouble=str(error))
            self._previews[key] = Preview(
                picture=inline_picture(shown.jpeg, longest=PICTURE_PX),
                tracks=tuple(box.track_id for box in shown.boxes),
            )
        return self._previews[key]
