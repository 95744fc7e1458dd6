"""Meshes of simple shapes, and how they are moved and joined.

Shapes have their own coordinates like a body's: x forward, y left, z up, metres. A shape is
coloured by a swatch, (u, v) of a palette, or by a rectangle of a texture.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from city.types import VERTEX_FLOATS, Mesh

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

Swatch = tuple[float, float]
Region = tuple[float, float, float, float]
"""Left, top, right and bottom texture coordinates."""

_FACES: Final = (
    ((1, 0, 0), ((1, -1, -1), (1, 1, -1), (1, 1, 1), (1, -1, 1))),
    ((-1, 0, 0), ((-1, 1, -1), (-1, -1, -1), (-1, -1, 1), (-1, 1, 1))),
    ((0, 1, 0), ((1, 1, -1), (-1, 1, -1), (-1, 1, 1), (1, 1, 1))),
    ((0, -1, 0), ((-1, -1, -1), (1, -1, -1), (1, -1, 1), (-1, -1, 1))),
    ((0, 0, 1), ((-1, -1, 1), (1, -1, 1), (1, 1, 1), (-1, 1, 1))),
    ((0, 0, -1), ((-1, 1, -1), (1, 1, -1), (1, -1, -1), (-1, -1, -1))),
)

_UNIT_BOX: Final = np.array(
    [(*corner, *normal, 0.0, 0.0, 0.0) for normal, corners in _FACES for corner in corners],
    np.float32,
)
"""Four vertices per face, the lower face last; positions are half the size."""
_BOX_INDICES: Final = np.array(
    [(4 * k, 4 * k + i, 4 * k + i + 1) for k in range(6) for i in (1, 2)], np.int32
)


def quad(corners: ArrayLike, *, uv: ArrayLike, normal: ArrayLike | None = None) -> Mesh:
    """Make a quadrilateral.

    Args:
        corners: (4, 3), anticlockwise as seen from its front.
        uv: (4, 2), or (2,) for all corners.
        normal: (3,) or (4, 3); from the corners where not given.
    """
    points = np.asarray(corners, np.float32)
    if normal is None:
        normal = np.cross(points[1] - points[0], points[3] - points[0])
    return polygons(points, normals=normal, uv=uv, indices=[[0, 1, 2], [0, 2, 3]])


def polygons(points: ArrayLike, *, normals: ArrayLike, uv: ArrayLike, indices: ArrayLike) -> Mesh:
    """Make a mesh of points (V, 3), their normals, texture coordinates and triangles (T, 3).

    Normals and coordinates may be given once for all points; normals may have any length.
    """
    vertices = np.zeros((len(np.asarray(points)), VERTEX_FLOATS), np.float32)
    vertices[:, :3] = points
    vertices[:, 3:6] = normals
    vertices[:, 3:6] /= np.maximum(np.linalg.norm(vertices[:, 3:6], axis=1, keepdims=True), 1e-9)
    vertices[:, 6:8] = uv
    return Mesh(vertices, np.asarray(indices, np.int32).reshape(-1, 3))


def board(
    width_m: float, height_m: float, *, bottom_m: float, uv: Region, x_m: float = 0.0
) -> Mesh:
    """Make an upright rectangle that faces forward, its picture upright."""
    half, top = width_m / 2, bottom_m + height_m
    left, up, right, down = uv
    corners = [(x_m, -half, bottom_m), (x_m, half, bottom_m), (x_m, half, top), (x_m, -half, top)]
    # Who looks at the front sees +y on the right.
    coordinates = [(left, down), (right, down), (right, up), (left, up)]
    return quad(corners, uv=coordinates, normal=(1, 0, 0))


def box(size: ArrayLike, *, centre: ArrayLike, swatch: Swatch, open_below: bool = False) -> Mesh:
    """Make a box of a size (3,) around a centre (3,)."""
    faces = 5 if open_below else 6
    vertices = _UNIT_BOX[: 4 * faces].copy()
    vertices[:, :3] = vertices[:, :3] * (np.asarray(size, np.float32) / 2) + np.asarray(
        centre, np.float32
    )
    vertices[:, 6:8] = swatch
    return Mesh(vertices, _BOX_INDICES[: 2 * faces])


def post(
    radius_m: float,
    bottom_m: float,
    top_m: float,
    *,
    swatch: Swatch,
    top_radius_m: float | None = None,
    sides: int = 6,
) -> Mesh:
    """Make an upright round post around the z axis, tapered where a top radius is given."""
    line = np.array([(0.0, 0.0, bottom_m), (0.0, 0.0, top_m)])
    radii = (radius_m, radius_m if top_radius_m is None else top_radius_m)
    return tube(line, radii, swatch=swatch, sides=sides)


def tube(
    line: NDArray[np.float64],
    radii: float | Sequence[float],
    *,
    swatch: Swatch,
    sides: int = 5,
    capped: bool = True,
) -> Mesh:
    """Make a round tube along a line (N, 3), of one radius or one per point."""
    points = np.asarray(line, np.float64)
    radius = np.broadcast_to(np.asarray(radii, np.float64), (len(points),))
    along = np.gradient(points, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    upright = np.abs(along[:, 2:3]) > 0.9
    first = np.cross(along, np.where(upright, (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)))
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    second = np.cross(along, first)
    angle = np.arange(sides) * 2 * np.pi / sides
    around = first[:, None] * np.cos(angle)[:, None] + second[:, None] * np.sin(angle)[:, None]
    rings = points[:, None] + around * radius[:, None, None]
    triangles = []
    for k in range(len(points) - 1):
        for s in range(sides):
            a, b = k * sides + s, k * sides + (s + 1) % sides
            triangles += [(a, b, b + sides), (a, b + sides, a + sides)]
    if capped:
        last = (len(points) - 1) * sides
        triangles += [(last, last + s, last + s + 1) for s in range(1, sides - 1)]
    return polygons(
        rings.reshape(-1, 3), normals=around.reshape(-1, 3), uv=swatch, indices=triangles
    )


def merge(meshes: Sequence[Mesh]) -> Mesh:
    """Join meshes into one; no mesh gives an empty one."""
    if not meshes:
        return Mesh(np.zeros((0, VERTEX_FLOATS), np.float32), np.zeros((0, 3), np.int32))
    starts = np.cumsum([0, *(len(mesh.vertices) for mesh in meshes)])
    return Mesh(
        np.vstack([mesh.vertices for mesh in meshes]),
        np.vstack(
            [mesh.indices + np.int32(s) for mesh, s in zip(meshes, starts[:-1], strict=True)]
        ),
    )


def placed(
    mesh: Mesh, x: float, y: float, *, heading: float = 0.0, z: float = 0.0, scale: float = 1.0
) -> Mesh:
    """Scale a mesh, turn it anticlockwise by a heading in radians, and move it."""
    cos, sin = math.cos(heading), math.sin(heading)
    turn = np.array([[cos, sin, 0.0], [-sin, cos, 0.0], [0.0, 0.0, 1.0]], np.float32)
    vertices = mesh.vertices.copy()
    vertices[:, :3] = vertices[:, :3] @ (turn * np.float32(scale)) + np.array((x, y, z), np.float32)
    vertices[:, 3:6] = vertices[:, 3:6] @ turn
    return Mesh(vertices, mesh.indices)
