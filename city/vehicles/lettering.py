"""Made-up company names and where vans, trucks and taxis wear them."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

from city.vehicles.canvas import PRINT, Ink, circle

if TYPE_CHECKING:
    from city.vehicles.canvas import Face
    from city.vehicles.paints import Rgb

NAMES: Final = (
    "NORDEX CARGO",
    "Bellini & Figli",
    "KARO EXPRESS",
    "Müller Bau",
    "AQUAVITA",
    "TransOrbit",
    "Fresh & Fast",
    "ELEKTRO ROTH",
    "Delta Logistik",
    "OCEANLINE",
    "Casa Verde",
    "PRIMA PANE",
    "Hansen Rohr",
    "BLUEBOX",
    "SANTO TOURS",
    "Green Mile",
    "ARGOS 24",
    "VOLTIS",
    "Kowalski",
    "CITY FLORA",
)
BRANDS: Final[tuple[Rgb, ...]] = (
    (196, 30, 36),
    (20, 72, 150),
    (14, 120, 76),
    (236, 168, 24),
    (34, 36, 42),
    (226, 92, 20),
    (96, 40, 120),
    (0, 138, 160),
)


def contrast(coat: Ink) -> Ink:
    """Return a print that stands out from a coat."""
    return Ink((30, 34, 44) if sum(coat.rgb) > 380 else (232, 232, 228), PRINT)


def brand(rng: random.Random, coat: Ink) -> Ink:
    """Return a company's colour, unlike that of the coat."""
    far = [c for c in BRANDS if sum(abs(a - b) for a, b in zip(c, coat.rgb, strict=True)) > 160]
    return Ink(rng.choice(far), PRINT)


def letter(
    face: Face,
    low: tuple[float, float],
    high: tuple[float, float],
    coat: Ink,
    rng: random.Random,
) -> None:
    """Letter a panel with a company's name, emblem, stripe and telephone number.

    Args:
        face: To paint on.
        low: A corner of the panel in metres.
        high: The opposite corner.
        coat: What the panel is painted with.
        rng: Chooses company and arrangement; the same for both flanks.
    """
    ink, style = brand(rng, coat), rng.randrange(4)
    (x0, z0), (x1, z1) = low, high
    wide, tall = x1 - x0, z1 - z0
    name, phone = rng.choice(NAMES), f"{rng.randint(100, 999)} {rng.randint(10000, 99999)}"
    middle = ((x0 + x1) / 2, z0 + 0.58 * tall)
    words = ink
    if style == 0:
        face.rectangle((x0, z0 + 0.36 * tall), (x1, z0 + 0.80 * tall), ink)
        words = contrast(ink)
    elif style == 1:
        face.fill([(x0, z0), (x0 + 0.45 * wide, z0), (x0 + 0.25 * wide, z1), (x0, z1)], ink)
        middle = (x0 + 0.66 * wide, middle[1])
        wide *= 0.62
    elif style == 2:
        emblem = (x0 + 0.5 * tall, middle[1])
        face.fill(circle(emblem, 0.32 * tall), ink)
        face.fill(circle(emblem, 0.17 * tall), coat)
        middle, wide = (middle[0] + 0.4 * tall, middle[1]), wide - tall
    face.text(middle, min(0.34 * tall, 0.75), name, words, width_m=0.86 * wide)
    below, size = (middle[0], z0 + 0.18 * tall), min(0.14 * tall, 0.24)
    face.text(below, size, phone, contrast(coat), width_m=0.6 * wide)
