"""The results of a run that are made from its store alone, and again when identities change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.config import OutputConfig
from app.export import write_thumbnails, write_tracks
from app.report import write_report
from app.run_folder import RunFolder

if TYPE_CHECKING:
    from pathlib import Path

    from app.store_reader import StoreReader

OUTPUT_KEY: Final = "output"
"""Where a run's store keeps its output settings."""

WARNINGS_KEY: Final = "warnings"
"""Where it keeps what went wrong, one line each."""

TRACKED_KEY: Final = "tracked"
"""Set once all identities have been decided."""

HEEDED_KEY: Final = "corrections_heeded"
"""Numbers of the corrections that the association was told of."""


def write_results(store: StoreReader, folder: Path) -> None:
    """Write tracks (the final ones and those known at the time), thumbnails and the report.

    Args:
        store: A run whose identities have been decided.
        folder: The run's.

    Raises:
        OutputError: If a file cannot be written.
    """
    place = RunFolder(folder)
    gap_s = output_settings(store).max_gap_s
    write_tracks(store, place.tracks, max_gap_s=gap_s)
    write_tracks(store, RunFolder(folder, online=True).tracks, max_gap_s=gap_s, online=True)
    write_thumbnails(store, place.thumbnails)
    write_report(
        store, place.report, name=folder.resolve().name, warnings=store.meta(WARNINGS_KEY, [])
    )


def output_settings(store: StoreReader) -> OutputConfig:
    """Return the output settings that a run was made with."""
    return OutputConfig.model_validate(store.meta(OUTPUT_KEY, {}))
