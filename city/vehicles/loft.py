"""The surface of a lofted body: cross-sections along x, in three levels of detail.

The sections' points and stations of a coarse level are a subset of the fine one's, so that its
silhouette stays within a pixel or so of the finest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.interpolate import PchipInterpolator

from city.vehicles.layout import VIEW_NAMES
from city.vehicles.patch import Patch
from city.vehicles.shapes import spaced

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from city.vehicles.layout import Skin
    from city.vehicles.shapes import Loft


@dataclass(frozen=True, slots=True)
class Fineness:
    """How finely one level is cut.

    Attributes:
        step_m: Stations lie no farther apart.
        flank: Quads from sill to roof edge; divides that of finer levels.
        roof: Quads from roof edge to the middle; divides that of finer levels.
        around: Corners of wheels and tubes.
    """

    step_m: float
    flank: int
    roof: int
    around: int


LEVELS: Final = (
    Fineness(0.085, 12, 8, 24),
    Fineness(0.26, 6, 4, 12),
    Fineness(0.80, 4, 2, 8),
)
FRONT_SLOPE: Final = 1.9
"""Steeper profiles belong to the view from the front; windscreens of cars and vans do not."""
CORNER_SHARE: Final = 0.3
"""Share of a rounded corner that belongs to the end's view."""

_FLANK_KNOTS: Final = (0.0, 0.16, 0.36, 0.58, 1.0)
_ROOF_KNOTS: Final = (0.0, 0.14, 0.45, 1.0)


def loft(
    body: Loft, level: Fineness, views: Mapping[str, Skin], *, flares: Sequence[float] = ()
) -> list[Patch]:
    """Return the surface of a body, textured from five views.

    Args:
        body: What to cut.
        level: How finely.
        views: Skins called left, right, top, front, rear.
        flares: x of the wheels around which the flanks bulge.
    """
    x = stations(body, level.step_m)
    rows = sections(body, x, level, flares=flares)
    rows[..., 0] += body.start
    normal = _normals(rows)
    kinds = _regions(body, x, level)
    patches = [
        _region(rows, normal, kinds == index, views[name])
        for index, name in enumerate(VIEW_NAMES)
        if (kinds == index).any()
    ]
    caps = [_cap(rows[0], -1.0, views["rear"]), _cap(rows[-1], 1.0, views["front"])]
    return patches + caps


def stations(body: Loft, step_m: float) -> NDArray[np.float64]:
    """Return the x of the sections: the profile's points, the corners', and halves between them."""
    rear, front = body.corners
    length = body.length
    corners = [rear * CORNER_SHARE, rear, length - front, length - front * CORNER_SHARE]
    fine = [rear * 0.06, length - front * 0.06]
    knots = [x for x, _ in spaced(body.top)]
    x = np.unique(np.round([0.0, *knots, *corners, *fine, length], 4))
    x = x[(x >= 0) & (x <= length)]
    x = x[np.r_[True, np.diff(x) > 0.004]]
    x[-1] = length
    while (np.diff(x) > step_m).any():
        wide = np.diff(x) > step_m
        x = np.sort(np.r_[x, ((x[:-1] + x[1:]) / 2)[wide]])
    return x


def sections(
    body: Loft, x: NDArray[np.float64], level: Fineness, *, flares: Sequence[float] = ()
) -> NDArray[np.float64]:
    """Return float64 (stations, points, 3): left sill, over the roof, to the right sill."""
    half, roof, belt = body.half_width_at(x), body.roof_at(x), body.belt_at(x)
    glasshouse = ((roof - belt) / 0.4).clip(0, 1)
    shoulder = np.maximum(np.minimum(belt, roof - 0.045), body.sill + 0.05)
    bulge = sum((np.exp(-(((x - f) / 0.42) ** 4)) for f in flares), np.zeros_like(x))
    waist = half * (0.982 + 0.018 * bulge) if flares else half
    top_half = half * (1 - 0.05 - (body.tumblehome - 0.02) * glasshouse)
    rail_z = np.maximum(roof - 0.045 - 0.075 * glasshouse, shoulder + 0.004)
    middle = body.sill + 0.55 * (shoulder - body.sill)
    flank = [
        (0.94 * half, np.full_like(x, body.sill)),
        (0.99 * waist, body.sill + 0.4 * (middle - body.sill)),
        (waist, middle),
        (0.978 * waist, shoulder),
        (top_half, rail_z),
    ]
    crown = np.maximum(roof, rail_z + 0.006)
    over = [
        (top_half, rail_z),
        (0.91 * top_half, rail_z + 0.66 * (crown - rail_z)),
        (0.6 * top_half, rail_z + 0.90 * (crown - rail_z)),
        (np.zeros_like(x), crown),
    ]
    left = _sample(_FLANK_KNOTS, flank, level.flank)
    half_roof = _sample(_ROOF_KNOTS, over, level.roof)
    half_row = np.concatenate([left, half_roof[:, 1:]], axis=1)
    mirrored = half_row[:, -2::-1] * (-1, 1)
    row = np.concatenate([half_row, mirrored], axis=1)
    along = np.broadcast_to(x[:, None, None], (*row.shape[:2], 1))
    return np.concatenate([along, row], axis=-1)


def _sample(
    knots: Sequence[float],
    points: list[tuple[NDArray[np.float64], NDArray[np.float64]]],
    count: int,
) -> NDArray[np.float64]:
    """Return (stations, count + 1, 2) points of the curves through (y, z) controls."""
    values = np.array([np.stack(p, -1) for p in points])
    curve = PchipInterpolator(knots, values, axis=0)(np.linspace(0, 1, count + 1))
    return np.moveaxis(curve, 0, 1)


def _normals(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    along, across = np.gradient(rows, axis=0), np.gradient(rows, axis=1)
    normal = np.cross(across, along)
    length = np.linalg.norm(normal, axis=-1, keepdims=True)
    normal /= np.maximum(length, 1e-12)
    # Where a section degenerates, pointing sideways or up is close enough.
    fallback = np.zeros_like(normal)
    fallback[..., 2] = 1.0
    normal = np.where(length > 1e-9, normal, fallback)
    centre_z = 0.55 * rows[..., 2].max()
    outward = normal[..., 1] * rows[..., 1] + normal[..., 2] * (rows[..., 2] - centre_z)
    return np.asarray(np.where(outward[..., None].mean() < 0, -normal, normal))


def _regions(body: Loft, x: NDArray[np.float64], level: Fineness) -> NDArray[np.int64]:
    """Return the index in `VIEW_NAMES` of the view that each quad takes its texture from."""
    middle = (x[:-1] + x[1:]) / 2
    knots = np.array(spaced(body.top))
    interval = (np.searchsorted(knots[:, 0], middle) - 1).clip(0, len(knots) - 2)
    slope = (np.diff(knots[:, 1]) / np.diff(knots[:, 0]))[interval]
    columns = 2 * (level.flank + level.roof)
    kinds = np.full((len(middle), columns), VIEW_NAMES.index("top"))
    kinds[:, : level.flank] = VIEW_NAMES.index("left")
    kinds[:, columns - level.flank :] = VIEW_NAMES.index("right")
    roof = slice(level.flank, columns - level.flank)
    kinds[(middle < body.length / 2) & (slope > body.rear_slope), roof] = VIEW_NAMES.index("rear")
    kinds[(middle > body.length / 2) & (slope < -FRONT_SLOPE), roof] = VIEW_NAMES.index("front")
    kinds[middle < body.corners[0] * CORNER_SHARE] = VIEW_NAMES.index("rear")
    kinds[middle > body.length - body.corners[1] * CORNER_SHARE] = VIEW_NAMES.index("front")
    return kinds


def _region(
    rows: NDArray[np.float64],
    normal: NDArray[np.float64],
    quads: NDArray[np.bool_],
    skin: Skin,
) -> Patch:
    """Return the chosen quads with vertices of their own."""
    at = np.arange(rows.shape[0] * rows.shape[1]).reshape(rows.shape[:2])
    a, b, c, d = (s[quads] for s in (at[:-1, :-1], at[1:, :-1], at[1:, 1:], at[:-1, 1:]))
    triangles = np.concatenate([np.stack([a, b, c], -1), np.stack([a, c, d], -1)])
    used, indices = np.unique(triangles, return_inverse=True)
    position = rows.reshape(-1, 3)[used]
    return Patch(
        position,
        normal.reshape(-1, 3)[used],
        skin.project(position),
        indices.reshape(-1, 3),
    )


def _cap(row: NDArray[np.float64], sign: float, skin: Skin) -> Patch:
    """Return the flat end of a body: strips between its left and its right half."""
    half = len(row) // 2
    pairs = np.stack([row[: half + 1], row[::-1][: half + 1]], axis=1).reshape(-1, 3)
    lower = 2 * np.arange(half)
    quads = np.stack([lower, lower + 1, lower + 3, lower, lower + 3, lower + 2], -1)
    normal = np.broadcast_to(np.array([sign, 0.0, 0.0]), pairs.shape)
    return Patch(pairs, normal, skin.project(pairs), quads.reshape(-1, 3))
