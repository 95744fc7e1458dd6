"""The measures of buses, trucks and semi-trailers."""

from __future__ import annotations

from typing import Final

from city.vehicles.shapes import BusShape, Loft, TrailerShape, TruckShape


def _bus(
    size: tuple[float, float, float],
    axles: tuple[float, ...],
    window: tuple[float, float],
    *,
    coach: bool = False,
    wheel_radius: float = 0.48,
    design: int = 0,
) -> BusShape:
    length, width, height = size
    lean = 0.24 if coach else 0.12
    top = (
        (0.0, 0.85 * height),
        (0.05, 0.955 * height),
        (0.30, 0.992 * height),
        (length / 2, height),
        (length - 0.45, 0.99 * height),
        (length - lean, 0.91 * height),
        (length, 0.42 * height),
    )
    body = Loft(
        length=length,
        width=width,
        sill=0.30,
        top=top,
        belt=(window[0], window[0]),
        tumblehome=0.03,
        corners=(0.18, 0.30),
        corner_depth=0.16,
    )
    return BusShape(
        body=body,
        axles=axles,
        wheel_radius=wheel_radius,
        window=window,
        coach=coach,
        design=design,
    )


def _cab(start: float, size: tuple[float, float, float], *, sill: float = 0.45) -> Loft:
    """Return a cab-over cab: nearly upright windscreen above a flat front."""
    length, width, height = size
    belt = sill + 0.44 * (height - sill)
    top = (
        (0.0, 0.955 * height),
        (0.06, 0.975 * height),
        (0.35 * length, height),
        (0.74 * length, 0.985 * height),
        (length - 0.14, belt + 0.02),
        (length - 0.03, belt - 0.18),
        (length, sill + 0.18),
    )
    return Loft(
        start=start,
        length=length,
        width=width,
        sill=sill,
        top=top,
        belt=(belt, belt),
        tumblehome=0.06,
        corners=(0.05, 0.26),
        corner_depth=0.20,
    )


BUS_SHAPES: Final[dict[str, BusShape]] = {
    "bus_city": _bus((11.9, 2.55, 3.05), (3.35, 9.15), (1.15, 2.48), design=71),
    "bus_midi": _bus((8.9, 2.38, 2.92), (2.35, 6.75), (1.20, 2.38), wheel_radius=0.42, design=72),
    "minibus": _bus((6.95, 2.10, 2.64), (1.65, 5.45), (1.12, 2.14), wheel_radius=0.38, design=55),
    "coach": _bus((12.2, 2.55, 3.55), (2.55, 3.90, 9.70), (1.65, 2.95), coach=True, design=73),
}

TRUCK_SHAPES: Final[dict[str, TruckShape]] = {
    "truck_box_small": TruckShape(
        cab=_cab(4.15, (1.75, 2.00, 2.18), sill=0.36),
        length=5.90,
        axles=(1.25, 4.85),
        wheel_radius=0.36,
        cargo="box",
        cargo_x=(0.0, 4.05),
        cargo_z=(0.80, 2.85),
        design=81,
    ),
    "truck_box_large": TruckShape(
        cab=_cab(6.55, (1.95, 2.35, 2.75)),
        length=8.50,
        axles=(1.15, 2.45, 7.15),
        wheel_radius=0.48,
        cargo="box",
        cargo_x=(0.0, 6.40),
        cargo_z=(1.05, 3.55),
        design=82,
    ),
    "truck_flatbed": TruckShape(
        cab=_cab(5.30, (1.80, 2.20, 2.45), sill=0.40),
        length=7.10,
        axles=(1.45, 5.95),
        wheel_radius=0.42,
        cargo="flatbed",
        cargo_x=(0.0, 5.20),
        cargo_z=(0.98, 1.42),
        design=83,
    ),
    "truck_tipper": TruckShape(
        cab=_cab(5.85, (1.95, 2.40, 2.85), sill=0.50),
        length=7.80,
        axles=(1.05, 2.40, 6.45),
        wheel_radius=0.50,
        cargo="tipper",
        cargo_x=(0.10, 5.70),
        cargo_z=(1.15, 2.50),
        design=84,
    ),
    "truck_tanker": TruckShape(
        cab=_cab(6.05, (1.95, 2.35, 2.75)),
        length=8.00,
        axles=(1.15, 2.45, 6.65),
        wheel_radius=0.48,
        cargo="tank",
        cargo_x=(0.15, 5.90),
        cargo_z=(1.05, 2.95),
        design=85,
    ),
    "semi_box": TruckShape(
        cab=_cab(3.75, (2.20, 2.50, 3.60), sill=0.42),
        length=5.95,
        axles=(0.95, 4.60),
        wheel_radius=0.51,
        cargo="none",
        sleeper=True,
        design=86,
    ),
    "semi_tank": TruckShape(
        cab=_cab(4.35, (2.00, 2.45, 3.05), sill=0.45),
        length=6.35,
        axles=(0.90, 2.25, 5.00),
        wheel_radius=0.50,
        cargo="none",
        design=87,
    ),
}

TRAILER_SHAPES: Final[dict[str, TrailerShape]] = {
    "semi_box": TrailerShape(
        length=13.6,
        width=2.55,
        axles=(1.55, 2.86, 4.17),
        wheel_radius=0.50,
        cargo="box",
        cargo_z=(1.15, 3.95),
    ),
    "semi_tank": TrailerShape(
        length=11.2,
        width=2.50,
        axles=(1.35, 2.66, 3.97),
        wheel_radius=0.50,
        cargo="tank",
        cargo_z=(1.20, 3.50),
    ),
}
