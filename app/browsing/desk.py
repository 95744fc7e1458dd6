"""What an investigator works with in `app.browse`: runs, their recordings, and pictures.

Each answer is recorded before it is shown, in the runs that ask for that.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self, TypeVar

from app.browsing.clips import Clips
from app.browsing.corrector import Corrector
from app.browsing.overview import Overview
from app.browsing.stills import still
from app.browsing.uploads import Uploads, unboxed
from app.errors import ConfigError, QueryError
from app.running import models
from app.search import query_image, subject
from app.search.companions import CompanionQuestion
from app.search.match_clips import write_clip
from app.search.named import Named, named_subject, ruled_out
from app.search.query_options import filter_of
from app.search.question import Question
from app.search.search_recorder import SearchRecorder
from app.search.searched_runs import run_of, unchanging
from app.storage.coverage import run_span
from app.storage.records import Identity, SightingFilter
from app.times import format_time, parse_time
from detector.types import Detections

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from app.browsing.asked import Asked
    from app.browsing.company import Company
    from app.browsing.overview import CameraSummary
    from app.browsing.stills import Still
    from app.frames.recorded import RecordedSource
    from app.frames.run_recordings import Recordings
    from app.pipeline import Detector, Embedder
    from app.search.answer import Answer
    from app.search.companions import CompanionAnswer
    from app.search.searched_runs import SearchedRun
    from app.search.subject import Subject
    from app.storage.records import Sighting

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class View:
    """A paused camera.

    Attributes:
        run: The run that it is of.
        camera_id: The camera.
        still: What it shows.
        sightings: Of each box in it, None where a track is no sighting.
    """

    run: SearchedRun
    camera_id: str
    still: Still
    sightings: tuple[Sighting | None, ...]


class Desk:
    """Runs that are looked at together, by one person for one reason.

    An instance belongs to the thread that opened the runs.

    Args:
        runs: The runs.
        recordings: Of each run.
        scratch: Folder for clips, which is removed afterwards.
        by: Who looks, empty where that is not said.
        reason: Why, empty where that is not said.
        read_only: Whether nobody may correct the runs here.
        device: Where networks compute.

    Raises:
        ConfigError: If a reason is missing where searches are recorded.
        StoreError: If the runs' vectors are not of one network.
    """

    def __init__(
        self,
        runs: Sequence[SearchedRun],
        recordings: Sequence[tuple[SearchedRun, Recordings]],
        *,
        scratch: Path,
        by: str = "",
        reason: str = "",
        read_only: bool = False,
        device: str = "auto",
    ) -> None:
        models.check_same_reid([run.store for run in runs])
        self.runs = tuple(runs)
        self.uploads = Uploads()
        self.clips = Clips(scratch)
        self.corrector = Corrector(runs, by=by)
        self.read_only = read_only
        self._recordings = dict(recordings)
        self._overview = Overview(self._recordings)
        self._by = by
        self._reason = reason
        self._device = device
        self._record = SearchRecorder(runs, reason=reason)
        self._sources: dict[tuple[SearchedRun, str], RecordedSource] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        while self._sources:
            self._sources.popitem()[1].close()

    def do(self, work: Callable[[], T]) -> T:
        """Do what makes a page, with the runs as they are at one time.

        Raises:
            StoreError: If one is no longer there.
        """
        for run in self.runs:
            run.check_in_place()
        with unchanging(self.runs):
            return work()

    @cached_property
    def detector(self) -> Detector:
        """The runs' detector: whichever finds the vehicle, it is the same one."""
        return models.load_detector(self.runs[0].store, device=self._device)

    @cached_property
    def _embedder(self) -> Embedder:
        return models.load_embedder(self.runs[0].store, device=self._device)

    def overview(self) -> list[tuple[SearchedRun, list[CameraSummary]]]:
        """Return the cameras of each run at a glance."""
        found = [(run, self._overview.cameras(run)) for run in self.runs]
        in_view = Named(
            sightings=tuple(
                (run, one) for run, cameras in found for camera in cameras for one in camera.in_view
            )
        )
        self._keep("the cameras at their beginnings", in_view)
        return found

    @property
    def cameras(self) -> list[tuple[SearchedRun, str]]:
        """All cameras that gave a frame."""
        return [
            (run, camera.camera_id)
            for run in self.runs
            for camera in run.store.cameras()
            if camera.frames
        ]

    @property
    def span(self) -> tuple[float, float]:
        """First and last time of all runs, UTC seconds; zero where nothing was seen yet."""
        spans = [span for run in self.runs if (span := run_span(run.store)) is not None]
        return min((a for a, _ in spans), default=0.0), max((b for _, b in spans), default=0.0)

    def answer(self, asked: Asked) -> Answer:
        """Return the vehicles that are asked for.

        Raises:
            ScanTrackError: If what is asked for cannot be read or is not there.
        """
        where = filter_of(
            self.runs,
            cameras=list(asked.camera) or None,
            after=asked.after or None,
            before=asked.before or None,
            kinds=list(asked.kind) or None,
        )
        named = named_subject(self.runs, identities=asked.identity, sightings=asked.sighting)
        wrong = ruled_out(self.runs, asked.wrong, subject=named)
        parts = [self._pictured(name) for name in asked.picture]
        parts += subject.of_named(named, wrong=wrong)
        wanted = subject.together(parts) if parts else None
        question = Question(
            self.runs,
            wanted,
            where,
            wrong=wrong,
            latest=asked.latest,
            by=self._by,
            reason=self._reason,
        )
        answer = question.answer(top=asked.top)
        self._record(answer, answer.found)
        return answer

    def companions(self, asked: Asked, company: Company) -> CompanionAnswer:
        """Return who travels with a vehicle, or all who travel together.

        Args:
            asked: The times.
            company: What else is asked.

        Raises:
            ScanTrackError: If what is asked for cannot be read or is not there.
        """
        question = CompanionQuestion.of(
            self.runs,
            identity=company.of or None,
            within_s=company.within_s,
            least_cameras=company.least_cameras,
            after=asked.after or None,
            before=asked.before or None,
            by=self._by,
            reason=self._reason,
        )
        answer = question.answer(top=company.top)
        self._record.keep_companions(answer)
        return answer

    def sighting(self, name: str) -> tuple[SearchedRun, Sighting]:
        """Return the sighting of a name, `gate:31`.

        Raises:
            ScanTrackError: If there is none.
        """
        named = named_subject(self.runs, identities=(), sightings=[name])
        ((run, found),) = named.sightings
        self._keep(f"sighting {run.named(found.name)}", named)
        return run, found

    def identities(self, names: Sequence[str]) -> list[tuple[SearchedRun, Identity]]:
        """Return the identities of names, `12`, each with its run and all of its sightings.

        Raises:
            ScanTrackError: If one is not there, or none is named.
        """
        named = named_subject(self.runs, identities=names)
        if not named.identities:
            raise QueryError("no identity was chosen; tick some, or give a number (12)")
        found = [
            (run, Identity(number, tuple(run.store.sightings(SightingFilter(identity_id=number)))))
            for run, number in named.identities
        ]
        shown = Named(
            sightings=tuple((run, one) for run, whole in found for one in whole.sightings)
        )
        self._keep(str(named), shown)
        return found

    def cut_clip(self, run: SearchedRun, sighting: Sighting) -> str:
        """Cut a video of a sighting, unless it is there, and return its name in `clips`.

        Raises:
            SourceError: If its recording is not there.
            OutputError: If it cannot be written.
        """
        # Of a run in progress, a sighting grows.
        name = f"{self.runs.index(run)}-{sighting.sighting_id}-{sighting.last_frame}"

        def write(path: Path) -> None:
            source = self._source(run, sighting.camera_id)
            write_clip(run.store, path, source=source, sighting=sighting)

        self.clips.keep(name, write)
        return name

    def view(self, name: str, at: str) -> View:
        """Return what a camera showed at a time.

        Args:
            name: The camera; of several runs, `monday/gate`.
            at: The time as people write it, or seconds; before the camera's first frame, or empty,
                that one, and after its last frame the last one.

        Raises:
            ScanTrackError: If there is no such camera, time or frame.
        """
        run, camera_id = run_of(self.runs, name, what="camera")
        cameras = {camera.camera_id: camera for camera in run.store.cameras()}
        if camera_id not in cameras:
            raise QueryError(f"camera {name}: expected one of {', '.join(cameras)}")
        begin = cameras[camera_id].first_timestamp or 0.0
        end = cameras[camera_id].last_timestamp or begin
        moment = min(max(_moment(at, run), begin), end) if at else begin
        shown = still(run.store, self._source(run, camera_id), moment)
        sightings = tuple(
            run.store.sighting_by_key((camera_id, box.track_id)) for box in shown.boxes
        )
        in_view = Named(sightings=tuple((run, one) for one in sightings if one is not None))
        clock = format_time(shown.timestamp)
        self._keep(f"camera {run.named(camera_id)} at {clock}", in_view)
        return View(run, camera_id, shown, sightings)

    def vehicles_in(self, key: str) -> tuple[Detections, str]:
        """Return the vehicles in an uploaded picture, the most prominent first.

        Returns:
            The vehicles, and why they could not be looked for, empty if they were: a box can be
            drawn all the same.

        Raises:
            QueryError: If the picture is no longer there.
        """
        image = self.uploads[key].picture.image
        try:
            return query_image.vehicles_in(image, self.detector), ""
        except ConfigError as error:
            return Detections.empty(), str(error)

    def _pictured(self, name: str) -> Subject:
        upload = self.uploads[name.partition("@")[0]]
        picture = upload.picture
        xyxy = unboxed(name, picture)
        description = f"vehicle in {upload.name} at {name.partition('@')[2]}"
        return subject.of_picture(picture, xyxy, description=description, embedder=self._embedder)

    def _source(self, run: SearchedRun, camera_id: str) -> RecordedSource:
        key = run, camera_id
        if key not in self._sources:
            (camera,) = (one for one in run.store.cameras() if one.camera_id == camera_id)
            self._sources[key] = self._recordings[run].open(camera)
        return self._sources[key]

    def _keep(self, searched_for: str, shown: Named) -> None:
        self._record.keep(
            by=self._by,
            reason=self._reason,
            searched_for=searched_for,
            conditions="",
            shown=[(run, one.identity_id, (one,)) for run, one in shown.sightings],
        )


def _moment(text: str, run: SearchedRun) -> float:
    """Return the UTC seconds of a time as people, or the addresses of pages, write it."""
    try:
        moment = float(text)
    except ValueError:
        return parse_time(text, span=run_span(run.store))
    if not math.isfinite(moment):
        raise QueryError(f"time {text}: expected a time such as 08:30:00")
    return moment
