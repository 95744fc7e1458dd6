"""Geometry of cars, vans and pickups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from city.vehicles.loft import loft
from city.vehicles.patch import box, ellipsoid
from city.vehicles.wheels import wheel

if TYPE_CHECKING:
    from city.vehicles.layout import Layout
    from city.vehicles.loft import Fineness
    from city.vehicles.patch import Patch
    from city.vehicles.shapes import CarShape

WHEEL_INSET_M = 0.035
"""Tyres lie this far inside the flanks."""


def car_patches(shape: CarShape, layout: Layout, level: Fineness) -> list[Patch]:
    """Return the surface of a car without its accessories."""
    patches = loft(shape.body, level, layout.views, flares=shape.axles)
    patches.append(_belly(shape, layout))
    for number, x in enumerate(shape.axles):
        for side in (1, -1):
            # The odd wheel, where there is one, is the right rear one.
            rim = 1 if number == 0 and side < 0 else 0
            inset = float(shape.body.half_width_at(x)) - WHEEL_INSET_M
            patches += wheel(
                (x, side * inset, shape.wheel_radius),
                side,
                layout,
                radius=shape.wheel_radius,
                around=level.around,
                rim=rim,
            )
    patches += [_mirror(shape, layout, level, side) for side in (1, -1)]
    if shape.spare:
        patches += _spare(shape, layout, level)
    return patches


def _belly(shape: CarShape, layout: Layout) -> Patch:
    """Return what is seen below the sills and through the wheel arches: darkness."""
    body = shape.body
    half = 0.72 * body.width / 2
    top = min(2 * shape.wheel_radius + 0.12, min(body.belt) - 0.06)
    low, high = (0.14, -half, body.sill - 0.04), (body.length - 0.16, half, top)
    return box(low, high, layout.swatches["dark"])


def _mirror(shape: CarShape, layout: Layout, level: Fineness, side: int) -> Patch:
    body = shape.body
    tall = body.width > 1.9
    x = shape.glass[3] - 0.42 * (shape.glass[3] - shape.glass[2]) ** 0.5
    z = float(body.belt_at(x)) + (0.16 if tall else 0.08)
    y = side * (float(body.half_width_at(x)) * 0.99 + 0.07)
    radii = (0.07, 0.115, 0.15 if tall else 0.075)
    around = max(6, level.around // 2)
    return ellipsoid((x, y, z), radii, layout.swatches["paint"], around=around)


def _spare(shape: CarShape, layout: Layout, level: Fineness) -> list[Patch]:
    radius = 0.9 * shape.wheel_radius
    z = 0.62 * max(z for _, z in shape.body.top)
    skin = layout.swatches["plastic"]
    cover = box((-0.12, -radius * 0.72, z - radius), (0.06, radius * 0.72, z + radius), skin)
    sides = box((-0.12, -radius, z - radius * 0.72), (0.06, radius, z + radius * 0.72), skin)
    return [cover, sides]
