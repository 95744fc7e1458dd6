"""Textures of foliage: clusters of leaves or needles on nothing."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

_SIZE_PX: Final = 256


class Leaf(StrEnum):
    """Kinds of foliage."""

    BROAD = "broad"
    LIGHT = "light"
    DARK = "dark"
    NEEDLES = "needles"


_COLOURS: Final = {
    Leaf.BROAD: (72, 82, 50),
    Leaf.LIGHT: (98, 104, 62),
    Leaf.DARK: (54, 64, 44),
    Leaf.NEEDLES: (50, 60, 50),
}


def draw_leaves(leaf: Leaf, rng: Generator) -> NDArray[np.uint8]:
    """Paint a round cluster; uint8 (256, 256, 4), its edge ragged, alpha 0 outside.

    The colour continues under alpha 0, so that smaller versions show no dark rim.
    """
    colour = np.empty((_SIZE_PX, _SIZE_PX, 3), np.uint8)
    base = np.array(_COLOURS[leaf]) + rng.integers(-5, 6, 3)
    colour[:] = base * 0.7
    alpha = np.zeros((_SIZE_PX, _SIZE_PX), np.uint8)
    needles = leaf is Leaf.NEEDLES
    for k in range(900 if needles else 640):
        reach = _SIZE_PX * 0.47 * np.sqrt(rng.random())
        angle = rng.uniform(0, 2 * np.pi)
        reach *= 0.8 + 0.2 * np.sin(angle * 5 + 1.3) * np.sin(angle * 3)
        x, y = _SIZE_PX / 2 + reach * np.cos(angle), _SIZE_PX / 2 + reach * np.sin(angle)
        # Later leaves lie in front and catch more light.
        tone = rng.normal(0.72 + 0.55 * k / 640, 0.16) * (1.15 - 0.3 * y / _SIZE_PX)
        shade = tuple(float(v) for v in np.clip(base * tone + rng.normal(0, 5, 3), 0, 255))
        axes = (int(rng.integers(5, 9)), 1) if needles else tuple(map(int, rng.integers(3, 9, 2)))
        ellipse = ((int(x), int(y)), axes, float(rng.uniform(0, 180)), 0, 360)
        cv2.ellipse(colour, *ellipse, shade, -1)
        cv2.ellipse(alpha, *ellipse, 255, -1)
    return np.ascontiguousarray(np.dstack([colour, alpha]))
