"""Trees along the kerbs and over the open ground; hedges and bushes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from city.draws import pick
from city.ground.islands import find_islands
from city.ground.style import MapStyle
from city.scenery.leaves import Leaf
from city.scenery.shapes import placed
from city.scenery.site import Footprint
from city.scenery.trees import TreeKind, build_bush, build_hedge, build_tree
from city.types import Mesh

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.random import Generator

    from city.network import RoadNetwork
    from city.scenery.assembly import Assembly, Prop
    from city.scenery.kerbs import Kerb
    from city.scenery.site import Site

_STREET_TREES: Final = (TreeKind.ROUND, TreeKind.ROUND, TreeKind.BROAD, TreeKind.YOUNG)
_OPEN_TREES: Final = (
    *(TreeKind.ROUND, TreeKind.BROAD, TreeKind.BROAD),
    *(TreeKind.COLUMN, TreeKind.CONIFER, TreeKind.CONIFER),
)
_LEAVES: Final = (Leaf.BROAD, Leaf.BROAD, Leaf.LIGHT, Leaf.DARK)
_VARIANTS: Final = 9
_PER_HECTARE: Final = {
    MapStyle.TOWN: 7.0,
    MapStyle.SUBURB: 24.0,
    MapStyle.MOTORWAY: 30.0,
    MapStyle.INDUSTRIAL: 6.0,
}
_SPACING_M: Final = {
    MapStyle.TOWN: 11.0,
    MapStyle.SUBURB: 15.0,
    MapStyle.MOTORWAY: 0.0,
    MapStyle.INDUSTRIAL: 24.0,
}
"""Between street trees; 0 where there are none."""
_MOST_TREES: Final = 360
_ISLAND_RIM_M: Final = 4.0
"""From the middle of a roundabout's lane to what grows on the island."""
_HEADROOM_M: Final = 4.6
"""Leaves over a road hang higher than the tallest vehicle."""


class Nursery:
    """A stock of trees to place; each is placed many times, turned and scaled."""

    def __init__(self, kinds: Sequence[TreeKind], rng: Generator) -> None:
        """Grow the stock."""
        self._trees: list[Prop] = []
        for k in range(_VARIANTS):
            kind = kinds[k % len(kinds)]
            leaf = Leaf.NEEDLES if kind is TreeKind.CONIFER else pick(_LEAVES, rng)
            self._trees.append(build_tree(kind, leaf, rng))

    def plant(
        self,
        assembly: Assembly,
        place: tuple[float, float],
        rng: Generator,
        *,
        beside: Site | None = None,
    ) -> None:
        """Place one tree of the stock; `beside` a road it is pruned to let vehicles pass."""
        tree = pick(self._trees, rng)
        heading, scale = rng.uniform(0, 2 * np.pi), rng.uniform(0.85, 1.35)
        grown = {m: placed(mesh, *place, heading=heading, scale=scale) for m, mesh in tree.items()}
        if beside is not None:
            grown |= {m: _pruned(q, beside) for m, q in grown.items() if m.startswith("leaves")}
        assembly.add(grown, 0.0, 0.0)


def plant_street_trees(
    assembly: Assembly, site: Site, kerbs: Sequence[Kerb], *, style: MapStyle, rng: Generator
) -> None:
    """Plant rows of trees along some kerbs."""
    spacing = _SPACING_M[style]
    if not spacing:
        return
    nursery = Nursery(_STREET_TREES, rng)
    for kerb in kerbs:
        share = rng.choice([0.2, 0.6, 0.95])
        for along in np.arange(rng.uniform(5, 10), kerb.length_m - 5, spacing):
            if rng.random() > share:
                continue
            x, y, _ = kerb.spot(along + rng.uniform(-1, 1), away_m=rng.uniform(1.4, 1.8))
            if site.take_spot(x, y, radius_m=1.0, road_m=0.25):
                nursery.plant(assembly, (x, y), rng, beside=site)


def plant_open_ground(assembly: Assembly, site: Site, *, style: MapStyle, rng: Generator) -> None:
    """Plant trees and bushes between the buildings, in clumps."""
    nursery = Nursery(_OPEN_TREES, rng)
    area = float(np.prod(site.high - site.low)) / 1e4
    left = min(int(area * _PER_HECTARE[style]), _MOST_TREES)
    while left > 0:
        middle = rng.uniform(site.low, site.high)
        for _ in range(int(rng.integers(2, 9))):
            left -= 1
            x, y = middle + rng.normal(0, 7.0, 2)
            if site.take_spot(x, y, radius_m=1.4, road_m=6.5):
                nursery.plant(assembly, (x, y), rng)
            x, y = middle + rng.normal(0, 8.0, 2)
            if rng.random() < 0.5 and site.take_spot(x, y, radius_m=0.8, road_m=5.0):
                scale = rng.uniform(0.8, 1.6)
                assembly.add(build_bush(rng), x, y, scale=scale, heading=rng.uniform(0, 6.3))


def plant_islands(assembly: Assembly, site: Site, network: RoadNetwork, *, rng: Generator) -> None:
    """Plant the middles of roundabouts: bushes, and a tree on large ones."""
    nursery = Nursery(_OPEN_TREES, rng)
    for outline in find_islands(network):
        middle = outline.mean(axis=0)
        radius = float(np.linalg.norm(outline - middle, axis=1).min()) - _ISLAND_RIM_M
        if radius > 3.0 and site.take_spot(*middle, radius_m=1.4, road_m=3.0):
            nursery.plant(assembly, (middle[0], middle[1]), rng, beside=site)
        for _ in range(int(max(radius, 0.0) * 2)):
            x, y = middle + rng.normal(0, max(radius, 0.1) / 2, 2)
            if site.take_spot(x, y, radius_m=0.6, road_m=1.5):
                assembly.add(build_bush(rng), x, y, scale=rng.uniform(0.7, 1.2))


def line_with_woods(
    assembly: Assembly, site: Site, kerbs: Sequence[Kerb], *, rng: Generator
) -> None:
    """Grow a belt of trees and bushes beside a motorway, with openings."""
    nursery = Nursery(_OPEN_TREES, rng)
    for kerb in kerbs:
        if kerb.length_m < 20:
            continue
        phase = rng.uniform(0, 6.3)
        for along in np.arange(0.0, kerb.length_m, 5.2):
            if np.sin(along / 37.0 + phase) < -0.45:
                continue
            x, y, _ = kerb.spot(along + rng.uniform(-2, 2), away_m=9.5 + rng.gamma(1.6, 5.0))
            if site.take_spot(x, y, radius_m=1.2, road_m=8.0):
                nursery.plant(assembly, (x, y), rng)
            x, y, _ = kerb.spot(along + rng.uniform(-2, 2), away_m=6.6 + rng.uniform(0, 3))
            if rng.random() < 0.6 and site.take_spot(x, y, radius_m=0.7, road_m=5.4):
                assembly.add(build_bush(rng), x, y, scale=rng.uniform(0.9, 1.7))


def line_with_hedges(
    assembly: Assembly, site: Site, kerbs: Sequence[Kerb], *, away_m: float, rng: Generator
) -> None:
    """Set hedges along the far edge of the footpath, a gate's width apart."""
    for kerb in kerbs:
        along = rng.uniform(4, 9)
        while along < kerb.length_m - 6:
            length = rng.uniform(4, 11)
            x, y, heading = kerb.spot(along + length / 2, away_m=away_m)
            if rng.random() < 0.55 and site.take(Footprint(x, y, heading, length, 0.7), road_m=2.2):
                assembly.add(build_hedge(length, rng), x, y, heading=heading)
            along += length + rng.uniform(3, 7)


def _pruned(crown: Mesh, site: Site) -> Mesh:
    """Cut off the cards of leaves that hang low over the road."""
    corners = crown.vertices.reshape(-1, 4, crown.vertices.shape[1])
    points = corners[..., :2].reshape(-1, 2).astype(np.float64)
    over = (site.road_distance(points) < 0.4).reshape(-1, 4).any(axis=1)
    kept = corners[~(over & (corners[..., 2].min(axis=1) < _HEADROOM_M))]
    triangles = 4 * np.arange(len(kept))[:, None, None] + np.array([[0, 1, 2], [0, 2, 3]])
    vertices = np.ascontiguousarray(kept.reshape(-1, crown.vertices.shape[1]))
    return Mesh(vertices, triangles.reshape(-1, 3).astype(np.int32))
