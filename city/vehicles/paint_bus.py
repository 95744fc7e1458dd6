"""Paints buses and coaches."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

import numpy as np

from city.vehicles.canvas import GLASS, Canvas, Ink, Material, circle
from city.vehicles.car_design import (
    AMBER,
    BLACK,
    CLEAR,
    CLEAR_LIT,
    GAP,
    LIT,
    RED,
    RED_LIT,
    REFLECTOR,
    SEAL,
    SEAT,
    SKIN,
    TRIM,
)
from city.vehicles.lettering import NAMES, contrast
from city.vehicles.plates import paint_plate

if TYPE_CHECKING:
    from city.vehicles.canvas import Face
    from city.vehicles.individual import Individual
    from city.vehicles.paints import Rgb
    from city.vehicles.shapes import BusShape

DISPLAY: Final = Ink((255, 168, 34), Material(120, 0, head_lamp=80))
PLACES: Final = (
    "CENTRO",
    "STATION",
    "AIRPORT",
    "HARBOUR",
    "UNIVERSITY",
    "NORD",
    "MARKET",
    "STADION",
)
OPERATORS: Final[tuple[Rgb, ...]] = ((30, 84, 160), (186, 32, 38), (24, 122, 82), (232, 120, 24))
"""Colours of stripes on pale buses."""
PALE_RGB: Final = 540
"""Sum of the channels from which paint is too pale for a lighter or darker stripe to show."""
SEATS_APART_M: Final = 0.78
MIDDLE_DOOR_FROM_M: Final = 8.0
"""Shorter ones have one door, beside the driver."""


def paint_bus(canvas: Canvas, shape: BusShape, individual: Individual, coat: Ink) -> None:
    """Paint a bus's five views."""
    rng = random.Random(individual.seed)
    second = _second(coat, rng)
    glass = Ink((24, 27, 30), GLASS)
    heading = f"{rng.randint(1, 99)} {rng.choice(PLACES)}"
    for name in ("left", "right"):
        side = canvas.face(name)
        _livery(side, shape, coat, second, individual.seed)
        _side_windows(side, shape, glass, coat, individual.seed)
        _panels(side, shape, coat)
        if name == "right":
            _doors(side, shape, glass)
        if not shape.coach and name == "right":
            _display(side, (shape.body.length - 2.7, shape.window[1] - 0.14), heading, 1.1)
        _lettering(side, shape, coat, individual)
        _arches(side, shape)
    _front(canvas.face("front"), shape, glass, individual, heading)
    _rear(canvas.face("rear"), shape, glass, coat, individual, heading)
    _top(canvas.face("top"), shape, coat)


def _second(coat: Ink, rng: random.Random) -> Ink:
    """Return the second colour of a livery: another shade, or on pale paint an operator's own."""
    other = coat.shaded(rng.choice((0.6, 1.35)), 10)
    return Ink(rng.choice(OPERATORS), coat.material) if sum(coat.rgb) > PALE_RGB else other


def _livery(face: Face, shape: BusShape, coat: Ink, second: Ink, seed: int) -> None:
    length, low = shape.body.length, shape.window[0]
    style = seed % 4
    if style == 0:
        face.rectangle((0, 0), (length, 0.75), second)
    elif style == 1:
        face.fill([(0, 0), (0.30 * length, 0), (0.16 * length, 4), (0, 4)], second)
    elif style == 2:
        for z in (low - 0.28, low - 0.16):
            face.line([(0, z), (length, z)], second, 0.07)
    face.rectangle((0, 0), (length, shape.body.sill + 0.12), TRIM)


def _side_windows(face: Face, shape: BusShape, glass: Ink, coat: Ink, seed: int) -> None:
    (low, high), length = shape.window, shape.body.length
    face.rectangle((0.30, low - 0.03), (length - 0.12, high + 0.03), SEAL)
    face.rectangle((0.34, low), (length - 0.14, high), glass)
    face.rectangle((0.5, low + 0.40), (length - 0.3, high - 0.1), LIT, opacity=0.55)
    rng = random.Random(seed)
    post = coat if seed % 3 == 0 else SEAL
    for x in np.arange(0.7, length - 1.8, SEATS_APART_M):
        face.rounded((x, low - 0.1), (x + 0.14, low + 0.38), SEAT, 0.05)
        if rng.random() < 0.45:
            face.fill(circle((x + 0.24, low + 0.36), 0.10, aspect=1.2), SKIN, opacity=0.7)
            face.fill(
                circle((x + 0.24, low + 0.06), 0.19, aspect=1.0), SEAT.shaded(2.4), opacity=0.8
            )
    driver = length - 1.15
    face.fill(circle((driver, low + 0.42), 0.11, aspect=1.2), SKIN, opacity=0.8)
    face.rounded((driver - 0.25, low), (driver - 0.08, low + 0.55), SEAT, 0.05)
    face.rectangle((0.34, low - 0.1), (length - 0.14, low), SEAL)
    for x in np.linspace(0.34, length - 1.6, 8 if length > 10 else 6):
        face.rectangle((x - 0.05, low), (x + 0.05, high), post)
    face.line([(0.34, high - 0.28), (length - 1.6, high - 0.28)], SEAL, 0.02)


def _panels(face: Face, shape: BusShape, coat: Ink) -> None:
    length, low = shape.body.length, shape.window[0]
    shade = coat.shaded(0.6)
    deck = low - 0.12
    face.line([(0.2, 0.72), (length - 0.2, 0.72)], shade, 0.014)
    for x in np.arange(1.1, length - 0.5, 1.35):
        face.line([(x, 0.35), (x, deck if shape.coach else 0.72)], shade, 0.012)
    face.rectangle((0.0, 0.3), (length, 0.62), BLACK, opacity=0.12)
    for x in np.arange(0.6, length, 2.2):
        face.rectangle((x, 0.56), (x + 0.1, 0.60), AMBER)
    face.rectangle((0.25, deck - 0.55), (0.95, deck - 0.15), shade, opacity=0.9)
    for z in np.arange(deck - 0.5, deck - 0.15, 0.06):
        face.line([(0.28, z), (0.92, z)], GAP, 0.02)


def _doors(face: Face, shape: BusShape, glass: Ink) -> None:
    length, high = shape.body.length, shape.window[1]
    places = [length - 1.55]
    if not shape.coach and length > MIDDLE_DOOR_FROM_M:
        places += [0.5 * (shape.axles[0] + shape.axles[-1]) - 0.3]
    for x in places:
        wide = 0.95 if shape.coach else 1.15
        face.rectangle((x, 0.34), (x + wide, high + 0.05), SEAL)
        for leaf in (x + 0.05, x + wide / 2 + 0.02):
            face.rectangle((leaf, 0.44), (leaf + wide / 2 - 0.07, high - 0.03), glass)
            face.rectangle((leaf, 0.44), (leaf + wide / 2 - 0.07, 0.9), SEAT, opacity=0.5)
            face.line(
                [(leaf + 0.08, 0.9), (leaf + 0.08, 1.5)], Ink((196, 170, 40), TRIM.material), 0.03
            )


def _display(face: Face, centre: tuple[float, float], words: str, width: float) -> None:
    x, z = centre
    face.rectangle((x - width / 2, z - 0.17), (x + width / 2, z + 0.17), GAP)
    face.text(centre, 0.26, words, DISPLAY, width_m=width - 0.1)


def _lettering(face: Face, shape: BusShape, coat: Ink, individual: Individual) -> None:
    if not individual.has("lettering"):
        return
    rng = random.Random(individual.seed + 1)
    length, low = shape.body.length, shape.window[0]
    z = (low - 0.1 + 0.75) / 2 + (0.2 if shape.coach else 0.0)
    x = 0.5 * length + rng.uniform(-0.4, 0.6)
    size = 0.5 if shape.coach else 0.26
    face.text((x, z), size, rng.choice(NAMES), contrast(coat), width_m=3.2)


def _arches(face: Face, shape: BusShape) -> None:
    radius = shape.wheel_radius
    for x in shape.axles:
        face.fill(circle((x, radius), radius + 0.10, corners=40), GAP)
        face.cut(circle((x, radius), radius + 0.085, corners=40))


def _front(face: Face, shape: BusShape, glass: Ink, individual: Individual, heading: str) -> None:
    half, low = shape.body.width / 2, shape.window[0]
    height = max(z for _, z in shape.body.top)
    face.rectangle((-half, 0), (half, 0.5), TRIM)
    foot = low - 0.15 if not shape.coach else 1.15
    outline = [
        (-0.97 * half, foot),
        (0.97 * half, foot),
        (0.94 * half, height - 0.14),
        (-0.94 * half, height - 0.14),
    ]
    face.fill(outline, SEAL)
    face.rounded((-0.92 * half, foot + 0.05), (0.92 * half, height - 0.50), glass, 0.12)
    face.rectangle((-0.85 * half, foot + 0.05), (0.85 * half, foot + 0.35), REFLECTOR, opacity=0.5)
    face.rectangle((-0.8 * half, foot + 0.75), (0.8 * half, height - 0.6), LIT, opacity=0.5)
    face.fill(circle((0.5 * half, foot + 0.62), 0.12, aspect=1.2), SKIN, opacity=0.8)
    face.fill(circle((0.5 * half, foot + 0.25), 0.26, aspect=0.9), SEAT.shaded(2.0), opacity=0.8)
    _display(face, (0.0, height - 0.32), heading, 1.7 * half)
    for y in (-0.45, 0.15):
        face.line([(y * half, foot + 0.04), ((y + 0.6) * half, foot + 0.16)], GAP, 0.025)
    for side in (1, -1):
        face.rounded((side * 0.95 * half, 0.86), (side * 0.52 * half, 0.62), SEAL, 0.06)
        for y in (0.84, 0.66):
            face.disc((side * y * half, 0.74), 0.085, CLEAR)
            face.disc((side * y * half, 0.74), 0.06, CLEAR_LIT)
        face.rectangle((side * 0.95 * half, 0.90), (side * 0.7 * half, 0.93), AMBER)
    face.disc((0.0, 0.95), 0.07, Ink((190, 192, 194), CLEAR.material._replace(head_lamp=0)))
    paint_plate(face, (0.0, 0.48), individual)


def _rear(
    face: Face, shape: BusShape, glass: Ink, coat: Ink, individual: Individual, heading: str
) -> None:
    half, (low, high) = shape.body.width / 2, shape.window
    height = max(z for _, z in shape.body.top)
    face.rectangle((-half, 0), (half, 0.48), TRIM)
    face.rounded((-0.92 * half, low + 0.05), (0.92 * half, high + 0.1), SEAL, 0.1)
    face.rounded((-0.88 * half, low + 0.10), (0.88 * half, high + 0.06), glass, 0.1)
    face.rectangle((-0.8 * half, low + 0.5), (0.8 * half, high - 0.25), LIT, opacity=0.55)
    for y in np.linspace(-0.66, 0.66, 4):
        face.rounded((y * half - 0.2, low + 0.12), (y * half + 0.2, low + 0.55), SEAT, 0.06)
    _display(face, (0.45 * half, high - 0.12), heading.split()[0], 0.6)
    for z in np.arange(0.72, low - 0.12, 0.09):
        face.line([(-0.45 * half, z), (0.45 * half, z)], coat.shaded(0.6), 0.025)
    for side in (1, -1):
        face.rectangle((side * 0.95 * half, 1.25), (side * 0.80 * half, 0.62), GAP)
        for z, ink in ((1.12, RED_LIT), (0.94, RED), (0.76, AMBER)):
            face.disc((side * 0.875 * half, z), 0.075, ink)
        face.rectangle((side * 0.9 * half, height - 0.2), (side * 0.76 * half, height - 0.25), RED)
    paint_plate(face, (0.0, 0.55), individual)


def _top(face: Face, shape: BusShape, coat: Ink) -> None:
    length, half = shape.body.length, shape.body.width / 2
    pale = Ink((206, 207, 206), Material(140, 20))
    face.rectangle((0.4, -0.78 * half), (length - 0.5, 0.78 * half), pale)
    for x in np.arange(1.2, length - 0.6, 1.5):
        face.line([(x, -0.78 * half), (x, 0.78 * half)], pale.shaded(0.75), 0.02)
    for x in (0.36 * length, 0.70 * length):
        face.rounded((x, -0.4), (x + 0.8, 0.4), pale.shaded(0.7), 0.05)
        face.rounded((x + 0.03, -0.37), (x + 0.77, 0.37), pale.shaded(0.95), 0.05)
