"""What cars carry on their roofs: rails, bars, boxes, ladders, aerials, taxi signs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from city.vehicles.patch import Patch, box, ellipsoid, tube

if TYPE_CHECKING:
    import random

    from city.vehicles.individual import Individual
    from city.vehicles.layout import Layout, Skin
    from city.vehicles.loft import Fineness
    from city.vehicles.shapes import CarShape

RAIL_SHARE: Final = 0.62
"""Where roof rails run, of the half width."""


def roof_patches(
    individual: Individual, shape: CarShape, layout: Layout, level: Fineness, rng: random.Random
) -> list[Patch]:
    """Return all that stands on a car's roof."""
    skins, half = layout.swatches, shape.body.width / 2
    _, rear, front, _ = shape.glass
    # Nothing is mounted on the slope of a high roof above the windscreen.
    span = max(rear, shape.bed) + 0.12, front - (0.65 if shape.brow else 0.12)
    middle = sum(span) / 2
    height = roof_height(shape, middle)
    around = max(8, level.around // 2)
    carries = individual.has("roof_rack") or individual.has("roof_box")
    patches = []
    if individual.has("roof_rails") or carries:
        skin = skins["chrome" if individual.has("chrome") else "plastic"]
        patches += [_rail(shape, span, side * half * RAIL_SHARE, skin) for side in (1, -1)]
    if carries:
        reach, z = 0.66 * half, height + 0.05
        for bar in (middle - 0.4, middle + 0.4):
            low, high = (bar - 0.025, -reach, z), (bar + 0.025, reach, z + 0.035)
            patches.append(box(low, high, skins["plastic"]))
    if individual.has("roof_box"):
        centre = (middle, rng.choice((-0.22, 0.0, 0.22)), height + 0.25)
        skin = skins[rng.choice(("plastic", "metal"))]
        patches.append(ellipsoid(centre, (0.92, 0.42, 0.19), skin, around=around))
    elif individual.has("roof_rack") and (shape.panel_from or rng.random() < 0.3):
        for y in (-0.18, 0.18):
            low, high = (span[0], y - 0.025, height + 0.09), (span[1], y + 0.025, height + 0.15)
            patches.append(box(low, high, skins["chrome"]))
    if individual.has("aerial"):
        patches.append(_aerial(shape, layout, span[0] + 0.1, mast=rng.random() < 0.5))
    if individual.livery == "taxi":
        patches += _sign(shape, layout)
    return patches


def roof_height(shape: CarShape, x: float) -> float:
    """Return the height of a car's profile at x."""
    return float(shape.body.roof_at(x))


def _rail(shape: CarShape, span: tuple[float, float], y: float, skin: Skin) -> Patch:
    rear, front = span
    x = np.array([rear, rear + 0.06, (rear + front) / 2, front - 0.06, front])
    z = shape.body.roof_at(x) + np.array([-0.03, 0.02, 0.03, 0.02, -0.03])
    return tube(np.stack([x, np.full(5, y), z], -1), np.full(5, 0.022), skin, around=5)


def _aerial(shape: CarShape, layout: Layout, x: float, *, mast: bool) -> Patch:
    """Return a thin mast or a fin."""
    z, skins = roof_height(shape, x), layout.swatches
    if mast:
        path = np.array([[x, 0.0, z - 0.02], [x - 0.18, 0.0, z + 0.28]])
        return tube(path, np.array([0.012, 0.006]), skins["plastic"], around=4)
    return ellipsoid((x, 0.0, z + 0.01), (0.09, 0.025, 0.05), skins["paint"], around=6)


def _sign(shape: CarShape, layout: Layout) -> list[Patch]:
    """Return a lit taxi sign."""
    x, skins = shape.glass[2] - (0.85 if shape.brow else 0.45), layout.swatches
    z = roof_height(shape, x)
    return [
        box((x, -0.28, z - 0.01), (x + 0.16, 0.28, z + 0.15), skins["glow"]),
        box((x - 0.02, -0.31, z - 0.02), (x + 0.18, 0.31, z + 0.02), skins["dark"]),
    ]
