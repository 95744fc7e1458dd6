"""`python -m app.searches`: who searched a run, when, for whom and why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from app import terminal
from app.errors import ConfigError
from app.search import search_log
from app.storage.run_folder import RunFolder
from app.storage.store import Store
from detector.console.command_line import CommandLine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.search.search_log import Log

MOST_VEHICLES: Final = 5
"""Numbers of vehicles in a line of the table."""

EPILOG = """
**Example**

`python -m app.searches --run runs/monday`
"""

app = CommandLine(rich_markup_mode="markdown")


@app.command(epilog=EPILOG)
def main(
    run: Annotated[Path, typer.Option(help="Folder of a run, finished or still running.")],
    verbose: terminal.Verbose = 0,
) -> None:
    """List the recorded searches of a run, and check that the record was not changed.

    Searches are recorded in runs whose cams.yaml says `record_searches: true`. Each line of the
    record holds the hash of the line before it: the last hash, noted down elsewhere, proves all.
    """
    with terminal.command_frame(verbose), Store.open(run) as store:
        path = RunFolder(store.path.parent).searches
        log = search_log.read(path)
        if not log.searches:
            terminal.say(f"{path.parent}: no searches recorded")
            return
        terminal.console().print(_as_table(log))
        terminal.say(f"last hash: {log.last}")
        if log.broken:
            raise ConfigError(
                f"{path}: was modified: {_listed(log.broken)} not continue from the previous line"
            )


def _as_table(log: Log) -> Table:
    table = Table(box=SIMPLE_HEAD)
    for heading in ("", "when (UTC)", "who", "why", "searched for", "vehicles shown"):
        table.add_column(heading, overflow="fold")
    for number, one in enumerate(log.searches, start=1):
        searched_for = ", ".join(filter(None, [one.searched_for, one.conditions]))
        shown = ", ".join(map(str, one.identities[:MOST_VEHICLES]))
        more = len(one.identities) - MOST_VEHICLES
        table.add_row(
            f"{number}{'!' if number in log.broken else ''}",
            one.at,
            escape(one.by),
            escape(one.reason),
            escape(searched_for),
            f"{shown} and {more} more" if more > 0 else shown,
        )
    return table


def _listed(numbers: Sequence[int]) -> str:
    listed = ", ".join(map(str, numbers))
    return f"line {listed} does" if len(numbers) == 1 else f"lines {listed} do"


if __name__ == "__main__":
    app()
