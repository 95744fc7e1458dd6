"""Buildings along the kerbs, and behind them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from city.draws import pick
from city.ground.style import MapStyle
from city.scenery.buildings import Plan, Roof, build_building
from city.scenery.facades import Wall
from city.scenery.materials import SHOP_FRONTS, facade_names
from city.scenery.palette import Paint
from city.scenery.site import Footprint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.random import Generator

    from city.scenery.assembly import Assembly
    from city.scenery.kerbs import Kerb
    from city.scenery.site import Site

_BAY_M: Final = 3.0
_LEAST_FROM_ROAD_M: Final = 2.9
"""Buildings behind the first row keep the row's and the footpath's depth."""
_SECOND_ROW_M: Final = 13.0
_FARTHEST_M: Final = 95.0
"""No street shows what stands farther behind its houses."""


@dataclass(frozen=True, slots=True)
class Density:
    """How a district is built.

    Attributes:
        setback_m: Smallest and largest distance of a front from the footpath.
        gap_m: Smallest and largest gap between neighbours.
        open_share: Share of places that stay open.
        bays: Fewest and most windows along the street.
        depth_m: Smallest and largest depth.
        floors: Fewest and most storeys.
        pitched: Share of pitched roofs.
        shops: Share of buildings with shops.
        behind: Buildings behind the first row, per hectare.
    """

    setback_m: tuple[float, float]
    gap_m: tuple[float, float]
    open_share: float
    bays: tuple[int, int]
    depth_m: tuple[float, float]
    floors: tuple[int, int]
    pitched: float
    shops: float
    behind: float


DENSITIES: Final = {
    MapStyle.TOWN: Density((0.2, 2.0), (0.0, 0.6), 0.1, (3, 9), (9, 15), (2, 7), 0.35, 0.6, 9),
    MapStyle.SUBURB: Density((4.0, 9.0), (3.0, 9.0), 0.12, (3, 5), (8, 12), (1, 3), 0.95, 0.0, 5),
    MapStyle.MOTORWAY: Density((40, 70), (20, 60), 0.6, (8, 22), (18, 40), (2, 4), 0.1, 0.0, 0.4),
    MapStyle.INDUSTRIAL: Density((4, 14), (4, 16), 0.2, (7, 18), (16, 34), (2, 4), 0.15, 0.05, 3),
}


def place_rows(
    assembly: Assembly, site: Site, kerbs: Sequence[Kerb], *, style: MapStyle, rng: Generator
) -> None:
    """Build along all kerbs, fronts parallel to them."""
    density = DENSITIES[style]
    for kerb in kerbs:
        along = rng.uniform(0.0, 4.0)
        while along < kerb.length_m:
            plan = _draw_plan(style, density, rng)
            if rng.random() < density.open_share:
                along += rng.uniform(8, 18)
                continue
            away = _LEAST_FROM_ROAD_M + rng.uniform(0.8, 1.4) + rng.uniform(*density.setback_m)
            middle = along + plan.width_m / 2
            x, y, heading = kerb.spot(middle, away_m=away + plan.depth_m / 2)
            if _build(assembly, site, plan, (x, y, heading), rng=rng):
                along += plan.width_m + rng.uniform(*density.gap_m)
            else:
                along += 3.0


def place_behind(assembly: Assembly, site: Site, *, style: MapStyle, rng: Generator) -> None:
    """Scatter buildings over the rest of the site, so that gaps show a town behind."""
    density = DENSITIES[style]
    area = float(np.prod(site.high - site.low)) / 1e4
    for _ in range(int(area * density.behind * 2)):
        x, y = rng.uniform(site.low, site.high)
        spot = np.array([[x, y]])
        if not _SECOND_ROW_M < site.road_distance(spot)[0] < _FARTHEST_M:
            continue
        heading = rng.choice([0.0, np.pi / 2]) + rng.normal(0, 0.04)
        plan = _draw_plan(style, density, rng, plain=True)
        _build(assembly, site, plan, (x, y, heading), rng=rng)


def _build(
    assembly: Assembly,
    site: Site,
    plan: Plan,
    pose: tuple[float, float, float],
    *,
    rng: Generator,
) -> bool:
    x, y, heading = pose
    footprint = Footprint(x, y, heading, plan.width_m, plan.depth_m)
    if not site.take(footprint, road_m=_LEAST_FROM_ROAD_M):
        return False
    assembly.add(build_building(plan, rng), x, y, heading=heading)
    return True


def _draw_plan(style: MapStyle, density: Density, rng: Generator, *, plain: bool = False) -> Plan:
    names = facade_names(style)
    facade, wall = pick(names, rng)
    floors = int(rng.integers(density.floors[0], density.floors[1] + 1))
    if wall is Wall.CURTAIN:
        floors += int(rng.integers(1, 5))
    pitched = rng.random() < density.pitched and wall not in (Wall.CURTAIN, Wall.RIBBON)
    shops = not plain and floors > 1 and wall is not Wall.SHED and rng.random() < density.shops
    flat = (Paint.ROOF_GREY, Paint.ROOF_DARK, Paint.CONCRETE)
    tiles = (Paint.ROOF_RED, Paint.ROOF_BROWN, Paint.ROOF_DARK)
    paints = tiles if pitched else flat
    return Plan(
        width_m=_BAY_M * int(rng.integers(density.bays[0], density.bays[1] + 1)),
        depth_m=float(rng.uniform(*density.depth_m)),
        floors=floors,
        facade=facade,
        shops=f"shops {int(rng.integers(SHOP_FRONTS))}" if shops else "",
        roof=(Roof.GABLE if rng.random() < 0.6 else Roof.HIP) if pitched else Roof.FLAT,
        roof_paint=pick(paints, rng),
        detailed=not plain,
        balconies=not plain and wall in (Wall.PLASTER, Wall.PANEL) and rng.random() < 0.4,
    )
