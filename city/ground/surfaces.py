"""Where the carriageways lie in a tile, by kind of road, and how far each pixel is from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from city.ground.canvas import Canvas, Tile

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from city.network import Junction, Lane, RoadNetwork

FAST_ROADS: Final = frozenset({"motorway", "ramp"})
YARDS: Final = frozenset({"aisle"})
REACH_M: Final = 9.0
"""Distances are exact up to here: pavements, shoulders and kerbs lie within."""
_SEAM_M: Final = 0.3
"""Lanes overlap by this much, so that no grass shows between them."""
_SLIT_M: Final = 1.3
"""Gaps between carriageways up to twice as wide are asphalt too."""


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """A kind of carriageway in a tile.

    Attributes:
        cover: float32 (height, width), share of each pixel that it covers.
        outside_m: float32, metres from each pixel to it, 0 on it.
        inside_m: float32, metres from each pixel on it to its edge, 0 beside it.
    """

    cover: NDArray[np.float32]
    outside_m: NDArray[np.float32]
    inside_m: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Surfaces:
    """The carriageways of a tile: streets, motorways with their ramps, and car parks."""

    street: Surface
    fast: Surface
    yard: Surface


def trace_surfaces(network: RoadNetwork, tile: Tile) -> Surfaces:
    """Draw the carriageways of a network and measure the distances to them."""
    types = _junction_types(network)
    plain = [lane for lane in network.lanes if not lane.internal]
    junctions = [j for j in network.junctions if j.has_area]

    def surface(kinds: frozenset[str] | None) -> Surface:
        return _surface(
            tile,
            [q for q in plain if _is_of(q.road_type, kinds)],
            [j for j in junctions if _is_of(types.get(j.junction_id, "street"), kinds)],
        )

    return Surfaces(street=surface(None), fast=surface(FAST_ROADS), yard=surface(YARDS))


def _is_of(road_type: str, kinds: frozenset[str] | None) -> bool:
    return road_type in kinds if kinds is not None else road_type not in FAST_ROADS | YARDS


def _junction_types(network: RoadNetwork) -> dict[str, str]:
    """Give each junction a road type: a street's where a street meets it, else its last lane's."""
    types: dict[str, str] = {}
    for lane in network.lanes:
        for junction_id in (lane.from_junction, lane.to_junction):
            if junction_id and _is_of(lane.road_type, FAST_ROADS | YARDS):
                types.setdefault(junction_id, lane.road_type)
            elif junction_id:
                types[junction_id] = "street"
    return types


def _surface(tile: Tile, lanes: Iterable[Lane], junctions: Iterable[Junction]) -> Surface:
    margin = round(REACH_M * tile.pixels_per_metre)
    grown = tile.grown(margin)
    canvas = Canvas(grown)
    for lane in lanes:
        canvas.strip(lane.shape, lane.width_m + _SEAM_M, 255)
    for junction in junctions:
        canvas.polygon(junction.shape, 255)
    cover = np.maximum(canvas.cover, _closed(canvas.pixels, grown))
    mask = np.asarray(cover * 255, dtype=np.uint8)
    inner = (slice(margin, -margin or None),) * 2
    return Surface(
        cover=cover[inner],
        outside_m=_distance(255 - mask, tile)[inner],
        inside_m=_distance(mask, tile)[inner],
    )


def _closed(mask: NDArray[np.uint8], tile: Tile) -> NDArray[np.float32]:
    """Close the slits that lanes and junctions leave where they meet at an angle.

    Dilation and erosion by a disc, both by distance; returns each pixel's cover, 0 to 1.
    """
    near = np.asarray(_distance(255 - mask, tile) < _SLIT_M, dtype=np.uint8) * np.uint8(255)
    depth = (_distance(near, tile) - np.float32(_SLIT_M)) * np.float32(tile.pixels_per_metre)
    return np.asarray(np.clip(depth, 0, 1), dtype=np.float32)


def _distance(mask: NDArray[np.uint8], tile: Tile) -> NDArray[np.float32]:
    """Return metres from each set pixel to the nearest one that is not set."""
    if mask.min() > 127:
        return np.full(mask.shape, 1e3, np.float32)
    found = cv2.distanceTransform((mask > 127).astype(np.uint8), cv2.DIST_L2, 5)
    return np.asarray(np.maximum(found - 0.5, 0) / tile.pixels_per_metre, dtype=np.float32)


def band(
    distance_m: NDArray[np.float32], low_m: float, high_m: float, tile: Tile
) -> NDArray[np.float32]:
    """Return each pixel's cover, 0 to 1, by the belt between two distances, edges smoothed."""
    k = np.float32(tile.pixels_per_metre)
    rising = np.clip((distance_m - np.float32(low_m)) * k + 0.5, 0, 1)
    falling = np.clip((np.float32(high_m) - distance_m) * k + 0.5, 0, 1)
    return np.asarray(rising * falling, dtype=np.float32)
