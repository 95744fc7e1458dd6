"""Textures of walls with windows: upper floors, shop fronts, sheds and houses.

A sheet repeats: it shows `BAYS` windows side by side and `FLOORS` storeys (shop fronts one).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from city.draws import pick

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from city.ground.style import Colour

BAYS: Final = 5
FLOORS: Final = 5
_SIZE_PX: Final = 640
_SHOP_HEIGHT_PX: Final = 176
_DARK_GLASS: Final = 170
_LIT_SHARE: Final = 0.32


class Wall(StrEnum):
    """What a wall is made of."""

    BRICK = "brick"
    PLASTER = "plaster"
    PANEL = "panel"
    STONE = "stone"
    CURTAIN = "curtain"
    RIBBON = "ribbon"
    SIDING = "siding"
    SHED = "shed"


_COLOURS: Final[dict[Wall, tuple[Colour, ...]]] = {
    Wall.BRICK: ((142, 84, 66), (120, 76, 62), (160, 116, 88), (108, 88, 80), (172, 140, 112)),
    Wall.PLASTER: (
        (206, 188, 150),
        (212, 206, 194),
        (190, 150, 118),
        (176, 178, 172),
        (196, 170, 92),
    ),
    Wall.PANEL: ((158, 154, 146), (140, 142, 142), (176, 168, 150)),
    Wall.STONE: ((178, 168, 146), (150, 144, 134), (186, 180, 166)),
    Wall.CURTAIN: ((60, 70, 78), (88, 96, 98), (46, 52, 58)),
    Wall.RIBBON: ((186, 184, 178), (112, 114, 116), (150, 128, 104)),
    Wall.SIDING: ((206, 202, 190), (150, 160, 166), (188, 176, 142), (132, 138, 120)),
    Wall.SHED: ((164, 168, 170), (120, 132, 142), (178, 172, 156), (96, 110, 100)),
}


@dataclass(slots=True, eq=False)
class _Sheet:
    """A picture being painted: float32 colour (h, w, 3) and uint8 alpha (h, w)."""

    colour: NDArray[np.float32]
    alpha: NDArray[np.uint8]

    @classmethod
    def plain(cls, height: int, width: int, colour: Colour) -> _Sheet:
        picture = np.empty((height, width, 3), np.float32)
        picture[:] = colour
        return cls(picture, np.full((height, width), 255, np.uint8))

    def fill(self, box: NDArray[np.float64], colour: object, *, alpha: int = 255) -> None:
        """Fill a box of pixels (left, top, right, bottom) that wraps around nowhere."""
        left, top, right, bottom = np.round(box).astype(int)
        area = (slice(max(top, 0), max(bottom, 0)), slice(max(left, 0), max(right, 0)))
        self.colour[area] = np.asarray(colour, np.float32)
        self.alpha[area] = alpha

    def finished(self) -> NDArray[np.uint8]:
        rgb = np.clip(self.colour, 0, 255).astype(np.uint8)
        return np.ascontiguousarray(np.dstack([rgb, self.alpha]))


def draw_facade(wall: Wall, rng: Generator) -> NDArray[np.uint8]:
    """Paint a sheet of upper floors; uint8 (640, 640, 4), alpha as `SurfaceKind.FACADE` says."""
    tones = _COLOURS[wall]
    base = pick(tones, rng)
    sheet = _Sheet.plain(_SIZE_PX, _SIZE_PX, base)
    _lay_material(sheet, wall, rng)
    if wall is Wall.SHED:
        _shed_windows(sheet, rng)
    elif wall is Wall.CURTAIN:
        _curtain(sheet, rng)
    else:
        _punched_windows(sheet, wall, rng)
    _weather(sheet, rng)
    return sheet.finished()


def draw_shop_front(rng: Generator) -> NDArray[np.uint8]:
    """Paint a row of shop windows and doors under a fascia; uint8 (176, 640, 4)."""
    tones = ((150, 140, 126), (96, 92, 90), (184, 176, 162), (124, 84, 70), (60, 62, 66))
    sheet = _Sheet.plain(_SHOP_HEIGHT_PX, _SIZE_PX, pick(tones, rng))
    bay = _SIZE_PX / BAYS
    fascia = (
        (40, 66, 92),
        (122, 36, 38),
        (44, 74, 56),
        (206, 200, 186),
        (34, 34, 36),
        (176, 122, 40),
    )
    for k in range(BAYS):
        left, right = k * bay + 5, (k + 1) * bay - 5
        colour = pick(fascia, rng)
        sheet.fill(np.array([left, 6, right, 38]), colour)
        frame = np.array(pick(((58, 60, 62), (180, 178, 172), (70, 50, 40)), rng))
        sheet.fill(np.array([left, 42, right, _SHOP_HEIGHT_PX - 2]), frame)
        lit = int(rng.choice([10, 40, 70, _DARK_GLASS]))
        door = left + (right - left) * rng.uniform(0.2, 0.6)
        _glazing(sheet, np.array([left + 4, 46, door - 3, _SHOP_HEIGHT_PX - 22]), rng, alpha=lit)
        _glazing(sheet, np.array([door, 46, door + 32, _SHOP_HEIGHT_PX - 6]), rng, alpha=lit)
        _glazing(sheet, np.array([door + 35, 46, right - 4, _SHOP_HEIGHT_PX - 22]), rng, alpha=lit)
        _shop_display(sheet, left + 6, right - 6, rng)
    return sheet.finished()


def _lay_material(sheet: _Sheet, wall: Wall, rng: Generator) -> None:
    """Paint bricks, stones, panels, boards or plaster over the whole sheet."""
    height, width = sheet.alpha.shape
    course, length, spread = {
        Wall.BRICK: (4, 10, 0.08),
        Wall.STONE: (22, 46, 0.07),
        Wall.PANEL: (128, 128, 0.05),
        Wall.SIDING: (12, 640, 0.04),
        Wall.SHED: (640, 8, 0.05),
    }.get(wall, (640, 640, 0.0))
    rows = np.arange(height) // course
    shift = (rows % 2) * (length // 2) if wall in (Wall.BRICK, Wall.STONE) else 0 * rows
    columns = ((np.arange(width)[None, :] + shift[:, None]) % width) // length
    tones = rng.normal(1.0, spread, (height // course + 2, width // length + 2))
    tone = tones[rows[:, None], columns]
    joint = (np.arange(height) % course == 0)[:, None]
    if wall in (Wall.STONE, Wall.PANEL):
        joint = joint | ((np.arange(width)[None, :] + shift[:, None]) % length == 0)
    tone = np.where(joint & (course < height), tone * 0.82, tone)
    sheet.colour *= tone[..., None].astype(np.float32)


def _punched_windows(sheet: _Sheet, wall: Wall, rng: Generator) -> None:
    """Cut windows into a wall: one per bay and floor, or ribbons of glass along the floors."""
    bay, floor = _SIZE_PX / BAYS, _SIZE_PX / FLOORS
    share = rng.uniform(0.42, 0.72) if wall is not Wall.RIBBON else 0.97
    tall = rng.uniform(0.5, 0.66) if wall is not Wall.RIBBON else 0.46
    trim = np.array(_mean(sheet)) * rng.choice([0.72, 1.18])
    frame = np.array(
        ((232, 230, 224), (70, 58, 48), (60, 64, 68))[int(rng.choice(3, p=[0.6, 0.2, 0.2]))]
    )
    panes = int(rng.integers(1, 4))
    surround, belt = rng.random() < 0.6, rng.random() < 0.5
    shutters = wall is Wall.PLASTER and rng.random() < 0.35
    for j in range(FLOORS):
        if belt:
            sheet.fill(np.array([0, (j + 0.93) * floor, _SIZE_PX, (j + 1) * floor]), trim)
        for i in range(BAYS):
            middle, half = (i + 0.5) * bay, bay * share / 2
            top = (j + 0.46 - tall / 2) * floor
            box = np.array([middle - half, top, middle + half, top + tall * floor])
            if surround:
                sheet.fill(np.add(box, (-5, -6, 5, 4)), trim)
            if shutters:
                for x in (box[0] - 13, box[2] + 1):
                    sheet.fill(np.array([x, box[1], x + 12, box[3]]), trim * 0.7)
            sheet.fill(np.add(box, (-3, box[3] - box[1], 3, 4)), trim * 1.08)
            _window(sheet, box, frame, rng, panes=panes)


def _window(
    sheet: _Sheet, box: NDArray[np.float64], frame: NDArray[np.int64], rng: Generator, *, panes: int
) -> None:
    """Paint one window: reveal, frame, glass, and a blind or curtain in some."""
    sheet.fill(box, np.array(_mean(sheet)) * 0.45)
    inner = np.add(box, (2, 4, -2, 0))
    sheet.fill(inner, frame)
    alpha = int(rng.integers(20, 100)) if rng.random() < _LIT_SHARE else _DARK_GLASS
    edges = np.linspace(inner[0], inner[2], panes + 1)
    for left, right in pairwise(edges):
        _glazing(
            sheet, np.array([left + 2, inner[1] + 3, right - 2, inner[3] - 3]), rng, alpha=alpha
        )
    if rng.random() < 0.42:
        drop = (inner[3] - inner[1]) * rng.uniform(0.15, 0.9)
        blind = np.array([198, 192, 178]) * rng.uniform(0.7, 1.05)
        sheet.fill(np.array([inner[0] + 2, inner[1] + 3, inner[2] - 2, inner[1] + 3 + drop]), blind)


def _glazing(sheet: _Sheet, box: NDArray[np.float64], rng: Generator, *, alpha: int) -> None:
    """Paint glass: dark, lighter towards the top, with something of a room behind it."""
    left, top, right, bottom = np.round(box).astype(int)
    if right <= left or bottom <= top:
        return
    fall = np.linspace(1.25, 0.8, bottom - top)[:, None, None]
    tone = rng.uniform(24, 58) * np.array([0.92, 1.0, 1.06])
    sheet.fill(box, fall * tone, alpha=alpha)
    if rng.random() < 0.5:
        edge = left + (right - left) * rng.uniform(0.2, 0.7)
        if rng.random() < 0.5:
            sheet.fill(np.array([left, top, edge, bottom]), fall * tone * 1.7, alpha=alpha)


def _curtain(sheet: _Sheet, rng: Generator) -> None:
    """Cover the wall with glass between mullions, a spandrel at each floor."""
    bay, floor = _SIZE_PX / BAYS, _SIZE_PX / FLOORS
    split = int(rng.integers(2, 4))
    spandrel = rng.uniform(0.16, 0.34)
    tint = rng.uniform(0.7, 1.3, 3)
    for j in range(FLOORS):
        for i in range(BAYS * split):
            left = i * bay / split
            box = np.array(
                [left + 2, (j + spandrel) * floor, left + bay / split - 2, (j + 1) * floor - 2]
            )
            alpha = int(rng.integers(10, 90)) if rng.random() < _LIT_SHARE else _DARK_GLASS
            _glazing(sheet, box, rng, alpha=alpha)
            area = tuple(slice(a, b) for a, b in np.round(box).astype(int).reshape(2, 2).T[::-1])
            sheet.colour[area] *= tint.astype(np.float32)


def _shed_windows(sheet: _Sheet, rng: Generator) -> None:
    """Give a shed a strip of roof lights, and a coloured band in some."""
    floor = _SIZE_PX / FLOORS
    if rng.random() < 0.6:
        band = np.array(pick(((36, 70, 120), (150, 40, 36), (210, 150, 40), (60, 110, 70)), rng))
        sheet.fill(np.array([0, floor * 0.1, _SIZE_PX, floor * 0.4]), band)
    for i in range(BAYS):
        left = (i + 0.2) * _SIZE_PX / BAYS
        _glazing(
            sheet, np.array([left, floor * 0.5, left + 76, floor * 0.78]), rng, alpha=_DARK_GLASS
        )


def _shop_display(sheet: _Sheet, left: float, right: float, rng: Generator) -> None:
    """Put goods and posters behind the panes: what makes a shop window look used."""
    for _ in range(int(rng.integers(3, 9))):
        x, y = rng.uniform(left, right - 18), rng.uniform(92, 128)
        w, h = rng.uniform(6, 22), rng.uniform(6, 26)
        if x + w < right:
            sheet.fill(
                np.array([x, y, x + w, y + h]),
                rng.uniform(60, 160) + rng.uniform(-22, 22, 3),
                alpha=200,
            )


def _weather(sheet: _Sheet, rng: Generator) -> None:
    """Streak and stain what is wall."""
    height, width = sheet.alpha.shape
    coarse = rng.random((10, 10)).astype(np.float32)
    coarse[:, -1], coarse[-1] = coarse[:, 0], coarse[0]
    stains = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    streaks = cv2.GaussianBlur(rng.random((1, width)).astype(np.float32), (0, 0), 2)
    grain = rng.normal(0, 0.025, (height, width)).astype(np.float32)
    tone = 0.94 + 0.14 * stains + 0.1 * (streaks - 0.5) + grain
    wall = (sheet.alpha == 255)[..., None]
    sheet.colour = np.where(wall, sheet.colour * tone[..., None], sheet.colour)


def _mean(sheet: _Sheet) -> Colour:
    red, green, blue = sheet.colour[::16, ::16].reshape(-1, 3).mean(axis=0)
    return int(red), int(green), int(blue)
