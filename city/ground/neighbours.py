"""What lies beside a lane, and where its traffic may turn at its end."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np

from city.ground.polyline import point_at
from city.network import LaneUse

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from city.network import Lane, RoadNetwork

_PROBE_M: Final = 0.8
"""How far beyond its border a lane's neighbour is looked for."""
_TURN_RAD: Final = 0.6
"""A bend inside a junction below this counts as straight on."""


class Side(StrEnum):
    """What lies beside a lane."""

    SAME = "same"
    OPPOSITE = "opposite"
    PARKING = "parking"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What lies on both sides of a lane at half its length."""

    left: Side
    right: Side


def neighbours(network: RoadNetwork, lane: Lane) -> Neighbours:
    """Look left and right of a lane at half its length."""
    point, direction = point_at(lane.shape, lane.length_m / 2)
    normal = np.array([-direction[1], direction[0]])
    reach = lane.width_m / 2 + _PROBE_M
    return Neighbours(
        left=_found_at(network, lane, point + normal * reach, direction),
        right=_found_at(network, lane, point - normal * reach, direction),
    )


def turns(network: RoadNetwork, lane: Lane) -> frozenset[str]:
    """Return which of "left", "straight", "right" the lane's traffic may go at its end."""
    found = set()
    for inner in network.lanes:
        if inner.internal and np.linalg.norm(inner.shape[0] - lane.shape[-1]) < 0.3:
            found.add(_turn(inner.shape))
    return frozenset(found)


def _turn(shape: NDArray[np.float64]) -> str:
    first, last = shape[1] - shape[0], shape[-1] - shape[-2]
    angle = float(
        np.arctan2(first[0] * last[1] - first[1] * last[0], first[0] * last[0] + first[1] * last[1])
    )
    if abs(angle) < _TURN_RAD:
        return "straight"
    return "left" if angle > 0 else "right"


def _found_at(
    network: RoadNetwork, lane: Lane, point: NDArray[np.float64], direction: NDArray[np.float64]
) -> Side:
    for other in network.lanes:
        if other is lane or other.internal or not _covers(other, point):
            continue
        if other.use is LaneUse.PARKING:
            return Side.PARKING
        heading = other.shape[-1] - other.shape[0]
        same = other.edge_id == lane.edge_id or float(heading @ direction) > 0
        return Side.SAME if same else Side.OPPOSITE
    return Side.NOTHING


def _covers(lane: Lane, point: NDArray[np.float64]) -> bool:
    starts, along = lane.shape[:-1], np.diff(lane.shape, axis=0)
    share = ((point - starts) * along).sum(axis=1) / np.maximum((along**2).sum(axis=1), 1e-12)
    gap = np.linalg.norm(point - starts - np.clip(share, 0, 1)[:, None] * along, axis=1)
    return bool(gap.min() < lane.width_m / 2)
