"""What individuals carry outside: racks, boxes, signs, cargo."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

    from city.vehicles.catalogue import BodyModel
    from city.vehicles.individual import Individual
    from city.vehicles.layout import Layout
    from city.vehicles.loft import Fineness
    from city.vehicles.patch import Patch


def accessory_patches(
    individual: Individual,
    model: BodyModel,
    layout: Layout,
    level: Fineness,
    part: int,
    rng: random.Random,
) -> list[Patch]:
    """Return the surfaces that an individual adds to its model's."""
    return []
