"""The islands that roundabouts go around."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import ConvexHull

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from city.network import RoadNetwork


def find_islands(network: RoadNetwork) -> list[NDArray[np.float64]]:
    """Return the outlines of all roundabouts, along their lanes' centre lines.

    Returns:
        One float64 (N, 2) per roundabout, anticlockwise, metres.
    """
    rings: list[tuple[set[str], list[NDArray[np.float64]]]] = []
    for lane in network.lanes:
        if lane.road_type != "roundabout" or lane.internal:
            continue
        ends, shapes = {lane.from_junction, lane.to_junction}, [lane.shape]
        apart = []
        for ring in rings:
            if ring[0] & ends:
                ends, shapes = ends | ring[0], shapes + ring[1]
            else:
                apart.append(ring)
        rings = [*apart, (ends, shapes)]
    outlines = [np.vstack(shapes) for _, shapes in rings]
    return [points[ConvexHull(points).vertices] for points in outlines]
