"""Value noise that depends on map coordinates alone, so that every scale and tile agrees."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from city.ground.canvas import Tile

_LEAST_CELL_PX: Final = 1.5


def value_noise(
    tile: Tile, cell_m: float, seed: int, *, smooth: bool = True, heading: float = 0.0
) -> NDArray[np.float32]:
    """Return random values over a tile.

    Args:
        tile: Where.
        cell_m: Edge of the lattice's cells. Cells as small as a pixel average out.
        seed: Of the lattice.
        smooth: Interpolate between the lattice's points; else each cell has one value.
        heading: Direction of the lattice's rows, radians.

    Returns:
        float32 (height, width), 0 to 1, mean 0.5.
    """
    if cell_m * tile.pixels_per_metre < _LEAST_CELL_PX:
        return np.full((tile.height, tile.width), 0.5, np.float32)
    move = lattice_of_pixels(tile, cell_m, heading)
    size = np.array([tile.width, tile.height])
    corners = np.array([[0, 0], [1, 0], [0, 1], [1, 1]]) * size @ move[:, :2].T + move[:, 2]
    low = np.floor(corners.min(axis=0)).astype(np.int64) - 1
    columns, rows = (
        np.arange(low[k], int(np.ceil(corners[:, k].max())) + 3, dtype=np.int64) for k in (0, 1)
    )
    lattice = lattice_values(rows[:, None], columns[None, :], seed)
    # Nearest neighbour rounds where cells are floored.
    move[:, 2] -= low + (0.0 if smooth else 0.5)
    return np.asarray(
        cv2.warpAffine(
            lattice,
            move,
            (tile.width, tile.height),
            flags=cv2.WARP_INVERSE_MAP | (cv2.INTER_CUBIC if smooth else cv2.INTER_NEAREST),
            borderMode=cv2.BORDER_REPLICATE,
        ),
        dtype=np.float32,
    )


def lattice_of_pixels(tile: Tile, cell_m: float, heading: float) -> NDArray[np.float64]:
    """Return the affine map, (2, 3), from pixels (column, row) to cells of a turned lattice."""
    cos, sin = math.cos(heading) / cell_m, math.sin(heading) / cell_m
    turn = np.array([[cos, sin], [-sin, cos]])
    centre = np.array([tile.west, tile.south]) + 0.5 / tile.pixels_per_metre
    return np.column_stack([turn / tile.pixels_per_metre, turn @ centre])


def lattice_values(
    rows: NDArray[np.int64], columns: NDArray[np.int64], seed: int
) -> NDArray[np.float32]:
    """Hash integer coordinates that broadcast to (h, w) into float32 values from 0 to 1.

    Reference: the finaliser of MurmurHash3 (Appleby), over a mix of the three integers.
    """
    mixed = (
        rows.astype(np.uint32) * np.uint32(0x9E3779B1)
        ^ columns.astype(np.uint32) * np.uint32(0x85EBCA77)
        ^ np.uint32(seed * 0xC2B2AE3D % 2**32)
    )
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        mixed ^= mixed >> np.uint32(shift)
        mixed *= np.uint32(factor)
    mixed ^= mixed >> np.uint32(16)
    return mixed.astype(np.float32) * np.float32(2.0**-32)


def fractal_noise(tile: Tile, cell_m: float, seed: int, *, octaves: int) -> NDArray[np.float32]:
    """Sum value noise of halving cells and weights; float32 (height, width), mean 0.5."""
    total = np.zeros((tile.height, tile.width), np.float32)
    weight_sum = 0.0
    for k in range(octaves):
        weight = 0.6**k
        total += np.float32(weight) * value_noise(tile, cell_m / 2**k, seed + 101 * k)
        weight_sum += weight
    return total / np.float32(weight_sum)
