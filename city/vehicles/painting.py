"""The atlas of an individual: which painter paints which shape."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import cv2
import numpy as np

from city.vehicles.canvas import Canvas, Ink, Material
from city.vehicles.grime import soil
from city.vehicles.paint_bus import paint_bus
from city.vehicles.paint_car import paint_car
from city.vehicles.paint_truck import cargo_ink, paint_trailer, paint_truck
from city.vehicles.shapes import BusShape, CarShape, CycleShape, TruckShape
from city.vehicles.swatches import paint_swatches
from city.vehicles.wheels import ALLOY, STEEL_DESIGN, paint_rims, paint_spokes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from city.vehicles.catalogue import BodyModel
    from city.vehicles.individual import Individual
    from city.vehicles.layout import Layout

SOLID = Material(72, 200)
METALLIC = Material(84, 210)
HEAVY_RIM_RGB = (186, 188, 190)
"""Buses and trucks drive on galvanised steel."""


def paint_atlas(
    individual: Individual, model: BodyModel, layout: Layout, *, detail: float
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return an individual's atlas and material map, both uint8 (h, w, 4)."""
    rng = random.Random(individual.seed)
    coat = Ink(individual.rgb, METALLIC if individual.metallic else SOLID)
    canvas = Canvas(layout, coat, detail=detail)
    if isinstance(model.shape, CarShape):
        paint_car(canvas, model.shape, individual, coat)
    elif isinstance(model.shape, BusShape):
        paint_bus(canvas, model.shape, individual, coat)
    elif isinstance(model.shape, TruckShape):
        paint_truck(canvas, model.shape, individual, coat)
    if model.trailer:
        paint_trailer(canvas, model.trailer.shape, individual)
    soil(canvas, individual)
    heavy = isinstance(model.shape, BusShape | TruckShape)
    rim = Ink(HEAVY_RIM_RGB if heavy else individual.rim_rgb, ALLOY)
    usual = STEEL_DESIGN if heavy else individual.rim
    odd = STEEL_DESIGN if individual.has("missing_hubcap") else usual
    paint_rims(canvas, ((usual, rim), (odd, rim)))
    if isinstance(model.shape, CycleShape) and model.shape.style == "bicycle":
        paint_spokes(canvas, Ink((150, 152, 154), ALLOY))
    paint_swatches(canvas, rng, paint=coat, cargo=cargo_ink(individual, tank=False).shaded(0.7))
    atlas = np.asarray(cv2.merge([*cv2.split(canvas.rgb), canvas.alpha]), np.uint8)
    return atlas, canvas.material
