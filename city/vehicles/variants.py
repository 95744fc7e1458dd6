"""Body shapes beyond the catalogue's: each model stretched, bent and fitted out in other ways.

A network that learns from thirty models learns those thirty; whoever trains on rendered vehicles
wants as many shapes as a street has. A variant is its model with other proportions (cabin further
to the front or rear, higher or lower belt, larger wheels), other lamps, grille and creases, and of
the same kind.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from city.vehicles.catalogue import MODELS, BodyModel, with_shape
from city.vehicles.shapes import (
    BusShape,
    CarShape,
    CycleShape,
    Loft,
    PersonShape,
    Points,
    Shape,
    TrailerShape,
    TruckShape,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from city.vehicles.individual import Individual

LENGTH: Final = (0.93, 1.07)
WIDTH: Final = (0.96, 1.04)
HEIGHT: Final = (0.95, 1.06)
WHEELS: Final = (0.95, 1.06)
"""Ranges of factors. Twin axles of a stretched lorry still don't touch."""
SHIFT: Final = 0.14
"""How much the middle of a body is squeezed or stretched at most, along it and in height."""
ROUNDING: Final = (0.8, 1.25)
"""Factors of how round the corners are and how far the flanks lean in."""
DESIGNS: Final = 1 << 20


@lru_cache(maxsize=256)
def varied(model: BodyModel, variant: int) -> BodyModel:
    """Return a variant of a model, always the same for the same number; 0 is the model itself.

    Args:
        model: Of the catalogue.
        variant: 0 or more.

    Raises:
        ValueError: If the variant is negative.
    """
    if variant < 0:
        raise ValueError(f"variant must not be negative, is {variant}")
    if variant == 0:
        return model
    rng = random.Random(f"{model.name} {variant}")
    bend = _Bend.draw(rng, _length(model.shape), model.height_m)
    trailer = _varied_trailer(model.trailer.shape, bend) if model.trailer else None
    return with_shape(model, _varied_shape(model.shape, bend, rng), trailer)


def body_of(individual: Individual) -> BodyModel:
    """Return the body model of a road user, its variant if it has one.

    Raises:
        ValueError: If the model is unknown.
    """
    if individual.model not in MODELS:
        raise ValueError(f"unknown body model {individual.model}")
    return varied(MODELS[individual.model], individual.variant)


@dataclass(frozen=True, slots=True)
class _Bend:
    """How coordinates of a model become those of its variant; all maps are monotone.

    Attributes:
        length_m: Of the model.
        height_m: Of the model.
        scale: Factors along x, y and z.
        cabin: Shifts what lies between the ends forward, as a share of the length.
        middle: Stretches the rear half and squeezes the front half, or the other way round.
        belt: Raises what lies between ground and roof, as a share of the height.
        wheels: Factor of the wheels' radius.
        tumblehome: Factor of how far the flanks lean in.
        corners: Factor of how far the corners are rounded.
    """

    length_m: float
    height_m: float
    scale: tuple[float, float, float]
    cabin: float
    middle: float
    belt: float
    wheels: float
    tumblehome: float
    corners: float

    @classmethod
    def draw(cls, rng: random.Random, length_m: float, height_m: float) -> _Bend:
        return cls(
            length_m=length_m,
            height_m=height_m,
            scale=(rng.uniform(*LENGTH), rng.uniform(*WIDTH), rng.uniform(*HEIGHT)),
            cabin=rng.uniform(-SHIFT, SHIFT),
            middle=rng.uniform(-SHIFT, SHIFT),
            belt=rng.uniform(-SHIFT, SHIFT),
            wheels=rng.uniform(*WHEELS),
            tumblehome=rng.uniform(*ROUNDING),
            corners=rng.uniform(*ROUNDING),
        )

    def straight(self) -> _Bend:
        """Return the same without squeezing: what stands in rows (axles, cargo) keeps its pace."""
        return replace(self, cabin=0.0, middle=0.0, belt=0.0)

    def x(self, x: float) -> float:
        u = x / self.length_m
        moved = self.cabin * math.sin(math.pi * u) + 0.5 * self.middle * math.sin(2 * math.pi * u)
        return self.scale[0] * self.length_m * (u + moved / math.pi)

    def z(self, z: float) -> float:
        v = min(1.0, max(0.0, z / self.height_m))
        return self.scale[2] * (z + self.height_m * self.belt * math.sin(math.pi * v) / math.pi)

    def xs(self, values: Iterable[float]) -> tuple[float, ...]:
        return tuple(self.x(value) for value in values)

    def zs(self, values: tuple[float, float]) -> tuple[float, float]:
        return self.z(values[0]), self.z(values[1])

    def points(self, profile: Points) -> Points:
        return tuple((self.x(x), self.z(z)) for x, z in profile)


def _length(shape: Shape) -> float:
    if isinstance(shape, CarShape | BusShape):
        return shape.body.length
    return shape.stride if isinstance(shape, PersonShape) else shape.length


def _varied_shape(shape: Shape, bend: _Bend, rng: random.Random) -> Shape:
    if isinstance(shape, CarShape):
        return _varied_car(shape, bend, rng)
    if isinstance(shape, BusShape):
        return _varied_bus(shape, bend.straight(), rng)
    if isinstance(shape, TruckShape):
        return _varied_truck(shape, bend.straight(), rng)
    if isinstance(shape, CycleShape):
        return _varied_cycle(shape, bend.straight())
    return replace(shape, height=bend.scale[2] * shape.height, girth=bend.wheels * shape.girth)


def _varied_loft(body: Loft, bend: _Bend) -> Loft:
    # The profile of a cab is counted from where the cab starts.
    start = bend.x(body.start)
    rear, front = body.corners
    return replace(
        body,
        start=start,
        length=bend.x(body.start + body.length) - start,
        width=bend.scale[1] * body.width,
        sill=bend.z(body.sill),
        top=bend.points(body.top),
        belt=bend.zs(body.belt),
        tumblehome=bend.tumblehome * body.tumblehome,
        corners=(bend.corners * rear, bend.corners * front),
        corner_depth=min(0.32, bend.corners * body.corner_depth),
    )


def _varied_car(shape: CarShape, bend: _Bend, rng: random.Random) -> CarShape:
    rear_low, rear_high, front_high, front_low = bend.xs(shape.glass)
    rear, front = bend.xs(shape.axles)
    return replace(
        shape,
        body=_varied_loft(shape.body, bend),
        glass=(rear_low, rear_high, front_high, front_low),
        axles=(rear, front),
        wheel_radius=bend.wheels * shape.wheel_radius,
        bed=bend.x(shape.bed) if shape.bed else 0.0,
        panel_from=bend.x(shape.panel_from) if shape.panel_from else 0.0,
        brow=bend.z(shape.brow) if shape.brow else 0.0,
        design=rng.randrange(DESIGNS),
    )


def _varied_bus(shape: BusShape, bend: _Bend, rng: random.Random) -> BusShape:
    return replace(
        shape,
        body=_varied_loft(shape.body, bend),
        axles=bend.xs(shape.axles),
        window=bend.zs(shape.window),
        design=rng.randrange(DESIGNS),
    )


def _varied_truck(shape: TruckShape, bend: _Bend, rng: random.Random) -> TruckShape:
    behind, before = shape.cargo_x
    return replace(
        shape,
        cab=_varied_loft(shape.cab, bend),
        length=bend.x(shape.length),
        axles=bend.xs(shape.axles),
        cargo_x=(bend.x(behind), bend.x(before)),
        cargo_z=bend.zs(shape.cargo_z),
        design=rng.randrange(DESIGNS),
    )


def _varied_trailer(shape: TrailerShape, bend: _Bend) -> TrailerShape:
    along, across, _ = bend.scale
    return replace(
        shape,
        length=along * shape.length,
        width=across * shape.width,
        axles=tuple(along * x for x in shape.axles),
        cargo_z=bend.straight().zs(shape.cargo_z),
    )


def _varied_cycle(shape: CycleShape, bend: _Bend) -> CycleShape:
    (seat_x, seat_z), (grip_x, grip_z) = shape.seat, shape.grip
    return replace(
        shape,
        length=bend.x(shape.length),
        seat=(bend.x(seat_x), bend.z(seat_z)),
        grip=(bend.x(grip_x), bend.z(grip_z)),
    )
