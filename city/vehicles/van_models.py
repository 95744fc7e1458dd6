"""The measures of vans: typical of their classes, of no maker's model."""

from __future__ import annotations

from typing import Final

from city.vehicles.profiles import two_box
from city.vehicles.shapes import CarShape

VAN_SHAPES: Final[dict[str, CarShape]] = {
    "van_small": two_box(
        size=(4.40, 1.81, 1.82),
        wheelbase=2.72,
        overhang=0.78,
        glass=(0.04, 0.08, 2.62, 3.38),
        bonnet=1.14,
        nose=0.86,
        belt=(1.12, 1.02),
        tumblehome=0.10,
        doors=2,
        panel_from=1.75,
        design=51,
    ),
    "van_panel": two_box(
        size=(5.30, 2.00, 1.98),
        wheelbase=3.20,
        overhang=1.00,
        glass=(0.03, 0.06, 3.85, 4.55),
        bonnet=1.22,
        nose=0.95,
        belt=(1.20, 1.10),
        wheel_radius=0.34,
        sill=0.24,
        tumblehome=0.09,
        doors=2,
        panel_from=2.92,
        design=52,
    ),
    "van_high": two_box(
        size=(5.90, 2.05, 2.55),
        wheelbase=3.55,
        overhang=1.10,
        glass=(0.03, 0.05, 4.35, 5.05),
        bonnet=1.30,
        nose=1.00,
        belt=(1.35, 1.20),
        wheel_radius=0.35,
        sill=0.26,
        tumblehome=0.07,
        brow=2.02,
        doors=2,
        panel_from=3.45,
        design=53,
    ),
    "van_crew": two_box(
        size=(5.05, 1.95, 1.95),
        wheelbase=3.05,
        overhang=0.98,
        glass=(0.03, 0.07, 3.55, 4.32),
        bonnet=1.20,
        nose=0.94,
        belt=(1.18, 1.10),
        wheel_radius=0.34,
        sill=0.24,
        tumblehome=0.10,
        panel_from=1.55,
        design=54,
    ),
}
