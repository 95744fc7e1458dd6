"""What stands on footpaths: lamps, signs, bus stops, furniture, fences, wires."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from city.draws import pick
from city.ground.style import MapStyle
from city.scenery import furniture
from city.scenery.palette import Paint
from city.scenery.prints import Sign
from city.scenery.shapes import placed, tube
from city.scenery.site import Footprint
from city.scenery.trees import build_bush

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.random import Generator

    from city.scenery.assembly import Assembly, Prop
    from city.scenery.kerbs import Kerb
    from city.scenery.site import Site

_FROM_KERB_M: Final = 0.75
_LAMP_SPACING_M: Final = 29.0
_POLE_SPACING_M: Final = 34.0
_SLOT_M: Final = 5.0
_USED_SLOTS: Final = {
    MapStyle.TOWN: 0.5,
    MapStyle.SUBURB: 0.2,
    MapStyle.MOTORWAY: 0.0,
    MapStyle.INDUSTRIAL: 0.16,
}
_BUS_STOP_SHARE: Final = 0.4
_SIGNS: Final = (
    Sign.NO_STOPPING,
    Sign.PARKING,
    Sign.SPEED,
    Sign.CROSSING,
    Sign.PRIORITY,
)


def place_lamps(
    assembly: Assembly, site: Site, kerbs: Sequence[Kerb], *, style: MapStyle, rng: Generator
) -> None:
    """Set lamp posts along all kerbs at even distances."""
    height = {MapStyle.SUBURB: 6.2, MapStyle.TOWN: 8.0}.get(style, 9.5)
    paint = pick((Paint.GALVANISED, Paint.DARK_METAL, Paint.GREEN_METAL), rng)
    lamp = furniture.lamp_post(height, 1.7, paint=paint)
    for kerb in kerbs:
        start = rng.uniform(7.0, 12.0)
        for along in np.arange(start, kerb.length_m - 4, _LAMP_SPACING_M):
            x, y, heading = kerb.spot(along, away_m=_FROM_KERB_M)
            if site.take_spot(x, y, radius_m=0.3, road_m=0.25):
                assembly.add(lamp, x, y, heading=heading)


def place_signs(assembly: Assembly, site: Site, kerbs: Sequence[Kerb], *, rng: Generator) -> None:
    """Set traffic signs near the ends of the kerbs and now and then between."""
    for kerb in kerbs:
        places = [kerb.length_m - rng.uniform(3, 7), rng.uniform(5, 9)]
        places += list(np.arange(30.0, kerb.length_m - 20, rng.uniform(35, 60)))
        for k, along in enumerate(places):
            if along < 2 or rng.random() < 0.25:
                continue
            sign = pick(_SIGNS, rng)
            if k == 0 and kerb.lane.to_junction and rng.random() < 0.5:
                sign = Sign.GIVE_WAY
            below = Sign.NO_STOPPING if rng.random() < 0.2 else None
            x, y, heading = kerb.spot(along, away_m=_FROM_KERB_M)
            if site.take_spot(x, y, radius_m=0.3, road_m=0.3):
                assembly.add(furniture.traffic_sign(sign, below=below), x, y, heading=heading)


def place_bus_stops(
    assembly: Assembly, site: Site, kerbs: Sequence[Kerb], *, rng: Generator
) -> None:
    """Set a shelter beside some long kerbs."""
    for kerb in kerbs:
        if kerb.length_m < 45 or rng.random() > _BUS_STOP_SHARE:
            continue
        x, y, heading = kerb.spot(kerb.length_m * rng.uniform(0.35, 0.75), away_m=2.0)
        if site.take(Footprint(x, y, heading, 7.0, 1.9), road_m=0.9):
            assembly.add(furniture.bus_shelter(rng), x, y, heading=heading)


def place_furniture(
    assembly: Assembly, site: Site, kerbs: Sequence[Kerb], *, style: MapStyle, rng: Generator
) -> None:
    """Fill places along the footpath with benches, bins, bollards and the like."""
    for kerb in kerbs:
        for along in np.arange(3.0, kerb.length_m - 2, _SLOT_M):
            if rng.random() > _USED_SLOTS[style]:
                continue
            prop, length, width = _draw_prop(rng)
            # Things that people use from behind stand at the kerb, the others at the walls.
            away = _FROM_KERB_M + width / 2 - 0.1 if rng.random() < 0.7 else 2.9 - width / 2
            x, y, heading = kerb.spot(along + rng.uniform(-1.5, 1.5), away_m=away)
            if site.take(Footprint(x, y, heading, length, width), road_m=0.25):
                assembly.add(prop, x, y, heading=heading)


def place_bollards(
    assembly: Assembly, site: Site, kerbs: Sequence[Kerb], *, rng: Generator
) -> None:
    """Set rows of bollards at some corners."""
    paint = pick((Paint.DARK_METAL, Paint.PLASTIC_GREY, Paint.RED), rng)
    prop = furniture.bollard(paint)
    for kerb in kerbs:
        if rng.random() > 0.4:
            continue
        for along in np.arange(1.2, min(9.0, kerb.length_m / 3), 1.6):
            x, y, heading = kerb.spot(kerb.length_m - along, away_m=0.45)
            if site.take_spot(x, y, radius_m=0.1, road_m=0.12):
                assembly.add(prop, x, y, heading=heading)


def place_fences(
    assembly: Assembly,
    site: Site,
    kerbs: Sequence[Kerb],
    *,
    away_m: float,
    picket: bool,
    rng: Generator,
) -> None:
    """Fence off the lots: wire along industrial roads, pickets in suburbs."""
    for kerb in kerbs:
        along = rng.uniform(3, 8)
        while along < kerb.length_m - 6:
            length = rng.uniform(7, 16)
            x, y, heading = kerb.spot(along + length / 2, away_m=away_m)
            place = Footprint(x, y, heading, length, 0.2)
            if rng.random() < 0.6 and site.take(place, road_m=2.0):
                assembly.add(furniture.fence(length, picket=picket), x, y, heading=heading)
            along += length + rng.uniform(3, 8)


def string_wires(assembly: Assembly, site: Site, kerbs: Sequence[Kerb], *, rng: Generator) -> None:
    """Set utility poles along every other long kerb, three wires from pole to pole."""
    pole = furniture.utility_pole()
    for kerb in kerbs:
        if kerb.length_m < 2 * _POLE_SPACING_M or rng.random() < 0.4:
            continue
        last: tuple[float, float, float] | None = None
        for along in np.arange(4.0, kerb.length_m - 2, _POLE_SPACING_M):
            spot = kerb.spot(along, away_m=1.1)
            if not site.take_spot(*spot[:2], radius_m=0.3, road_m=0.4):
                last = None
                continue
            assembly.add(pole, *spot[:2], heading=spot[2])
            if last is not None:
                _wires(assembly, last, spot)
            last = spot


def _wires(
    assembly: Assembly, start: tuple[float, float, float], end: tuple[float, float, float]
) -> None:
    share = np.linspace(0, 1, 7)[:, None]
    for side in (-0.9, 0.0, 0.9):
        ends = [
            np.array([x - np.sin(heading) * side, y + np.cos(heading) * side, 8.75])
            for x, y, heading in (start, end)
        ]
        line = ends[0] * (1 - share) + ends[1] * share
        line[:, 2] -= 2.8 * (share * (1 - share))[:, 0]
        wire = tube(line, 0.022, swatch=Paint.WIRE.swatch, sides=3, capped=False)
        assembly.add({"matte": wire}, 0.0, 0.0)


def _draw_prop(rng: Generator) -> tuple[Prop, float, float]:
    """Draw a piece of furniture; returns it with its length and width."""
    kind = int(rng.integers(10))
    if kind <= 1:
        return furniture.bench(), 1.8, 0.6
    if kind <= 3:
        paint = pick((Paint.GREEN_METAL, Paint.PLASTIC_GREY, Paint.RED), rng)
        return furniture.litter_bin(paint), 0.6, 0.6
    if kind == 4:
        return furniture.cabinet(rng), 1.7, 0.6
    if kind == 5:
        bush = {m: placed(q, 0, 0, z=0.3) for m, q in build_bush(rng, reach_m=0.45).items()}
        return furniture.planter() | bush, 1.4, 0.9
    if kind == 6:
        return furniture.hydrant(), 0.5, 0.5
    if kind == 7:
        return furniture.bicycle_stands(int(rng.integers(2, 5))), 3.8, 0.9
    if kind == 8:
        return furniture.advertising_column(rng), 0.4, 1.5
    return furniture.waste_containers(int(rng.integers(1, 4))), 4.0, 1.1
