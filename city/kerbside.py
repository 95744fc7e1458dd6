"""Vehicles that pull over to the kerb, stand there for a while, and drive on.

The simulation halts them on their lane and lets the others pass; the path into the bay and out of
it is added to their path as an offset to the right.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from city.network import LaneUse
from city.vehicles.catalogue import LIGHT_KINDS, MODELS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from city.network import Bay, Lane, RoadNetwork
    from city.population import Population
    from city.scene import Scene

KEPT_FREE_M: Final = 22.0
"""No other vehicle is parked closer than this along the kerb: they swing in and out forwards."""
_STANDS_S: Final = (6.0, 18.0)
_RAMP_M: Final = 11.0
"""Length of the way from the lane to the kerb; 2.9 m aside in 11 m is 22 degrees at most."""
_ALIGNS_M: Final = 3.5
"""Driven along the kerb before the halt, so that the rear comes in too."""
_HALTS_WITHIN_M: Final = 3.0
"""Of the place, along the lane: who stands further away waits for something else."""
_SHOWN_ASIDE_M: Final = 9.0
"""SUMO shows whoever is parked beside the road, up to this far from the lane."""
_FIRST_S: Final = -8.0
"""Who departs earlier may have halted before the scene starts."""
_LATEST_BEFORE_END_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Halt:
    """A halt at the kerb.

    Attributes:
        bay: Where the vehicle stands.
        lane_index: The lane next to the kerb's parking lane.
        front_m: Where the front bumper halts, from the lane's start.
        front_xy: The same, on the lane's middle, metres.
        duration_s: For how long.
        aside_m: From the lane's middle to the right, where the vehicle stands.
    """

    bay: Bay
    lane_index: int
    front_m: float
    front_xy: tuple[float, float]
    duration_s: float
    aside_m: float


def plan_halts(scene: Scene, population: Population, network: RoadNetwork) -> dict[int, Halt]:
    """Choose which vehicles halt where, at most one on each edge.

    Args:
        scene: Number of halts and seed.
        population: The trips.
        network: The bays.

    Returns:
        Halts by the number of the trip in `population.trips`; fewer than asked for where too few
        vehicles pass free kerbs.
    """
    rng = random.Random(f"{scene.seed} kerbside")
    lanes = {lane.edge_id: lane for lane in network.lanes if _beside_parking(lane)}
    bays: dict[str, list[Bay]] = {}
    for bay in network.bays:
        if bay.edge_id in lanes and not bay.perpendicular:
            bays.setdefault(bay.edge_id, []).append(bay)
    models = {actor.actor_id: MODELS[actor.individual.model] for actor in population.actors}
    numbers = [
        number
        for number, trip in enumerate(population.trips)
        if models[trip.actor_id].kind in LIGHT_KINDS
        and _FIRST_S < trip.depart_s < scene.end_s - _LATEST_BEFORE_END_S
    ]
    rng.shuffle(numbers)
    halts: dict[int, Halt] = {}
    for number in numbers:
        trip = population.trips[number]
        edges = [edge for edge in trip.edges if edge in bays]
        if not edges or len(halts) == scene.traffic.kerbside_halts:
            continue
        edge = rng.choice(edges)
        bay = rng.choice(bays.pop(edge))
        halts[number] = _halt(lanes[edge], bay, models[trip.actor_id].length_m, rng=rng)
    return halts


def keeps_free(bay: Bay, halts: Mapping[int, Halt]) -> bool:
    """Whether a bay must stay free for somebody who pulls over near it."""
    taken = [halt.bay for halt in halts.values() if halt.bay.edge_id == bay.edge_id]
    return any(math.hypot(bay.x - other.x, bay.y - other.y) < KEPT_FREE_M for other in taken)


def pull_over(
    front: NDArray[np.float64], speed_mps: NDArray[np.float64], halt: Halt, *, step_s: float
) -> NDArray[np.float64]:
    """Lead a path into the bay and out of it.

    Args:
        front: float64 (N, 2), the front bumper as simulated, metres.
        speed_mps: float64 (N,), 0 while it halts.
        halt: The halt.
        step_s: Between two points.

    Returns:
        float64 (N, 2), metres; as given if it never halts there.
    """
    right = np.array([math.sin(halt.bay.heading), -math.cos(halt.bay.heading)])
    offset = front - halt.front_xy
    along = offset @ np.array([-right[1], right[0]])
    there = (np.abs(along) < _HALTS_WITHIN_M) & (np.abs(offset @ right) < _SHOWN_ASIDE_M)
    first, last = _longest_run((speed_mps == 0) & there)
    if first == last:
        return front
    path = front.copy()
    path[max(0, first - 1) : last] = halt.front_xy
    driven = np.cumsum(speed_mps * step_s)
    ahead = driven - driven[first]
    away = np.where(ahead < 0, -ahead - _ALIGNS_M, ahead)
    share = (1 + np.cos(np.pi * np.clip(away / _RAMP_M, 0.0, 1.0))) / 2
    shifted: NDArray[np.float64] = path + share[:, None] * halt.aside_m * right
    return shifted


def _beside_parking(lane: Lane) -> bool:
    return lane.index == 1 and not lane.internal and lane.use is LaneUse.TRAFFIC


def _halt(lane: Lane, bay: Bay, length_m: float, *, rng: random.Random) -> Halt:
    along, aside = _beside(lane, bay)
    front_m = min(along + length_m / 2, lane.length_m - 1.0)
    x, y, _ = lane.point_at(front_m)
    return Halt(
        bay=bay,
        lane_index=lane.index,
        front_m=front_m,
        front_xy=(x, y),
        duration_s=rng.uniform(*_STANDS_S),
        aside_m=aside,
    )


def _beside(lane: Lane, bay: Bay) -> tuple[float, float]:
    """Return how far along a lane a bay lies, and how far from its middle."""
    steps = np.diff(lane.shape, axis=0)
    lengths = np.linalg.norm(steps, axis=1)
    units = steps / lengths[:, None]
    offsets = np.array([bay.x, bay.y]) - lane.shape[:-1]
    along = np.clip((offsets * units).sum(axis=1), 0.0, lengths)
    gaps = np.linalg.norm(offsets - along[:, None] * units, axis=1)
    k = int(gaps.argmin())
    return float(lengths[:k].sum() + along[k]), float(gaps[k])


def _longest_run(flags: NDArray[np.bool_]) -> tuple[int, int]:
    """Return the first index of the longest run of true, and the one after its last."""
    steps = np.diff(np.concatenate([[0], flags.astype(int), [0]]))
    starts, ends = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
    if not len(starts):
        return 0, 0
    longest = int((ends - starts).argmax())
    return int(starts[longest]), int(ends[longest])
