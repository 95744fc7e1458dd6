"""Makes corrections of a run and takes them back: what the command and the web pages do alike."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app.corrections.correcting import add, take_back
from app.corrections.correction_session import keep
from app.corrections.corrections_file import corrections_for
from app.errors import ConfigError
from app.results.outputs import HEEDED_KEY
from app.storage.run_folder import RunFolder

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.corrections.correction import Corrections
    from app.corrections.correction_request import Request
    from app.storage.records import Revision, Sighting
    from app.storage.store import Store
    from app.storage.store_reader import StoreReader


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What was corrected, and what that changed.

    Attributes:
        title: What was done, in a line.
        revisions: The identities that changed.
        changes: These as people read them: `gate:31: 3 → 2`.
        about: The sightings that were called one vehicle.
        cautions: What to know beforehand, one line each.
        warnings: What could not be done, one line each.
    """

    title: str
    revisions: tuple[Revision, ...]
    changes: tuple[str, ...]
    about: tuple[Sighting, ...] = ()
    cautions: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def correct(store: Store, request: Callable[[Store], Request], *, by: str, note: str) -> Made:
    """Make a correction and keep it; the results are left to `correction_session.refresh`.

    Args:
        store: The run, as `open_finished` opened it.
        request: Returns what is asked for.
        by: Who asks.
        note: Why.

    Raises:
        ScanTrackError: If it is impossible, contradicts an older one, or cannot be written; then
            nothing has changed.
    """
    known = _corrections(store)
    asked = request(store)
    known = add(store, known, asked, by=by, at=_now(), note=note)
    newest = known.corrections[-1]
    return apply(store, known, f"correction {newest.id}: {newest.kind}", about=asked.same)


def undo(store: Store, number: int) -> Made:
    """Take a correction back and keep that; the results are left to `correction_session.refresh`.

    Args:
        store: The run, as `open_finished` opened it.
        number: Of the correction.

    Raises:
        ScanTrackError: If it does not hold, those that remain contradict each other, or it cannot
            be written; then nothing has changed.
    """
    known = without(store, number)
    return apply(store, known, f"correction {number} undone", cautions=undo_cautions(store, number))


def without(store: StoreReader, number: int) -> Corrections:
    """Return the corrections of a run without one, which nobody takes back yet.

    Raises:
        ConfigError: If it does not hold, or those that remain contradict each other.
    """
    return take_back(store, _corrections(store), number, at=_now())


def undo_cautions(store: StoreReader, number: int) -> tuple[str, ...]:
    """Return what to know before a correction is taken back, one line each."""
    if number not in store.meta(HEEDED_KEY, []):
        return ()
    return (
        f"the run was made with correction {number}; process the recordings again to see the "
        "association without it",
    )


def apply(
    store: Store,
    corrections: Corrections,
    title: str,
    *,
    about: tuple[Sighting, ...] = (),
    cautions: tuple[str, ...] = (),
) -> Made:
    """Bring a run in line with corrections and keep them; the results are left as they are.

    Raises:
        ScanTrackError: If they cannot be written; then nothing has changed.
    """
    outcome = keep(store, corrections)
    names = {sighting.sighting_id: sighting.name for sighting in store.sightings()}
    return Made(
        title=title,
        revisions=outcome.revisions,
        changes=tuple(
            f"{names[one.sighting_id]}: {one.before} → {one.after}" for one in outcome.revisions
        ),
        about=about,
        cautions=cautions,
        warnings=outcome.warnings,
    )


def up_to_date(store: Store) -> str:
    """Return what to say once the results have been written again."""
    folder = store.path.parent
    return (
        f"tracks, thumbnails and report in {folder} are up to date; draw the videos again "
        f"with: python -m app.render --run {shlex.quote(str(folder))}"
    )


def check_text(option: str, text: str) -> None:
    """Check that the store can keep a text.

    Raises:
        ConfigError: If it is not UTF-8.
    """
    if text != text.encode(errors="replace").decode():
        raise ConfigError(f"{option}: {text!r} is not UTF-8, which the store cannot keep")


def _corrections(store: StoreReader) -> Corrections:
    return corrections_for(RunFolder(store.path.parent).corrections, None)


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
