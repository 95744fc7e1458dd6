"""One texture of all that is printed: traffic signs, shop signs, awnings, posters.

As `SurfaceKind.LAMP` its alpha says how strongly a picture shines at night.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from city.draws import pick

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from city.ground.style import Colour
    from city.scenery.shapes import Region

_SIZE_PX: Final = 1024
_CELL_PX: Final = 128
_COLUMNS: Final = _SIZE_PX // _CELL_PX
_LIT: Final = 150
_DIM: Final = 0

_WHITE: Final[Colour] = (226, 226, 222)
_RED: Final[Colour] = (178, 30, 32)
_BLUE: Final[Colour] = (28, 78, 150)
_BLACK: Final[Colour] = (28, 28, 30)
_SHOP_WORDS: Final = (
    "BAKERY", "PHARMACY", "CAFE", "MARKET", "OPTIC", "BOOKS", "BANK", "FLOWERS",
    "PIZZA", "HOTEL", "SHOES", "PHONE", "KIOSK", "BAR", "HAIR", "TOYS",
)  # fmt: skip
SHOP_SIGNS: Final = len(_SHOP_WORDS)
POSTERS: Final = 6
AWNINGS: Final = 4


class Sign(StrEnum):
    """Traffic signs, and their backs."""

    SPEED = "speed"
    NO_ENTRY = "no entry"
    NO_STOPPING = "no stopping"
    GIVE_WAY = "give way"
    PRIORITY = "priority"
    CROSSING = "crossing"
    PARKING = "parking"
    BUS_STOP = "bus stop"
    BACK = "back"


def sign_region(sign: Sign) -> Region:
    """Return where a sign lies in the texture."""
    row, column = divmod(list(Sign).index(sign), _COLUMNS)
    return _region(column * _CELL_PX, row * _CELL_PX, _CELL_PX, _CELL_PX)


def shop_sign_region(number: int) -> Region:
    """Return where one of `SHOP_SIGNS` signs lies, four times as wide as high."""
    left, top = divmod(number % SHOP_SIGNS, 8)
    return _region(left * 512, 256 + top * 48, 384, 48)


def poster_region(number: int) -> Region:
    """Return where one of `POSTERS` posters lies, two units wide and three high."""
    return _region((number % POSTERS) * 168, 660, 160, 232)


def awning_region(number: int) -> Region:
    """Return where one of `AWNINGS` striped cloths lies."""
    return _region((number % AWNINGS) * 256, 900, 248, 56)


def direction_region(number: int) -> Region:
    """Return where one of two motorway direction signs lies, 5 units wide and 3 high."""
    return _region(416, 256 + (number % 2) * 62, 90, 56)


def draw_prints(rng: Generator) -> NDArray[np.uint8]:
    """Paint the texture; uint8 (1024, 1024, 4)."""
    sheet = np.zeros((_SIZE_PX, _SIZE_PX, 4), np.uint8)
    sheet[..., :3] = 128
    for sign in Sign:
        _draw_sign(_view(sheet, sign_region(sign)), sign)
    for k, word in enumerate(_SHOP_WORDS):
        _draw_shop_sign(_view(sheet, shop_sign_region(k)), word, rng)
    for k in range(POSTERS):
        _draw_poster(_view(sheet, poster_region(k)), rng)
    for k in range(AWNINGS):
        _draw_awning(_view(sheet, awning_region(k)), rng)
    for k in range(2):
        _draw_direction(_view(sheet, direction_region(k)), k)
    return sheet


def _region(left: int, top: int, width: int, height: int) -> Region:
    edges = (left + 1, top + 1, left + width - 1, top + height - 1)
    return tuple(v / _SIZE_PX for v in edges)  # type: ignore[return-value]


def _view(sheet: NDArray[np.uint8], region: Region) -> NDArray[np.uint8]:
    """Return the pixels of a region, one pixel of rim included."""
    left, top, right, bottom = (round(v * _SIZE_PX) for v in region)
    return sheet[top - 1 : bottom + 1, left - 1 : right + 1]


def _paint(view: NDArray[np.uint8], colour: Colour, *, shine: int) -> None:
    view[..., :3] = colour
    view[..., 3] = shine


def _text(view: NDArray[np.uint8], text: str, colour: Colour) -> None:
    """Write a line across the middle, as large as fits."""
    height, width = view.shape[:2]
    (text_width, text_height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, 1.0, 2)
    scale = min(0.8 * width / text_width, 0.6 * height / text_height)
    origin = (int((width - text_width * scale) / 2), int((height + text_height * scale) / 2))
    rgb = np.ascontiguousarray(view[..., :3])
    thickness = max(1, round(2.4 * scale))
    cv2.putText(rgb, text, origin, cv2.FONT_HERSHEY_DUPLEX, scale, colour, thickness, cv2.LINE_AA)
    view[..., :3] = rgb


def _draw_sign(view: NDArray[np.uint8], sign: Sign) -> None:
    """Paint a traffic sign over its whole cell; boards have the sign's outline."""
    _paint(view, _WHITE, shine=_DIM)
    rgb = np.ascontiguousarray(view[..., :3])
    middle = (64, 64)
    if sign is Sign.SPEED:
        rgb[:] = _RED
        cv2.circle(rgb, middle, 46, _WHITE, -1, cv2.LINE_AA)
        cv2.putText(rgb, "50", (30, 82), cv2.FONT_HERSHEY_DUPLEX, 1.7, _BLACK, 4, cv2.LINE_AA)
    elif sign is Sign.NO_ENTRY:
        rgb[:] = _RED
        rgb[52:76, 18:110] = _WHITE
    elif sign is Sign.NO_STOPPING:
        rgb[:] = _RED
        cv2.circle(rgb, middle, 48, _BLUE, -1, cv2.LINE_AA)
        cv2.line(rgb, (20, 20), (108, 108), _RED, 12, cv2.LINE_AA)
    elif sign is Sign.GIVE_WAY:
        rgb[:] = _RED
        cv2.fillPoly(rgb, [np.array([(24, 16), (104, 16), (64, 92)], np.int32)], _WHITE)
    elif sign is Sign.PRIORITY:
        rgb[16:112, 16:112] = (222, 170, 40)
    elif sign in (Sign.CROSSING, Sign.PARKING, Sign.BUS_STOP):
        rgb[:] = _BLUE if sign is not Sign.BUS_STOP else (222, 180, 48)
        letter, ink = {"crossing": ("A", _WHITE), "parking": ("P", _WHITE)}.get(
            sign, ("H", (30, 100, 60))
        )
        cv2.putText(rgb, letter, (34, 98), cv2.FONT_HERSHEY_DUPLEX, 3.0, ink, 9, cv2.LINE_AA)
    else:
        rgb[:] = (120, 124, 126)
    view[..., :3] = rgb


def _draw_shop_sign(view: NDArray[np.uint8], word: str, rng: Generator) -> None:
    grounds: tuple[Colour, ...] = (
        (34, 60, 96),
        (150, 30, 34),
        (40, 84, 56),
        (214, 206, 188),
        (30, 30, 32),
        (200, 128, 30),
        (92, 44, 96),
    )
    ground = pick(grounds, rng)
    _paint(view, ground, shine=_LIT if rng.random() < 0.7 else _DIM)
    _text(view, word, _WHITE if sum(ground) < 420 else (60, 40, 34))


def _draw_poster(view: NDArray[np.uint8], rng: Generator) -> None:
    top, low = (rng.uniform(60, 200) + rng.uniform(-45, 45, 3) for _ in range(2))
    share = np.linspace(0, 1, view.shape[0])[:, None, None]
    view[..., :3] = (top * (1 - share) + low * share).astype(np.uint8)
    view[..., 3] = 110
    for _ in range(3):
        rgb = np.ascontiguousarray(view[..., :3])
        colour = tuple(float(v) for v in rng.uniform(60, 200) + rng.uniform(-60, 60, 3))
        centre = (int(rng.integers(20, 140)), int(rng.integers(40, 190)))
        cv2.ellipse(
            rgb,
            centre,
            (int(rng.integers(12, 50)), int(rng.integers(12, 60))),
            0,
            0,
            360,
            colour,
            -1,
        )
        view[..., :3] = rgb
    _text(view[150:200], str(rng.choice(["NOW", "SALE", "NEW", "-20%", "OPEN"])), _WHITE)


def _draw_awning(view: NDArray[np.uint8], rng: Generator) -> None:
    first = np.array(pick(((150, 36, 36), (36, 84, 60), (40, 62, 110), (196, 150, 60)), rng))
    stripes = (np.arange(view.shape[1]) // 16) % 2 == 0
    view[..., :3] = np.where(stripes[None, :, None], first, np.array([214, 208, 194]))
    view[..., 3] = _DIM


def _draw_direction(view: NDArray[np.uint8], number: int) -> None:
    ground: Colour = (24, 70, 140) if number == 0 else (24, 96, 66)
    _paint(view, ground, shine=30)
    half = view.shape[0] // 2
    _text(view[2:half], ("Harbour", "Centre")[number], _WHITE)
    _text(view[half:-2], ("Airport 12", "Exit 7")[number], _WHITE)
