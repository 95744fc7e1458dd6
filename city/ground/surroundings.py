"""The ground beside the roads: grass, lots, yards and footpaths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from city.draws import pick
from city.ground.canvas import Canvas, Tile
from city.ground.islands import find_islands
from city.ground.noise import fractal_noise, lattice_of_pixels, value_noise
from city.ground.style import MapStyle, Pavement

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from city.ground.style import Colour, GroundStyle
    from city.network import RoadNetwork

_LOT_COLOURS: Final[dict[MapStyle, tuple[Colour, ...]]] = {
    MapStyle.TOWN: ((126, 123, 116), (112, 110, 106), (138, 130, 118), (80, 88, 56), (98, 98, 96)),
    MapStyle.SUBURB: ((86, 94, 60), (96, 102, 66), (78, 88, 56), (120, 116, 106), (128, 112, 90)),
    MapStyle.MOTORWAY: ((90, 96, 58), (76, 86, 50), (112, 106, 74), (98, 88, 68)),
    MapStyle.INDUSTRIAL: ((118, 116, 112), (98, 97, 96), (134, 130, 122), (104, 98, 86)),
}
_LOTS_PER_HECTARE: Final = 14.0
_PAVED_SHARE: Final[dict[MapStyle, float]] = {
    MapStyle.TOWN: 0.62,
    MapStyle.SUBURB: 0.15,
    MapStyle.MOTORWAY: 0.0,
    MapStyle.INDUSTRIAL: 0.8,
}
"""Share of the open ground that is paved rather than grown over, by noise of 45 m cells."""


def paint_open_ground(
    network: RoadNetwork, tile: Tile, *, style: GroundStyle, seed: int
) -> NDArray[np.float32]:
    """Paint grass and lots; float32 (height, width, 3), 0 to 255."""
    grass = _grass(tile, style=style, seed=seed)
    paved = _smooth_step(
        fractal_noise(tile, 45.0, seed + 11, octaves=2),
        1.0 - _PAVED_SHARE[style.district],
        width=0.04,
    )
    tone = np.float32(0.8) + np.float32(0.4) * fractal_noise(tile, 3.0, seed + 12, octaves=4)
    colour = blend(grass, solid((124, 121, 114), tone), paved)
    low, high = network.bounds
    rng = np.random.default_rng([seed, 3])
    count = int(_LOTS_PER_HECTARE * np.prod(high - low + 120.0) / 1e4)
    choices = _LOT_COLOURS[style.district]
    masks = [Canvas(tile) for _ in choices]
    for _ in range(min(count, 400)):
        centre = rng.uniform(low - 60.0, high + 60.0)
        half = rng.uniform(4.0, 18.0, 2)
        corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half + centre
        pick(masks, rng).polygon(corners, 235)
    for lot, mask in zip(choices, masks, strict=True):
        colour = blend(colour, solid(lot, tone), mask.cover)
    return blend(colour, grass, cover_islands(network, tile))


def cover_islands(network: RoadNetwork, tile: Tile) -> NDArray[np.float32]:
    """Return each pixel's cover, 0 to 1, by the islands of roundabouts, half their lanes too."""
    canvas = Canvas(tile)
    for outline in find_islands(network):
        canvas.polygon(outline, 255)
    return canvas.cover


def _grass(tile: Tile, *, style: GroundStyle, seed: int) -> NDArray[np.float32]:
    """Mown and worn grass: three scales of tone, and dry patches."""
    broad = fractal_noise(tile, 12.0, seed + 21, octaves=3)
    fine = value_noise(tile, 0.22, seed + 22) - np.float32(0.5)
    dry = _smooth_step(broad, 0.58, width=0.12)
    tone = np.float32(0.72) + np.float32(0.5) * broad + np.float32(0.3) * fine
    return blend(solid(style.grass, tone), solid((122, 112, 82), tone), dry * np.float32(0.55))


def paint_pavement(
    tile: Tile, *, style: GroundStyle, heading: float, seed: int
) -> NDArray[np.float32]:
    """Paint footpath over the whole tile, its stones laid along a heading in radians.

    Returns:
        float32 (height, width, 3), 0 to 255.
    """
    broad = fractal_noise(tile, 2.5, seed + 31, octaves=3) - np.float32(0.5)
    tone = np.float32(1.0) + np.float32(0.28) * broad
    tone += np.float32(0.12) * (value_noise(tile, 0.08, seed + 32) - np.float32(0.5))
    if style.pavement is not Pavement.ASPHALT:
        cell = 0.8 if style.pavement is Pavement.SLABS else 0.24
        spread = 0.12 if style.pavement is Pavement.SLABS else 0.2
        stones = value_noise(tile, cell, seed + 33, smooth=False, heading=heading) - np.float32(0.5)
        tone += np.float32(spread) * stones - np.float32(0.22) * _joints(tile, cell, heading)
    stains = _smooth_step(fractal_noise(tile, 0.9, seed + 34, octaves=2), 0.72, width=0.1)
    return solid(style.pavement_colour, tone * (1 - np.float32(0.1) * stains))


def _joints(tile: Tile, cell_m: float, heading: float) -> NDArray[np.float32]:
    """Return where the joints of a square grid of stones lie, 0 to 1, faded when too fine."""
    cell_px = cell_m * tile.pixels_per_metre
    width_px = max(0.02 * tile.pixels_per_metre, 1.0)
    fade = np.float32(np.clip(0.02 * tile.pixels_per_metre, 0.0, 1.0) ** 0.5)
    move = lattice_of_pixels(tile, cell_m, heading)
    joints = np.zeros((tile.height, tile.width), np.float32)
    for across, down, start in move:
        cells = (start + across * np.arange(tile.width))[None, :].astype(np.float32)
        cells = cells + (down * np.arange(tile.height))[:, None].astype(np.float32)
        gap_px = np.abs(cells - np.round(cells)) * np.float32(cell_px)
        np.maximum(joints, np.clip(width_px / 2 + 0.5 - gap_px, 0, 1), out=joints)
    return fade * joints


def solid(colour: Colour, tone: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a colour times a tone per pixel, (height, width, 3)."""
    painted = np.empty((*tone.shape, 3), np.float32)
    # One by one: three times as fast as a product whose last axis has only three entries.
    for channel, value in enumerate(colour):
        np.multiply(tone, np.float32(value), out=painted[..., channel])
    return painted


def blend(
    below: NDArray[np.float32], above: NDArray[np.float32], cover: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Lay one picture over another, by the share that it covers of each pixel."""
    mixed = above - below
    mixed *= cover[..., None]
    mixed += below
    return mixed


def _smooth_step(values: NDArray[np.float32], edge: float, *, width: float) -> NDArray[np.float32]:
    t = np.clip((values - np.float32(edge - width)) / np.float32(2 * width), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), dtype=np.float32)
