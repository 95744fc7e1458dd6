"""`summary.json`: counts, speed and warnings of a run."""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from app.atomic import write_text
from app.errors import OutputError
from app.running.earlier_run import LEARNED_FROM_KEY

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.storage.store_reader import StoreReader


def summarize(
    store: StoreReader,
    *,
    stage_seconds: dict[str, float],
    crops_embedded: int,
    warnings: Sequence[str],
    complete: bool,
) -> dict[str, Any]:
    """Return the summary of a run.

    Args:
        store: What it saw.
        stage_seconds: Wall-clock seconds by stage.
        crops_embedded: Vehicle crops that went through the ReID network.
        warnings: What went wrong, one line each.
        complete: Whether all cameras came to their end.
    """
    totals = store.totals()
    cameras = store.cameras()
    begin = min((c.first_timestamp for c in cameras if c.first_timestamp is not None), default=0.0)
    end = max((c.last_timestamp for c in cameras if c.last_timestamp is not None), default=0.0)
    seconds = sum(stage_seconds.values())
    return {
        "scantrack": version("scantrack"),
        "complete": complete,
        "learned_from": store.meta(LEARNED_FROM_KEY),
        "frames": totals.frames,
        "vehicles": totals.vehicles,
        "identities": totals.identities,
        "identities_in_two_or_more_cameras": totals.shared_identities,
        "cameras": {
            camera.camera_id: {
                "frames": camera.frames,
                "first_timestamp": camera.first_timestamp,
                "last_timestamp": camera.last_timestamp,
            }
            for camera in cameras
        },
        "stream_seconds": round(end - begin, 3),
        "crops_embedded": crops_embedded,
        "crops_embedded_per_stream_second": _rate(crops_embedded, end - begin),
        "seconds": round(seconds, 3),
        "frames_per_second": _rate(totals.frames, seconds),
        "stages": {
            name: {
                "seconds": round(spent, 3),
                "share": round(spent / seconds, 4) if seconds else 0.0,
                "frames_per_second": _rate(totals.frames, spent),
            }
            for name, spent in stage_seconds.items()
        },
        "warnings": list(warnings),
    }


def write_summary(path: Path, summary: dict[str, Any]) -> None:
    """Write a summary as JSON.

    Raises:
        OutputError: If it cannot be written.
    """
    write_text(path, json.dumps(summary, indent=2) + "\n")


def refresh_summary(path: Path, store: StoreReader) -> None:
    """Bring the counts of identities in a summary up to date; nothing happens if there is none.

    Raises:
        OutputError: If it cannot be read or written.
    """
    if not path.exists():
        return
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise OutputError(f"{path}: cannot be read: {error}") from error
    totals = store.totals()
    counts = {
        "identities": totals.identities,
        "identities_in_two_or_more_cameras": totals.shared_identities,
    }
    write_summary(path, summary | counts)


def _rate(count: int, seconds: float) -> float | None:
    return round(count / seconds, 2) if seconds > 0 else None
