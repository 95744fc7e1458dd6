"""Paints cars, vans and pickups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from city.vehicles.car_design import CarLook, design_of
from city.vehicles.car_ends import paint_front, paint_rear
from city.vehicles.car_flank import paint_flank
from city.vehicles.car_top import paint_top
from city.vehicles.car_windows import door_edges
from city.vehicles.grime import damage
from city.vehicles.stickers import decorate, odd_door

if TYPE_CHECKING:
    from city.vehicles.canvas import Canvas, Ink
    from city.vehicles.individual import Individual
    from city.vehicles.shapes import CarShape


def paint_car(canvas: Canvas, shape: CarShape, individual: Individual, coat: Ink) -> None:
    """Paint a car's five views, clean."""
    look = CarLook(shape, design_of(shape.design), individual, coat)
    for name in ("left", "right"):
        side = canvas.face(name)
        odd_door(side, look)
        paint_flank(side, look)
        pillar, hinge = door_edges(look)
        middle = float(shape.body.belt_at(pillar)) - 0.3
        damage(side, individual, coat, (pillar - 0.8, hinge - 0.2), middle)
    paint_top(canvas.face("top"), look)
    paint_front(canvas.face("front"), look)
    paint_rear(canvas.face("rear"), look)
    decorate(canvas, look)
