"""Results of a run that are made from its store alone, and again when identities change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.results.export import update_thumbnails, update_tracks, write_thumbnails, write_tracks
from app.results.report import write_report
from app.storage.run_folder import RunFolder

if TYPE_CHECKING:
    from pathlib import Path

    from app.config import OutputConfig
    from app.storage.store import Store
    from app.storage.store_reader import StoreReader

OUTPUT_KEY: Final = "output"
"""Where a run's store keeps its output settings."""

WARNINGS_KEY: Final = "warnings"
"""Where it keeps what went wrong, one line each."""

HEEDED_KEY: Final = "corrections_heeded"
"""Numbers of the corrections that the association was told of."""


_WRITTEN_KEY: Final = "results_written"
"""Where it keeps how much of its history of identities the results show."""


def write_results(store: Store, folder: Path) -> None:
    """Write tracks (final and online), thumbnails and the report.

    Args:
        store: A run whose identities have been decided; it notes that the results are up to date.
        folder: The run's.

    Raises:
        OutputError: If a file cannot be written.
    """
    place = RunFolder(folder)
    history = sum(1 for _ in store.revisions())
    gap_s = _max_gap_s(store)
    write_tracks(store, place.tracks, max_gap_s=gap_s)
    write_tracks(store, RunFolder(folder, online=True).tracks, max_gap_s=gap_s, online=True)
    write_thumbnails(store, place.thumbnails)
    _write_report(store, place)
    _note(store, history)


def update_results(store: Store, folder: Path) -> None:
    """Bring the results up to date with the identities that have changed since they were written.

    Only what shows these is written; the online ones do not change, and the report,
    which has its limits, is always written as a whole. Where files are missing or were changed by
    hand, all are written.

    Args:
        store: A run whose identities have been decided; it notes that the results are up to date.
        folder: The run's.

    Raises:
        OutputError: If a file cannot be written.
    """
    place = RunFolder(folder)
    written = store.meta(_WRITTEN_KEY)
    if written is None or not _all_there(store, folder):
        write_results(store, folder)
        return
    revisions = list(store.revisions(skip=written))
    changed = [store.sighting(sighting_id) for sighting_id in {r.sighting_id for r in revisions}]
    try:
        update_tracks(store, place.tracks, changed, max_gap_s=_max_gap_s(store))
    except ValueError:
        write_results(store, folder)
        return
    update_thumbnails(store, place.thumbnails, changed, revisions)
    _write_report(store, place)
    _note(store, written + len(revisions))


def _all_there(store: StoreReader, folder: Path) -> bool:
    """Return whether the files of all cameras are there."""
    kinds = (RunFolder(folder), RunFolder(folder, online=True))
    return all(
        (kind.tracks / f"{camera.camera_id}.txt").is_file()
        for kind in kinds
        for camera in store.cameras()
    )


def _write_report(store: StoreReader, place: RunFolder) -> None:
    name, warnings = place.path.resolve().name, store.meta(WARNINGS_KEY, [])
    write_report(store, place.report, name=name, warnings=warnings)


def _note(store: Store, history: int) -> None:
    store.set_meta(_WRITTEN_KEY, history)
    store.commit()


def _max_gap_s(store: StoreReader) -> float:
    # Without the configuration's model, whose import brings PyTorch along.
    kept = store.meta(OUTPUT_KEY, {})
    return float(kept["max_gap_s"]) if "max_gap_s" in kept else output_settings(store).max_gap_s


def output_settings(store: StoreReader) -> OutputConfig:
    """Return the output settings that a run was made with."""
    # Imported here because PyTorch comes with it, which takes seconds.
    from app.config import OutputConfig

    return OutputConfig.model_validate(store.meta(OUTPUT_KEY, {}))
