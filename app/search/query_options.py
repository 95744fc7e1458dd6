"""Interpretation of the options of `app.query`: the query, and the filters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.errors import ConfigError
from app.frames.run_recordings import Recordings
from app.running import models
from app.search import query_image, subject
from app.storage.coverage import camera_ids, run_span
from app.storage.records import SightingFilter
from app.times import parse_time
from app.wording import counted
from detector.types import CLASS_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.search.named import Named
    from app.search.searched_runs import SearchedRun
    from app.search.subject import Subject
    from app.storage.outages import Span
    from app.storage.store_reader import StoreReader


_MOST_PX: Final = 1e6
"""No image is as large; it keeps NaN, infinity and what float32 cannot hold out of boxes."""


def filter_of(
    runs: Sequence[SearchedRun],
    *,
    cameras: list[str] | None,
    after: str | None,
    before: str | None,
    kinds: list[str] | None,
) -> SightingFilter:
    """Return the filter that the options stand for.

    Raises:
        ConfigError: If an option cannot be read, names a camera that no run has, or a time that is
            another one in each run.
    """
    # Also one that never answered: that it did not watch is an answer, too.
    known = dict.fromkeys(name for run in runs for name in camera_ids(run.store))
    _check_names("camera", cameras, known=list(known))
    _check_names("class", kinds, known=CLASS_NAMES)
    spans = [run_span(run.store) for run in runs]
    earliest = None if after is None else _moment(after, spans)
    latest = None if before is None else _moment(before, spans)
    if earliest is not None and latest is not None and latest < earliest:
        raise ConfigError(f"from {after} to {before}: the end is earlier than the beginning")
    return SightingFilter(
        cameras=frozenset(cameras) if cameras else None,
        after=earliest,
        before=latest,
        class_ids=frozenset(CLASS_NAMES.index(kind) for kind in kinds) if kinds else None,
    )


def _moment(text: str, spans: Sequence[Span | None]) -> float:
    """Return the time that a user means, of runs that last from then to then."""
    # A run without a frame yet has no day that could be meant.
    filmed = [span for span in spans if span is not None] or spans[:1]
    moments = {parse_time(text, span=span) for span in filmed}
    if len(moments) > 1:
        raise ConfigError(
            f"time {text!r}: the runs span several days, so it needs a date (2026-05-04T08:30:00)"
        )
    return moments.pop()


def _check_names(what: str, given: Sequence[str] | None, *, known: Sequence[str]) -> None:
    for name in given or ():
        if name not in known:
            raise ConfigError(f"{what} {name!r}: expected one of {', '.join(known)}")


def check_asked(
    subject: Subject | None, where: SightingFilter, *, nearer_than: float | None, latest: bool
) -> None:
    """Check that something is asked.

    Raises:
        ConfigError: If neither a subject nor a filter is given, a distance from no subject, or an
            order by time of what is ordered by distance.
    """
    if subject is not None:
        if latest:
            raise ConfigError(
                "--latest: is for a list by filters alone; a search is ordered by distance"
            )
        return
    if nearer_than is not None:
        raise ConfigError("--nearer-than: needs --image, --identity or --sighting")
    if where == SightingFilter():
        raise ConfigError(
            "expected a vehicle to search for (--image, --identity or --sighting), or which "
            "vehicles to list (--camera, --class, --after, --before)"
        )


def subject_of(
    runs: Sequence[SearchedRun],
    *,
    images: Sequence[Path],
    boxes: Sequence[str],
    named: Named,
    wrong: Named,
    device: str,
) -> Subject | None:
    """Return who is searched for, None for nobody.

    Args:
        runs: Those that are searched.
        images: Of the vehicle.
        boxes: Where it is in them, one for each, or none.
        named: Its identities and sightings.
        wrong: What was ruled out, also where a run says that it is of such an identity.
        device: Where the networks compute.

    Raises:
        ConfigError: If a box cannot be read, or there is no such device.
        QueryError: If an image does not have it, or all sightings of an identity are ruled out.
        SourceError: If an image cannot be read.
    """
    if boxes and not images:
        raise ConfigError("--box needs --image, which is missing")
    if device != "auto" and not images:
        raise ConfigError("--device needs --image, which is missing: nothing else needs a network")
    # Before the images, which take longer.
    stored = subject.of_named(named, wrong=wrong)
    # The ReID network is that of all runs, or they are not searched together; and whichever
    # detector finds the vehicle, it is the same one.
    pictured = _pictured(runs[0].store, images, boxes=boxes, device=device) if images else []
    parts = [*pictured, *stored]
    return subject.together(parts) if parts else None


def _pictured(
    run: StoreReader, images: Sequence[Path], *, boxes: Sequence[str], device: str
) -> list[Subject]:
    if boxes and len(boxes) != len(images):
        raise ConfigError(
            f"--box: {len(boxes)} for {counted(len(images), 'image')}; expected one for each, in "
            "their order, or none"
        )
    given = [_parse_box(box) for box in boxes]
    pictures = [query_image.read_picture(image) for image in images]
    if device != "auto":
        _check_device(device)
    if given:
        found = [
            (query_image.box_in(picture.image, xywh), f"vehicle in {image.name} at {box}")
            for image, picture, box, xywh in zip(images, pictures, boxes, given, strict=True)
        ]
    else:
        detector = models.load_detector(run, device=device)
        found = [
            query_image.find_vehicle(picture.image, detector, name=image.name)
            for image, picture in zip(images, pictures, strict=True)
        ]
    embedder = models.load_embedder(run, device=device)
    return [
        subject.of_picture(picture, xyxy, description=description, embedder=embedder)
        for picture, (xyxy, description) in zip(pictures, found, strict=True)
    ]


def _check_device(name: str) -> None:
    # Imported here because PyTorch takes seconds, and most queries do without.
    from detector.computing.devices import choose_device

    try:
        choose_device(name)
    except ValueError as error:
        raise ConfigError(str(error)) from error


def _parse_box(text: str) -> list[float]:
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        values = []
    if len(values) != 4 or not all(abs(value) < _MOST_PX for value in values):
        raise ConfigError(f"--box {text}: expected x,y,width,height in pixels (310,220,180,120)")
    if min(values[2:]) <= 0:
        raise ConfigError(f"--box {text}: expected a width and a height above 0")
    return values


def recordings_of(
    runs: Sequence[SearchedRun], moved_to: Sequence[Path] | None, *, clips: Path | None
) -> list[tuple[SearchedRun, Recordings]]:
    """Return the recordings of each run, where they lie now.

    Raises:
        ConfigError: If folders are given without need, not one for each run, or there is none.
    """
    if not moved_to:
        return [(run, Recordings(run.store)) for run in runs]
    if clips is None:
        raise ConfigError("--recordings needs --clips, which is missing")
    if len(moved_to) != len(runs):
        raise ConfigError(
            f"--recordings: {len(moved_to)} for {counted(len(runs), 'run')}; expected one for "
            "each, in their order, or none"
        )
    return [
        (run, Recordings(run.store, moved_to=folder))
        for run, folder in zip(runs, moved_to, strict=True)
    ]
