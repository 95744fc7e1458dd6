"""The atlas of an individual: which painter paints which shape."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy as np

from city.vehicles.canvas import Canvas, Ink, Material
from city.vehicles.paint_car import paint_car
from city.vehicles.shapes import BusShape, CarShape, TruckShape
from city.vehicles.swatches import paint_swatches
from city.vehicles.wheels import ALLOY, paint_rims

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from city.vehicles.catalogue import BodyModel
    from city.vehicles.individual import Individual
    from city.vehicles.layout import Layout

SOLID = Material(72, 200)
METALLIC = Material(84, 210)


def paint_atlas(
    individual: Individual, model: BodyModel, layout: Layout, *, detail: float
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return an individual's atlas and material map, both uint8 (h, w, 4)."""
    rng = random.Random(individual.seed)
    coat = Ink(individual.rgb, METALLIC if individual.metallic else SOLID)
    canvas = Canvas(layout, coat, detail=detail)
    if isinstance(model.shape, CarShape):
        paint_car(canvas, model.shape, individual, coat, rng)
    rim = Ink(individual.rim_rgb, ALLOY)
    paint_rims(canvas, ((individual.rim, rim), (individual.rim, rim)))
    paint_swatches(canvas, rng, paint=coat, cargo=Ink((120, 120, 118), Material(160, 0)))
    atlas = np.dstack([canvas.rgb, canvas.alpha])
    return atlas, canvas.material
