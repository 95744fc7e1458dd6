"""Geometry of polylines: float64 (N, 2) in metres, N at least 2, without repeated points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def length_m(line: NDArray[np.float64]) -> float:
    """Return the length of a polyline.

    >>> length_m(np.array([[0.0, 0.0], [3.0, 4.0]]))
    5.0
    """
    return float(np.linalg.norm(np.diff(line, axis=0), axis=1).sum())


def normals(line: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the left-hand normal at each point, (N, 2), stretched at bends to keep the width.

    The stretch is limited to 2 so that sharp bends grow no spikes.
    """
    steps = np.diff(line, axis=0)
    steps = steps / np.maximum(np.linalg.norm(steps, axis=1, keepdims=True), 1e-9)
    left = np.column_stack([-steps[:, 1], steps[:, 0]])
    before, after = np.vstack([left[:1], left]), np.vstack([left, left[-1:]])
    middle = before + after
    middle /= np.maximum(np.linalg.norm(middle, axis=1, keepdims=True), 1e-9)
    cosine = np.maximum((middle * after).sum(axis=1, keepdims=True), 0.5)
    return np.asarray(middle / cosine, dtype=np.float64)


def offset(line: NDArray[np.float64], left_m: float) -> NDArray[np.float64]:
    """Shift a polyline to its left.

    >>> offset(np.array([[0.0, 0.0], [2.0, 0.0]]), 1.0).tolist()
    [[0.0, 1.0], [2.0, 1.0]]
    """
    return line + normals(line) * left_m


def ribbon(line: NDArray[np.float64], width_m: float) -> NDArray[np.float64]:
    """Return the outline of a strip of constant width around a polyline, (2N, 2)."""
    return np.vstack([offset(line, width_m / 2), offset(line, -width_m / 2)[::-1]])


def point_at(
    line: NDArray[np.float64], along_m: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the point at a distance from the start, and the direction there (unit length).

    Distances outside the polyline continue its first or last piece.
    """
    steps = np.diff(line, axis=0)
    lengths = np.linalg.norm(steps, axis=1)
    ends = np.cumsum(lengths)
    k = min(int(np.searchsorted(ends, along_m)), len(steps) - 1)
    direction = steps[k] / max(float(lengths[k]), 1e-9)
    return line[k] + direction * (along_m - (ends[k] - lengths[k])), direction


def cut(line: NDArray[np.float64], start_m: float, end_m: float) -> NDArray[np.float64]:
    """Return the piece between two distances from the start, start below end, (M, 2)."""
    ends = np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))
    inner = line[1:][(ends > start_m + 1e-6) & (ends < end_m - 1e-6)]
    return np.vstack([point_at(line, start_m)[0], inner, point_at(line, end_m)[0]])
