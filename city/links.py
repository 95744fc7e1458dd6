"""Links derived from the map: overlapping views and travel times between cameras.

Nothing here knows the traffic: windows follow from where the cameras look, the distances and the
speed limits. They are wide, as a planner's are.
"""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from city.camera import CameraGeometry

TALL_M: Final = 3.8
"""Height of a lorry: what is seen from furthest away."""
SMALLEST_PX: Final = 25.0
"""A view ends where a lorry is smaller: trackers find none beyond."""
LENGTH_M: Final = 16.0
"""A vehicle as long as this may reach into views on either side of it."""
SPEEDING: Final = 1.3
"""The fastest drive this many times the limit."""
SLOWEST_MPS: Final = 3.0
"""A whole way through dense traffic is not slower on average."""
DETOUR: Final = 1.5
"""Roads are longer than the bee line."""
LONGEST_WAIT_S: Final = 60.0
"""At the lights, or in a queue."""


def footprint(geometry: CameraGeometry) -> NDArray[np.float64]:
    """Return the ground that a camera watches, float64 (4, 2), a convex polygon.

    It ends where a lorry is less than `SMALLEST_PX` high.
    """
    width, height = geometry.size_wh
    corners = np.array([[0, height], [width, height], [width, 0], [0, 0]], np.float64)
    rays = np.column_stack([corners, np.ones(4)]) @ np.linalg.inv(geometry.intrinsics).T
    rays = rays @ geometry.rotation
    reach = geometry.focal_px * TALL_M / SMALLEST_PX
    level = np.linalg.norm(rays[:, :2], axis=1)
    # Rays that never meet the ground, or do so far away, end at the reach.
    to_ground = np.where(rays[:, 2] < 0, -geometry.eye[2] / np.minimum(rays[:, 2], -1e-9), np.inf)
    along = np.minimum(to_ground, reach / np.maximum(level, 1e-9))
    return np.asarray(np.array(geometry.eye[:2]) + rays[:, :2] * along[:, None], np.float64)


def distance(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Return how far two convex polygons lie apart, in metres; 0 where they overlap."""
    edges = [np.roll(polygon, -1, axis=0) - polygon for polygon in (a, b)]
    normals = np.concatenate(edges)[:, ::-1] * (1, -1)
    apart = [(a @ n).min() > (b @ n).max() or (b @ n).min() > (a @ n).max() for n in normals]
    if not any(apart):
        return 0.0
    return min(_to_border(a, b), _to_border(b, a))


def _to_border(points: NDArray[np.float64], polygon: NDArray[np.float64]) -> float:
    """Return the least distance of some points to a polygon's border."""
    starts, ends = polygon[None], np.roll(polygon, -1, axis=0)[None]
    along = ends - starts
    length = np.maximum((along**2).sum(axis=-1), 1e-12)
    share = np.clip(((points[:, None] - starts) * along).sum(axis=-1) / length, 0, 1)
    nearest = starts + share[..., None] * along
    return float(np.linalg.norm(points[:, None] - nearest, axis=-1).min())


def plan_links(
    cameras: Mapping[str, CameraGeometry], *, speed_limit_mps: float
) -> list[dict[str, object]]:
    """Return the links between all pairs of cameras, as `cams.yaml` has them.

    Args:
        cameras: By id.
        speed_limit_mps: The highest on the map.
    """
    views = {camera_id: footprint(geometry) for camera_id, geometry in cameras.items()}
    links: list[dict[str, object]] = []
    for a, b in combinations(views, 2):
        gap = max(0.0, distance(views[a], views[b]) - LENGTH_M)
        furthest = float(np.linalg.norm(views[a].mean(axis=0) - views[b].mean(axis=0)))
        least = gap / (speed_limit_mps * SPEEDING)
        most = furthest * DETOUR / SLOWEST_MPS + LONGEST_WAIT_S
        link: dict[str, object] = {"from": a, "to": b}
        link["travel_time_s"] = [math.floor(10 * least) / 10, math.ceil(most)]
        if gap == 0:
            link["overlap"] = True
        links.append(link)
    return links
