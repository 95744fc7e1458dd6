"""What stands in and around car parks and works: lamps, bollards, containers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from city.scenery import furniture
from city.scenery.palette import Paint
from city.scenery.site import Footprint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.random import Generator

    from city.scenery.assembly import Assembly
    from city.scenery.kerbs import Kerb
    from city.scenery.site import Site


def furnish_yards(assembly: Assembly, site: Site, kerbs: Sequence[Kerb], *, rng: Generator) -> None:
    """Set lamps and low bollards behind the bays of car parks."""
    lamp = furniture.lamp_post(7.0, 1.2, paint=Paint.GALVANISED)
    stopper = furniture.bollard(Paint.YELLOW)
    for kerb in kerbs:
        for along in np.arange(6.0, kerb.length_m - 3, 24.0):
            x, y, heading = kerb.spot(along, away_m=1.0)
            if site.take_spot(x, y, radius_m=0.3, road_m=0.5):
                assembly.add(lamp, x, y, heading=heading)
        for along in np.arange(rng.uniform(4, 9), kerb.length_m - 3, 8.0):
            x, y, heading = kerb.spot(along, away_m=0.8)
            if rng.random() < 0.4 and site.take_spot(x, y, radius_m=0.15, road_m=0.4):
                assembly.add(stopper, x, y, heading=heading)


def stack_containers(assembly: Assembly, site: Site, rng: Generator) -> None:
    """Put shipping containers and waste bins about the works' open ground."""
    for _ in range(40):
        x, y = rng.uniform(site.low + 80, site.high - 80)
        heading = rng.choice([0.0, np.pi / 2])
        if site.take(Footprint(x, y, heading, 13.0, 3.0), road_m=6.0):
            assembly.add(furniture.container(rng), x, y, heading=heading)
            if rng.random() < 0.3:
                assembly.add(furniture.container(rng), x, y, heading=heading, z=2.55)
    for _ in range(30):
        x, y = rng.uniform(site.low + 80, site.high - 80)
        if site.take_spot(x, y, radius_m=2.2, road_m=4.0):
            assembly.add(furniture.waste_containers(3), x - 1.3, y)
