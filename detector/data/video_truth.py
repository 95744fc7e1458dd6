"""Ground truth of a video's frames, as written beside it by `python -m city.render` or others.

`gt_all/NAME.txt` beside `NAME.mp4`, in MOT format: frame (from 1), id, x, y, width, height, 1,
class, visibility. Classes are names, see `detector.classes`.
"""

from __future__ import annotations

import csv
import math
from typing import TYPE_CHECKING, Final

import numpy as np

from detector.boxes import xywh_to_xyxy
from detector.classes import class_map
from detector.truth import Truth

if TYPE_CHECKING:
    from pathlib import Path

MIN_HEIGHT_PX: Final = 10.0
"""Of a lower vehicle nobody could say where it ends: a region to ignore."""

_COLUMNS: Final = 9


def read_video_truth(video: Path, *, min_visibility: float) -> dict[int, Truth] | None:
    """Return the truth of each frame (from 0) that has vehicles, in pixels; None if there is none.

    Args:
        video: Its file.
        min_visibility: Vehicles of which a smaller share is visible are regions to ignore.

    Raises:
        ValueError: If a line is not as described above, or its box cannot be.
    """
    path = video.parent / "gt_all" / f"{video.stem}.txt"
    if not path.is_file():
        return None
    frames: dict[int, list[tuple[list[float], int, bool]]] = {}
    with path.open(newline="", encoding="utf-8") as file:
        for number, row in enumerate(csv.reader(file), start=1):
            try:
                frame, box, sure, name = _parse(row, min_visibility)
            except ValueError as error:
                raise ValueError(
                    f"{path}:{number}: expected 'frame,id,x,y,width,height,1,class,visibility'"
                ) from error
            class_id = class_map([name]).get(0, -1)
            frames.setdefault(frame, []).append((box, class_id, sure and class_id >= 0))
    return {frame: _truth(rows) for frame, rows in frames.items()}


def _parse(row: list[str], min_visibility: float) -> tuple[int, list[float], bool, str]:
    """Return frame (from 0), x, y, width, height, whether it is a label, and its class."""
    if len(row) != _COLUMNS:
        raise ValueError(f"{len(row)} columns")
    box = [float(value) for value in row[2:6]]
    if int(row[0]) < 1 or not all(map(math.isfinite, box)) or min(box[2:]) <= 0:
        raise ValueError("no frame, or no box")
    sure = float(row[8]) >= min_visibility and box[3] >= MIN_HEIGHT_PX
    return int(row[0]) - 1, box, sure, row[7]


def _truth(rows: list[tuple[list[float], int, bool]]) -> Truth:
    xyxy = xywh_to_xyxy(np.array([box for box, _, _ in rows], np.float32))
    classes = np.array([class_id for _, class_id, _ in rows], np.int64)
    sure = np.array([is_label for _, _, is_label in rows])
    return Truth(xyxy[sure], classes[sure], xyxy[~sure])
