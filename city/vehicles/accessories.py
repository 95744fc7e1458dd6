"""What individuals carry outside: racks, boxes, signs, cargo, bags."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy as np

from city.vehicles.patch import Patch, box, ellipsoid, tube, wedge
from city.vehicles.roof import roof_height, roof_patches
from city.vehicles.shapes import BusShape, CarShape, PersonShape, TruckShape

if TYPE_CHECKING:
    from city.vehicles.catalogue import BodyModel
    from city.vehicles.individual import Individual
    from city.vehicles.layout import Layout
    from city.vehicles.loft import Fineness
    from city.vehicles.shapes import CycleShape


def accessory_patches(
    individual: Individual, model: BodyModel, layout: Layout, level: Fineness
) -> list[Patch]:
    """Return the surfaces that an individual adds to its model's leading body."""
    rng = random.Random(individual.seed + 31)
    shape = model.shape
    if isinstance(shape, CarShape):
        return _on_car(individual, shape, layout, level, rng)
    if isinstance(shape, BusShape):
        return _on_bus(shape, layout, rng) if individual.has("roof_pod") else []
    if isinstance(shape, TruckShape):
        return _on_truck(individual, shape, layout, rng)
    if not individual.has("luggage"):
        return []
    if isinstance(shape, PersonShape):
        return _on_person(shape, layout, level, rng)
    return _on_cycle(shape, layout, level, rng)


def _on_car(
    individual: Individual, shape: CarShape, layout: Layout, level: Fineness, rng: random.Random
) -> list[Patch]:
    skins, body = layout.swatches, shape.body
    patches = roof_patches(individual, shape, layout, level, rng)
    half = body.width / 2
    if individual.has("tow_bar"):
        z = body.sill + 0.14
        patches.append(box((-0.10, -0.03, z - 0.05), (0.05, 0.03, z), skins["dark"]))
        patches.append(
            ellipsoid((-0.09, 0, z + 0.03), (0.03, 0.03, 0.04), skins["chrome"], around=6)
        )
    if individual.has("bull_bar"):
        z, x = body.sill + 0.12, body.length + 0.05
        for height in (z, z + 0.30, z + 0.48):
            path = np.array(
                [[x - 0.06, -0.5 * half, height], [x, 0, height], [x - 0.06, 0.5 * half, height]]
            )
            patches.append(tube(path, np.full(3, 0.03), skins["chrome"], around=6))
    if individual.has("spoiler") and (shape.boot or not shape.bed):
        patches.append(_spoiler(shape, layout))
    if shape.bed and individual.has("loaded") and individual.seed % 3:
        patches += _load(shape, layout, level, rng)
    return patches


def _spoiler(shape: CarShape, layout: Layout) -> Patch:
    half = shape.body.width / 2
    x = 0.10 if shape.boot else shape.glass[1] + 0.04
    z = roof_height(shape, x) + 0.03
    low, high = (x - 0.10, -0.7 * half, z), (x + 0.12, 0.7 * half, z + 0.035)
    return box(low, high, layout.swatches["paint"])


def _load(shape: CarShape, layout: Layout, level: Fineness, rng: random.Random) -> list[Patch]:
    """Return crates, sacks and barrels on the bed of a pickup."""
    skins = layout.swatches
    half, rail = shape.body.width / 2, float(shape.body.roof_at(shape.bed / 2))
    patches = []
    x = 0.2
    while x < shape.bed - 0.5:
        length, width = rng.uniform(0.35, 0.7), rng.uniform(0.3, 0.65)
        y = rng.uniform(-0.75, 0.75) * (half - width / 2 - 0.1)
        top = rail + rng.uniform(0.05, 0.45)
        if rng.random() < 0.3:
            centre, radii = (x + length / 2, y, rail), (length / 2, width / 2, top - rail + 0.1)
            patches.append(ellipsoid(centre, radii, skins["bag"], around=max(6, level.around // 2)))
        else:
            skin = skins[rng.choice(("cargo", "metal", "bag", "plastic"))]
            low, high = (x, y - width / 2, rail - 0.2), (x + length, y + width / 2, top)
            patches.append(box(low, high, skin))
        x += length + rng.uniform(0.03, 0.3)
    return patches


def _on_bus(shape: BusShape, layout: Layout, rng: random.Random) -> list[Patch]:
    """Return the air conditioning on the roof: one or two pods."""
    length, half = shape.body.length, shape.body.width / 2
    skin = layout.swatches["lens"]
    patches = []
    for place in rng.choice(((0.55,), (0.30,), (0.25, 0.68))):
        x = place * length
        z = float(shape.body.roof_at(x))
        patches.append(
            box((x - 1.1, -0.68 * half, z - 0.05), (x + 1.1, 0.68 * half, z + 0.14), skin)
        )
        patches.append(box((x - 0.9, -0.60 * half, z), (x + 0.9, 0.60 * half, z + 0.20), skin))
    return patches


def _on_truck(
    individual: Individual, shape: TruckShape, layout: Layout, rng: random.Random
) -> list[Patch]:
    """Return goods on flatbeds and in tippers, air deflectors and beacons on cabs."""
    skins, cab = layout.swatches, shape.cab
    roof = max(z for _, z in cab.top)
    patches = []
    x = cab.start + 0.4 * cab.length
    if shape.cargo == "box" and shape.cargo_z[1] - roof > 0.3 and individual.has("deflector"):
        rise = min(0.55, shape.cargo_z[1] - 0.05 - roof)
        low = (cab.start + 0.05, -0.42 * cab.width, roof - 0.06)
        high = (cab.start + 0.66 * cab.length, 0.42 * cab.width, roof + rise)
        patches.append(wedge(low, high, skins["paint"]))
    if individual.has("beacon"):
        patches.append(box((x, -0.08, roof - 0.02), (x + 0.14, 0.08, roof + 0.14), skins["glow"]))
    if shape.cargo in ("flatbed", "tipper") and individual.has("loaded"):
        patches += _goods(shape, layout, rng)
    return patches


def _goods(shape: TruckShape, layout: Layout, rng: random.Random) -> list[Patch]:
    skins = layout.swatches
    (x0, x1), (z0, z1), half = shape.cargo_x, shape.cargo_z, shape.cab.width / 2 - 0.05
    if shape.cargo == "tipper":
        middle, radii = (
            ((x0 + x1) / 2, 0.0, z1 - 0.35),
            ((x1 - x0) / 2 - 0.1, half - 0.05, rng.uniform(0.3, 0.75)),
        )
        return [ellipsoid(middle, radii, skins["bag"], around=12)]
    patches = []
    x = x0 + 0.2
    while x < x1 - 1.0 and rng.random() < 0.85:
        length, high = rng.uniform(0.8, 1.3), z0 + rng.uniform(0.5, 1.5)
        skin = skins[rng.choice(("bag", "metal", "lens", "plastic"))]
        patches.append(
            box(
                (x, -half * rng.uniform(0.5, 0.95), z0),
                (x + length, half * rng.uniform(0.5, 0.95), high),
                skin,
            )
        )
        x += length + rng.uniform(0.05, 0.5)
    return patches


def _on_person(
    shape: PersonShape, layout: Layout, level: Fineness, rng: random.Random
) -> list[Patch]:
    """Return a rucksack, a bag in the hand, or a skirt."""
    skins, h, girth = layout.swatches, shape.height, shape.girth
    x = shape.stride / 2 + 0.12
    around = max(6, level.around // 2)
    choice = rng.choice(("rucksack", "bag", "skirt"))
    if choice == "rucksack":
        centre, radii = (x - 0.17 * girth, 0.0, 0.70 * h), (0.11, 0.15, 0.15 * h)
        return [ellipsoid(centre, radii, skins["bag"], around=around)]
    if choice == "bag":
        y = rng.choice((-1, 1)) * 0.27 * girth**0.7 * h / 1.72
        return [box((x - 0.14, y - 0.05, 0.34 * h), (x + 0.14, y + 0.05, 0.48 * h), skins["bag"])]
    path = np.array([(x, 0, 0.56 * h), (x, 0, 0.5 * h), (x, 0, 0.32 * h)])
    radii_along = np.array([0.13, 0.16, 0.22]) * girth
    return [tube(path, radii_along, skins["trousers"], around=around, flatten=0.8)]


def _on_cycle(
    shape: CycleShape, layout: Layout, level: Fineness, rng: random.Random
) -> list[Patch]:
    """Return a delivery box, a top case or a rucksack; cyclists have rucksacks alone."""
    skins, (x, z) = layout.swatches, shape.seat
    back, around = x - 0.42, max(6, level.around // 2)
    choice = "rucksack"
    if shape.style != "bicycle":
        choice = rng.choice(("box", "case", "rucksack"))
    if choice == "box":
        low, high = (back - 0.22, -0.24, z + 0.05), (back + 0.22, 0.24, z + 0.52)
        return [box(low, high, skins["bag"])]
    if choice == "case":
        centre, radii = (back, 0.0, z + 0.18), (0.20, 0.22, 0.16)
        return [ellipsoid(centre, radii, skins["plastic"], around=around)]
    centre, radii = (x - 0.05, 0.0, z + 0.40), (0.13, 0.16, 0.22)
    return [ellipsoid(centre, radii, skins["bag"], around=around)]
