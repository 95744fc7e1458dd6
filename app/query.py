"""`python -m app.query`: where else, and when, was this vehicle seen?"""

from __future__ import annotations

import json
import math
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.markup import escape

from app import models, subject, terminal
from app.atomic import keep_apart, write_text
from app.errors import ConfigError, QueryError
from app.follow import EVERY_S, Watch
from app.forecast import Outlooks
from app.match_clips import write_clips
from app.matches import (
    LEAST_IDENTITIES,
    NOTHING,
    as_lines,
    as_table,
    as_values,
    how_sure,
    in_words,
    next_lines,
)
from app.records import SightingFilter
from app.report import write_matches
from app.results import TRACKED_KEY
from app.run_folder import RunFolder
from app.search import search
from app.store import Store
from app.times import parse_time
from detector.types import CLASS_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.forecast import Outlook
    from app.search import Match
    from app.store_reader import StoreReader
    from app.subject import Subject

EPILOG = """
**Examples**

`python -m app.query --store runs/monday --image suspect.jpg --top 10`

`python -m app.query --store runs/monday --image front.jpg --image rear.jpg`

`python -m app.query --store runs/monday --identity 12 --camera gate --camera bridge`

`python -m app.query --store runs/monday --image street.jpg --box 310,220,180,120
--after 08:30:00 --before 08:45:00 --report found.html`

`python -m app.query --store runs/live --image suspect.jpg --follow --nearer-than 0.9`
"""

_WHO: Final = "Who is searched for: exactly one of image, identity, sighting"
_WHERE: Final = "Filters"
_OUT: Final = "Output"

app = typer.Typer(add_completion=False, rich_markup_mode="markdown")


@app.command(epilog=EPILOG)
def main(
    store: Annotated[
        Path, typer.Option(help="Folder of a run, finished or still running, or its sightings.db.")
    ],
    image: Annotated[
        list[Path] | None,
        typer.Option(
            help="Picture of the vehicle; it is found in it, or given by --box. Several pictures "
            "of one vehicle may be given, such as of its front and its rear.",
            rich_help_panel=_WHO,
        ),
    ] = None,
    box: Annotated[
        list[str] | None,
        typer.Option(
            metavar="X,Y,W,H",
            help="Where the vehicle is in the picture, in pixels; for several pictures one each, "
            "in their order.",
            rich_help_panel=_WHO,
        ),
    ] = None,
    identity: Annotated[
        int | None,
        typer.Option(
            help="Search what looks like this identity, which is left out itself.",
            rich_help_panel=_WHO,
        ),
    ] = None,
    sighting: Annotated[
        int | None,
        typer.Option(help="Search what looks like this one sighting.", rich_help_panel=_WHO),
    ] = None,
    camera: Annotated[
        list[str] | None,
        typer.Option(help="Only this camera; may be given several times.", rich_help_panel=_WHERE),
    ] = None,
    after: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="Only vehicles in view at or after this time: ISO 8601, UTC unless it names a "
            "zone; or HH:MM:SS where all recordings are of one day.",
            rich_help_panel=_WHERE,
        ),
    ] = None,
    before: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="Only vehicles in view at or before this time.",
            rich_help_panel=_WHERE,
        ),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            "--class",
            metavar="|".join(CLASS_NAMES),
            help="Only this class; may be given several times.",
            rich_help_panel=_WHERE,
        ),
    ] = None,
    nearer_than: Annotated[
        float | None,
        typer.Option(
            metavar="DISTANCE",
            min=0,
            help="Only vehicles that are nearer than this.",
            rich_help_panel=_WHERE,
        ),
    ] = None,
    follow: Annotated[
        bool,
        typer.Option(
            "--follow",
            help="Go on for as long as the run does, and tell of every new sighting that is "
            "nearer than --nearer-than; the files are written anew each time. Ctrl-C ends it.",
            rich_help_panel=_OUT,
        ),
    ] = False,
    top: Annotated[
        int, typer.Option(min=1, help="Most vehicles to show.", rich_help_panel=_OUT)
    ] = 10,
    as_json: Annotated[
        Path | None,
        typer.Option(
            "--json", help="Also write the matches to this JSON file.", rich_help_panel=_OUT
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(
            help="Also write a page with pictures to this HTML file.", rich_help_panel=_OUT
        ),
    ] = None,
    clips: Annotated[
        Path | None,
        typer.Option(
            help="Also cut a short clip of each sighting into this folder.", rich_help_panel=_OUT
        ),
    ] = None,
    verbose: terminal.Verbose = 0,
) -> None:
    """Search a run for a vehicle: by a picture, an identity or a sighting.

    Vehicles are ranked by the L2 distance between appearance vectors, from 0 (equal) to 2, each
    with all of its sightings that pass the filters, and where it should be seen next. The search is
    exact, and works while the run is still going on.
    """
    with terminal.command_frame(verbose), Store.open(store) as run:
        folder = RunFolder(run.path.parent)
        keep_apart((as_json, report), (*(image or ()), *folder.own_files()))
        if follow and (nearer_than is None or clips is not None):
            raise ConfigError(
                "--follow: give --nearer-than, such as 0.9, and no --clips: those are cut out of "
                "finished recordings"
            )
        if not follow and not run.totals().vehicles:
            raise QueryError(
                f"{run.path}: no vehicle has been stored yet, so there is nothing to find"
            )
        where = _filter(run, cameras=camera, after=after, before=before, kinds=kind)
        wanted = _subject(run, image=image, box=box, identity=identity, sighting=sighting)
        known = wanted.known
        where = replace(
            where,
            exclude_identity=known.exclude_identity,
            exclude_sighting=known.exclude_sighting,
        )
        nearest = math.inf if nearer_than is None else nearer_than

        def answer() -> tuple[list[Match], list[Outlook | None]]:
            found = search(run, wanted.vectors, where=where, nearer_than=nearest, top=top)
            outlooks = Outlooks(run).of(found)
            _write(
                run,
                wanted,
                found,
                outlooks,
                conditions=in_words(where, nearer_than=nearer_than),
                verdict=_verdict(run, found, where=where),
                as_json=as_json,
                report=report,
            )
            return found, outlooks

        matches, outlooks = answer()
        _show(wanted, matches, outlooks, verdict=_verdict(run, matches, where=where))
        if clips is not None:
            write_clips(run, clips, matches=matches)
        for path in filter(None, (as_json, report, clips)):
            terminal.say(f"wrote {path}")
        if follow:
            shown = [one.sighting_id for match in matches for one in match.sightings]
            watch = Watch(run, wanted.vectors, where=where, nearer_than=nearest, told=shown)
            _follow(run, folder, watch, answer)


def _write(
    run: StoreReader,
    wanted: Subject,
    matches: Sequence[Match],
    outlooks: Sequence[Outlook | None],
    *,
    conditions: str,
    verdict: str,
    as_json: Path | None,
    report: Path | None,
) -> None:
    if as_json is not None:
        values = as_values(matches, outlooks, searched_for=wanted.description)
        write_text(as_json, json.dumps(values, indent=1) + "\n")
    if report is not None:
        write_matches(
            run,
            report,
            name=run.path.resolve().parent.name,
            subject=wanted,
            matches=matches,
            outlooks=outlooks,
            conditions=conditions,
            verdict=verdict,
        )


def _verdict(run: StoreReader, matches: Sequence[Match], *, where: SightingFilter) -> str:
    """Return how sure the first match is, as far as that was measured; empty beyond.

    It was for pictures, which exclude nothing of the store, and without filters: among few vehicles
    a great lead is easily had.
    """
    measured = (
        where == SightingFilter()
        and run.totals().identities >= LEAST_IDENTITIES
        and models.uses_default_reid(run)
    )
    return how_sure(matches) if measured else ""


def _follow(
    run: StoreReader, folder: RunFolder, watch: Watch, answer: Callable[[], object]
) -> None:
    """Tell what comes until the run ends; have the whole answer written anew each time."""
    terminal.say(f"following {folder.path}; Ctrl-C ends it")
    going_on = True
    while going_on:
        # Asked before the last look, which then misses nothing.
        going_on = folder.in_use() and not run.meta(TRACKED_KEY, False)
        news = watch.news()
        for match, outlook in zip(news, Outlooks(run).of(news), strict=True):
            for line in as_lines(match, outlook):
                terminal.say(line)
        if news:
            answer()
        if going_on:
            time.sleep(EVERY_S)
    terminal.say(f"{folder.path}: no run is going on any more")


def _filter(
    run: StoreReader,
    *,
    cameras: list[str] | None,
    after: str | None,
    before: str | None,
    kinds: list[str] | None,
) -> SightingFilter:
    """Return the filter that the options stand for.

    Raises:
        ConfigError: If an option cannot be read, or names what the store does not have.
    """
    known = run.cameras()
    _check_names("camera", cameras, known=[camera.camera_id for camera in known])
    _check_names("class", kinds, known=CLASS_NAMES)
    ends = [t for c in known for t in (c.first_timestamp, c.last_timestamp) if t is not None]
    span = (min(ends), max(ends)) if ends else None
    earliest = None if after is None else parse_time(after, span=span)
    latest = None if before is None else parse_time(before, span=span)
    if earliest is not None and latest is not None and latest < earliest:
        raise ConfigError(f"--before {before} is earlier than --after {after}")
    return SightingFilter(
        cameras=frozenset(cameras) if cameras else None,
        after=earliest,
        before=latest,
        class_ids=frozenset(CLASS_NAMES.index(kind) for kind in kinds) if kinds else None,
    )


def _check_names(what: str, given: Sequence[str] | None, *, known: Sequence[str]) -> None:
    for name in given or ():
        if name not in known:
            raise ConfigError(f"{what} {name!r}: expected one of {', '.join(known)}")


def _subject(
    run: StoreReader,
    *,
    image: Sequence[Path] | None,
    box: Sequence[str] | None,
    identity: int | None,
    sighting: int | None,
) -> Subject:
    """Return who is searched for.

    Raises:
        ConfigError: If the options name none, or more than one.
        QueryError: If the store or the picture does not have it.
    """
    if box and not image:
        raise ConfigError("--box says where the vehicle is in --image, which is missing")
    match image or None, identity, sighting:
        case [*images], None, None:
            return _pictured(run, images, boxes=box or ())
        case None, int(), None:
            return subject.of_identity(run, identity)
        case None, None, int():
            return subject.of_sighting(run, sighting)
        case _:
            raise ConfigError("expected exactly one of --image, --identity and --sighting")


def _pictured(run: StoreReader, images: Sequence[Path], *, boxes: Sequence[str]) -> Subject:
    if boxes and len(boxes) != len(images):
        raise ConfigError(
            f"--box: {len(boxes)} for {len(images)} pictures; expected one for each, in their "
            "order, or none"
        )
    given = [_parse_box(box) for box in boxes]
    pictures = [subject.read_picture(image) for image in images]
    if given:
        found = [
            (subject.box_in(picture, xywh), f"vehicle in {image.name} at {box}")
            for image, picture, box, xywh in zip(images, pictures, boxes, given, strict=True)
        ]
    else:
        detector = models.load_detector(run)
        found = [
            subject.find_vehicle(picture, detector, name=image.name)
            for image, picture in zip(images, pictures, strict=True)
        ]
    embedder = models.load_embedder(run)
    return subject.together(
        [
            subject.of_picture(picture, xyxy, description=description, embedder=embedder)
            for picture, (xyxy, description) in zip(pictures, found, strict=True)
        ]
    )


def _parse_box(text: str) -> list[float]:
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        values = []
    if len(values) != 4 or not all(map(math.isfinite, values)):
        raise ConfigError(f"--box {text}: expected x,y,width,height in pixels (310,220,180,120)")
    return values


def _show(
    wanted: Subject,
    matches: Sequence[Match],
    outlooks: Sequence[Outlook | None],
    *,
    verdict: str,
) -> None:
    screen = terminal.console()
    screen.print(f"Searched for [bold]{escape(wanted.description)}[/]", highlight=False)
    screen.print(as_table(matches) if matches else NOTHING)
    for line in next_lines(outlooks):
        terminal.say(line)
    if verdict:
        terminal.say(verdict)


if __name__ == "__main__":
    app()
