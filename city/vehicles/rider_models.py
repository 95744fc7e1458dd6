"""The measures of two-wheelers with their riders and of people on foot."""

from __future__ import annotations

from typing import Final

from city.vehicles.shapes import CycleShape, PersonShape

CYCLE_SHAPES: Final[dict[str, CycleShape]] = {
    "scooter": CycleShape(
        length=1.85, wheel_radius=0.23, seat=(0.62, 0.78), grip=(1.30, 1.02), style="scooter"
    ),
    "motorbike": CycleShape(
        length=2.10, wheel_radius=0.31, seat=(0.78, 0.82), grip=(1.42, 1.06), style="naked"
    ),
    "motorbike_sport": CycleShape(
        length=2.05, wheel_radius=0.31, seat=(0.70, 0.84), grip=(1.45, 0.92), style="sport"
    ),
    "bicycle": CycleShape(
        length=1.76, wheel_radius=0.34, seat=(0.62, 0.98), grip=(1.24, 1.05), style="bicycle"
    ),
}

PERSON_SHAPES: Final[dict[str, PersonShape]] = {
    "pedestrian_slim": PersonShape(height=1.68, girth=0.95, stride=0.34),
    "pedestrian_tall": PersonShape(height=1.86, girth=1.08, stride=0.42),
    "pedestrian_stout": PersonShape(height=1.72, girth=1.32, stride=0.30),
    "pedestrian_child": PersonShape(height=1.28, girth=0.72, stride=0.28),
}
