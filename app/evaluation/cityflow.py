"""CityFlow's text format: one file for all cameras, as the AI City Challenge requires.

A line is `camera_id obj_id frame_id xmin ymin width height xworld yworld`, separated by spaces;
frames count from 1, boxes are in pixels, world coordinates are GPS, or -1 if unknown (they are
neither scored nor read here).

Cameras are numbers there and names here. A camera's number is the last number in its name, as in
CityFlow's own folders (`c041` is camera 41), if every camera has a different one; otherwise cameras
are numbered from 1 in order of their names.

Reference: Tang et al., "CityFlow: A City-Scale Benchmark for Multi-Target Multi-Camera Vehicle
Tracking and Re-Identification", CVPR 2019; the challenge's "Submission Format" of Track 1 (2021).
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Final

import numpy as np

from app.atomic import atomic_file
from app.errors import ConfigError
from app.evaluation.box_text import check_box
from tracking.evaluation.comparison import LabelledBoxes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

_log = logging.getLogger(__name__)

_COLUMNS: Final = ("camera_id", "obj_id", "frame_id", "xmin", "ymin", "width", "height")
_UNKNOWN: Final = "-1 -1"


def camera_numbers(names: Iterable[str]) -> dict[str, int]:
    """Return the number of each camera.

    >>> camera_numbers(["c041", "c042"])
    {'c041': 41, 'c042': 42}
    >>> camera_numbers(["south", "north"])
    {'north': 1, 'south': 2}
    """
    ordered = sorted(names)
    stated = [re.findall(r"\d+", name) for name in ordered]
    numbers = [int(found[-1]) for found in stated if found]
    if len(set(numbers)) < len(ordered):
        numbers = list(range(1, len(ordered) + 1))
    return dict(zip(ordered, numbers, strict=True))


def name_cameras(
    boxes: Mapping[int, LabelledBoxes], names: Iterable[str]
) -> dict[str, LabelledBoxes]:
    """Return the boxes of numbered cameras under the names that others have for them.

    Args:
        boxes: By number.
        names: Of the cameras of the other side; a number that is none of theirs becomes `c001`.
    """
    known = {number: name for name, number in camera_numbers(names).items()}
    return {known.get(number, f"c{number:03d}"): found for number, found in boxes.items()}


def read_cityflow(path: Path) -> dict[int, LabelledBoxes]:
    """Return the boxes of a CityFlow file by the number of the camera.

    Of an identity that is several times in a frame the first box is kept, as the challenge's
    evaluation does; that is logged.

    Raises:
        ConfigError: If the file cannot be read, or a line is not of this format or no possible box;
            names file and line.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read as CityFlow text: {error}") from error
    rows = [_parse(line, f"{path}:{n}") for n, line in enumerate(lines, start=1) if line.strip()]
    if not rows:
        raise ConfigError(f"{path}: no boxes in this file")
    table = np.array(rows, np.float64)
    first = np.sort(np.unique(table[:, :3], axis=0, return_index=True)[1])
    if len(first) < len(table):
        repeated = len(table) - len(first)
        _log.warning("%s: %d boxes repeat an identity in a frame; ignored", path, repeated)
    table = table[first]
    return {int(number): _boxes(table[table[:, 0] == number]) for number in np.unique(table[:, 0])}


def _boxes(table: NDArray[np.float64]) -> LabelledBoxes:
    corner, size = table[:, 3:5], table[:, 5:7]
    xyxy = np.concatenate([corner, corner + size], axis=1)
    return LabelledBoxes(table[:, 2].astype(np.int64), table[:, 1].astype(np.int64), xyxy)


def _parse(line: str, place: str) -> list[float]:
    try:
        values = [float(field) for field in line.split()[: len(_COLUMNS)]]
    except ValueError:
        values = []
    fits = len(values) == len(_COLUMNS) and bool(np.isfinite(values).all())
    if not fits or not all(v.is_integer() for v in values[:3]):
        raise ConfigError(
            f"{place}: expected {' '.join(_COLUMNS)} as numbers separated by spaces, found "
            f"{line.strip()!r}"
        )
    check_box(place, line, frame=values[2], identity=values[1], xywh=values[3:])
    return values


def write_cityflow(path: Path, cameras: Mapping[str, LabelledBoxes]) -> dict[str, int]:
    """Write tracks as a submission.

    Boxes are rounded to whole pixels, which the challenge's evaluation needs to look them up in
    the region of interest.

    Args:
        path: The file.
        cameras: Boxes by camera, under global identities.

    Returns:
        The number that stands for each camera.

    Raises:
        OutputError: If it cannot be written.
    """
    numbers = camera_numbers(cameras)
    with atomic_file(path) as file:
        for name, number in sorted(numbers.items(), key=lambda item: item[1]):
            boxes = cameras[name]
            corners = np.rint(boxes.xyxy).astype(np.int64)
            sizes = np.maximum(corners[:, 2:] - corners[:, :2], 1)
            for row in np.lexsort((boxes.identity, boxes.frame)).tolist():
                (x, y), (width, height) = corners[row, :2], sizes[row]
                who = f"{number} {boxes.identity[row]} {boxes.frame[row]}"
                file.write(f"{who} {x} {y} {width} {height} {_UNKNOWN}\n".encode())
    return numbers
