"""What individuals carry outside: racks, boxes, signs, cargo, bags."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

import numpy as np

from city.vehicles.catalogue import Kind
from city.vehicles.patch import Patch, box, ellipsoid, tube
from city.vehicles.shapes import BusShape, CarShape, PersonShape, TruckShape

if TYPE_CHECKING:
    from city.vehicles.catalogue import BodyModel
    from city.vehicles.individual import Individual
    from city.vehicles.layout import Layout
    from city.vehicles.loft import Fineness

RAIL_SHARE: Final = 0.62
"""Where roof rails run, of the half width."""


def accessory_patches(
    individual: Individual, model: BodyModel, layout: Layout, level: Fineness
) -> list[Patch]:
    """Return the surfaces that an individual adds to its model's leading body."""
    rng = random.Random(individual.seed + 31)
    shape = model.shape
    if isinstance(shape, CarShape):
        return _on_car(individual, shape, layout, level, rng)
    if isinstance(shape, BusShape):
        return _on_bus(shape, layout, rng)
    if isinstance(shape, TruckShape):
        return _on_truck(individual, shape, layout, rng)
    if isinstance(shape, PersonShape):
        return _on_person(shape, layout, level, rng)
    return _on_cycle(model, layout, level, rng)


def _on_car(
    individual: Individual, shape: CarShape, layout: Layout, level: Fineness, rng: random.Random
) -> list[Patch]:
    skins, body = layout.swatches, shape.body
    patches = _roof(individual, shape, layout, level, rng)
    half = body.width / 2
    if individual.livery == "taxi":
        x, z = shape.glass[2] - 0.45, _roof_height(shape, shape.glass[2] - 0.45)
        patches.append(box((x, -0.28, z - 0.01), (x + 0.16, 0.28, z + 0.15), skins["glow"]))
        patches.append(box((x - 0.02, -0.31, z - 0.02), (x + 0.18, 0.31, z + 0.02), skins["dark"]))
    if individual.has("tow_bar"):
        z = body.sill + 0.14
        patches.append(box((-0.10, -0.03, z - 0.05), (0.05, 0.03, z), skins["dark"]))
        patches.append(ellipsoid((-0.09, 0, z + 0.03), (0.03, 0.03, 0.04), skins["chrome"], around=6))
    if individual.has("bull_bar"):
        z, x = body.sill + 0.12, body.length + 0.05
        for height in (z, z + 0.30, z + 0.48):
            path = np.array([[x - 0.06, -0.5 * half, height], [x, 0, height], [x - 0.06, 0.5 * half, height]])
            patches.append(tube(path, np.full(3, 0.03), skins["chrome"], around=6))
    if individual.has("spoiler") and (shape.boot or not shape.bed):
        patches.append(_spoiler(shape, layout))
    if shape.bed and individual.seed % 3 == 1:
        patches += _load(shape, layout, level, rng)
    return patches


def _roof_height(shape: CarShape, x: float) -> float:
    return float(shape.body.roof_at(x))


def _roof(
    individual: Individual, shape: CarShape, layout: Layout, level: Fineness, rng: random.Random
) -> list[Patch]:
    """Return rails, cross bars, boxes, ladders and aerials."""
    skins, half = layout.swatches, shape.body.width / 2
    _, rear, front, _ = shape.glass
    rear, front = max(rear, shape.bed) + 0.12, front - 0.12
    middle = (rear + front) / 2
    height = _roof_height(shape, middle)
    carries = individual.has("roof_rack") or individual.has("roof_box")
    patches = []
    if individual.has("roof_rails") or carries:
        skin = skins["chrome" if individual.has("chrome") else "plastic"]
        for side in (1, -1):
            y = side * half * RAIL_SHARE
            x = np.array([rear, rear + 0.06, middle, front - 0.06, front])
            z = shape.body.roof_at(x) + np.array([-0.03, 0.02, 0.03, 0.02, -0.03])
            path = np.stack([x, np.full(5, y), z], -1)
            patches.append(tube(path, np.full(5, 0.022), skin, around=5))
    if carries:
        for x in (middle - 0.4, middle + 0.4):
            low, high = (x - 0.025, -half * 0.66, height + 0.05), (x + 0.025, half * 0.66, height + 0.085)
            patches.append(box(low, high, skins["plastic"]))
    if individual.has("roof_box"):
        centre, radii = (middle, rng.choice((-0.22, 0.0, 0.22)), height + 0.25), (0.92, 0.42, 0.19)
        patches.append(ellipsoid(centre, radii, skins[rng.choice(("plastic", "metal"))], around=max(8, level.around // 2)))
    elif individual.has("roof_rack") and (shape.panel_from or rng.random() < 0.3):
        for side in (-0.18, 0.18):
            low, high = (rear, side - 0.025, height + 0.09), (front, side + 0.025, height + 0.15)
            patches.append(box(low, high, skins["chrome"]))
    if individual.has("aerial"):
        x = rear + 0.1
        z = _roof_height(shape, x)
        if rng.random() < 0.5:
            mast = np.array([[x, 0.0, z - 0.02], [x - 0.18, 0.0, z + 0.28]])
            patches.append(tube(mast, np.array([0.012, 0.006]), skins["plastic"], around=4))
        else:
            patches.append(ellipsoid((x, 0, z + 0.01), (0.09, 0.025, 0.05), skins["paint"], around=6))
    return patches


def _spoiler(shape: CarShape, layout: Layout) -> Patch:
    half = shape.body.width / 2
    x = 0.10 if shape.boot else shape.glass[1] - 0.10
    z = _roof_height(shape, x) + 0.03
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
    """Return the air conditioning on the roof: none, one or two pods."""
    length, half = shape.body.length, shape.body.width / 2
    skin = layout.swatches["lens"]
    patches = []
    for place in rng.choice(((), (0.55,), (0.25, 0.68))):
        x = place * length
        z = float(shape.body.roof_at(x))
        patches.append(box((x - 1.1, -0.68 * half, z - 0.05), (x + 1.1, 0.68 * half, z + 0.14), skin))
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
    if shape.cargo == "box" and shape.cargo_z[1] - roof > 0.3 and individual.seed % 3:
        top = min(roof + 0.55, shape.cargo_z[1] - 0.05)
        half = 0.38 * cab.width
        patches.append(box((cab.start + 0.1, -half, roof - 0.05), (x, half, (roof + top) / 2), skins["paint"]))
        patches.append(box((cab.start + 0.1, -half, roof), (x - 0.3, half, top), skins["paint"]))
    if shape.cargo == "tipper" and individual.seed % 2:
        patches.append(box((x, -0.08, roof - 0.02), (x + 0.14, 0.08, roof + 0.14), skins["glow"]))
    if shape.cargo in ("flatbed", "tipper"):
        patches += _goods(shape, layout, rng)
    return patches


def _goods(shape: TruckShape, layout: Layout, rng: random.Random) -> list[Patch]:
    skins = layout.swatches
    (x0, x1), (z0, z1), half = shape.cargo_x, shape.cargo_z, shape.cab.width / 2 - 0.05
    if shape.cargo == "tipper":
        middle, radii = ((x0 + x1) / 2, 0.0, z1 - 0.35), ((x1 - x0) / 2 - 0.1, half - 0.05, rng.uniform(0.3, 0.75))
        return [ellipsoid(middle, radii, skins["bag"], around=12)] if rng.random() < 0.7 else []
    patches = []
    x = x0 + 0.2
    while x < x1 - 1.0 and rng.random() < 0.85:
        length, high = rng.uniform(0.8, 1.3), z0 + rng.uniform(0.5, 1.5)
        skin = skins[rng.choice(("bag", "metal", "lens", "plastic"))]
        patches.append(box((x, -half * rng.uniform(0.5, 0.95), z0), (x + length, half * rng.uniform(0.5, 0.95), high), skin))
        x += length + rng.uniform(0.05, 0.5)
    return patches


def _on_person(
    shape: PersonShape, layout: Layout, level: Fineness, rng: random.Random
) -> list[Patch]:
    """Return a rucksack, a handbag, a skirt or nothing."""
    skins, h = layout.swatches, shape.height
    x = shape.stride / 2 + 0.12
    n = max(6, level.around // 2)
    choice = rng.random()
    if choice < 0.25:
        return [ellipsoid((x - 0.17 * shape.girth, 0, 0.70 * h), (0.11, 0.15, 0.15 * h), skins["bag"], around=n)]
    if choice < 0.45:
        side = rng.choice((-1, 1))
        y = side * 0.27 * shape.girth**0.7 * h / 1.72
        return [box((x - 0.14, y - 0.05, 0.34 * h), (x + 0.14, y + 0.05, 0.48 * h), skins["bag"])]
    if choice < 0.60:
        path = np.array([(x, 0, 0.56 * h), (x, 0, 0.5 * h), (x, 0, 0.32 * h)])
        radii = np.array([0.13, 0.16, 0.22]) * shape.girth
        return [tube(path, radii, skins["trousers"], around=n, flatten=0.8)]
    return []


def _on_cycle(
    model: BodyModel, layout: Layout, level: Fineness, rng: random.Random
) -> list[Patch]:
    """Return a top case, a delivery box, panniers, a rucksack or nothing."""
    skins = layout.swatches
    shape = model.shape
    assert not isinstance(shape, CarShape | BusShape | TruckShape | PersonShape)
    (x, z), choice = shape.seat, rng.random()
    back = x - 0.42
    if choice < 0.2 and model.kind is Kind.MOTORCYCLE:
        low, high = (back - 0.22, -0.24, z + 0.05), (back + 0.22, 0.24, z + 0.52)
        return [box(low, high, skins["bag"])]
    if choice < 0.4 and model.kind is Kind.MOTORCYCLE:
        radii = (0.20, 0.22, 0.16)
        return [ellipsoid((back, 0, z + 0.18), radii, skins["plastic"], around=max(6, level.around // 2))]
    if choice < 0.65:
        rucksack = (x - 0.05, 0.0, z + 0.40)
        return [ellipsoid(rucksack, (0.13, 0.16, 0.22), skins["bag"], around=max(6, level.around // 2))]
    return []
