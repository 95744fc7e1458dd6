"""All textures of a map's scenery."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from city.ground.style import MapStyle
from city.scenery.assembly import Material
from city.scenery.facades import Wall, draw_facade, draw_shop_front
from city.scenery.leaves import Leaf, draw_leaves
from city.scenery.palette import palette_texture
from city.scenery.prints import draw_prints
from city.scenery.skyline import draw_skyline
from city.scenery.types import SurfaceKind

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

SHOP_FRONTS: Final = 3
_LAMP_COLOUR: Final = (255, 224, 170)
_PANE: Final = (70, 84, 88, 170)
_WALLS: Final[dict[MapStyle, tuple[Wall, ...]]] = {
    MapStyle.TOWN: (
        *(Wall.BRICK, Wall.BRICK, Wall.PLASTER, Wall.PLASTER, Wall.PLASTER),
        *(Wall.STONE, Wall.PANEL, Wall.RIBBON, Wall.CURTAIN),
    ),
    MapStyle.SUBURB: (
        *(Wall.SIDING, Wall.SIDING, Wall.SIDING, Wall.BRICK, Wall.BRICK),
        *(Wall.PLASTER, Wall.PLASTER),
    ),
    MapStyle.MOTORWAY: (Wall.SHED, Wall.SHED, Wall.PANEL, Wall.RIBBON),
    MapStyle.INDUSTRIAL: (*(Wall.SHED, Wall.SHED, Wall.SHED, Wall.PANEL, Wall.RIBBON, Wall.BRICK),),
}


def facade_names(style: MapStyle) -> list[tuple[str, Wall]]:
    """Return the facade materials of a district with what they are made of."""
    return [(f"facade {k}", wall) for k, wall in enumerate(_WALLS[style])]


def draw_materials(style: MapStyle, rng: Generator) -> dict[str, Material]:
    """Paint all textures that a district's scenery may need, by material."""
    palette, prints = palette_texture(), draw_prints(rng)
    glow = np.full((4, 4, 4), (*_LAMP_COLOUR, 255), np.uint8)
    opaque = prints.copy()
    opaque[..., 3] = 255
    materials = {
        "matte": Material(palette, SurfaceKind.MATTE),
        "metal": Material(palette, SurfaceKind.METAL),
        "prints": Material(prints, SurfaceKind.LAMP),
        "signs": Material(opaque, SurfaceKind.MATTE),
        "lamps": Material(glow, SurfaceKind.LAMP),
        "panes": Material(np.full((4, 4, 4), _PANE, np.uint8), SurfaceKind.FACADE),
        "wire": Material(_wire_mesh(), SurfaceKind.CUTOUT),
        "pickets": Material(_pickets(), SurfaceKind.CUTOUT),
        "skyline": Material(draw_skyline(style, rng), SurfaceKind.CUTOUT, casts_shadow=False),
    }
    for name, wall in facade_names(style):
        materials[name] = Material(draw_facade(wall, rng), SurfaceKind.FACADE)
    for k in range(SHOP_FRONTS):
        materials[f"shops {k}"] = Material(draw_shop_front(rng), SurfaceKind.FACADE)
    for leaf in Leaf:
        materials[f"leaves {leaf}"] = Material(draw_leaves(leaf, rng), SurfaceKind.FOLIAGE)
    return materials


def _wire_mesh() -> NDArray[np.uint8]:
    """Paint a square metre of chain link; uint8 (64, 64, 4)."""
    down, across = np.mgrid[:64, :64]
    wires = ((down + across) % 8 < 1) | ((down - across) % 8 < 1)
    return np.dstack([np.full((64, 64, 3), 138, np.uint8), np.uint8(255) * wires])


def _pickets() -> NDArray[np.uint8]:
    """Paint eight pickets on two rails; uint8 (64, 64, 4), 1.2 m wide and 1.1 m high."""
    down, across = np.mgrid[:64, :64]
    bars = (across % 8 < 5) & (down > 4)
    rails = ((down > 14) & (down < 20)) | ((down > 46) & (down < 52))
    colour = np.where(rails, 188, 206)[..., None].repeat(3, axis=2).astype(np.uint8)
    return np.dstack([colour, np.uint8(255) * (bars | rails)])
