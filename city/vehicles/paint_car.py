"""Paints cars."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from city.vehicles.canvas import GLASS, Canvas, Ink, circle

if TYPE_CHECKING:
    import random

    from city.vehicles.individual import Individual
    from city.vehicles.shapes import CarShape


def paint_car(
    canvas: Canvas, shape: CarShape, individual: Individual, coat: Ink, rng: random.Random
) -> None:
    """Paint a car's five views."""
    body = shape.body
    glass = Ink((20, 24, 28), GLASS)
    for name in ("left", "right"):
        side = canvas.face(name)
        x = np.linspace(shape.glass[0] + 0.3, shape.glass[3] - 0.1, 30)
        low = np.stack([x, body.belt_at(x) + 0.03], -1)
        high = np.stack([x, np.maximum(body.roof_at(x) - 0.15, body.belt_at(x) + 0.03)], -1)
        side.fill(np.concatenate([low, high[::-1]]), glass)
        for axle in shape.axles:
            side.cut(circle((axle, shape.wheel_radius), shape.wheel_radius + 0.055))
    a, b, c, d = shape.glass
    half = body.width / 2
    top = canvas.face("top")
    for x0, x1 in ((a, b), (d, c)):
        top.fill([(x0, -0.8 * half), (x1, -0.68 * half), (x1, 0.68 * half), (x0, 0.8 * half)], glass)
