"""Streaks of falling rain before a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MARGIN_PX: Final = 160
"""The streaks are drawn on a larger sheet; each frame shows another part of it."""
_DENSITY: Final = 0.004
"""Drops per pixel in the heaviest rain."""
_LENGTH: Final = 0.035
"""Of a streak during an exposure, relative to the picture's height."""
_SLANT: Final = 0.12
_LEAST_PX: Final = 3


class RainSheet:
    """Streaks for all frames of a view.

    Args:
        size_wh: Of the picture, pixels.
        density: From 0 to 1.
        light_rgb: Of the sky behind the drops.
    """

    def __init__(
        self,
        size_wh: tuple[int, int],
        density: float,
        light_rgb: tuple[float, float, float],
    ) -> None:
        width, height = size_wh[0] + _MARGIN_PX, size_wh[1] + _MARGIN_PX
        rng = np.random.default_rng(1)
        drops = np.zeros((height, width), np.float32)
        count = round(_DENSITY * density * height * width)
        rows, columns = rng.integers(height, size=count), rng.integers(width, size=count)
        drops[rows, columns] = rng.uniform(0.3, 1.0, count)
        streaks = cv2.filter2D(drops, -1, _streak(max(_LEAST_PX, round(_LENGTH * size_wh[1]))))
        self._sheet = (streaks[..., None] * np.array(light_rgb) * 0.16).astype(np.float32)
        self._size_wh = size_wh

    def draw(self, linear: NDArray[np.float32], time_s: float) -> None:
        """Add the streaks of one moment to a picture, float32 (H, W, 3), which is written to."""
        rng = np.random.default_rng(round(time_s * 1000) % (1 << 32))
        x, y = rng.integers(_MARGIN_PX, size=2)
        width, height = self._size_wh
        cv2.add(linear, self._sheet[y : y + height, x : x + width], dst=linear)


def _streak(length_px: int) -> NDArray[np.float32]:
    kernel = np.zeros((length_px, length_px), np.float32)
    middle = length_px / 2
    for row in range(length_px):
        kernel[row, int(middle + (row - middle) * _SLANT)] = 1
    return kernel
