"""Pieces of surface and how they become a mesh."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from city.types import VERTEX_FLOATS, Mesh

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from city.vehicles.layout import Layout, Skin


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """A piece of surface.

    Attributes:
        position: float64 (V, 3), metres.
        normal: float64 (V, 3), unit length.
        uv: float64 (V, 2), pixels of the atlas.
        indices: int64 (T, 3).
        spin: 1 where the wheels' textures turn.
    """

    position: NDArray[np.float64]
    normal: NDArray[np.float64]
    uv: NDArray[np.float64]
    indices: NDArray[np.int64]
    spin: float = 0.0


def join(patches: Sequence[Patch], layout: Layout, *, middle_x: float) -> Mesh:
    """Return patches as one mesh whose origin lies at `middle_x`."""
    total = sum(len(p.position) for p in patches)
    vertices = np.empty((total, VERTEX_FLOATS), np.float32)
    indices = []
    start = 0
    for patch in patches:
        rows = slice(start, start + len(patch.position))
        vertices[rows, 0:3] = patch.position
        vertices[rows, 3:6] = patch.normal
        vertices[rows, 6:8] = patch.uv
        vertices[rows, 8] = patch.spin
        indices.append(patch.indices + start)
        start = rows.stop
    vertices[:, 0] -= middle_x
    vertices[:, 6:8] /= (layout.width, layout.height)
    return Mesh(vertices, np.concatenate(indices).astype(np.int32))


_FACES: Final = (
    # axis, sign; the face's corners run along the two other axes
    (0, -1),
    (0, 1),
    (1, -1),
    (1, 1),
    (2, -1),
    (2, 1),
)
_QUAD: Final = np.array([(0, 1, 2), (0, 2, 3)])


def box(
    low: tuple[float, float, float],
    high: tuple[float, float, float],
    skin: Skin,
    *,
    faces: Mapping[tuple[int, int], Skin] | None = None,
) -> Patch:
    """Return an axis-aligned box.

    Args:
        low: One corner; its coordinates may be greater than those of `high`.
        high: The opposite corner.
        skin: Of all faces but those in `faces`.
        faces: Skins by (axis, sign).
    """
    ends = np.sort(np.array([low, high], float), axis=0)
    positions, normals, uvs, indices = [], [], [], []
    for i, (axis, sign) in enumerate(_FACES):
        one, two = (a for a in range(3) if a != axis)
        corners = np.empty((4, 3))
        corners[:, axis] = ends[(sign + 1) // 2, axis]
        corners[:, one] = ends[[0, 1, 1, 0], one]
        corners[:, two] = ends[[0, 0, 1, 1], two]
        normal = np.zeros((4, 3))
        normal[:, axis] = sign
        positions.append(corners)
        normals.append(normal)
        uvs.append((faces or {}).get((axis, sign), skin).project(corners))
        indices.append(_QUAD + 4 * i)
    return Patch(
        np.concatenate(positions),
        np.concatenate(normals),
        np.concatenate(uvs),
        np.concatenate(indices),
    )


def wedge(low: tuple[float, float, float], high: tuple[float, float, float], skin: Skin) -> Patch:
    """Return a box whose upper face falls from its rear edge to the foot of its front end."""
    patch = box(low, high, skin)
    position, normal = patch.position.copy(), patch.normal.copy()
    front = (position[:, 0] == high[0]) & (position[:, 2] == high[2])
    position[front, 2] = low[2] + 0.15 * (high[2] - low[2])
    run, drop = high[0] - low[0], 0.85 * (high[2] - low[2])
    normal[normal[:, 2] > 0] = np.array([drop, 0.0, run]) / np.hypot(drop, run)
    return Patch(position, normal, skin.project(position), patch.indices)


def tube(
    path: NDArray[np.float64],
    radii: NDArray[np.float64],
    skin: Skin,
    *,
    around: int = 8,
    flatten: float = 1.0,
) -> Patch:
    """Return a tube with rounded shading along a path.

    Args:
        path: float64 (P, 3), its axis; P >= 2.
        radii: float64 (P,), 0 at an end closes it.
        skin: Of the whole surface.
        around: Corners of its cross-section.
        flatten: Depth of its cross-section over its width; upright tubes are wide in y.
    """
    path, radii = np.asarray(path, float), np.asarray(radii, float)
    along = np.gradient(path, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    # Any axis that the path does not follow builds the cross-section's frame; x by preference,
    # so that upright tubes are wide from side to side.
    reference = np.eye(3)[0 if np.abs(along[:, 0]).max() < 0.9 else 2]
    first = np.cross(along, reference)
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    second = np.cross(along, first)
    angle = 2 * np.pi * np.arange(around + 1) / around
    ring = (
        np.cos(angle)[:, None] * first[:, None] + np.sin(angle)[:, None] * second[:, None] * flatten
    )
    position = path[:, None] + radii[:, None, None] * ring
    slope = np.gradient(radii) / np.maximum(np.linalg.norm(np.gradient(path, axis=0), axis=1), 1e-6)
    normal = ring - slope[:, None, None] * along[:, None]
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    flat = position.reshape(-1, 3)
    return Patch(flat, normal.reshape(-1, 3), skin.project(flat), grid(len(path), around + 1))


def ellipsoid(
    centre: tuple[float, float, float],
    radii: tuple[float, float, float],
    skin: Skin,
    *,
    around: int = 8,
) -> Patch:
    """Return an ellipsoid with `around` meridians."""
    polar = np.pi * np.arange(around // 2 + 1) / (around // 2)
    angle = 2 * np.pi * np.arange(around + 1) / around
    ring = np.stack([np.cos(angle), np.sin(angle), np.zeros_like(angle)], -1)
    unit = np.sin(polar)[:, None, None] * ring + np.cos(polar)[:, None, None] * np.eye(3)[2]
    position = np.array(centre) + unit * np.array(radii)
    normal = unit / np.array(radii)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    flat = position.reshape(-1, 3)
    return Patch(flat, normal.reshape(-1, 3), skin.project(flat), grid(len(polar), around + 1))


def grid(rows: int, columns: int) -> NDArray[np.int64]:
    """Return int64 (T, 3) triangles over a grid of vertices in row-major order.

    >>> grid(2, 2).tolist()
    [[0, 2, 3], [0, 3, 1]]
    """
    at = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = at[:-1, :-1], at[1:, :-1], at[1:, 1:], at[:-1, 1:]
    return np.stack([a, b, c, a, c, d], -1).reshape(-1, 3)
