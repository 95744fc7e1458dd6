"""Figures of a ReID network: its rankings, and its training curves."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Final

import cv2
import matplotlib
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from reid.evaluation.metrics import Gallery, squared_l2

matplotlib.use("Agg")

_ROWS: Final = 12
"""Queries that are drawn at most."""

_TILE: Final = 96
_BORDER: Final = 4
_GAP: Final = 12
_RIGHT_BGR: Final = (70, 170, 60)
_WRONG_BGR: Final = (50, 50, 220)
_QUERY_BGR: Final = (90, 90, 90)


def ranking_sheet(
    query: Gallery,
    gallery: Gallery,
    images: tuple[NDArray[np.uint8], NDArray[np.uint8]],
    *,
    top: int = 10,
) -> NDArray[np.uint8]:
    """Draw queries with their nearest items: green where it is the vehicle, red where not.

    Images of the query's own identity in its own camera are left out. Queries are evenly spaced
    over the set, so that the image is representative.

    Args:
        query: The queries; those without a match in the gallery are not drawn.
        gallery: What is searched.
        images: Of the queries and of the gallery, uint8 (N, H, W, 3), BGR.
        top: Items to draw for each.

    Returns:
        uint8 (h, w, 3), BGR.
    """
    drawable = [i for i in range(len(query.identity)) if _others(query, gallery, i)[1].any()]
    places = np.linspace(0, len(drawable) - 1, min(_ROWS, len(drawable))).astype(int)
    lines = []
    for row in [drawable[i] for i in places]:
        kept, matches = _others(query, gallery, row)
        one = query.embeddings[row : row + 1]
        ((_, distance),) = squared_l2(one, gallery.embeddings[kept])
        nearest = np.argsort(distance[0], kind="stable")[:top]
        tiles = [_tile(images[0][row], _QUERY_BGR), np.full((_TILE, _GAP, 3), 255, np.uint8)]
        tiles += [
            _tile(images[1][kept[i]], _RIGHT_BGR if matches[i] else _WRONG_BGR) for i in nearest
        ]
        tiles += [np.full((_TILE, _TILE, 3), 255, np.uint8)] * (top - len(nearest))
        lines.append(np.hstack(tiles))
    return np.vstack(lines) if lines else np.full((_TILE, _TILE, 3), 255, np.uint8)


def _others(
    query: Gallery, gallery: Gallery, row: int
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Return the items that count for a query, and which of them are its vehicle."""
    match = gallery.identity == query.identity[row]
    kept = np.flatnonzero(~(match & (gallery.camera == query.camera[row])))
    return kept, match[kept]


def _tile(image: NDArray[np.uint8], colour: tuple[int, int, int]) -> NDArray[np.uint8]:
    inner = _TILE - 2 * _BORDER
    small = cv2.resize(image, (inner, inner), interpolation=cv2.INTER_AREA)
    framed = np.full((_TILE, _TILE, 3), colour, np.uint8)
    framed[_BORDER:-_BORDER, _BORDER:-_BORDER] = small
    return framed


def plot_training(log: Path, path: Path) -> None:
    """Draw the loss and the mAP of each validation set over the steps of a training.

    Args:
        log: The CSV file that `reid.train` writes.
        path: An image file to write.
    """
    with log.open(newline="") as file:
        table = list(csv.DictReader(file))
    steps = [float(row["step"]) for row in table]
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot(steps, [float(row["loss"]) for row in table], marker=".")
    left.set(title="loss", xlabel="step")
    for name in [key for key in table[0] if key.endswith(" mAP")]:
        values = [float(row[name] or "nan") for row in table]  # a set may have joined later
        right.plot(steps, values, marker=".", label=name.removesuffix(" mAP"))
    right.set(title="mAP", xlabel="step", ylim=(0, 1))
    if right.lines:
        right.legend(fontsize="x-small")
    for axes in (left, right):
        axes.grid(alpha=0.3)
    figure.savefig(path, dpi=110)
