"""Roads drawn on beyond the map's borders, so that none ends in a field."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from city.network import RoadNetwork

if TYPE_CHECKING:
    from city.network import Lane

EXTENSION_M: Final = 100.0
_TOUCHING_M: Final = 0.3


def extend_borders(network: RoadNetwork, length_m: float = EXTENSION_M) -> RoadNetwork:
    """Lengthen all lanes straight on where they enter or leave the map.

    Args:
        network: The roads as vehicles know them.
        length_m: How far.

    Returns:
        The network to draw: the same lanes in the same order.
    """
    inner = _passed_junctions(network)
    return RoadNetwork(
        lanes=tuple(_extended(lane, inner, length_m) for lane in network.lanes),
        junctions=network.junctions,
    )


def _passed_junctions(network: RoadNetwork) -> frozenset[str]:
    """Return the junctions that vehicles pass: those where a lane inside one goes on."""
    starts = np.array([q.shape[0] for q in network.lanes if q.internal]).reshape(-1, 2)
    return frozenset(
        lane.to_junction
        for lane in network.lanes
        if not lane.internal
        and (np.linalg.norm(starts - lane.shape[-1], axis=1) < _TOUCHING_M).any()
    )


def _extended(lane: Lane, inner: frozenset[str], length_m: float) -> Lane:
    if lane.internal:
        return lane
    shape = lane.shape
    if lane.from_junction not in inner:
        back = shape[0] - shape[1]
        shape = np.vstack([shape[0] + back * (length_m / np.linalg.norm(back)), shape])
    if lane.to_junction not in inner:
        ahead = shape[-1] - shape[-2]
        shape = np.vstack([shape, shape[-1] + ahead * (length_m / np.linalg.norm(ahead))])
    return replace(lane, shape=shape)
