"""Paints trucks, tractors and semi-trailers."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

import numpy as np

from city.vehicles.canvas import CHROME, GLASS, Canvas, Ink, Material, circle
from city.vehicles.car_design import (
    AMBER,
    CLEAR,
    CLEAR_LIT,
    GAP,
    LIT,
    RED,
    REFLECTOR,
    SEAL,
    SEAT,
    SKIN,
    TRIM,
    design_of,
)
from city.vehicles.lettering import letter
from city.vehicles.paints import Rgb
from city.vehicles.plates import paint_plate

if TYPE_CHECKING:
    from city.vehicles.canvas import Face
    from city.vehicles.individual import Individual
    from city.vehicles.shapes import TrailerShape, TruckShape

CANVAS: Final = Material(150, 20)
BODY_COLOURS: Final[tuple[Rgb, ...]] = (
    (226, 227, 227),
    (214, 214, 210),
    (230, 230, 226),
    (186, 188, 190),
    (168, 34, 36),
    (36, 66, 136),
    (222, 176, 46),
    (60, 104, 76),
    (70, 74, 80),
)


def cargo_ink(individual: Individual, *, tank: bool) -> Ink:
    """Return the colour of what a truck carries its load in."""
    rng = random.Random(individual.seed + 2)
    if tank and rng.random() < 0.6:
        return Ink((190, 192, 194), CHROME._replace(roughness=60))
    return Ink(rng.choice(BODY_COLOURS), CANVAS)


def paint_truck(canvas: Canvas, shape: TruckShape, individual: Individual, coat: Ink) -> None:
    """Paint a rigid truck's or a tractor's five views."""
    load = cargo_ink(individual, tank=shape.cargo == "tank")
    for name in ("left", "right"):
        side = canvas.face(name)
        if shape.cargo != "none":
            _cargo_side(side, shape.cargo, shape.cargo_x, shape.cargo_z, load, individual)
        _cab_side(side, shape, coat)
    if shape.cargo != "none":
        (x0, x1), half = shape.cargo_x, shape.cab.width / 2 + 0.2
        canvas.face("top").rectangle((x0, -half), (x1 + 0.02, half), load.shaded(0.96))
    _front(canvas.face("front"), shape, individual, coat, load)
    _back(canvas.face("rear"), shape, individual, coat, load)
    _cab_top(canvas.face("top"), shape, coat)


def paint_trailer(canvas: Canvas, shape: TrailerShape, individual: Individual) -> None:
    """Paint a semi-trailer's five views."""
    load = cargo_ink(individual, tank=shape.cargo == "tank")
    for name in ("left", "right"):
        side = canvas.face("trailer_" + name)
        _cargo_side(side, shape.cargo, (0.0, shape.length), shape.cargo_z, load, individual)
    half = shape.width / 2 + 0.1
    canvas.face("trailer_top").rectangle((0, -half), (shape.length, half), load.shaded(0.95))
    for name in ("front", "rear"):
        canvas.face("trailer_" + name).rectangle((-half, 0), (half, 5), load)
    _box_doors(canvas.face("trailer_rear"), half - 0.1, shape.cargo_z, load)
    paint_plate(canvas.face("trailer_rear"), (0.0, shape.cargo_z[0] + 0.12), individual)


def _cargo_side(
    face: Face,
    cargo: str,
    span: tuple[float, float],
    heights: tuple[float, float],
    load: Ink,
    individual: Individual,
) -> None:
    (x0, x1), (z0, z1) = span, heights
    face.rectangle((x0, 0), (x1, z1 + 0.6), load)
    shade = load.shaded(0.72)
    if cargo == "box":
        curtain = individual.seed % 2 == 0
        for x in np.arange(x0 + 0.6, x1, 0.55 if curtain else 1.2):
            face.line([(x, z0), (x, z1)], load.shaded(0.88), 0.05 if curtain else 0.02)
        for z in (z0 + 0.04, z1 - 0.05):
            face.line([(x0, z), (x1, z)], shade, 0.09)
        for x in (x0 + 0.04, x1 - 0.04):
            face.line([(x, z0), (x, z1)], shade, 0.09)
    elif cargo == "tank":
        for x in np.linspace(x0 + 0.3, x1 - 0.3, 4):
            face.line([(x, z0), (x, z1)], shade, 0.04)
    else:
        for x in np.linspace(x0 + 0.02, x1 - 0.02, 6 if cargo == "flatbed" else 8):
            face.line([(x, z0), (x, z1)], shade, 0.07)
        face.line([(x0, z1 - 0.03), (x1, z1 - 0.03)], shade, 0.06)
    for x in np.arange(x0 + 0.3, x1, 1.6):
        face.rectangle((x, z0 + 0.02), (x + 0.12, z0 + 0.06), AMBER)
    if individual.has("lettering") and cargo in ("box", "tank"):
        rng = random.Random(individual.seed + 3)
        low, high = (x0 + 0.35, z0 + 0.25), (x1 - 0.35, z1 - 0.22)
        if cargo == "tank":
            low, high = (x0 + 0.8, z0 + 0.55), (x1 - 0.8, z1 - 0.5)
        letter(face, low, high, load, rng)


def _cab_side(face: Face, shape: TruckShape, coat: Ink) -> None:
    cab = shape.cab
    x0, x1, belt = cab.start, shape.length, cab.belt[0]
    height = max(z for _, z in cab.top)
    roof = min(height - 0.30, belt + 0.95)
    back = x0 + (0.92 if shape.sleeper else 0.42)
    face.rectangle((x0, 0), (x1, height + 0.5), coat)
    face.rectangle((x0, 0), (x1, cab.sill + 0.22), TRIM)
    outline = [(back, belt), (x1 - 0.20, belt - 0.08), (x1 - 0.42, roof), (back, roof)]
    face.fill(outline, SEAL)
    middle = np.mean(outline, axis=0)
    face.fill(middle + 0.92 * (np.array(outline) - middle), Ink((28, 31, 34), GLASS))
    face.rectangle((back + 0.25, belt + 0.35), (x1 - 0.5, roof - 0.12), LIT, opacity=0.3)
    face.rounded((back + 0.10, belt), (back + 0.28, belt + 0.48), SEAT, 0.04)
    face.fill(circle((back + 0.42, belt + 0.40), 0.10, aspect=1.25), SKIN, opacity=0.75)
    shade = coat.shaded(0.5)
    for x in (back - 0.06, x1 - 0.16):
        face.line([(x, cab.sill + 0.25), (x, roof + 0.03)], shade, 0.016)
    face.line([(back - 0.06, roof + 0.03), (x1 - 0.45, roof + 0.03)], shade, 0.016)
    face.rounded((back + 0.0, belt - 0.16), (back + 0.2, belt - 0.11), TRIM, 0.02)
    face.line([(x0, belt - 0.3), (x1, belt - 0.3)], coat.shaded(0.85), 0.03)
    for z in (cab.sill + 0.02, cab.sill + 0.24):
        face.rectangle((back + 0.1, z), (back + 0.6, z + 0.06), GAP)
    face.rectangle((x1 - 0.16, cab.sill + 0.30), (x1, cab.sill + 0.44), REFLECTOR)
    face.rectangle((x1 - 0.2, cab.sill + 0.30), (x1 - 0.13, cab.sill + 0.44), AMBER)
    arch = circle((shape.axles[-1], shape.wheel_radius), shape.wheel_radius + 0.09, corners=40)
    face.fill(arch, GAP)
    face.cut(arch)


def _front(face: Face, shape: TruckShape, individual: Individual, coat: Ink, load: Ink) -> None:
    cab, design = shape.cab, design_of(shape.design)
    half, belt, sill = cab.width / 2, cab.belt[0], cab.sill
    height = max(z for _, z in cab.top)
    face.rectangle((-2, height - 0.02), (2, 9), load)
    roof = min(height - 0.16, belt + 1.05)
    face.rounded((-0.93 * half, belt - 0.06), (0.93 * half, roof), SEAL, 0.1)
    face.rounded((-0.89 * half, belt), (0.89 * half, roof - 0.05), Ink((26, 29, 32), GLASS), 0.08)
    face.rectangle((-0.85 * half, belt), (0.85 * half, belt + 0.22), REFLECTOR, opacity=0.5)
    if individual.has("driver"):
        face.fill(circle((0.5 * half, belt + 0.48), 0.11, aspect=1.2), SKIN, opacity=0.75)
        face.fill(
            circle((0.5 * half, belt + 0.14), 0.25, aspect=0.9), SEAT.shaded(2.0), opacity=0.8
        )
    for y in (-0.5, 0.05):
        face.line([(y * half, belt - 0.02), ((y + 0.5) * half, belt + 0.10)], GAP, 0.022)
    low = sill + 0.28
    face.rounded((-0.72 * half, low), (0.72 * half, belt - 0.16), GAP, 0.05)
    bars = Ink((150, 152, 154), CHROME) if individual.has("chrome") else TRIM.shaded(2.0)
    for z in np.linspace(low + 0.06, belt - 0.22, 4 + design.projectors):
        face.line([(-0.68 * half, z), (0.68 * half, z)], bars, 0.028)
    face.disc((0.0, belt - 0.24), 0.08, Ink((200, 202, 204), CHROME))
    face.rectangle(
        (-half, 0), (half, sill + 0.22), TRIM if individual.seed % 2 else coat.shaded(0.9)
    )
    for side in (1, -1):
        face.rounded(
            (side * 0.97 * half, sill + 0.34), (side * 0.58 * half, sill + 0.06), SEAL, 0.05
        )
        for y in (0.86, 0.70):
            face.disc((side * y * half, sill + 0.20), 0.085, CLEAR)
            face.disc((side * y * half, sill + 0.20), 0.06, CLEAR_LIT)
    if shape.sleeper or individual.seed % 3 == 0:
        for y in np.linspace(-0.7, 0.7, 5):
            face.rectangle(
                (y * half - 0.06, height - 0.11), (y * half + 0.06, height - 0.06), AMBER
            )
    paint_plate(face, (0.0, sill + 0.10), individual)


def _back(face: Face, shape: TruckShape, individual: Individual, coat: Ink, load: Ink) -> None:
    half = shape.cab.width / 2
    face.rectangle((-2, 0), (2, 9), coat.shaded(0.8))
    if shape.cargo == "none":
        face.rectangle((-half, 0), (half, 1.1), TRIM)
        belt = shape.cab.belt[0]
        face.rounded((-0.5 * half, belt + 0.1), (0.5 * half, belt + 0.5), SEAL, 0.05)
        return
    z0, z1 = shape.cargo_z
    wide = half + 0.07
    low = 0.0 if shape.cargo in ("box", "tank") else z0 - 0.3
    face.rectangle((-2, low), (2, z1), load)
    if shape.cargo == "box":
        _box_doors(face, wide, shape.cargo_z, load)
    elif shape.cargo != "tank":
        for y in np.linspace(-0.95, 0.95, 5):
            face.line([(y * wide, z0), (y * wide, z1)], load.shaded(0.7), 0.07)
        belt = shape.cab.belt[0]
        face.rounded(
            (-0.6 * half, max(belt, z1) + 0.15), (0.6 * half, max(belt, z1) + 0.6), SEAL, 0.05
        )
    paint_plate(face, (0.0, z0 + 0.1), individual)


def _box_doors(face: Face, half: float, heights: tuple[float, float], load: Ink) -> None:
    """Paint the two doors of a cargo body with their locking bars."""
    z0, z1 = heights
    shade = load.shaded(0.62)
    face.line([(-half, z0), (half, z0), (half, z1), (-half, z1)], shade, 0.16, closed=True)
    face.line([(0, z0), (0, z1)], GAP, 0.025)
    steel = Ink((168, 170, 172), CHROME._replace(roughness=90))
    for y in (-0.62, -0.28, 0.28, 0.62):
        face.line([(y * half, z0 + 0.05), (y * half, z1 - 0.05)], steel, 0.035)
        face.rectangle((y * half - 0.03, z0 + 0.5), (y * half + 0.16, z0 + 0.56), steel.shaded(0.7))
    for side in (1, -1):
        for z in np.linspace(z0 + 0.2, z1 - 0.25, 4):
            face.rectangle((side * 0.97 * half, z), (side * 0.86 * half, z + 0.07), shade)
        for y in np.arange(0.15, 0.95, 0.24):
            face.rectangle((side * y * half, z0 + 0.02), (side * (y + 0.13) * half, z0 + 0.07), RED)
        face.rectangle((side * 0.96 * half, z1 - 0.08), (side * 0.88 * half, z1 - 0.04), RED)


def _cab_top(face: Face, shape: TruckShape, coat: Ink) -> None:
    half, x0, x1 = shape.cab.width / 2, shape.cab.start, shape.length
    face.rectangle((x0 + 0.03, -2), (x1, 2), coat)
    hatch = x0 + 0.35 * (x1 - x0)
    face.rounded((hatch, -0.32), (hatch + 0.55, 0.32), coat.shaded(0.6), 0.06)
    face.rounded((hatch + 0.03, -0.29), (hatch + 0.52, 0.29), coat.shaded(0.92), 0.06)
    for side in (1, -1):
        face.line(
            [(x0 + 0.1, side * 0.72 * half), (x1 - 0.5, side * 0.70 * half)], coat.shaded(0.8), 0.03
        )
