"""The geometry that all individuals of a model share."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from city.vehicles.car_parts import car_patches
from city.vehicles.heavy_parts import bus_patches, trailer_patches, truck_patches
from city.vehicles.layout import Extent, Layout, plan
from city.vehicles.rider_parts import cycle_patches, person_patches
from city.vehicles.shapes import BusShape, CarShape, CycleShape, PersonShape, TruckShape

if TYPE_CHECKING:
    from city.vehicles.catalogue import BodyModel
    from city.vehicles.loft import Fineness
    from city.vehicles.patch import Patch

KEPT_BODIES: Final = 128
"""Body shapes whose geometry is kept: all of the catalogue, and some of their variants."""


@lru_cache(maxsize=KEPT_BODIES)
def layout_of(model: BodyModel) -> Layout:
    """Return the plan of a model's atlas."""
    if isinstance(model.shape, CycleShape | PersonShape):
        return plan(())
    extents = [Extent(model.length_m, model.width_m, model.height_m + 0.02)]
    if model.trailer:
        shape = model.trailer.shape
        extents.append(Extent(shape.length, shape.width, shape.cargo_z[1] + 0.02, "trailer_"))
    return plan(tuple(extents))


@lru_cache(maxsize=2 * KEPT_BODIES)
def patches_of(model: BodyModel, level: Fineness) -> tuple[tuple[Patch, ...], ...]:
    """Return the surfaces of each of a model's bodies, without what individuals add."""
    layout, shape = layout_of(model), model.shape
    if isinstance(shape, CarShape):
        first = car_patches(shape, layout, level)
    elif isinstance(shape, BusShape):
        first = bus_patches(shape, layout, level)
    elif isinstance(shape, TruckShape):
        first = truck_patches(shape, layout, level)
    elif isinstance(shape, CycleShape):
        first = cycle_patches(shape, layout, level)
    else:
        first = person_patches(shape, layout, level)
    if model.trailer is None:
        return (tuple(first),)
    return tuple(first), tuple(trailer_patches(model.trailer.shape, layout, level))
