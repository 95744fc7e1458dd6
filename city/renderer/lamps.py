"""Where the street lamps are: found in the scenery's lit meshes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from city.scenery.types import SurfaceKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from city.scenery.types import StaticMesh
    from city.types import Mesh

_LEAST_HEIGHT_M: Final = 3.5
"""Lit things below are shop signs and windows, too weak to light a road."""
_MERGE_M: Final = 1.0
"""Parts of one lamp lie closer together than this."""


def find_lamps(meshes: Iterable[StaticMesh]) -> NDArray[np.float64]:
    """Return the centres of the lamps above the road: float64 (N, 3), metres."""
    found = [_part_centres(static.mesh) for static in meshes if static.kind is SurfaceKind.LAMP]
    centres = np.concatenate(found) if found else np.empty((0, 3))
    centres = centres[centres[:, 2] >= _LEAST_HEIGHT_M]
    kept: list[NDArray[np.float64]] = []
    for centre in centres:
        if all(np.linalg.norm(centre - other) > _MERGE_M for other in kept):
            kept.append(centre)
    return np.array(kept).reshape(-1, 3)


def nearest_lamps(
    lamps: NDArray[np.float64], point: NDArray[np.float64], *, count: int
) -> NDArray[np.float64]:
    """Return those of the lamps (N, 3) that are nearest to a point (x, y) on the ground."""
    order = np.argsort(np.linalg.norm(lamps[:, :2] - point, axis=1), kind="stable")
    return lamps[order[:count]]


def _part_centres(mesh: Mesh) -> NDArray[np.float64]:
    count = len(mesh.vertices)
    # Vertices at one place belong together, even where their normals differ.
    _, place = np.unique(np.round(mesh.vertices[:, :3], 3), axis=0, return_inverse=True)
    triangles = place.reshape(-1)[mesh.indices]
    pairs = np.concatenate([triangles[:, :2], triangles[:, 1:]])
    graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    parts, label = connected_components(graph, directed=False)
    label = label[place.reshape(-1)]
    total = np.bincount(label, minlength=parts)
    sums = np.stack(
        [np.bincount(label, mesh.vertices[:, k], minlength=parts) for k in range(3)], axis=1
    )
    return np.asarray(sums[total > 0] / total[total > 0, None], np.float64)
