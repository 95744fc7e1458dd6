"""What a tracker is shown and shows: detections from rows of numbers, ids by row, looks."""

from __future__ import annotations

import numpy as np

from detector.types import CLASS_NAMES, Detections
from tracking.types import EMBEDDING_DIM, Track

CAR, MOTORCYCLE, BUS, TRUCK = range(len(CLASS_NAMES))


def detections(*rows: tuple[float, ...]) -> Detections:
    """Rows are (x, y, w, h), then optionally confidence and class."""
    full = [(*row, 0.9, CAR)[:6] if len(row) == 4 else (*row, CAR)[:6] for row in rows]
    table = np.array(full, np.float64).reshape(-1, 6)
    corners = np.concatenate([table[:, :2], table[:, :2] + table[:, 2:4]], axis=1)
    return Detections(
        corners.astype(np.float32), table[:, 4].astype(np.float32), table[:, 5].astype(np.int64)
    )


def ids_at(tracks: list[Track]) -> list[int | None]:
    """Return the track id of each detection row, None where a row has none."""
    by_row = {track.detection: track.track_id for track in tracks if track.detection is not None}
    return [by_row.get(row) for row in range(1 + max(by_row, default=-1))]


def direction(*weights: float) -> np.ndarray:
    vector = np.zeros(EMBEDDING_DIM, np.float32)
    vector[: len(weights)] = weights
    return vector / np.linalg.norm(vector)
