"""Figures of a detector: its precision-recall curve, and its worst errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import matplotlib
import numpy as np
from matplotlib.figure import Figure

from detector.evaluation.metrics import RECALL_POINTS, assign, excused, match, precision_curve

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from detector.truth import Truth
    from detector.types import Detections

matplotlib.use("Agg")

_TILE: Final = 160
_COLUMNS: Final = 8
_ROWS: Final = 3
_CAPTION: Final = 18
_CONTEXT: Final = 1.0
"""Of an error's longer side, shown on each side of it."""
_MISS_BGR: Final = (0, 215, 255)
_FALSE_BGR: Final = (60, 60, 255)


@dataclass(frozen=True, slots=True, eq=False)
class Mistake:
    """A false negative or a false positive.

    Attributes:
        image: Number of the image.
        xyxy: float32 (4,), pixels.
        missed: Whether a vehicle was missed; otherwise it is a false positive.
        weight: How bad: a missed vehicle's height in pixels, a false positive's confidence.
    """

    image: int
    xyxy: NDArray[np.float32]
    missed: bool
    weight: float


def find_mistakes(
    detections: Sequence[Detections], truths: Sequence[Truth], *, confidence: float
) -> list[Mistake]:
    """Return all errors at a threshold: misses first, in each kind the worst first.

    Args:
        detections: Of each image.
        truths: Of each image.
        confidence: Lowest confidence that counts as a detection.
    """
    mistakes = []
    for image, (found, truth) in enumerate(zip(detections, truths, strict=True)):
        sure = found[found.confidence >= confidence]
        vehicle = assign(sure, truth.xyxy)
        for row in np.setdiff1d(np.arange(len(truth.xyxy)), vehicle):
            box = truth.xyxy[row]
            mistakes.append(Mistake(image, box, True, float(box[3] - box[1])))
        wrong = np.flatnonzero((vehicle < 0) & ~excused(sure.xyxy, truth.ignore))
        mistakes += [Mistake(image, sure.xyxy[i], False, float(sure.confidence[i])) for i in wrong]
    return sorted(mistakes, key=lambda m: (not m.missed, -m.weight, m.image, m.xyxy.tolist()))


def mistake_sheet(
    mistakes: Sequence[Mistake], read: Callable[[int], NDArray[np.uint8]]
) -> NDArray[np.uint8]:
    """Draw the worst errors with their surroundings: misses above, false positives below.

    Args:
        mistakes: From `find_mistakes`.
        read: Gives the image of a number, uint8 (H, W, 3) BGR.

    Returns:
        uint8 (h, w, 3) BGR.
    """
    parts = []
    for missed, title in (
        (True, "missed, largest first"),
        (False, "false positives, most confident first"),
    ):
        mine = [m for m in mistakes if m.missed == missed]
        tiles = [_tile(m, read(m.image)) for m in mine[: _COLUMNS * _ROWS]]
        caption = np.full((2 * _CAPTION, _COLUMNS * _TILE, 3), 255, np.uint8)
        _write(caption, f"{len(mine)} {title}", scale=0.6)
        parts.append(caption)
        for start in range(0, len(tiles), _COLUMNS):
            row = tiles[start : start + _COLUMNS]
            row += [np.full_like(row[0], 255)] * (_COLUMNS - len(row))
            parts.append(np.hstack(row))
    return np.vstack(parts)


def _tile(mistake: Mistake, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Cut an error out, scaled to a tile with its box and weight."""
    x1, y1, x2, y2 = mistake.xyxy.tolist()
    half = max(x2 - x1, y2 - y1) * (0.5 + _CONTEXT)
    scale = _TILE / (2 * half)
    shift = np.array([half - (x1 + x2) / 2, half - (y1 + y2) / 2]) * scale
    affine = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    tile = cv2.warpAffine(
        image, affine, (_TILE, _TILE), flags=cv2.INTER_AREA, borderValue=(96,) * 3
    )
    corners = (np.array([[x1, y1], [x2, y2]]) * scale + shift).round().astype(int)
    colour = _MISS_BGR if mistake.missed else _FALSE_BGR
    cv2.rectangle(tile, corners[0].tolist(), corners[1].tolist(), colour, 1)
    caption = np.full((_CAPTION, _TILE, 3), 255, np.uint8)
    weight = f"{mistake.weight:.0f} px" if mistake.missed else f"{mistake.weight:.2f}"
    _write(caption, f"#{mistake.image}  {weight}", scale=0.4)
    return np.vstack([np.asarray(tile, np.uint8), caption])


def _write(image: NDArray[np.uint8], text: str, *, scale: float) -> None:
    origin = (4, image.shape[0] - 5)
    cv2.putText(image, text, origin, cv2.FONT_HERSHEY_SIMPLEX, scale, (0, 0, 0), 1, cv2.LINE_AA)


def plot_precision_recall(
    found: Mapping[str, Sequence[Detections]], truths: Sequence[Truth], path: Path, *, title: str
) -> None:
    """Draw the interpolated precision over recall of detectors, class-agnostically.

    Args:
        found: By detector, the detections of each image.
        truths: Of each image.
        path: An image file to write.
        title: What the images are.
    """
    figure = Figure(figsize=(5, 4), layout="constrained")
    axes = figure.add_subplot(title=title, xlabel="recall", ylabel="precision")
    for name, detections in found.items():
        curve = precision_curve(match(detections, truths))
        axes.plot(RECALL_POINTS, curve, label=f"{name}  AP50 {curve.mean():.3f}")
    axes.set(xlim=(0, 1), ylim=(0, 1.02))
    axes.grid(alpha=0.3)
    axes.legend(loc="lower left", fontsize="small")
    figure.savefig(path, dpi=120)
