"""Buildings: walls with windows, shop fronts, balconies, roofs and what stands on them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np

from city.draws import pick
from city.scenery.facades import BAYS, FLOORS
from city.scenery.palette import Paint
from city.scenery.prints import awning_region, shop_sign_region
from city.scenery.shapes import box, merge, placed, polygons, post, quad

if TYPE_CHECKING:
    from numpy.random import Generator

    from city.scenery.assembly import Prop
    from city.types import Mesh

_FLOOR_M: Final = 3.15
_SHOP_FLOOR_M: Final = 4.2
_BAY_M: Final = 3.0
_PARAPET_M: Final = 0.5
_EAVES_M: Final = 0.45


class Roof(StrEnum):
    """Forms of roofs."""

    FLAT = "flat"
    GABLE = "gable"
    HIP = "hip"


@dataclass(frozen=True, slots=True)
class Plan:
    """What to build: the street runs along +y.

    Attributes:
        width_m: Along the street.
        depth_m: Away from it.
        floors: Storeys, the ground floor included.
        facade: Material of the walls.
        shops: Material of the shop fronts at street level, or "" for none.
        roof: Form of the roof.
        roof_paint: Its colour.
        balconies: Whether some windows have one.
        detailed: Whether the roof carries parapets, machines and chimneys.
    """

    width_m: float
    depth_m: float
    floors: int
    facade: str
    shops: str
    roof: Roof
    roof_paint: Paint
    balconies: bool
    detailed: bool = True

    @property
    def height_m(self) -> float:
        """Height of the walls."""
        ground = _SHOP_FLOOR_M if self.shops else _FLOOR_M
        return ground + (self.floors - 1) * _FLOOR_M


def build_building(plan: Plan, rng: Generator) -> Prop:
    """Build a building around the origin."""
    shift = int(rng.integers(BAYS))
    bottom = _SHOP_FLOOR_M if plan.shops else 0.0
    prop: dict[str, list[Mesh]] = {plan.facade: _walls(plan, bottom, shift), "matte": []}
    if plan.shops:
        _shop_level(prop, plan, shift, rng)
    else:
        prop["matte"].append(_plinth(plan))
    if plan.roof is Roof.FLAT:
        prop["matte"] += _flat_roof(plan, rng)
    else:
        prop["matte"] += _pitched_roof(plan, rng)
    if plan.balconies:
        prop["matte"] += _balconies(plan, bottom, rng)
    return {material: merge(parts) for material, parts in prop.items() if parts}


def _walls(plan: Plan, bottom_m: float, shift: int) -> list[Mesh]:
    floors = plan.floors - (1 if bottom_m else 0)
    return [
        _wall(start, end, (bottom_m, plan.height_m), shift + k, floors, FLOORS)
        for k, (start, end) in enumerate(_sides(plan))
    ]


def _sides(plan: Plan) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """Return the ground lines of the four walls, seen from outside from left to right."""
    x, y = plan.width_m / 2, plan.depth_m / 2
    return [
        ((x, y), (-x, y)),
        ((-x, y), (-x, -y)),
        ((-x, -y), (x, -y)),
        ((x, -y), (x, y)),
    ]


def _wall(
    start: tuple[float, float],
    end: tuple[float, float],
    span_m: tuple[float, float],
    shift: int,
    floors: int,
    sheet_floors: int,
) -> Mesh:
    """Make a wall of whole bays and floors, its top at the sheet's, so that no window is cut."""
    low, high = span_m
    width = float(np.hypot(end[0] - start[0], end[1] - start[1]))
    bays = max(1, round(width / _BAY_M))
    left, right = shift / BAYS, (shift + bays) / BAYS
    down, up = floors / sheet_floors, 0.0
    corners = [(*start, low), (*end, low), (*end, high), (*start, high)]
    return quad(corners, uv=[(left, down), (right, down), (right, up), (left, up)])


def _shop_level(prop: dict[str, list[Mesh]], plan: Plan, shift: int, rng: Generator) -> None:
    """Put shops on the street side, a wall on the others, signs and awnings above the doors."""
    sides = _sides(plan)
    prop[plan.shops] = [_wall(*sides[0], (0.0, _SHOP_FLOOR_M), shift, 1, 1)]
    prop[plan.facade] += [
        _wall(*side, (0.0, _SHOP_FLOOR_M), k, 1, FLOORS) for k, side in enumerate(sides[1:])
    ]
    ledge_m = (plan.width_m + 0.2, 0.35, 0.22)
    ledge = (0.0, plan.depth_m / 2 + 0.1, _SHOP_FLOOR_M)
    prop["matte"].append(box(ledge_m, centre=ledge, swatch=Paint.PALE_CONCRETE.swatch))
    bays = max(1, round(plan.width_m / _BAY_M))
    bay = plan.width_m / bays
    prints = prop.setdefault("prints", [])
    signs = prop.setdefault("signs", [])
    for k in range(bays):
        x, front = (k + 0.5) * bay - plan.width_m / 2, plan.depth_m / 2
        if rng.random() < 0.55:
            prints.append(_shop_sign(x, front, bay * 0.86, int(rng.integers(1000))))
        if rng.random() < 0.3:
            signs.append(_awning(x, front, bay * 0.9, int(rng.integers(1000))))


def _shop_sign(x: float, front: float, width: float, number: int) -> Mesh:
    left, top, right, down = shop_sign_region(number)
    low, y = 3.08, front + 0.09
    corners = [
        (x + width / 2, y, low),
        (x - width / 2, y, low),
        (x - width / 2, y, low + 0.62),
        (x + width / 2, y, low + 0.62),
    ]
    return quad(corners, uv=[(left, down), (right, down), (right, top), (left, top)])


def _awning(x: float, front: float, width: float, number: int) -> Mesh:
    left, top, right, down = awning_region(number)
    corners = [
        (x + width / 2, front + 1.15, 2.45),
        (x - width / 2, front + 1.15, 2.45),
        (x - width / 2, front + 0.05, 3.25),
        (x + width / 2, front + 0.05, 3.25),
    ]
    return quad(corners, uv=[(left, down), (right, down), (right, top), (left, top)])


def _plinth(plan: Plan) -> Mesh:
    size = (plan.width_m + 0.12, plan.depth_m + 0.12, 0.6)
    return box(size, centre=(0, 0, 0.3), swatch=Paint.CONCRETE.swatch, open_below=True)


def _flat_roof(plan: Plan, rng: Generator) -> list[Mesh]:
    """Lay the roof inside a parapet; add a stair head, air conditioning and masts."""
    x, y, z = plan.width_m / 2, plan.depth_m / 2, plan.height_m
    trim = pick((Paint.PALE_CONCRETE, Paint.CONCRETE, Paint.DARK_METAL), rng).swatch
    top = z + _PARAPET_M
    corners = [(-x, -y, z), (x, -y, z), (x, y, z), (-x, y, z)]
    parts = [quad(corners, uv=plan.roof_paint.swatch)]
    if not plan.detailed:
        return parts
    parts += [
        box((2 * x + 0.3, 0.3, _PARAPET_M), centre=(0, y, top - 0.25), swatch=trim),
        box((2 * x + 0.3, 0.3, _PARAPET_M), centre=(0, -y, top - 0.25), swatch=trim),
        box((0.3, 2 * y, _PARAPET_M), centre=(x, 0, top - 0.25), swatch=trim),
        box((0.3, 2 * y, _PARAPET_M), centre=(-x, 0, top - 0.25), swatch=trim),
    ]
    for _ in range(int(rng.integers(1, 5))):
        size = rng.uniform((1.0, 1.0, 0.7), (3.6, 3.6, 2.6))
        middle = rng.uniform((-0.6 * x, -0.6 * y, 0), (0.6 * x, 0.6 * y, 0))
        paint = pick((Paint.GALVANISED, Paint.CONCRETE, Paint.WHITE_METAL), rng)
        centre = np.add(middle, (0, 0, z + size[2] / 2))
        parts.append(box(size, centre=centre, swatch=paint.swatch, open_below=True))
    if rng.random() < 0.5:
        mast = post(0.05, z, z + rng.uniform(3, 6), swatch=Paint.GALVANISED.swatch, sides=4)
        parts.append(placed(mast, rng.uniform(-0.5, 0.5) * x, 0.0))
    return parts


def _pitched_roof(plan: Plan, rng: Generator) -> list[Mesh]:
    """Set a gable or hip roof on the walls, its ridge along the longer side, and chimneys."""
    along = plan.width_m >= plan.depth_m
    long, short = max(plan.width_m, plan.depth_m) / 2, min(plan.width_m, plan.depth_m) / 2
    rise = short * rng.uniform(0.65, 0.95)
    inset = short * 0.8 if plan.roof is Roof.HIP else -_EAVES_M
    roof = _ridge(long + _EAVES_M, short + _EAVES_M, rise, inset + _EAVES_M, plan.roof_paint)
    parts = [placed(roof, 0, 0, z=plan.height_m - 0.1, heading=0.0 if along else np.pi / 2)]
    for _ in range(int(rng.integers(1, 3)) if plan.detailed else 0):
        spot = rng.uniform(-0.5, 0.5, 2) * (long, short * 0.5)
        x, y = spot if along else spot[::-1]
        centre = (x, y, plan.height_m + rise * 0.75)
        parts.append(box((0.6, 0.6, rise * 0.9 + 0.6), centre=centre, swatch=Paint.BRICK.swatch))
    return parts


def _ridge(long: float, short: float, rise: float, inset: float, paint: Paint) -> Mesh:
    """Make four slopes up to a ridge along x that ends an inset before the ends."""
    eaves = [(-long, -short, 0), (long, -short, 0), (long, short, 0), (-long, short, 0)]
    ridge = [(-long + inset, 0, rise), (long - inset, 0, rise)]
    points = np.array([*eaves, *ridge], np.float32)
    faces = [(0, 1, 5, 4), (2, 3, 4, 5), (1, 2, 5), (3, 0, 4), (3, 2, 1, 0)]
    meshes = []
    for face in faces:
        corners = points[list(face)]
        normal = np.cross(corners[1] - corners[0], corners[2] - corners[0])
        fan = [(0, k, k + 1) for k in range(1, len(face) - 1)]
        meshes.append(polygons(corners, normals=normal, uv=paint.swatch, indices=fan))
    return merge(meshes)


def _balconies(plan: Plan, bottom_m: float, rng: Generator) -> list[Mesh]:
    """Hang balconies before some columns of windows on the street side."""
    bays = max(1, round(plan.width_m / _BAY_M))
    bay = plan.width_m / bays
    railing = pick((Paint.DARK_METAL, Paint.PALE_CONCRETE, Paint.GLASS), rng).swatch
    first = max(bottom_m, _FLOOR_M)
    parts = []
    for column in np.flatnonzero(rng.random(bays) < 0.5):
        x, y = (column + 0.5) * bay - plan.width_m / 2, plan.depth_m / 2
        for floor in range(round((plan.height_m - first) / _FLOOR_M)):
            z = first + floor * _FLOOR_M + 0.15
            width = bay * 0.86
            slab = (x, y + 0.55, z)
            parts += [
                box((width, 1.1, 0.16), centre=slab, swatch=Paint.CONCRETE.swatch),
                box((width, 0.05, 0.95), centre=(x, y + 1.07, z + 0.5), swatch=railing),
            ]
    return parts
