"""Keeping corrections: in the file, in the store, and in the results made from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.correcting import apply_corrections
from app.corrections_file import write_corrections
from app.errors import StoreError
from app.results import TRACKED_KEY, write_results
from app.run_folder import RunFolder
from app.store import Store
from app.summary import refresh_summary

if TYPE_CHECKING:
    from pathlib import Path

    from app.correcting import Outcome
    from app.corrections import Corrections


def open_finished(run: Path) -> Store:
    """Open the store of a run to correct it.

    Raises:
        StoreError: If it cannot be opened, or its identities have not been decided yet.
    """
    store = Store.open(run, readonly=False)
    if not store.meta(TRACKED_KEY, False):
        store.close()
        raise StoreError(
            f"{store.path}: the run has not finished, so its identities are not decided yet"
        )
    return store


def keep(store: Store, corrections: Corrections) -> Outcome:
    """Write a run's corrections file, apply it, and write the run's results anew.

    Raises:
        OutputError: If a file cannot be written.
    """
    folder = RunFolder(store.path.parent)
    # The file goes first: with it alone, nothing that a person said is lost.
    write_corrections(folder.corrections, corrections)
    outcome = apply_corrections(store, corrections)
    write_results(store, folder.path)
    refresh_summary(folder.summary, store)
    return outcome
