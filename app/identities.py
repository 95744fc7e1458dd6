"""`python -m app.identities`: inspects and corrects a run's identities.

Corrections are kept in the run's `corrections.yaml`, change its results immediately, and persist
when the recordings are processed again.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app import terminal
from app.accounts import current_user
from app.corrections import correction_request, making
from app.corrections.correction_request import sightings_of
from app.corrections.correction_session import open_finished, refresh
from app.corrections.corrections_file import corrections_for
from app.corrections.identity_tables import (
    correction_table,
    history_table,
    identity_table,
    sighting_table,
)
from app.corrections.locating import locate
from app.corrections.training_crops import write_training_crops
from app.errors import ConfigError
from app.frames.run_recordings import Recordings
from app.search.sighting_names import sighting_of_name
from app.storage.run_folder import RunFolder
from app.storage.store import Store
from app.wording import counted, likeliest
from detector.console.command_line import CommandLine

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.corrections.correction_request import Request
    from app.corrections.making import Made

_log = logging.getLogger(__name__)

EPILOG = """
**Examples**

`python -m app.identities list --run runs/monday --unsure`

`python -m app.identities merge 12 40 --run runs/monday --note "same dent in the door"`

`python -m app.identities split gate:31 bridge:7 --run runs/monday`

`python -m app.identities confirm roof:5 12 --run runs/monday`

`python -m app.identities undo 3 --run runs/monday`

A sighting is named camera:track, as the report and `app.query` show it. Corrections persist when
the recordings are processed again: `python -m app.run` finds them in the folder of the run, or
takes `--corrections FILE`.
"""

app = CommandLine(rich_markup_mode="markdown", epilog=EPILOG, no_args_is_help=True)

Run = Annotated[
    Path,
    typer.Option(
        help="Folder of a run; one in progress, or killed, can be shown, but not corrected."
    ),
]
By = Annotated[
    str | None,
    typer.Option(help="Name for the correction.", show_default="your name on this computer"),
]
Note = Annotated[str, typer.Option(help="Why; kept with the correction.", show_default=False)]
SightingName = Annotated[str, typer.Argument(metavar="CAMERA:TRACK", help="A sighting.")]
IdentityId = Annotated[int, typer.Argument(metavar="IDENTITY", help="Number of an identity.")]


@app.callback()
def main() -> None:
    """Look at the identities of a run, correct them, and learn from the corrections."""


@app.command("list")
def list_identities(
    run: Run,
    camera: Annotated[
        list[str] | None,
        typer.Option(help="Only those seen by this camera; may be given several times."),
    ] = None,
    unsure: Annotated[
        bool, typer.Option("--unsure", help="Only those that may be the same as another one.")
    ] = False,
    verbose: terminal.Verbose = 0,
) -> None:
    """List identities, those in most cameras first."""
    with terminal.command_frame(verbose), Store.open(run) as store:
        known = [one.camera_id for one in store.cameras()]
        for name in camera or ():
            if name not in known:
                raise ConfigError(f"camera {name!r}: expected one of {', '.join(known)}")
        wanted = set(camera or known)
        doubtful = store.unsure_identities() if unsure else None
        identities = [
            identity
            for identity in store.identities()
            if wanted & set(identity.cameras)
            and (doubtful is None or identity.identity_id in doubtful)
            # As in the remarks: what is hardly likely makes no identity unsure.
            and (doubtful is None or likeliest(store, identity.sightings))
        ]
        identities.sort(key=lambda i: (-len(i.cameras), i.identity_id))
        screen = terminal.console()
        screen.print(identity_table(store, identities) if identities else "No identity matches.")


@app.command()
def show(run: Run, identity: IdentityId, verbose: terminal.Verbose = 0) -> None:
    """Show the sightings of an identity, why they were joined, and every revision."""
    with terminal.command_frame(verbose), Store.open(run) as store:
        sightings = sightings_of(store, identity)
        screen = terminal.console()
        screen.print(sighting_table(store, sightings))
        by_id = {sighting.sighting_id: sighting for sighting in sightings}
        revisions = [r for r in store.revisions() if r.sighting_id in by_id]
        if revisions:
            screen.print(history_table(revisions, by_id, store.corrections()))


@app.command()
def merge(
    identities: Annotated[
        list[int], typer.Argument(metavar="IDENTITY IDENTITY …", help="Two identities or more.")
    ],
    run: Run,
    by: By = None,
    note: Note = "",
    verbose: terminal.Verbose = 0,
) -> None:
    """Say that identities are one vehicle; it keeps the lowest number."""
    with terminal.command_frame(verbose):
        _correct(run, lambda s: correction_request.merge(s, identities), by=by, note=note)


@app.command()
def split(
    sightings: Annotated[
        list[str], typer.Argument(metavar="CAMERA:TRACK …", help="Sightings of one identity.")
    ],
    run: Run,
    by: By = None,
    note: Note = "",
    verbose: terminal.Verbose = 0,
) -> None:
    """Say that sightings are another vehicle than the rest of their identity."""

    def request(store: Store) -> Request:
        return correction_request.split(store, [sighting_of_name(store, one) for one in sightings])

    with terminal.command_frame(verbose):
        _correct(run, request, by=by, note=note)


@app.command()
def confirm(
    sighting: SightingName,
    identity: IdentityId,
    run: Run,
    by: By = None,
    note: Note = "",
    verbose: terminal.Verbose = 0,
) -> None:
    """Say that a sighting is of an identity, whether it is there now or not."""

    def request(store: Store) -> Request:
        return correction_request.confirm(store, sighting_of_name(store, sighting), identity)

    with terminal.command_frame(verbose):
        _correct(run, request, by=by, note=note)


@app.command()
def reject(
    sighting: SightingName,
    identity: IdentityId,
    run: Run,
    by: By = None,
    note: Note = "",
    verbose: terminal.Verbose = 0,
) -> None:
    """Say that a sighting is not of an identity, whether it is there now or only might be."""

    def request(store: Store) -> Request:
        return correction_request.reject(store, sighting_of_name(store, sighting), identity)

    with terminal.command_frame(verbose):
        _correct(run, request, by=by, note=note)


@app.command()
def undo(
    number: Annotated[int, typer.Argument(help="Number of the correction.")],
    run: Run,
    verbose: terminal.Verbose = 0,
) -> None:
    """Take a correction back; it stays on record."""
    with terminal.command_frame(verbose), open_finished(run) as store:
        _finish(store, making.undo(store, number))


@app.command()
def apply(
    run: Run,
    file: Annotated[
        Path | None,
        typer.Option(
            "--corrections", help="A corrections file.", show_default="<run>/corrections.yaml"
        ),
    ] = None,
    verbose: terminal.Verbose = 0,
) -> None:
    """Apply a corrections file: one that was edited by hand, or made for another run."""
    with terminal.command_frame(verbose), open_finished(run) as store:
        folder = RunFolder(store.path.parent)
        known = corrections_for(folder.corrections, file)
        title = f"{counted(len(known.active), 'correction')} applied"
        _finish(store, making.apply(store, known, title), anew=True)


@app.command()
def corrections(run: Run, verbose: terminal.Verbose = 0) -> None:
    """List all corrections, those undone included."""
    with terminal.command_frame(verbose), Store.open(run) as store:
        known = corrections_for(RunFolder(store.path.parent).corrections, None)
        table = correction_table(known, locate(store, known.sightings))
        terminal.console().print(table if known.corrections else "No corrections have been made.")


@app.command()
def export(
    run: Run,
    out: Annotated[Path, typer.Option(help="New or empty folder.")],
    whole: Annotated[
        bool,
        typer.Option(
            "--whole",
            help="Write all sightings of a corrected identity, not only those that were corrected.",
        ),
    ] = False,
    views: Annotated[int, typer.Option(min=1, help="Maximum number of images per sighting.")] = 8,
    recordings: terminal.MovedTo = None,
    verbose: terminal.Verbose = 0,
) -> None:
    """Write images of corrected vehicles, IDENTITY/CAMERA_….jpg, for ReID training."""
    with terminal.command_frame(verbose), Store.open(run) as store:
        found = Recordings(store, moved_to=recordings)
        written = write_training_crops(store, out, recordings=found, whole=whole, views=views)
        vehicles = counted(written.identities, "vehicle")
        terminal.say(f"{counted(written.crops, 'image')} of {vehicles} in {out}")


def _correct(run: Path, request: Callable[[Store], Request], *, by: str | None, note: str) -> None:
    """Make a correction, apply it, keep it, and write the results again."""
    making.check_text("--by", by or "")
    making.check_text("--note", note)
    with open_finished(run) as store:
        _finish(store, making.correct(store, request, by=by or current_user(), note=note))


def _finish(store: Store, made: Made, *, anew: bool = False) -> None:
    for caution in made.cautions:
        _log.warning("%s", caution)
    terminal.say(made.title)
    for change in made.changes or ("no identity changed",):
        terminal.say(f"  {change}")
    for warning in made.warnings:
        _log.warning("%s", warning)
    refresh(store, anew=anew)
    terminal.say(making.up_to_date(store))


if __name__ == "__main__":
    app()
