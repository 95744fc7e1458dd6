"""What closes the horizon: a far ring of woods, roofs and towers."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from city.ground.style import MapStyle
from city.scenery.shapes import quad

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from city.scenery.assembly import Assembly
    from city.scenery.site import Site

_SIZE_PX: Final = (192, 1536)
_HEIGHT_M: Final = 42.0
_LENGTH_M: Final = 330.0
"""Height and width that the texture shows before it repeats."""
_BEYOND_M: Final = (25.0, 110.0)
"""Distances of the two rings from the edge of the site."""
_TOWERS: Final = {
    MapStyle.TOWN: 46,
    MapStyle.SUBURB: 12,
    MapStyle.MOTORWAY: 5,
    MapStyle.INDUSTRIAL: 26,
}


def draw_skyline(style: MapStyle, rng: Generator) -> NDArray[np.uint8]:
    """Paint a strip of skyline that repeats sideways; uint8 (192, 1536, 4), cut out above it."""
    height, width = _SIZE_PX
    colour = np.full((height, width, 3), (118, 124, 124), np.float32)
    alpha = np.zeros((height, width), np.uint8)
    for _ in range(_TOWERS[style]):
        _far_building(colour, alpha, rng)
    rows = np.arange(height)[:, None]
    for tone, level in ((0.9, 0.30), (0.72, 0.18)):
        crowns = height * (1 - level * (0.6 + 0.8 * _ragged_line(width, rng)))
        wood = rows > crowns[None, :]
        leaf = cv2.GaussianBlur(rng.random((height, width)).astype(np.float32), (0, 0), 1.2)
        shade = tone * (0.8 + 0.9 * (leaf - 0.5))[..., None] * np.array((84, 96, 80), np.float32)
        colour = np.where(wood[..., None], shade, colour)
        alpha[wood] = 255
    alpha[:2] = 0
    return np.ascontiguousarray(np.dstack([np.clip(colour, 0, 255).astype(np.uint8), alpha]))


def place_skyline(assembly: Assembly, site: Site, rng: Generator) -> None:
    """Set two rings of eight sides around the site, the farther one higher."""
    middle, half = (site.low + site.high) / 2, (site.high - site.low) / 2
    for ring, beyond in enumerate(_BEYOND_M):
        angle = (np.arange(17) + 0.5) * 2 * np.pi / 16
        reach = (half + beyond) * 1.12
        points = middle + np.column_stack([np.cos(angle), np.sin(angle)]) * reach
        shift = rng.uniform(0, 1)
        for start, end in pairwise(points):
            run = float(np.linalg.norm(end - start)) / _LENGTH_M
            top = _HEIGHT_M * (0.55 + 0.6 * ring)
            corners = [(*start, -1.0), (*end, -1.0), (*end, top), (*start, top)]
            uv = [(shift, 0.995), (shift + run, 0.995), (shift + run, 0.005), (shift, 0.005)]
            assembly.add({"skyline": quad(corners, uv=uv)}, 0.0, 0.0)
            shift += run


def _far_building(colour: NDArray[np.float32], alpha: NDArray[np.uint8], rng: Generator) -> None:
    """Paint a hazy block with rows of windows."""
    height, width = alpha.shape
    wide, tall = int(rng.integers(22, 90)), 30 + int((height - 40) * rng.beta(1.6, 3.0))
    left, top = int(rng.integers(0, width - wide)), height - tall
    tone = rng.uniform(112, 176) + rng.uniform(-8, 8, 3)
    area = (slice(top, height), slice(left, left + wide))
    down, across = np.mgrid[:tall, :wide]
    window = (down % 8 > 3) & (across % 7 > 2) & (down > 5)
    colour[area] = np.where(window[..., None], tone * 0.78, tone)
    alpha[area] = 255


def _ragged_line(width: int, rng: Generator) -> NDArray[np.float64]:
    """Return heights from 0 to 1 that repeat after the width: hills, crowns and twigs."""
    at = np.arange(width) * 2 * np.pi / width
    total = np.full(width, 0.5)
    for cycles, size in ((2, 0.16), (5, 0.12), (17, 0.1), (43, 0.1), (97, 0.07), (211, 0.05)):
        total += size * np.sin(cycles * at + rng.uniform(0, 2 * np.pi))
    return np.asarray(np.clip(total, 0, 1), dtype=np.float64)
