"""MOT text files: one line per box, `frame,id,x,y,w,h,confidence,class,visibility`.

Reference: Dendorfer et al., "MOT20: A benchmark for multi object tracking in crowded scenes", 2020,
Sect. 2.4. Frames count from 1, x and y are the upper left corner in pixels. What comes after the
height may be missing, and a class may be a number or a name: only the boxes and identities are
read. `app.results.export` writes them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.errors import ConfigError
from app.evaluation.box_text import check_box
from tracking.evaluation.comparison import LabelledBoxes

if TYPE_CHECKING:
    from pathlib import Path


def read_mot(path: Path) -> LabelledBoxes:
    """Return the boxes of a MOT file; an empty file is a sequence without boxes.

    Raises:
        ConfigError: If the file cannot be read, a line is not MOT text or no possible box, or an
            identity is twice in a frame; names file and line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read as MOT text: {error}") from error
    rows: list[list[float]] = []
    lines: dict[tuple[float, float], int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            row = _parse(line, f"{path}:{number}")
            frame, identity = row[:2]
            first = lines.setdefault((frame, identity), number)
            if first != number:
                raise ConfigError(
                    f"{path}:{number}: identity {identity:.0f} is twice in frame {frame:.0f}, "
                    f"first in line {first}"
                )
            rows.append(row)
    table = np.array(rows, np.float64).reshape(-1, 6)
    xyxy = np.concatenate([table[:, 2:4], table[:, 2:4] + table[:, 4:6]], axis=1)
    return LabelledBoxes(table[:, 0].astype(np.int64), table[:, 1].astype(np.int64), xyxy)


def _parse(line: str, place: str) -> list[float]:
    try:
        values = [float(field) for field in line.split(",")[:6]]
    except ValueError:
        values = []
    fits = len(values) == 6 and np.isfinite(values).all()
    if not fits or not all(v.is_integer() for v in values[:2]):
        raise ConfigError(
            f"{place}: expected frame (from 1), identity, x, y, width, height as numbers separated "
            f"by commas, found {line.strip()!r}"
        )
    check_box(place, line, frame=values[0], identity=values[1], xywh=values[2:])
    return values
