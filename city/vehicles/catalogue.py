"""All body models: what drives, rides and walks in the city.

Classes are what the names of their kinds stand for in any detector (`detector.classes`), and agree
with what detectors trained on COCO say of the renderings: vans and pickups are "car" (COCO has
neither; YOLO11n says "car" of 16 pickups in 18), a minibus "bus". But high-roof vans go with
everything that has a cargo body, "truck". Cyclists and pedestrians are distractors without a class
of ours.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypedDict

from city.vehicles.car_models import CAR_SHAPES
from city.vehicles.heavy_models import BUS_SHAPES, TRAILER_SHAPES, TRUCK_SHAPES
from city.vehicles.rider_models import CYCLE_SHAPES, PERSON_SHAPES
from city.vehicles.shapes import BusShape, CarShape, CycleShape, TruckShape
from detector.classes import class_of

if TYPE_CHECKING:
    from city.vehicles.shapes import PersonShape, Shape, TrailerShape

RIDER_WIDTH_M: Final = 0.72
"""Elbows of somebody on a two-wheeler."""
RIDER_HEIGHT_M: Final = 0.82
"""From the saddle to the crown of a rider."""
CARGO_OVERHANG_M: Final = 0.14
"""A truck's cargo body is this much wider than its cab."""


class Kind(StrEnum):
    """Sorts of road users; taxis and deliveries are liveries of them."""

    SEDAN = "sedan"
    HATCHBACK = "hatchback"
    WAGON = "wagon"
    COUPE = "coupe"
    SUV = "suv"
    MPV = "mpv"
    VAN = "van"
    PICKUP = "pickup"
    MINIBUS = "minibus"
    BUS = "bus"
    BOX_TRUCK = "box_truck"
    SEMI_TRAILER = "semi_trailer"
    MOTORCYCLE = "motorcycle"
    BICYCLE = "bicycle"
    PEDESTRIAN = "pedestrian"


LIGHT_KINDS: Final = frozenset(
    {Kind.SEDAN, Kind.HATCHBACK, Kind.WAGON, Kind.COUPE, Kind.SUV, Kind.MPV, Kind.VAN, Kind.PICKUP}
)
"""Cars, vans and pickups: what fits into a bay, and may pull over to the kerb."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trailer:
    """How a semi-trailer hangs on its tractor; x forward from the middle of each.

    Attributes:
        shape: Its measures.
        fifth_wheel_x_m: Of the coupling, on the tractor.
        kingpin_x_m: Of the coupling, on the trailer.
        axle_x_m: Of the middle axle, on the trailer: the point that follows the kingpin.
    """

    shape: TrailerShape
    fifth_wheel_x_m: float
    kingpin_x_m: float
    axle_x_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyModel:
    """One body model.

    Attributes:
        name: Its key in `MODELS`.
        kind: Its sort.
        detector_class: One of `detector.types.CLASS_NAMES`, or None for a distractor.
        length_m: Without accessories; of the tractor alone where there is a trailer.
        width_m: Of the body, without mirrors.
        height_m: Without accessories.
        rear_overhang_m: From the rear end to the (middle of the) rear axles.
        validation: Shown in validation sets only.
        shape: What it is drawn from.
        trailer: The semi-trailer behind it.
    """

    name: str
    kind: Kind
    detector_class: str | None
    length_m: float
    width_m: float
    height_m: float
    rear_overhang_m: float
    validation: bool
    shape: Shape
    trailer: Trailer | None = None


_KINDS: Final[dict[str, Kind]] = {
    "hatch": Kind.HATCHBACK,
    "truck": Kind.BOX_TRUCK,
    "semi": Kind.SEMI_TRAILER,
    "coach": Kind.BUS,
    "scooter": Kind.MOTORCYCLE,
    "motorbike": Kind.MOTORCYCLE,
}
"""Kinds of models whose names do not begin with their kind's own name."""

_CLASS_OF_MODEL: Final = {"van_high": "truck"}
"""Models that detectors see differently from the rest of their kind."""

_VALIDATION: Final = frozenset(
    (
        "sedan_classic",
        "hatch_three_door",
        "wagon_long",
        "suv_coupe",
        "van_crew",
        "pickup_single",
        "bus_midi",
        "truck_tanker",
        "semi_tank",
        "motorbike_sport",
    )
)


def _bus_or_car(shape: BusShape | CarShape) -> tuple[float, float, float, float]:
    body = shape.body
    return body.length, body.width, max(z for _, z in body.top), _rear_axle(shape.axles)


def _truck(shape: TruckShape) -> tuple[float, float, float, float]:
    height = max(*(z for _, z in shape.cab.top), shape.cargo_z[1])
    width = shape.cab.width if shape.cargo == "none" else shape.cab.width + CARGO_OVERHANG_M
    return shape.length, width, height, _rear_axle(shape.axles)


def _cycle(shape: CycleShape) -> tuple[float, float, float, float]:
    return shape.length, RIDER_WIDTH_M, shape.seat[1] + RIDER_HEIGHT_M, shape.wheel_radius


def _person(shape: PersonShape) -> tuple[float, float, float, float]:
    length = shape.stride + 0.24
    return length, 0.52 * shape.girth**0.5, shape.height, length / 2


def _rear_axle(axles: tuple[float, ...]) -> float:
    """Return x of the middle of all axles but the foremost."""
    return sum(axles[:-1]) / len(axles[:-1])


class _Measures(TypedDict):
    """The measures that a `BodyModel` has from its shape."""

    length_m: float
    width_m: float
    height_m: float
    rear_overhang_m: float


def _measures(shape: Shape) -> _Measures:
    if isinstance(shape, BusShape | CarShape):
        found = _bus_or_car(shape)
    elif isinstance(shape, TruckShape):
        found = _truck(shape)
    else:
        found = _cycle(shape) if isinstance(shape, CycleShape) else _person(shape)
    length, width, height, overhang = found
    return _Measures(length_m=length, width_m=width, height_m=height, rear_overhang_m=overhang)


def _trailer(shape: TrailerShape, tractor: TruckShape) -> Trailer:
    # The kingpin sits a little ahead of the driven axle, 1.2 m behind the trailer's front.
    return Trailer(
        shape=shape,
        fifth_wheel_x_m=_rear_axle(tractor.axles) + 0.25 - tractor.length / 2,
        kingpin_x_m=shape.length / 2 - 1.2,
        axle_x_m=sum(shape.axles) / len(shape.axles) - shape.length / 2,
    )


def _model(name: str, shape: Shape) -> BodyModel:
    prefix = name.partition("_")[0]
    kind = _KINDS.get(prefix) or Kind(prefix)
    return BodyModel(
        name=name,
        kind=kind,
        detector_class=_CLASS_OF_MODEL.get(name, class_of(kind.value)),
        **_measures(shape),
        validation=name in _VALIDATION,
        shape=shape,
        trailer=_trailer(TRAILER_SHAPES[name], shape)
        if isinstance(shape, TruckShape) and name in TRAILER_SHAPES
        else None,
    )


def with_shape(model: BodyModel, shape: Shape, trailer: TrailerShape | None) -> BodyModel:
    """Return a model drawn from another shape of the same sort, with the measures of that.

    Args:
        model: Whose name, kind and class it keeps.
        shape: The other shape.
        trailer: Behind a tractor.
    """
    towed = _trailer(trailer, shape) if trailer and isinstance(shape, TruckShape) else None
    return replace(model, **_measures(shape), shape=shape, trailer=towed)


MODELS: Final[dict[str, BodyModel]] = {
    name: _model(name, shape)
    for shapes in (CAR_SHAPES, BUS_SHAPES, TRUCK_SHAPES, CYCLE_SHAPES, PERSON_SHAPES)
    for name, shape in shapes.items()
}
"""Every body model by its name."""

TRAINING_MODELS: Final = tuple(name for name, model in MODELS.items() if not model.validation)
"""Names of the models that training sets may show."""

VALIDATION_MODELS: Final = tuple(name for name, model in MODELS.items() if model.validation)
"""Names of the models that only validation sets show."""
