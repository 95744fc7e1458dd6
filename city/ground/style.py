"""How a district looks: its kind, and what its seed draws of tones and customs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np

from city.draws import pick

if TYPE_CHECKING:
    from city.network import RoadNetwork


class MapStyle(StrEnum):
    """What kind of district a map shows."""

    TOWN = "town"
    SUBURB = "suburb"
    MOTORWAY = "motorway"
    INDUSTRIAL = "industrial"


class Pavement(StrEnum):
    """What footpaths are made of."""

    SLABS = "slabs"
    PAVERS = "pavers"
    ASPHALT = "asphalt"


Colour = tuple[int, int, int]
"""sRGB, 0 to 255 each."""

_PAVEMENT_TONES: Final[dict[Pavement, tuple[Colour, ...]]] = {
    Pavement.SLABS: ((150, 147, 140), (134, 132, 128), (160, 154, 142)),
    Pavement.PAVERS: ((134, 128, 122), (140, 112, 100), (124, 122, 120)),
    Pavement.ASPHALT: ((96, 95, 94), (108, 106, 102)),
}
_GRASS: Final[tuple[Colour, ...]] = ((84, 92, 62), (94, 98, 68), (78, 88, 58), (104, 102, 74))
_ASPHALT_TONES: Final = (76.0, 112.0)
"""Darkest and lightest asphalt, sRGB: what roads in daylight footage measure, shade excluded."""

_SUBURB_SHARE: Final = 0.3


@dataclass(frozen=True, slots=True)
class GroundStyle:
    """What stays the same over one map's ground.

    Attributes:
        district: Kind of district.
        asphalt: Mean colour of the carriageway.
        pavement: Material of the footpaths.
        pavement_colour: Its colour.
        pavement_width_m: Width of the footpaths.
        grass: Colour of the grass.
        yellow_centre: Whether yellow lines part the directions, else white ones.
        zebra: Whether crossings show bars, else two lines.
        paint_worn: Share of the paint that traffic has worn off, 0 to 1.
    """

    district: MapStyle
    asphalt: Colour
    pavement: Pavement
    pavement_colour: Colour
    pavement_width_m: float
    grass: Colour
    yellow_centre: bool
    zebra: bool
    paint_worn: float


def draw_ground_style(district: MapStyle, seed: int) -> GroundStyle:
    """Draw what a map's ground looks like; the same for the same district and seed."""
    rng = np.random.default_rng([seed, 7])
    level = rng.uniform(*_ASPHALT_TONES)
    warmth = rng.uniform(-3.0, 3.0)
    pavement = list(Pavement)[int(rng.choice(3, p=[0.5, 0.3, 0.2]))]
    tones = _PAVEMENT_TONES[pavement]
    return GroundStyle(
        district=district,
        asphalt=(int(level + warmth), int(level), int(level - warmth + 2)),
        pavement=pavement,
        pavement_colour=pick(tones, rng),
        pavement_width_m=float(rng.uniform(2.6, 4.2)),
        grass=pick(_GRASS, rng),
        yellow_centre=bool(rng.random() < 0.5),
        zebra=bool(rng.random() < 0.75),
        paint_worn=float(rng.uniform(0.1, 0.5)),
    )


def guess_district(network: RoadNetwork, seed: int) -> MapStyle:
    """Tell from its roads what kind of district a map shows.

    Motorways stand alone; a map with a car park is industrial; others are towns, and for about
    every third seed suburbs.
    """
    lengths: dict[str, float] = {}
    for lane in network.lanes:
        if not lane.internal:
            lengths[lane.road_type] = lengths.get(lane.road_type, 0.0) + lane.length_m
    if lengths.get("motorway", 0.0) > 0.5 * sum(lengths.values()):
        return MapStyle.MOTORWAY
    if "aisle" in lengths:
        return MapStyle.INDUSTRIAL
    suburb = np.random.default_rng([seed, 9]).random() < _SUBURB_SHARE
    return MapStyle.SUBURB if suburb else MapStyle.TOWN
