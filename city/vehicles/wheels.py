"""Wheels: their geometry, and their faces still and blurred by motion."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from city.vehicles.canvas import PLASTIC, RUBBER, Canvas, Ink, Material, circle
from city.vehicles.layout import MARGIN_PX, RIM_PX, RIMS
from city.vehicles.patch import Patch, grid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from city.vehicles.layout import Layout

TYRE: Final = Ink((21, 21, 22), RUBBER)
RIM_SHARE: Final = 0.68
"""Radius of the rim over that of the tyre."""
ALLOY: Final = Material(70, 110)
STEEL: Final = Material(120, 30)
SPOKE_PX: Final = 2.0
DISH_M: Final = 0.035
"""How deep the rim's middle lies behind the tyre's face."""


def wheel(
    centre: tuple[float, float, float],
    side: int,
    layout: Layout,
    *,
    radius: float,
    width: float = 0.22,
    around: int,
    rim: int = 0,
    bulge: float = -DISH_M,
) -> list[Patch]:
    """Return tyre and face of a wheel whose outer face lies at `centre`.

    Args:
        centre: Middle of the outer face.
        side: +1 on the left, -1 on the right of the vehicle.
        layout: Of the atlas.
        radius: Of the tyre.
        width: Of the tyre.
        around: Corners of the tyre.
        rim: Which of the atlas's faces it wears.
        bulge: How far the rim's middle stands out, negative for a dish.
    """
    angle = 2 * np.pi * np.arange(around + 1) / around
    ring = np.stack([np.cos(angle), np.zeros_like(angle), np.sin(angle)], -1)
    outward = np.array([0.0, float(side), 0.0])
    middle = np.array(centre, float)
    radii = np.array([0.94, 1.0, 1.0, 0.94]) * radius
    depth = np.array([0.0, -0.03, 0.03 - width, -width])
    tread = middle + radii[:, None, None] * ring + depth[:, None, None] * outward
    flat = tread.reshape(-1, 3)
    normal = np.broadcast_to(ring, tread.shape).reshape(-1, 3)
    tyre = Patch(flat, normal, layout.swatches["tyre"].project(flat), grid(4, around + 1))
    tile = np.array(layout.rims[rim], float) + RIM_PX / 2
    return [tyre, _disc(middle, ring * radius, outward, tile, bulge)]


def _disc(
    middle: NDArray[np.float64],
    ring: NDArray[np.float64],
    outward: NDArray[np.float64],
    tile: NDArray[np.float64],
    bulge: float,
) -> Patch:
    """Return a wheel's face: side wall, rim and hub on three rings around the middle."""
    shares, heights = (0.94, RIM_SHARE, 0.12, 0.0), (0.0, -0.008, bulge, bulge)
    rings = [middle + s * ring + h * outward for s, h in zip(shares, heights, strict=True)]
    face = np.concatenate(rings)
    spread = (face - middle)[:, (0, 2)] / (0.94 * np.abs(ring).max()) * (RIM_PX / 2 - 1)
    lean = np.repeat([0.0, -0.25 * np.sign(bulge), 0.0, 0.0], len(ring))[:, None]
    normal = outward + lean * np.tile(ring / np.abs(ring).max(), (4, 1))
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    uv = tile + spread * (-outward[1], -1.0)
    return Patch(face, normal, uv, grid(4, len(ring)), spin=1.0)


def paint_rims(canvas: Canvas, designs: tuple[tuple[int, Ink], ...]) -> None:
    """Paint the wheels' faces, still ones and beside them the blurred ones.

    Args:
        canvas: To paint on.
        designs: One per face of the layout: design number and the rim's ink.
    """
    scale = canvas.detail
    for (x, y), (design, ink) in zip(canvas.layout.rims, designs, strict=True):
        middle = (x + RIM_PX / 2, y + RIM_PX / 2)
        rim = RIM_PX / 2 * RIM_SHARE / 0.94
        canvas.polygon(circle(middle, RIM_PX * 0.7, corners=4), TYRE)
        canvas.polygon(circle(middle, RIM_PX / 2, corners=32), TYRE.shaded(1.25))
        canvas.polygon(circle(middle, rim * 1.22, corners=32), TYRE.shaded(0.85))
        canvas.polygon(circle(middle, rim, corners=32), Ink((17, 17, 18), PLASTIC))
        _DESIGNS[design % len(_DESIGNS)](canvas, middle, rim, ink)
        shift = round(RIMS * (RIM_PX + MARGIN_PX) * scale)
        left, top, size = round(x * scale), round(y * scale), round(RIM_PX * scale)
        for image in (canvas.rgb, canvas.material):
            still = image[top : top + size, left : left + size]
            image[top : top + size, left + shift : left + shift + size] = _spun(still)


def paint_spokes(canvas: Canvas, ink: Ink) -> None:
    """Paint bicycle wheels over all faces: a thin tyre, a rim, spokes, and nothing between."""
    shift = RIMS * (RIM_PX + MARGIN_PX)
    for x, y in canvas.layout.rims:
        for left in (x, x + shift):
            middle, radius = (left + RIM_PX / 2, y + RIM_PX / 2), RIM_PX / 2
            canvas.polygon(circle(middle, radius * 0.97, corners=32), ink)
            canvas.polygon(circle(middle, radius * 0.86, corners=32), ink.shaded(0.8))
            canvas.cut(circle(middle, radius * 0.84, corners=32))
            for angle in 2 * np.pi * np.arange(14) / 14:
                ends = [
                    (middle[0] + s * np.cos(angle), middle[1] + s * np.sin(angle))
                    for s in (0.0, radius * 0.88)
                ]
                canvas.restore(np.array(ends), SPOKE_PX)


def _spun(face: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a wheel's face averaged over its angle."""
    size = face.shape[0]
    middle = ((size - 1) / 2, (size - 1) / 2)
    # What lies outside the source must be filled: OpenCV leaves it undefined otherwise.
    flags = cv2.WARP_POLAR_LINEAR | cv2.WARP_FILL_OUTLIERS
    polar = cv2.warpPolar(face, (size, 96), middle, size * 0.72, flags)
    mean = np.repeat(polar.mean(0, keepdims=True), 96, axis=0).astype(np.uint8)
    flags |= cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpPolar(mean, (size, size), middle, size * 0.72, flags))


def _spoke(
    canvas: Canvas,
    middle: tuple[float, float],
    angle: float,
    ink: Ink,
    *,
    inner: tuple[float, float],
    outer: tuple[float, float],
) -> None:
    """Draw a spoke; `inner` and `outer` are (radius, half width) in pixels."""
    along = np.array([np.cos(angle), np.sin(angle)])
    across = np.array([-along[1], along[0]])
    (r0, w0), (r1, w1) = inner, outer
    corners = [r0 * along + w0 * across, r1 * along + w1 * across]
    corners += [r1 * along - w1 * across, r0 * along - w0 * across]
    canvas.polygon(np.array(middle) + np.array(corners), ink)


def _star(
    canvas: Canvas, middle: tuple[float, float], rim: float, ink: Ink, *, count: int, width: float
) -> None:
    canvas.stroke(circle(middle, rim * 0.95, corners=32), ink, rim * 0.08, closed=True)
    for angle in 2 * np.pi * np.arange(count) / count:
        inner, outer = (rim * 0.1, rim * width), (rim * 0.95, rim * width * 0.8)
        _spoke(canvas, middle, angle, ink, inner=inner, outer=outer)
    _hub(canvas, middle, rim, ink)


def _twin(canvas: Canvas, middle: tuple[float, float], rim: float, ink: Ink, *, count: int) -> None:
    canvas.stroke(circle(middle, rim * 0.95, corners=32), ink, rim * 0.08, closed=True)
    for angle in 2 * np.pi * np.arange(count) / count:
        for lean in (-0.16, 0.16):
            inner, outer = (rim * 0.1, rim * 0.06), (rim * 0.95, rim * 0.05)
            _spoke(canvas, middle, angle + lean, ink, inner=inner, outer=outer)
    _hub(canvas, middle, rim, ink)


def _hubcap(
    canvas: Canvas, middle: tuple[float, float], rim: float, ink: Ink, *, count: int
) -> None:
    canvas.polygon(circle(middle, rim * 0.97, corners=32), ink)
    for angle in 2 * np.pi * (np.arange(count) + 0.5) / count:
        hole = np.array(middle) + rim * 0.74 * np.array([np.cos(angle), np.sin(angle)])
        canvas.polygon(circle((hole[0], hole[1]), rim * 0.14), Ink((24, 24, 25), PLASTIC))
    canvas.stroke(circle(middle, rim * 0.5, corners=32), ink.shaded(0.7), rim * 0.05, closed=True)


def _steel(canvas: Canvas, middle: tuple[float, float], rim: float, ink: Ink) -> None:
    plain = Ink(ink.rgb, STEEL).shaded(0.45, 18)
    canvas.polygon(circle(middle, rim * 0.96, corners=32), plain)
    for angle in 2 * np.pi * np.arange(8) / 8:
        hole = np.array(middle) + rim * 0.62 * np.array([np.cos(angle), np.sin(angle)])
        canvas.polygon(circle((hole[0], hole[1]), rim * 0.11), Ink((14, 14, 15), PLASTIC))
    canvas.polygon(circle(middle, rim * 0.34), plain.shaded(0.7))
    canvas.polygon(circle(middle, rim * 0.2), plain.shaded(1.5))


def _hub(canvas: Canvas, middle: tuple[float, float], rim: float, ink: Ink) -> None:
    canvas.polygon(circle(middle, rim * 0.22), ink.shaded(0.92))
    for angle in 2 * np.pi * np.arange(5) / 5:
        bolt = np.array(middle) + rim * 0.15 * np.array([np.cos(angle), np.sin(angle)])
        canvas.polygon(circle((bolt[0], bolt[1]), rim * 0.03), ink.shaded(0.35))
    canvas.polygon(circle(middle, rim * 0.09), ink.shaded(0.6))


_DESIGNS: Final = (
    partial(_star, count=5, width=0.17),
    partial(_star, count=7, width=0.11),
    partial(_star, count=10, width=0.06),
    partial(_twin, count=5),
    partial(_twin, count=7),
    partial(_hubcap, count=9),
    partial(_hubcap, count=6),
    _steel,
)
STEEL_DESIGN: Final = len(_DESIGNS) - 1
"""A bare steel wheel: what is left where a hubcap is missing, and what trucks drive on."""
