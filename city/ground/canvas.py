"""Drawing in map coordinates: anti-aliased shapes on a one-channel picture of the ground."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from city.ground.polyline import ribbon

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SUBPIXEL_BITS: Final = 6
_WIDENING_PX: Final = 1.35
_THINNEST_PX: Final = 2.0
"""What cv2's smoothing adds to a shape's width, and the least that it draws; both measured."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A rectangle of the map and its raster; row 0 is the southern edge.

    Attributes:
        west: Left edge, metres east.
        south: Lower edge, metres north.
        pixels_per_metre: Scale.
        width: Pixels from west to east.
        height: Pixels from south to north.
    """

    west: float
    south: float
    pixels_per_metre: float
    width: int
    height: int

    def __post_init__(self) -> None:
        if self.pixels_per_metre <= 0:
            raise ValueError(f"pixels_per_metre must be positive, is {self.pixels_per_metre}")
        if min(self.width, self.height) < 1:
            raise ValueError(
                f"the tile must cover a pixel at least, it covers {self.width} x {self.height}"
            )

    @classmethod
    def between(
        cls, low: NDArray[np.float64], high: NDArray[np.float64], pixels_per_metre: float
    ) -> Tile:
        """Return the tile from a south-western to a north-eastern corner, (2,) each, metres."""
        width, height = np.round((high - low) * pixels_per_metre).astype(int)
        return cls(float(low[0]), float(low[1]), pixels_per_metre, int(width), int(height))

    def grown(self, margin: int) -> Tile:
        """Return the tile with a margin of pixels on each side."""
        return Tile(
            self.west - margin / self.pixels_per_metre,
            self.south - margin / self.pixels_per_metre,
            self.pixels_per_metre,
            self.width + 2 * margin,
            self.height + 2 * margin,
        )

    def to_pixels(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return points (N, 2) in metres as pixel coordinates, pixel centres at integers."""
        return (points - (self.west, self.south)) * self.pixels_per_metre - 0.5


class Canvas:
    """A one-channel picture of a tile.

    Strips thinner than two pixels are drawn that wide and paler, so that paint looks the same
    from near and far.

    Attributes:
        pixels: uint8 (height, width).
    """

    def __init__(self, tile: Tile, *, base: int = 0) -> None:
        """Make a canvas.

        Args:
            tile: What it covers.
            base: Its value before anything is drawn; pale shapes tend to it.
        """
        self.pixels: NDArray[np.uint8] = np.full((tile.height, tile.width), base, np.uint8)
        self._tile = tile
        self._base = base

    @property
    def cover(self) -> NDArray[np.float32]:
        """The picture as shares from 0 to 1, float32 (height, width)."""
        return np.asarray(self.pixels / np.float32(255), dtype=np.float32)

    def polygon(self, points: NDArray[np.float64], value: int) -> None:
        """Fill a polygon, (N, 2) in metres, with a value from 0 to 255."""
        pixels = self._tile.to_pixels(points)
        if self._outside(pixels):
            return
        fixed = np.round(pixels * (1 << _SUBPIXEL_BITS)).astype(np.int32)
        cv2.fillPoly(self.pixels, [fixed], float(value), lineType=cv2.LINE_AA, shift=_SUBPIXEL_BITS)

    def strip(self, line: NDArray[np.float64], width_m: float, value: int) -> None:
        """Draw a polyline, (N, 2) in metres, as wide as told, its ends cut square."""
        pixel_m = 1.0 / self._tile.pixels_per_metre
        cover = min(1.0, width_m / (_THINNEST_PX * pixel_m))
        shade = round(self._base + (value - self._base) * cover)
        self.polygon(ribbon(line, max(width_m - _WIDENING_PX * pixel_m, 0.02 * pixel_m)), shade)

    def disc(self, centre: NDArray[np.float64], radius_m: float, value: int) -> None:
        """Fill a circle around a point (2,) in metres."""
        angles = np.linspace(0.0, 2.0 * np.pi, 25)[:-1]
        self.polygon(centre + radius_m * np.column_stack([np.cos(angles), np.sin(angles)]), value)

    def _outside(self, pixels: NDArray[np.float64]) -> bool:
        low, high = pixels.min(axis=0), pixels.max(axis=0)
        beyond = low[0] > self._tile.width or low[1] > self._tile.height
        return bool(beyond or high[0] < -1 or high[1] < -1)
