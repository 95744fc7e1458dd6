"""Value noise that depends on map coordinates alone, so that every scale and tile agrees."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from city.ground.canvas import Tile


def value_noise(
    tile: Tile, cell_m: float, seed: int, *, smooth: bool = True
) -> NDArray[np.float32]:
    """Return random values over a tile.

    Args:
        tile: Where.
        cell_m: Edge of the lattice's cells. Cells below the size of a pixel average out.
        seed: Of the lattice.
        smooth: Interpolate between the lattice's points; else each cell has one value.

    Returns:
        float32 (height, width), 0 to 1, mean 0.5.
    """
    cell_px = cell_m * tile.pixels_per_metre
    if cell_px < 0.5:
        return np.full((tile.height, tile.width), 0.5, np.float32)
    left, low = math.floor(tile.west / cell_m) - 1, math.floor(tile.south / cell_m) - 1
    columns = np.arange(left, left + int(tile.width / cell_px) + 4)
    rows = np.arange(low, low + int(tile.height / cell_px) + 4)
    lattice = lattice_values(rows[:, None], columns[None, :], seed)
    # The centre of pixel p lies at (p + 0.5) / cell_px cells from the tile's edge.
    centre = 0.0 if smooth else -0.5
    move = np.array(
        [
            [1 / cell_px, 0, 0.5 / cell_px + tile.west / cell_m - left + centre],
            [0, 1 / cell_px, 0.5 / cell_px + tile.south / cell_m - low + centre],
        ]
    )
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


def lattice_values(
    rows: NDArray[np.int64], columns: NDArray[np.int64], seed: int
) -> NDArray[np.float32]:
    """Hash integer coordinates that broadcast to (h, w) into float32 values from 0 to 1.

    Reference: the finaliser of MurmurHash3 (Appleby), over a mix of the three integers.
    """
    mixed = (
        rows.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        ^ columns.astype(np.uint64) * np.uint64(0xC2B2AE3D27D4EB4F)
        ^ np.uint64((seed * 0x165667B19E3779F9) % 2**64)
    )
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        mixed ^= mixed >> np.uint64(33)
        mixed *= np.uint64(factor)
    mixed ^= mixed >> np.uint64(33)
    return np.asarray((mixed >> np.uint64(40)) / float(2**24), dtype=np.float32)


def fractal_noise(tile: Tile, cell_m: float, seed: int, *, octaves: int) -> NDArray[np.float32]:
    """Sum value noise of halving cells and weights; float32 (height, width), mean 0.5."""
    total = np.zeros((tile.height, tile.width), np.float32)
    weight_sum = 0.0
    for k in range(octaves):
        weight = 0.6**k
        total += np.float32(weight) * value_noise(tile, cell_m / 2**k, seed + 101 * k)
        weight_sum += weight
    return total / np.float32(weight_sum)
