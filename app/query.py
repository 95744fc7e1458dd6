"""`python -m app.query`: searches for a vehicle, or lists the vehicles that passed."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.markup import escape

from app import terminal
from app.accounts import current_user
from app.atomic import keep_apart, write_text
from app.errors import ConfigError
from app.results.report import write_answer
from app.search.camera_news import CameraNews
from app.search.follow import EVERY_S, Watch
from app.search.match_clips import write_clips
from app.search.matches import NOTHING, as_lines, as_table, as_values, more_line, next_lines
from app.search.named import named_subject, ruled_out
from app.search.query_options import check_asked, filter_of, recordings_of, subject_of
from app.search.question import Question
from app.search.search_recorder import SearchRecorder
from app.search.searched_runs import check_not_empty, open_runs, unchanging
from app.search.unwatched import scope_lines
from app.storage.run_state import is_tracked
from app.wording import counted
from detector.console.command_line import CommandLine
from detector.console.terminal import Device
from detector.types import CLASS_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from app.search.answer import Answer, Finding

EPILOG = """
**Examples**

`python -m app.query --run runs/monday --image suspect.jpg --top 10`

`python -m app.query --run runs/monday --image front.jpg --image rear.jpg`

`python -m app.query --run runs/monday --identity 12 --camera gate --camera bridge`

`python -m app.query --run runs/monday --sighting gate:31 --clips clips/`

`python -m app.query --run runs/monday --image suspect.jpg --sighting gate:31 --not bridge:7
--not 12`

`python -m app.query --run runs/monday --image street.jpg --box 310,220,180,120
--after 08:30:00 --before 08:45:00 --report found.html`

`python -m app.query --run runs/monday --class bus --camera gate --after 08:30:00
--before 08:45:00 --top 100`

`python -m app.query --run runs/live --image suspect.jpg --follow --nearer-than 0.9`

`python -m app.query --run runs/monday --run runs/tuesday --image suspect.jpg --report found.html`

`python -m app.query --run runs/monday --run runs/tuesday --sighting monday/gate:31
--identity tuesday/12`
"""

_WHO: Final = "Query: image, identity, sighting, or filters alone"
_WHERE: Final = "Filters"

app = CommandLine(rich_markup_mode="markdown")


@app.command(epilog=EPILOG)
def main(
    run: terminal.SearchedRuns,
    image: Annotated[
        list[Path] | None,
        typer.Option(
            help="Image of the vehicle, which is detected in it unless --box is given; several "
            "images of one vehicle may be given.",
            rich_help_panel=_WHO,
        ),
    ] = None,
    box: Annotated[
        list[str] | None,
        typer.Option(
            metavar="X,Y,W,H",
            help="Box of the vehicle in the image, in pixels; for several images one each, in "
            "their order.",
            rich_help_panel=_WHO,
        ),
    ] = None,
    identity: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[RUN/]NUMBER",
            help="Search for vehicles similar to this identity (12; with several runs, monday/12), "
            "which is left out itself; may be given several times.",
            rich_help_panel=_WHO,
        ),
    ] = None,
    sighting: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[RUN/]CAMERA:TRACK",
            help="Search for vehicles similar to this one sighting, named as in the table and the "
            "report (gate:31; with several runs, monday/gate:31), or by its sighting_id in the "
            "JSON; may be given several times.",
            rich_help_panel=_WHO,
        ),
    ] = None,
    wrong: Annotated[
        list[str] | None,
        typer.Option(
            "--not",
            metavar="[RUN/]CAMERA:TRACK|NUMBER",
            help="Leave out a sighting (gate:7) or a whole identity (40) that is another vehicle; "
            "may be given several times.",
            rich_help_panel=_WHO,
        ),
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
            help="Only vehicles below this distance threshold.",
            rich_help_panel=_WHERE,
        ),
    ] = None,
    follow: Annotated[
        bool,
        typer.Option(
            "--follow",
            help="Keep running while the run (there must be only one) is being written, and report "
            "every new sighting that is nearer than --nearer-than, or, in a search by filters "
            "alone, passes them; also when a camera is lost or back. The files are rewritten each "
            "time. Ctrl-C ends it.",
            rich_help_panel=terminal.OUTPUT,
        ),
    ] = False,
    top: Annotated[
        int,
        typer.Option(min=1, help="Maximum number of vehicles.", rich_help_panel=terminal.OUTPUT),
    ] = 10,
    latest: Annotated[
        bool,
        typer.Option(
            "--latest",
            help="In a list by filters alone, those in view last come first.",
            rich_help_panel=terminal.OUTPUT,
        ),
    ] = False,
    as_json: terminal.AnswerJson = None,
    report: terminal.AnswerPage = None,
    clips: Annotated[
        Path | None,
        typer.Option(
            help="Also cut a short clip of each sighting into this folder.",
            rich_help_panel=terminal.OUTPUT,
        ),
    ] = None,
    recordings: terminal.AllMovedTo = None,
    reason: terminal.Reason = "",
    by: terminal.SearchedBy = None,
    device: Device = "auto",
    verbose: terminal.Verbose = 0,
) -> None:
    """Search runs for a vehicle by images, sightings and identities; or list who passed.

    Vehicles are ranked by the L2 distance between embeddings, from 0 (identical) to 2, each with
    all of its sightings that pass the filters, and a forecast of its next camera. The search is
    exact, and works while the run is still being written. Images, identities and sightings given
    together all show one vehicle. Without any of them, vehicles that pass the filters (at least one
    filter is needed) are listed in order of time. Every answer states when the requested cameras
    were not watching.

    Several runs are searched together, but identities belong to their run: a vehicle that passed on
    two days is listed twice. Identities and sightings are then named with their run (monday/12,
    monday/gate:31).
    """
    with terminal.command_frame(verbose), ExitStack() as opened:
        runs = open_runs(run, opened)
        own_files = [file for one in runs for file in one.folder.own_files()]
        keep_apart((as_json, report), (*(image or ()), *own_files), folder=clips)
        if follow and len(runs) > 1:
            raise ConfigError("--follow: give a single --run, the one in progress")
        if follow and clips is not None:
            raise ConfigError(
                "--follow: not together with --clips, which are cut from finished recordings"
            )
        footage = recordings_of(runs, recordings, clips=clips)
        why = reason.strip()
        record = SearchRecorder(runs, reason=why)
        who = by or (current_user() if why else "")
        searching = bool(image or identity or sighting)
        if follow and searching and nearer_than is None:
            raise ConfigError("--follow: give a distance threshold with --nearer-than, such as 0.9")
        if not follow:
            check_not_empty(runs)

        def note(written: Iterable[Path]) -> None:
            for one in runs:
                one.folder.note(written)

        def write(found: Answer) -> None:
            if as_json is not None:
                write_text(as_json, json.dumps(as_values(found), indent=1) + "\n")
            if report is not None:
                write_answer(report, found)
            note([path for path in (as_json, report) if path is not None])

        with unchanging(runs):
            where = filter_of(runs, cameras=camera, after=after, before=before, kinds=kind)
            named = named_subject(runs, identities=identity or (), sightings=sighting or ())
            others = ruled_out(runs, wrong or (), subject=named)
            wanted = subject_of(
                runs, images=image or (), boxes=box or (), named=named, wrong=others, device=device
            )
            check_asked(wanted, where, nearer_than=nearer_than, latest=latest)
            question = Question(
                runs, wanted, where, nearer_than, wrong=others, latest=latest, by=who, reason=why
            )
            # Of vehicles that are listed, those beyond the list are no news either.
            listed = runs[0].store.sightings(where) if follow and not searching else ()
            told = [one.sighting_id for one in listed]
            first = question.answer(top=top)
            record(first, first.found)
            # Shown first: a disk may be full.
            _show(first)
            write(first)
        for path in filter(None, (as_json, report)):
            terminal.say(f"wrote {path}")
        if clips is not None:
            cut = write_clips(clips, first.found, recordings=footage)
            note(cut)
            terminal.say(f"wrote {counted(len(cut), 'clip')} to {clips}")
        if follow:
            told += [one.sighting_id for found in first.found for one in found.match.sightings]

            def tell(news: Sequence[Finding]) -> None:
                rewritten = None
                if as_json is not None or report is not None:
                    rewritten = question.answer(top=top)
                elif not news:
                    return
                # One line for both, and before either is shown.
                record(first, news, () if rewritten is None else rewritten.found)
                for one in news:
                    for line in as_lines(one.match, one.outlook):
                        terminal.say(line)
                if rewritten is not None:
                    write(rewritten)

            _follow(question, told, tell)


def _show(answer: Answer) -> None:
    screen = terminal.console()
    if answer.subject is not None:
        searched_for = escape(answer.subject.description)
        screen.print(f"Searched for [bold]{searched_for}[/]", highlight=False)
    else:
        screen.print(f"Vehicles: [bold]{escape(answer.conditions)}[/]", highlight=False)
    screen.print(as_table(answer.found) if answer.found else NOTHING)
    outlooks = [one.outlook for one in answer.found]
    lines = [more_line(answer), *next_lines(outlooks), answer.verdict]
    for line in [*lines, *scope_lines(answer.scope)]:
        if line:
            terminal.say(line)


def _follow(
    question: Question, told: Iterable[int], tell: Callable[[Sequence[Finding]], None]
) -> None:
    """Tell what comes until the run, of which there is one, ends."""
    (run,) = question.runs
    find = partial(question.find, run)
    watch = Watch(run.store, find, where=question.where(run), told=told)
    cameras = CameraNews(run.store, question.where(run))
    terminal.say(f"following {run.folder.path}; Ctrl-C ends it")
    going_on = True
    while going_on:
        # Asked before the final pass, which then misses nothing.
        going_on = run.folder.in_use() and not is_tracked(run.store)
        with unchanging(question.runs):
            news, lines = watch.news(), cameras.lines()
            # The files also say when cameras did not watch.
            if news or lines:
                tell(question.findings((run, match) for match in news))
        for line in lines:
            terminal.say(line)
        if going_on:
            time.sleep(EVERY_S)
    terminal.say(f"{run.folder.path}: the run is no longer in progress")


if __name__ == "__main__":
    app()
