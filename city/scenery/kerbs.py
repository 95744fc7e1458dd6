"""The kerbs of a network: lines with the road on their left, along which things are placed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from city.ground.neighbours import Side, neighbours
from city.ground.polyline import length_m, offset, point_at

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from city.network import Lane, RoadNetwork


@dataclass(frozen=True, slots=True, eq=False)
class Kerb:
    """The right edge of a carriageway.

    Attributes:
        line: float64 (N, 2), metres, in the direction of the adjacent lane.
        lane: That lane.
    """

    line: NDArray[np.float64]
    lane: Lane

    @property
    def length_m(self) -> float:
        """Length of the line."""
        return length_m(self.line)

    def spot(self, along_m: float, *, away_m: float) -> tuple[float, float, float]:
        """Return x, y and the kerb's heading at a distance along it and away from the road."""
        point, direction = point_at(self.line, along_m)
        x, y = point + np.array([direction[1], -direction[0]]) * away_m
        return float(x), float(y), float(np.arctan2(direction[1], direction[0]))


def find_kerbs(network: RoadNetwork) -> list[Kerb]:
    """Return the right edges of all lanes outside junctions with nothing on their right."""
    return [
        Kerb(offset(lane.shape, -lane.width_m / 2), lane)
        for lane in network.lanes
        if not lane.internal
        and lane.length_m > 3.0
        and neighbours(network, lane).right is Side.NOTHING
    ]


def find_medians(network: RoadNetwork) -> list[Kerb]:
    """Return the left edges of all lanes with nothing on their left, turned round.

    They too have the road on their left, as kerbs do.
    """
    return [
        Kerb(offset(lane.shape, lane.width_m / 2)[::-1], lane)
        for lane in network.lanes
        if not lane.internal
        and lane.length_m > 3.0
        and neighbours(network, lane).left is Side.NOTHING
    ]
