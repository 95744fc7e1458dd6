"""Saves corrections: in the file, in the store, and in the results derived from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.atomic import write_bytes
from app.corrections.correcting import apply_corrections
from app.corrections.corrections_file import write_corrections
from app.errors import OutputError, StoreError
from app.results.outputs import update_results, write_results
from app.results.summary import refresh_summary
from app.storage.run_folder import RunFolder
from app.storage.run_state import is_tracked
from app.storage.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from app.corrections.correcting import Outcome
    from app.corrections.correction import Corrections


def open_finished(run: Path) -> Store:
    """Open the store of a run to correct it; until that is done nobody else can.

    Two corrections at once would otherwise both begin with the file as it was, and one be lost.

    Raises:
        StoreError: If it cannot be opened, or its identities have not been decided yet.
    """
    store = Store.open(run, readonly=False)
    if not is_tracked(store):
        store.close()
        raise StoreError(
            f"{store.path}: the run has not finished, so its identities are not decided yet; if "
            "it broke off, run it again"
        )
    try:
        store.reserve()
    except StoreError:
        store.close()
        raise
    return store


def keep(store: Store, corrections: Corrections) -> Outcome:
    """Apply a run's corrections and write its corrections file: both, or neither of them.

    The results are not touched; see `refresh`.

    Raises:
        OutputError: If the file cannot be written, or the disk is full.
        StoreError: If the store cannot be.
    """
    file = RunFolder(store.path.parent).corrections
    try:
        outcome = apply_corrections(store, corrections)
        former = file.read_bytes() if file.is_file() else None
        write_corrections(file, corrections)
        try:
            store.commit()
        except (OutputError, StoreError):
            # A full disk: what was said before takes no more room than what is there now.
            file.unlink()
            if former is not None:
                write_bytes(file, former)
            raise
    finally:
        # Also of Ctrl-C nothing must be left that is half a correction.
        store.rollback()
    return outcome


def refresh(store: Store, *, anew: bool = False) -> None:
    """Bring the results of a run up to date with its identities.

    What is left undone, by Ctrl-C or a full disk, the next call makes up for.

    Args:
        store: The run.
        anew: Whether all is written, and not only what shows identities that have changed.

    Raises:
        OutputError: If a file cannot be written.
    """
    folder = RunFolder(store.path.parent)
    (write_results if anew else update_results)(store, folder.path)
    refresh_summary(folder.summary, store)
