"""`python -m app.convoys`: finds vehicles that travel together."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from app import terminal
from app.accounts import current_user
from app.atomic import keep_apart, write_text
from app.errors import ConfigError
from app.results.report import write_companions
from app.search.companion_text import NOTHING, as_table, as_values, summary_lines
from app.search.companions import FEWEST_CAMERAS, WITHIN_S, CompanionQuestion
from app.search.search_recorder import SearchRecorder
from app.search.searched_runs import check_not_empty, open_runs, unchanging
from app.search.unwatched import scope_lines
from detector.console.command_line import CommandLine

if TYPE_CHECKING:
    from app.search.companions import CompanionAnswer

EPILOG = """
**Examples**

`python -m app.convoys --run runs/monday --identity 12 --report convoy.html`

`python -m app.convoys --run runs/monday --cameras 3 --after 08:30:00 --before 09:30:00`

`python -m app.convoys --run runs/monday --run runs/tuesday --within 5`
"""

app = CommandLine(rich_markup_mode="markdown")


@app.command(epilog=EPILOG)
def main(
    run: terminal.SearchedRuns,
    identity: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[RUN/]NUMBER",
            help="Only vehicles that travel with this one; without it, all pairs.",
        ),
    ] = None,
    within: Annotated[
        float,
        typer.Option(
            metavar="SECONDS",
            help="Two vehicles that pass a camera within so many seconds, the same way, pass it "
            "together.",
        ),
    ] = WITHIN_S,
    cameras: Annotated[
        int,
        typer.Option(help="Different cameras that they must pass together on one visit, at least."),
    ] = FEWEST_CAMERAS,
    after: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="Only passes at or after this time: ISO 8601, UTC unless it names a zone; or "
            "HH:MM:SS where all recordings are of one day.",
        ),
    ] = None,
    before: Annotated[
        str | None, typer.Option(metavar="TIME", help="Only passes at or before this time.")
    ] = None,
    top: Annotated[
        int, typer.Option(min=1, help="Maximum number of pairs.", rich_help_panel=terminal.OUTPUT)
    ] = 10,
    as_json: terminal.AnswerJson = None,
    report: terminal.AnswerPage = None,
    reason: terminal.Reason = "",
    by: terminal.SearchedBy = None,
    verbose: terminal.Verbose = 0,
) -> None:
    """Find vehicles that travel together (convoys): who passes several cameras with whom.

    In dense traffic every vehicle has neighbours. So pairs are ranked by how improbable they are by
    chance: of the vehicles that passed one camera together, the share that also passed the next
    one together, in the same run. *by chance* is the probability that two vehicles that meet once
    go on like this; *expected* is how many such pairs, or less probable ones, chance would bring
    among all that met. Pairs that *stand out* are more than chance; the others are mostly traffic.
    Vehicles on one road are no convoy by that alone, and two cameras say little.

    Every answer states when the cameras were not watching.
    """
    with terminal.command_frame(verbose), ExitStack() as opened:
        if identity and len(identity) > 1:
            raise ConfigError(
                f"--identity: {len(identity)} were given; expected one, or none for all pairs"
            )
        runs = open_runs(run, opened)
        keep_apart((as_json, report), [file for one in runs for file in one.folder.own_files()])
        why = reason.strip()
        record = SearchRecorder(runs, reason=why)
        check_not_empty(runs)
        with unchanging(runs):
            question = CompanionQuestion.of(
                runs,
                identity=identity[0] if identity else None,
                within_s=within,
                least_cameras=cameras,
                after=after,
                before=before,
                by=by or (current_user() if why else ""),
                reason=why,
            )
            answer = question.answer(top=top)
            record.keep_companions(answer)
            # Shown first: a disk may be full.
            _show(answer)
            if as_json is not None:
                write_text(as_json, json.dumps(as_values(answer), indent=1) + "\n")
            if report is not None:
                write_companions(report, answer)
        written = [path for path in (as_json, report) if path is not None]
        for one in runs:
            one.folder.note(written)
        for path in written:
            terminal.say(f"wrote {path}")


def _show(answer: CompanionAnswer) -> None:
    screen = terminal.console()
    screen.print(
        f"Searched for [bold]{escape(answer.searched_for)}[/]: {escape(answer.conditions)}",
        highlight=False,
    )
    screen.print(as_table(answer) if answer.pairs else NOTHING)
    listed = len(answer.pairs)
    more = [f"{answer.more} more; --top {listed + answer.more} shows all."] if answer.more else []
    for line in [*more, *summary_lines(answer), *scope_lines(answer.scope)]:
        terminal.say(line)


if __name__ == "__main__":
    app()
