"""What lines motorways: guard rails, gantries, tall lamps, marker posts."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from city.ground.paint import SHOULDER_M
from city.ground.polyline import cut, length_m, offset, point_at
from city.scenery import furniture
from city.scenery.palette import Paint
from city.scenery.prints import direction_region
from city.scenery.shapes import board, box, merge, placed, polygons, post
from city.scenery.site import Footprint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.random import Generator
    from numpy.typing import NDArray

    from city.scenery.assembly import Assembly, Prop
    from city.scenery.kerbs import Kerb
    from city.scenery.site import Site
    from city.types import Mesh

_RAIL_M: Final = ((0.42, 0.0), (0.50, 0.08), (0.58, 0.02), (0.66, 0.08), (0.74, 0.0))
"""Profile of the rail: height and bulge towards the road."""
_RAIL_POSTS_M: Final = 4.0
_RAIL_PIECE_M: Final = 8.0
_GANTRY_SPACING_M: Final = 260.0
_GANTRY_HEIGHT_M: Final = 5.6
"""Clear height below the gantry's signs."""
_LAMP_SPACING_M: Final = 45.0


def place_rails(assembly: Assembly, site: Site, kerbs: Sequence[Kerb], *, away_m: float) -> None:
    """Run guard rails along kerbs, in pieces wherever the ground is free."""
    for kerb in kerbs:
        for start in np.arange(0.0, kerb.length_m, _RAIL_PIECE_M):
            piece = cut(kerb.line, start, min(start + _RAIL_PIECE_M, kerb.length_m))
            line = offset(piece, -away_m)
            spots = np.array([point_at(line, m)[0] for m in np.arange(0.0, _RAIL_PIECE_M + 1)])
            if site.road_distance(spots).min() > min(0.3, away_m * 0.6):
                assembly.add(_rail(line), 0.0, 0.0)


def place_gantries(assembly: Assembly, site: Site, kerbs: Sequence[Kerb]) -> None:
    """Span gantries with direction signs over the carriageways."""
    for kerb in kerbs:
        lane = kerb.lane
        for along in np.arange(70.0, kerb.length_m - 30, _GANTRY_SPACING_M):
            x, y, heading = kerb.spot(along, away_m=SHOULDER_M + 1.0)
            width = 3.2 * lane.width_m + SHOULDER_M
            arm = Footprint(*kerb.spot(along, away_m=SHOULDER_M + 1.0 - width / 2), 1.0, width)
            if not site.in_view(arm) and site.take_spot(x, y, radius_m=0.6, road_m=1.0):
                assembly.add(_gantry(width), x, y, heading=heading)


def place_lamps(assembly: Assembly, site: Site, kerbs: Sequence[Kerb], *, away_m: float) -> None:
    """Set tall lamps along kerbs."""
    lamp = furniture.lamp_post(11.0, 2.4, paint=Paint.GALVANISED)
    for kerb in kerbs:
        for along in np.arange(18.0, kerb.length_m - 10, _LAMP_SPACING_M):
            x, y, heading = kerb.spot(along, away_m=away_m)
            if site.take_spot(x, y, radius_m=0.3, road_m=0.8):
                assembly.add(lamp, x, y, heading=heading)


def place_markers(assembly: Assembly, site: Site, kerbs: Sequence[Kerb], rng: Generator) -> None:
    """Set white marker posts behind the shoulder, and a cabinet now and then."""
    marker = {
        "matte": merge(
            [
                box((0.1, 0.1, 1.0), centre=(0, 0, 0.5), swatch=Paint.WHITE_METAL.swatch),
                box((0.11, 0.11, 0.18), centre=(0, 0, 0.8), swatch=Paint.BLACK.swatch),
            ]
        )
    }
    for kerb in kerbs:
        for along in np.arange(9.0, kerb.length_m, 25.0):
            x, y, heading = kerb.spot(along, away_m=SHOULDER_M + 1.3)
            if site.take_spot(x, y, radius_m=0.2, road_m=2.0):
                assembly.add(marker, x, y, heading=heading)
            x, y, heading = kerb.spot(along + 7, away_m=SHOULDER_M + 3.0)
            if rng.random() < 0.12 and site.take_spot(x, y, radius_m=0.8, road_m=3.0):
                assembly.add(furniture.cabinet(rng), x, y, heading=heading)


def _rail(line: NDArray[np.float64]) -> Prop:
    """Build a W-profile rail with posts along a line that has the road on its left."""
    parts: list[Mesh] = []
    count = len(line)
    towards = offset(line, 1.0) - line
    for (low, low_bulge), (high, high_bulge) in pairwise(_RAIL_M):
        rows = [
            np.column_stack([offset(line, bulge), np.full(count, z)])
            for z, bulge in ((low, low_bulge), (high, high_bulge))
        ]
        normals = np.column_stack([towards * (high - low), np.full(count, low_bulge - high_bulge)])
        triangles = [
            t
            for k in range(count - 1)
            for t in ((k, k + 1, count + k + 1), (k, count + k + 1, count + k))
        ]
        parts.append(
            polygons(
                np.vstack(rows),
                normals=np.vstack([normals, normals]),
                uv=Paint.GALVANISED.swatch,
                indices=triangles,
            )
        )
    leg = box((0.1, 0.12, 0.72), centre=(0, -0.06, 0.36), swatch=Paint.GALVANISED.swatch)
    for along in np.arange(0.0, length_m(line), _RAIL_POSTS_M):
        piece = cut(line, along, along + 0.1)
        direction = piece[-1] - piece[0]
        parts.append(placed(leg, *piece[0], heading=math.atan2(direction[1], direction[0])))
    return {"metal": merge(parts)}


def _gantry(width_m: float) -> Prop:
    """Build a cantilever from behind the shoulder over the lanes, signs to the traffic."""
    top = _GANTRY_HEIGHT_M + 2.6
    steel = Paint.GALVANISED.swatch
    parts = [post(0.24, 0.0, top, swatch=steel, sides=8)]
    for z in (top - 0.2, top - 1.3):
        parts.append(box((0.3, width_m, 0.22), centre=(0, width_m / 2, z), swatch=steel))
    for y in np.arange(0.8, width_m, 1.6):
        parts.append(box((0.12, 0.12, 1.1), centre=(0, y, top - 0.75), swatch=steel))
    signs = []
    for k, share in enumerate((0.42, 0.8)):
        face = board(3.9, 2.4, bottom_m=_GANTRY_HEIGHT_M, uv=direction_region(k), x_m=0.25)
        turned = placed(face, 0.0, width_m * share, heading=math.pi)
        signs.append(turned)
        back = (-0.21, width_m * share, _GANTRY_HEIGHT_M + 1.2)
        parts.append(box((0.06, 3.9, 2.4), centre=back, swatch=steel))
    return {"metal": merge(parts), "signs": merge(signs)}
