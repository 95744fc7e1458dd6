"""Colours of plain surfaces: trim, lamps, seats, and what people wear."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from city.vehicles.canvas import (
    CHROME,
    GLOSS_BLACK,
    LAMP,
    PLASTIC,
    PRINT,
    RUBBER,
    Canvas,
    Ink,
    Material,
    rectangle,
)
from city.vehicles.layout import SWATCH_PX

if TYPE_CHECKING:
    from city.vehicles.canvas import Sheet
    from city.vehicles.paints import Rgb

CLOTH: Final = Material(225, 0)
SKIN: Final = Material(150, 0)
CLOTHES: Final[tuple[Rgb, ...]] = (
    (28, 30, 36),
    (44, 52, 74),
    (62, 64, 68),
    (120, 122, 124),
    (196, 194, 188),
    (226, 226, 222),
    (136, 34, 36),
    (36, 72, 122),
    (52, 82, 58),
    (196, 158, 62),
    (172, 96, 122),
    (112, 84, 60),
)
TROUSERS: Final[tuple[Rgb, ...]] = (
    (26, 28, 34),
    (46, 58, 84),
    (62, 74, 98),
    (74, 70, 64),
    (132, 120, 98),
    (94, 96, 98),
)
SKINS: Final[tuple[Rgb, ...]] = (
    (224, 178, 148),
    (204, 154, 122),
    (164, 116, 84),
    (118, 80, 58),
    (76, 52, 40),
)
HAIR: Final[tuple[Rgb, ...]] = ((24, 20, 18), (58, 40, 28), (120, 86, 48), (150, 148, 144))
WOVEN: Final = frozenset(("top", "sleeve", "trousers", "bag", "cargo", "hair"))
"""Swatches of cloth and the like."""
SHOES: Final[tuple[Rgb, ...]] = ((22, 22, 24), (70, 54, 42), (220, 218, 214))
HELMETS: Final[tuple[Rgb, ...]] = ((18, 18, 20), (226, 226, 226), (150, 24, 24), (36, 60, 120))
TRIM_INKS: Final = {
    "dark": Ink((9, 9, 10), Material(240, 0)),
    "tyre": Ink((21, 21, 22), RUBBER),
    "plastic": Ink((26, 26, 27), PLASTIC),
    "metal": Ink((112, 114, 116), Material(110, 40)),
    "chrome": Ink((186, 188, 190), CHROME),
    "lens": Ink((212, 212, 206), PRINT),
    "glow": Ink((250, 226, 120), Material(90, 60, head_lamp=85)),
    "red_lamp": Ink((150, 10, 12), LAMP._replace(rear_lamp=255)),
    "white_lamp": Ink((222, 224, 226), LAMP._replace(head_lamp=255)),
    "seat": Ink((24, 23, 23), Material(140, 20)),
    "visor": Ink((12, 13, 15), GLOSS_BLACK),
}
"""Swatches that are the same on everybody."""
HI_VIS: Final[Rgb] = (206, 222, 48)
"""A vest that some riders wear."""


def paint_swatches(canvas: Canvas, rng: random.Random, *, paint: Ink, cargo: Ink) -> None:
    """Paint all swatches of an atlas.

    Args:
        canvas: To paint on.
        rng: Chooses clothes.
        paint: Of the body.
        cargo: Of the load floor or the cargo body.
    """
    own = {"paint": paint, "cargo": cargo, "cargo_dark": cargo.shaded(0.5)}
    for name, ink in (TRIM_INKS | own | _worn(rng)).items():
        swatch = canvas.layout.swatches[name]
        low, high = (swatch.x, swatch.y), (swatch.x + SWATCH_PX, swatch.y + SWATCH_PX)
        canvas.polygon(rectangle(low, high), ink)
        if name in WOVEN:
            _weave(canvas.part((*low, *high)), rng)


def _worn(rng: random.Random) -> dict[str, Ink]:
    """Return what somebody looks like and wears."""
    top = Ink(HI_VIS if rng.random() < 0.08 else rng.choice(CLOTHES), CLOTH)
    bare_arms = rng.random() < 0.3
    skin = Ink(rng.choice(SKINS), SKIN)
    return {
        "skin": skin,
        "hair": Ink(rng.choice(HAIR), CLOTH),
        "top": top,
        "sleeve": skin if bare_arms else top.shaded(0.94),
        "trousers": Ink(rng.choice(TROUSERS), CLOTH),
        "shoes": Ink(rng.choice(SHOES), CLOTH),
        "bag": Ink(rng.choice(CLOTHES), CLOTH),
        "helmet": Ink(rng.choice(HELMETS), GLOSS_BLACK),
    }


def _weave(sheet: Sheet, rng: random.Random) -> None:
    """Crease a swatch, so that cloth and sacking are not flat."""
    seeds = np.random.default_rng(rng.randrange(1 << 31))
    folds = cv2.resize(seeds.random((5, 5), np.float32), sheet.rgb.shape[1::-1])
    sheet.rgb[:] = (sheet.rgb * (0.72 + 0.28 * folds[..., None])).astype(np.uint8)
