"""Maps by name: each layout is a checked set of parameters that draws up a plan of roads."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from city.layouts.car_park import CarPark
from city.layouts.corridor import Corridor
from city.layouts.explicit import ExplicitMap
from city.layouts.grid import Grid
from city.layouts.motorway import Motorway
from city.layouts.roundabout import Roundabouts

Map = Annotated[
    ExplicitMap | Grid | Corridor | Motorway | Roundabouts | CarPark,
    Field(discriminator="layout"),
]
"""Any of the maps; the key `layout` says which."""

__all__ = ["CarPark", "Corridor", "ExplicitMap", "Grid", "Map", "Motorway", "Roundabouts"]
