"""The scenery of a map, as few meshes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from city.ground.extension import extend_borders
from city.ground.style import MapStyle, draw_ground_style, guess_district
from city.ground.surfaces import FAST_ROADS, YARDS
from city.scenery import blocks, greenery, motorways, streets, yards
from city.scenery.assembly import Assembly
from city.scenery.kerbs import find_kerbs, find_medians
from city.scenery.materials import draw_materials
from city.scenery.signals import place_signals
from city.scenery.site import Site
from city.scenery.skyline import place_skyline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.random import Generator

    from city.network import RoadNetwork
    from city.scenery.kerbs import Kerb
    from city.scenery.site import View
    from city.scenery.types import StaticMesh


def build_scenery(
    network: RoadNetwork,
    *,
    seed: int,
    style: MapStyle | str | None = None,
    keep_clear: Sequence[View] = (),
) -> list[StaticMesh]:
    """Build all that stands beside the roads.

    Nothing lower than 4.5 m stands on a carriageway. The same arguments give the same scenery.

    Args:
        network: The roads.
        seed: Of everything random; give `paint_ground` the same.
        style: Kind of district; None tells it from roads and seed.
        keep_clear: Cameras (eye, target), metres: nothing is placed around the eyes, near before
            them, or, where it is large, between eye and target.

    Returns:
        One mesh per texture, and one per lens of a traffic light.

    Raises:
        ValueError: If the style is unknown.
    """
    district = guess_district(network, seed) if style is None else MapStyle(style)
    network = extend_borders(network)
    assembly = Assembly(draw_materials(district, np.random.default_rng([seed, 50])))
    site = Site(network, keep_clear)
    lenses = place_signals(assembly, site, network)
    plain, fast, yard = _kerbs_by_road(network)
    rng = np.random.default_rng([seed, 51])
    _line_motorways(assembly, site, fast, network, rng)
    greenery.plant_islands(assembly, site, network, rng=rng)
    yards.furnish_yards(assembly, site, yard, rng=rng)
    path_m = draw_ground_style(district, seed).pavement_width_m
    _line_streets(assembly, site, plain, style=district, path_m=path_m, rng=rng)
    _fill(assembly, site, [*plain, *fast], style=district, rng=rng)
    place_skyline(assembly, site, rng)
    return [*assembly.merged(), *lenses]


def _kerbs_by_road(network: RoadNetwork) -> tuple[list[Kerb], list[Kerb], list[Kerb]]:
    """Return the kerbs of streets, of motorways and of car parks."""
    kerbs = find_kerbs(network)
    fast = [kerb for kerb in kerbs if kerb.lane.road_type in FAST_ROADS]
    yard = [kerb for kerb in kerbs if kerb.lane.road_type in YARDS]
    plain = [kerb for kerb in kerbs if kerb.lane.road_type not in FAST_ROADS | YARDS]
    return plain, fast, yard


def _line_motorways(
    assembly: Assembly, site: Site, kerbs: list[Kerb], network: RoadNetwork, rng: Generator
) -> None:
    medians = [kerb for kerb in find_medians(network) if kerb.lane.road_type in FAST_ROADS]
    motorways.place_gantries(assembly, site, [k for k in kerbs if k.length_m > 120])
    one_way = [k for k in medians if k.line[-1, 0] > k.line[0, 0]]
    motorways.place_lamps(assembly, site, one_way, away_m=1.8)
    motorways.place_rails(assembly, site, kerbs, away_m=3.2)
    motorways.place_rails(assembly, site, medians, away_m=0.6)
    motorways.place_markers(assembly, site, kerbs, rng)
    greenery.line_with_woods(assembly, site, kerbs, rng=rng)


def _line_streets(
    assembly: Assembly,
    site: Site,
    kerbs: list[Kerb],
    *,
    style: MapStyle,
    path_m: float,
    rng: Generator,
) -> None:
    """Furnish the footpaths; what comes first gets the best places."""
    streets.place_lamps(assembly, site, kerbs, style=style, rng=rng)
    streets.place_signs(assembly, site, kerbs, rng=rng)
    if style in (MapStyle.TOWN, MapStyle.SUBURB):
        streets.place_bus_stops(assembly, site, kerbs, rng=rng)
    if style is MapStyle.TOWN:
        streets.place_bollards(assembly, site, kerbs, rng=rng)
    if style is MapStyle.SUBURB:
        streets.string_wires(assembly, site, kerbs, rng=rng)
        streets.place_fences(assembly, site, kerbs[::2], away_m=path_m + 0.5, picket=True, rng=rng)
        greenery.line_with_hedges(assembly, site, kerbs, away_m=path_m + 0.8, rng=rng)
    if style is MapStyle.INDUSTRIAL:
        streets.place_fences(assembly, site, kerbs, away_m=path_m + 1.2, picket=False, rng=rng)
    greenery.plant_street_trees(assembly, site, kerbs, style=style, rng=rng)
    streets.place_furniture(assembly, site, kerbs, style=style, rng=rng)


def _fill(
    assembly: Assembly, site: Site, kerbs: list[Kerb], *, style: MapStyle, rng: Generator
) -> None:
    """Build up and plant the open ground."""
    blocks.place_rows(assembly, site, kerbs, style=style, rng=rng)
    blocks.place_behind(assembly, site, style=style, rng=rng)
    if style is MapStyle.INDUSTRIAL:
        yards.stack_containers(assembly, site, rng)
    greenery.plant_open_ground(assembly, site, style=style, rng=rng)
