"""Antialiased painting of an atlas and its material map, in metres on the views of a body."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

import cv2
import numpy as np
from PIL import ImageFont

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from city.vehicles.layout import Layout, View
    from city.vehicles.paints import Rgb

SHIFT: Final = 4
"""Fractional bits of the coordinates that OpenCV draws at."""


class Material(NamedTuple):
    """What a surface does with light; each from 0 to 255."""

    roughness: int
    clear_coat: int = 0
    head_lamp: int = 0
    rear_lamp: int = 0


GLASS: Final = Material(12, 90)
PLASTIC: Final = Material(165, 0)
GLOSS_BLACK: Final = Material(40, 160)
RUBBER: Final = Material(215, 0)
CHROME: Final = Material(24, 130)
PRINT: Final = Material(110, 20)
LAMP: Final = Material(22, 110)


class Ink(NamedTuple):
    """A colour in sRGB and its material."""

    rgb: Rgb
    material: Material

    def shaded(self, factor: float, lift: int = 0) -> Ink:
        """Return the ink darker (factor below 1) or lighter, of the same material."""
        red, green, blue = (int(min(255, max(0, v * factor + lift))) for v in self.rgb)
        return Ink((red, green, blue), self.material)


class Sheet:
    """A rectangle of an atlas that is painted on; nothing is drawn beyond it.

    Attributes:
        rgb: uint8 (h, w, 3).
        alpha: uint8 (h, w), 0 where the surface is cut out.
        material: uint8 (h, w, 4).
        detail: Pixels per pixel of the plan.
        origin: Its left upper corner in the atlas, in pixels (x, y).
    """

    def __init__(
        self,
        rgb: NDArray[np.uint8],
        alpha: NDArray[np.uint8],
        material: NDArray[np.uint8],
        detail: float,
        origin: tuple[int, int] = (0, 0),
    ) -> None:
        """Bind the arrays."""
        self.rgb = rgb
        self.alpha = alpha
        self.material = material
        self.detail = detail
        self.origin = np.array(origin, float)

    def part(self, box: tuple[int, int, int, int]) -> Sheet:
        """Return the sheet of a box (left, top, right, bottom) in pixels of the plan."""
        left, top, right, bottom = (round(edge * self.detail) for edge in box)
        slices = slice(top, bottom), slice(left, right)
        return Sheet(
            self.rgb[slices], self.alpha[slices], self.material[slices], self.detail, (left, top)
        )

    def _local(self, pixels: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(pixels * self.detail - self.origin)

    def polygon(self, pixels: NDArray[np.float64], ink: Ink, *, opacity: float = 1.0) -> None:
        """Fill a polygon given in pixels of the plan."""
        points = _fixed(self._local(pixels))
        for image, value in ((self.rgb, ink.rgb), (self.material, ink.material)):
            _blend(image, points, value, opacity)

    def stroke(
        self, pixels: NDArray[np.float64], ink: Ink, width_px: float, *, closed: bool = False
    ) -> None:
        """Draw a line `width_px` wide, thinner than a pixel as a fainter one."""
        width = width_px * self.detail
        thickness = max(1, round(width))
        opacity = min(1.0, width / thickness)
        points = _fixed(self._local(pixels))
        margin = thickness // 2 + 2
        for image, value in ((self.rgb, ink.rgb), (self.material, ink.material)):
            region, origin = _window(image, points, margin)
            if region.size == 0:
                continue
            layer = region if opacity > 0.99 else region.copy()
            moved = points - (origin << SHIFT)
            cv2.polylines(layer, [moved], closed, value, thickness, cv2.LINE_AA, SHIFT)
            if opacity <= 0.99:
                region[:] = cv2.addWeighted(layer, opacity, region, 1 - opacity, 0)

    def cut(self, pixels: NDArray[np.float64]) -> None:
        """Make a polygon's surface vanish."""
        cv2.fillPoly(self.alpha, [_fixed(self._local(pixels))], (0,), cv2.LINE_AA, SHIFT)

    def restore(self, pixels: NDArray[np.float64], width_px: float) -> None:
        """Make the surface reappear along a line."""
        width = max(1, round(width_px * self.detail))
        points = _fixed(self._local(pixels))
        cv2.polylines(self.alpha, [points], False, (255,), width, cv2.LINE_AA, SHIFT)

    def stamp(self, left_top: NDArray[np.float64], mask: NDArray[np.uint8], ink: Ink) -> None:
        """Print uint8 coverage, already at the atlas's own scale, at a pixel of the plan."""
        x, y = np.round(self._local(left_top)).astype(int)
        x0, y0 = max(x, 0), max(y, 0)
        x1 = min(x + mask.shape[1], self.rgb.shape[1])
        y1 = min(y + mask.shape[0], self.rgb.shape[0])
        if x1 <= x0 or y1 <= y0:
            return
        cover = mask[y0 - y : y1 - y, x0 - x : x1 - x, None].astype(np.float32) / 255
        for image, value in ((self.rgb, ink.rgb), (self.material, ink.material)):
            region = image[y0:y1, x0:x1]
            region[:] = region + cover * (np.array(value, np.float32) - region)


class Canvas(Sheet):
    """A whole atlas.

    Attributes:
        layout: Its plan.
    """

    def __init__(self, layout: Layout, ink: Ink, *, detail: float = 1.0) -> None:
        """Cover the whole atlas with one ink."""
        size = (round(layout.height * detail), round(layout.width * detail))
        rgb, material = np.zeros((*size, 3), np.uint8), np.zeros((*size, 4), np.uint8)
        # OpenCV fills many times faster than numpy's broadcasting does.
        for image, value in ((rgb, ink.rgb), (material, ink.material)):
            cv2.rectangle(image, (0, 0), size[::-1], value, cv2.FILLED)
        super().__init__(rgb, np.full(size, 255, np.uint8), material, detail)
        self.layout = layout

    def face(self, view: str) -> Face:
        """Return the view of that name, to be painted on."""
        return Face(self, self.layout.views[view])


class Face:
    """One view of a canvas; coordinates are metres along the view's two axes."""

    def __init__(self, canvas: Sheet, view: View) -> None:
        """Bind a canvas to one of its views."""
        self.sheet = canvas.part(view.box)
        self.view = view

    def fill(self, points: ArrayLike, ink: Ink, *, opacity: float = 1.0) -> None:
        """Fill the polygon with these corners."""
        self.sheet.polygon(self.view.place(points), ink, opacity=opacity)

    def rectangle(
        self, low: tuple[float, float], high: tuple[float, float], ink: Ink, *, opacity: float = 1.0
    ) -> None:
        """Fill the rectangle between two corners."""
        self.fill(rectangle(low, high), ink, opacity=opacity)

    def rounded(
        self, low: tuple[float, float], high: tuple[float, float], ink: Ink, radius: float
    ) -> None:
        """Fill a rectangle with rounded corners."""
        self.fill(rounded(low, high, radius), ink)

    def disc(self, centre: tuple[float, float], radius: float, ink: Ink) -> None:
        """Fill a circle."""
        self.fill(circle(centre, radius), ink)

    def line(self, points: ArrayLike, ink: Ink, width_m: float, *, closed: bool = False) -> None:
        """Draw a line of a width in metres."""
        self.sheet.stroke(self.view.place(points), ink, width_m * self.view.scale, closed=closed)

    def cut(self, points: ArrayLike) -> None:
        """Cut the polygon out of the surface."""
        self.sheet.cut(self.view.place(points))

    def text(
        self, centre: tuple[float, float], height_m: float, words: str, ink: Ink, *, width_m: float
    ) -> None:
        """Write words centred at a point, as high as asked unless that makes them too wide."""
        scale = self.view.scale * self.sheet.detail
        mask = glyphs(words)
        size = np.array(mask.shape[::-1]) * (height_m * scale / mask.shape[0])
        size *= min(1.0, width_m * scale / size[0])
        w, h = (max(1, round(float(edge))) for edge in size)
        small = np.asarray(cv2.resize(mask, (w, h), interpolation=cv2.INTER_AREA), np.uint8)
        middle = self.view.place(centre)[0]
        self.sheet.stamp(middle - np.array([w, h]) / 2 / self.sheet.detail, small, ink)


GLYPH_PX: Final = 48


@lru_cache(maxsize=512)
def glyphs(words: str) -> NDArray[np.uint8]:
    """Return words as uint8 coverage, cropped to their ink."""
    font = ImageFont.load_default(GLYPH_PX)
    mask = font.getmask(words or " ", mode="L")
    image = np.array(mask, np.uint8).reshape(mask.size[::-1])
    rows, columns = np.flatnonzero(image.any(1)), np.flatnonzero(image.any(0))
    if not len(rows):
        return np.zeros((1, 1), np.uint8)
    return image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def rectangle(low: tuple[float, float], high: tuple[float, float]) -> NDArray[np.float64]:
    """Return the corners between two opposite ones."""
    return np.array([low, (high[0], low[1]), high, (low[0], high[1])], float)


def rounded(
    low: tuple[float, float], high: tuple[float, float], radius: float
) -> NDArray[np.float64]:
    """Return the outline of a rectangle with rounded corners."""
    (x0, y0), (x1, y1) = np.sort(np.array([low, high], float), axis=0)
    r = min(radius, (x1 - x0) / 2, (y1 - y0) / 2)
    quarter = np.linspace(0, np.pi / 2, 4)
    centres = ((x1 - r, y1 - r), (x0 + r, y1 - r), (x0 + r, y0 + r), (x1 - r, y0 + r))
    return np.concatenate(
        [
            np.array(c) + r * np.stack([np.cos(quarter + a), np.sin(quarter + a)], -1)
            for c, a in zip(centres, np.pi / 2 * np.arange(4), strict=True)
        ]
    )


def circle(
    centre: tuple[float, float], radius: float, *, aspect: float = 1.0, corners: int = 20
) -> NDArray[np.float64]:
    """Return the outline of an ellipse."""
    angle = 2 * np.pi * np.arange(corners) / corners
    return np.array(centre) + radius * np.stack([np.cos(angle), aspect * np.sin(angle)], -1)


def _fixed(pixels: NDArray[np.float64]) -> NDArray[np.int32]:
    # OpenCV's pixel centres lie at whole numbers, the atlas's at halves.
    return np.round((pixels - 0.5) * (1 << SHIFT)).astype(np.int32)


def _window(
    image: NDArray[np.uint8], points: NDArray[np.int32], margin: int
) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Return the part of an image around points, and its left upper corner (x, y)."""
    low = np.maximum((points.min(0) >> SHIFT) - margin, 0)
    high = np.maximum((points.max(0) >> SHIFT) + margin + 1, 0)
    return image[low[1] : high[1], low[0] : high[0]], low


def _blend(
    image: NDArray[np.uint8], points: NDArray[np.int32], value: tuple[int, ...], opacity: float
) -> None:
    if opacity > 0.99:
        cv2.fillPoly(image, [points], value, cv2.LINE_AA, SHIFT)
        return
    region, origin = _window(image, points, 2)
    if region.size == 0:
        return
    layer = region.copy()
    cv2.fillPoly(layer, [points - (origin << SHIFT)], value, cv2.LINE_AA, SHIFT)
    region[:] = cv2.addWeighted(layer, opacity, region, 1 - opacity, 0)
