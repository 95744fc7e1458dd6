"""The ground as a picture: open ground, footpaths, carriageways, wear and paint, laid in order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from city.ground.canvas import Canvas, Tile
from city.ground.extension import extend_borders
from city.ground.markings import trace_markings
from city.ground.neighbours import Side, neighbours
from city.ground.noise import fractal_noise, value_noise
from city.ground.polyline import offset
from city.ground.style import MapStyle, draw_ground_style, guess_district
from city.ground.surfaces import band, trace_surfaces
from city.ground.surroundings import blend, cover_islands, paint_open_ground, paint_pavement, solid
from city.ground.wear import trace_wear

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from city.ground.style import Colour, GroundStyle
    from city.ground.surfaces import Surfaces
    from city.network import RoadNetwork

KERB_M: Final = 0.22
SHOULDER_M: Final = 2.6
"""Asphalt beside a motorway's outer line."""
_INNER_SHOULDER_M: Final = 0.9
_MEDIAN_M: Final = 3.0
"""Asphalt left of a motorway's inner line, and the bare strip beyond it."""
_KERB_COLOUR: Final[Colour] = (158, 156, 150)
_GRAVEL: Final[Colour] = (124, 116, 100)
_WHITE: Final[Colour] = (206, 206, 200)
_YELLOW: Final[Colour] = (198, 158, 62)


def paint_ground(
    network: RoadNetwork,
    minimum_xy: ArrayLike,
    maximum_xy: ArrayLike,
    *,
    pixels_per_metre: float,
    seed: int,
    style: MapStyle | str | None = None,
) -> NDArray[np.uint8]:
    """Paint a rectangle of the ground.

    What is painted depends on map coordinates and the seed alone: tiles of different scale and
    extent agree where they overlap.

    Args:
        network: The roads.
        minimum_xy: South-western corner, (2,), metres.
        maximum_xy: North-eastern corner, (2,), metres.
        pixels_per_metre: Scale.
        seed: Of everything random.
        style: Kind of district; None tells it from roads and seed.

    Returns:
        uint8 (height, width, 3), sRGB; row 0 is the southern edge, column 0 the western.

    Raises:
        ValueError: If the rectangle or the scale is not positive, or the style unknown.
    """
    network = extend_borders(network)
    low, high = np.asarray(minimum_xy, np.float64), np.asarray(maximum_xy, np.float64)
    tile = Tile.between(low, high, pixels_per_metre)
    district = guess_district(network, seed) if style is None else MapStyle(style)
    look = draw_ground_style(district, seed)
    surfaces = trace_surfaces(network, tile)
    colour = paint_open_ground(network, tile, style=look, seed=seed)
    colour = _lay_verges(colour, surfaces, tile, network=network, style=look, seed=seed)
    colour = _lay_carriageways(colour, surfaces, tile, network=network, style=look, seed=seed)
    return np.asarray(np.clip(colour + 0.5, 0, 255), dtype=np.uint8)


def _lay_verges(
    colour: NDArray[np.float32],
    surfaces: Surfaces,
    tile: Tile,
    *,
    network: RoadNetwork,
    style: GroundStyle,
    seed: int,
) -> NDArray[np.float32]:
    """Lay footpaths with kerbs along streets, kerbs around car parks, shoulders at motorways."""
    to_street = surfaces.street.outside_m
    pavement = paint_pavement(tile, style=style, heading=_main_heading(network), seed=seed)
    border = style.pavement_width_m + KERB_M
    open_side = 1 - cover_islands(network, tile)
    colour = blend(colour, pavement, open_side * band(to_street, 0.0, border, tile))
    rim = solid(
        _KERB_COLOUR, np.float32(0.85) + 0.12 * value_noise(tile, 1.0, seed + 43, smooth=False)
    )
    colour = blend(colour, rim, 0.6 * open_side * band(to_street, border, border + 0.12, tile))
    gravel = fractal_noise(tile, 0.6, seed + 41, octaves=3) * np.float32(0.5) + np.float32(0.72)
    verge = band(surfaces.fast.outside_m, 0.0, SHOULDER_M + 1.0, tile)
    ragged = 0.55 + 0.45 * value_noise(tile, 0.8, seed + 42)
    colour = blend(colour, solid(_GRAVEL, gravel), verge * ragged)
    for surface in (surfaces.street, surfaces.yard):
        colour = blend(colour, rim, band(surface.outside_m, 0.0, KERB_M, tile))
    return colour


def _lay_carriageways(
    colour: NDArray[np.float32],
    surfaces: Surfaces,
    tile: Tile,
    *,
    network: RoadNetwork,
    style: GroundStyle,
    seed: int,
) -> NDArray[np.float32]:
    """Lay asphalt over everything, then what wore it, then its paint."""
    shoulder = band(surfaces.fast.outside_m, -1.0, SHOULDER_M, tile)
    shoulder *= 1 - _medians(network, tile)
    cover = np.maximum.reduce(
        [shoulder, surfaces.street.cover, surfaces.yard.cover, surfaces.fast.cover]
    )
    wear = trace_wear(network, tile, seed=seed)
    grain = _asphalt_grain(tile, seed)
    gutter = band(surfaces.street.inside_m, 0.0, 0.35, tile) * surfaces.street.cover
    dust = np.clip(surfaces.fast.outside_m / np.float32(SHOULDER_M), 0, 1) * shoulder
    tone = grain * wear.tone * (1 - np.float32(0.10) * gutter + np.float32(0.10) * dust)
    colour = blend(colour, solid(style.asphalt, tone), cover)
    paint = trace_markings(network, tile, style=style)
    worn = _worn_off(tile, wear.polished, style=style, seed=seed)
    for shade, mask in ((_WHITE, paint.white), (_YELLOW, paint.yellow)):
        colour = blend(colour, solid(shade, grain * 0.2 + np.float32(0.78)), mask * cover * worn)
    return colour


def _main_heading(network: RoadNetwork) -> float:
    """Return the direction of the longest lane, radians."""
    longest = max(network.lanes, key=lambda lane: lane.length_m)
    along = longest.shape[-1] - longest.shape[0]
    return float(np.arctan2(along[1], along[0]))


def _medians(network: RoadNetwork, tile: Tile) -> NDArray[np.float32]:
    """Return where a strip without asphalt lies left of motorway lanes, 0 to 1."""
    canvas = Canvas(tile)
    middle_m = _INNER_SHOULDER_M + _MEDIAN_M / 2
    for lane in network.lanes:
        if lane.internal or lane.road_type != "motorway":
            continue
        if neighbours(network, lane).left is Side.NOTHING:
            canvas.strip(offset(lane.shape, lane.width_m / 2 + middle_m), _MEDIAN_M, 255)
    return canvas.cover


def _asphalt_grain(tile: Tile, seed: int) -> NDArray[np.float32]:
    """Return the tone of untouched asphalt: clouds, mottling, and single stones."""
    clouds = fractal_noise(tile, 9.0, seed + 51, octaves=4) - np.float32(0.5)
    mottle = fractal_noise(tile, 0.5, seed + 52, octaves=2) - np.float32(0.5)
    stones = value_noise(tile, 0.05, seed + 53, smooth=False) - np.float32(0.5)
    tone = 1 + 0.26 * clouds + 0.12 * mottle + 0.14 * stones
    return np.asarray(tone, dtype=np.float32)


def _worn_off(
    tile: Tile, polished: NDArray[np.float32], *, style: GroundStyle, seed: int
) -> NDArray[np.float32]:
    """Return the share of paint still there: chipped everywhere, most in the wheel tracks."""
    chips = fractal_noise(tile, 0.35, seed + 61, octaves=3)
    ageing = fractal_noise(tile, 25.0, seed + 62, octaves=2)
    loss = np.float32(style.paint_worn) * (0.5 + ageing) * (0.45 + 0.9 * polished)
    left = np.clip((chips - loss + np.float32(0.12)) * 5.0, 0.0, 1.0)
    return np.asarray(np.float32(0.12) + np.float32(0.8) * left, dtype=np.float32)
