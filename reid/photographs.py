"""Makes ReID crops from labelled photographs: `python -m reid.photographs`.

Every labelled vehicle becomes an identity of one image in the plain folder layout,
`<set>-<n>/<set>_<photograph>.jpg`. One image says nothing about the vehicle's appearance elsewhere;
but distinguishing thousands of real vehicles, each augmented as if another camera had taken it
(`reid.augmentation.augment`), keeps a network's features suited to real ones.
"""

from __future__ import annotations

import glob
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import cv2
import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console

from detector.boxes import iou
from detector.console.command_line import run_command
from detector.console.terminal import check_folder, command_frame
from detector.files.image_file import write_image
from reid.crops import pixel_boxes

MIN_SIDE_PX: Final = 48
"""Shorter side below which a vehicle shows too little of itself to be distinguished from others."""
MAX_OVERLAP: Final = 0.15
"""IoU with another vehicle's box above which a crop shows two vehicles."""
_SUFFIXES: Final = (".jpg", ".jpeg", ".png")

_FIELDS: Final = (5, 6)
"""In a line of labels: class and box, perhaps a confidence."""

_ROUNDING: Final = 0.01
"""By so much shares of labels are outside of 0 to 1 where a tool has rounded them."""


def read_labels(path: Path, *, width: int, height: int) -> NDArray[np.float32]:
    """Read a YOLO label file: class, centre x, centre y, width, height as shares, per line.

    Returns:
        The boxes in pixels, float32 (N, 4), xyxy.

    Raises:
        ValueError: If it holds something else.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not a YOLO label file: {error}") from error
    fields = [line.split() for line in lines if line.strip()]
    if any(
        len(row) not in _FIELDS for row in fields
    ):  # outlines have more, and would pass for boxes
        raise ValueError(f"{path} is not a YOLO label file: class cx cy w h are expected")
    try:
        rows = np.array([row[1:5] for row in fields], np.float32)
        centre, size = rows.reshape(-1, 4)[:, :2], rows.reshape(-1, 4)[:, 2:]
    except ValueError as error:
        raise ValueError(f"{path} is not a YOLO label file: {error}") from error
    shares = np.concatenate([centre, size])
    if not ((shares >= -_ROUNDING) & (shares <= 1 + _ROUNDING)).all():
        raise ValueError(f"{path} is not a YOLO label file: fractions of the image are expected")
    boxes: NDArray[np.float32] = np.concatenate([centre - size / 2, centre + size / 2], axis=1)
    boxes *= np.array([width, height, width, height], np.float32)
    return boxes


def choose(boxes: NDArray[np.float32], *, min_side: int = MIN_SIDE_PX) -> NDArray[np.float32]:
    """Return the boxes that are large enough and show one vehicle alone; float32 (N, 4)."""
    large = (boxes[:, 2:] - boxes[:, :2]).min(axis=1) >= min_side
    overlap = iou(boxes, boxes)
    np.fill_diagonal(overlap, 0.0)
    alone = overlap.max(axis=1, initial=0.0) <= MAX_OVERLAP
    return boxes[np.flatnonzero(large & alone)]


def crops_of(
    folder: Path, *, min_side: int = MIN_SIDE_PX
) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Yield the name of the photograph and the crop, uint8 (H, W, 3) BGR, of each vehicle.

    Args:
        folder: `images/` and, with the same names, `labels/`.
        min_side: Shorter side of the smallest box, in pixels.

    Raises:
        FileNotFoundError: If a folder is missing.
        ValueError: If a label file or a photograph cannot be read.
    """
    for part in ("images", "labels"):
        if not (folder / part).is_dir():
            raise FileNotFoundError(f"{folder / part} is missing")
    for path in sorted((folder / "images").iterdir()):
        labels = folder / "labels" / f"{path.stem}.txt"
        if path.suffix.lower() not in _SUFFIXES or not labels.is_file():
            continue
        image = cv2.imread(str(path))
        if image is None:
            raise ValueError(f"{path} cannot be read as an image")
        height, width = image.shape[:2]
        boxes = choose(read_labels(labels, width=width, height=height), min_side=min_side)
        for x1, y1, x2, y2 in pixel_boxes(boxes, width=width, height=height):
            # A copy: a view would keep the whole photograph in memory for as long as its crop.
            yield path.stem, np.array(image[y1:y2, x1:x2], np.uint8)


def main(
    folder: Annotated[Path, typer.Argument(help="images/ and labels/ (YOLO format).")],
    out: Annotated[Path, typer.Option(help="Folder for the crops.")],
    limit: Annotated[
        int, typer.Option(min=1, help="Maximum number of vehicles, spread evenly.")
    ] = 1000,
    min_side: Annotated[
        int, typer.Option(min=8, help="Shorter side of the smallest box, in pixels.")
    ] = MIN_SIDE_PX,
) -> None:
    """Make ReID crops out of labelled photographs: every vehicle an identity of its own."""
    console = Console()
    name = folder.resolve().name.replace("_", "-")
    with command_frame():
        check_folder(out)
        if there := sorted(out.glob(f"{glob.escape(name)}-{5 * '[0-9]'}")):
            raise ValueError(
                f"{there[0]} is there already: other vehicles would get into its folder; remove "
                f"{name}-* or choose another --out"
            )
        crops = list(crops_of(folder, min_side=min_side))
        if not crops:
            raise ValueError(
                f"{folder} has no labelled vehicle that is {min_side} px wide and high, and alone"
            )
        evenly = np.linspace(0, len(crops) - 1, min(limit, len(crops)))
        picks = np.unique(evenly.round().astype(int))
        for number, pick in enumerate(picks):
            photograph, crop = crops[pick]
            target = out / f"{name}-{number:05d}"
            target.mkdir(parents=True, exist_ok=True)
            write_image(target / f"{name}_{photograph}.jpg", crop)
        console.print(f"{len(picks)} of {len(crops)} vehicles from {folder}")


if __name__ == "__main__":
    run_command(main)
