"""Bystanders: parked vehicles, and people on the pavements."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from city.network import LaneUse
from city.population import Actor, draw_vehicle, split_kinds
from city.trajectories import STEP_S, Motion
from city.types import ActorState, Pose
from city.vehicles.catalogue import LIGHT_KINDS, Kind
from city.vehicles.individual import draw_individual

if TYPE_CHECKING:
    from collections.abc import Sequence

    from city.network import Bay, Lane, RoadNetwork
    from city.scene import Scene

_FITS_IN_A_BAY: Final = LIGHT_KINDS | {Kind.MOTORCYCLE}
_MARGIN_M: Final = 0.15
"""A parked vehicle keeps at least this far from the ends of its bay."""
_OCCUPANTS: Final = frozenset({"driver", "passenger"})
_PAVEMENT_M: Final = (1.0, 2.6)
"""People walk this far from the edge of the carriageway."""
_WALKING_MPS: Final = (0.9, 1.6)
_CORNER_M: Final = 7.0
"""People turn round this far before a junction."""
_MIN_WALK_M: Final = 20.0


def park(
    scene: Scene, bays: Sequence[Bay], *, first_id: int
) -> tuple[list[Actor], list[ActorState]]:
    """Fill the bays.

    Args:
        scene: Share of the bays that are taken, kinds, split and seed.
        bays: Those that may be taken.
        first_id: Id of the first parked vehicle.

    Returns:
        The vehicles and where each stands throughout, in the order of their ids.
    """
    rng = random.Random(f"{scene.seed} parked")
    actors: list[Actor] = []
    states: list[ActorState] = []
    for bay in bays:
        if rng.random() >= scene.bystanders.parked:
            continue
        kind = rng.choices(_parking_kinds(scene), _parking_weights(scene))[0]
        actor = _parked_vehicle(scene, kind, first_id + len(actors), rng=rng)
        if actor.body.length_m > bay.length_m - 2 * _MARGIN_M or actor.body.width_m > bay.width_m:
            continue
        actors.append(actor)
        states.append(ActorState(actor.actor_id, (_parked_pose(bay, actor, rng),)))
    return actors, states


def park_at_spots(scene: Scene, *, first_id: int) -> tuple[list[Actor], list[ActorState]]:
    """Park a vehicle at each of the scene's spots; arguments and result as of `park`."""
    rng = random.Random(f"{scene.seed} spots")
    actors: list[Actor] = []
    states: list[ActorState] = []
    for number, (x, y, heading_deg) in enumerate(scene.bystanders.spots):
        kind = rng.choice([kind for kind in _parking_kinds(scene) if kind is not Kind.MOTORCYCLE])
        actors.append(_parked_vehicle(scene, kind, first_id + number, rng=rng))
        pose = Pose(x, y, math.radians(heading_deg))
        states.append(ActorState(first_id + number, (pose,)))
    return actors, states


def walk(scene: Scene, network: RoadNetwork, *, first_id: int) -> tuple[list[Actor], list[Motion]]:
    """Let people walk up and down the pavements.

    They keep beside the carriageway of one street each, turning round before its junctions, so
    that nobody stands where traffic drives.

    Args:
        scene: Number of people and seed.
        network: Where the streets are.
        first_id: Id of the first person.

    Returns:
        The people and their motions through the whole scene.
    """
    rng = random.Random(f"{scene.seed} walking")
    kerbs = [lane for lane in network.lanes if _has_pavement(lane)]
    if not kerbs or not scene.bystanders.pedestrians:
        return [], []
    lengths = [lane.length_m for lane in kerbs]
    actors, motions = [], []
    for number in range(scene.bystanders.pedestrians):
        lane = rng.choices(kerbs, lengths)[0]
        actors.append(Actor(first_id + number, draw_individual(rng, kind=Kind.PEDESTRIAN)))
        motions.append(_walk_along(lane, actors[-1].actor_id, scene, rng=rng))
    return actors, motions


def _parked_vehicle(scene: Scene, kind: Kind, actor_id: int, *, rng: random.Random) -> Actor:
    individual = draw_vehicle(rng, scene.traffic, kind=kind)
    empty = tuple(trait for trait in individual.traits if trait not in _OCCUPANTS)
    return Actor(actor_id, replace(individual, traits=empty), parked=True)


def _parking_kinds(scene: Scene) -> Sequence[Kind]:
    kinds = _FITS_IN_A_BAY & split_kinds(scene.traffic.split)
    return [kind for kind in Kind if kind in kinds]


def _parking_weights(scene: Scene) -> list[float]:
    # Even where the traffic is all of one kind, some of everything may stand at the kerb.
    return [scene.traffic.kinds.get(kind, 0.0) + 0.01 for kind in _parking_kinds(scene)]


def _parked_pose(bay: Bay, actor: Actor, rng: random.Random) -> Pose:
    room_along = (bay.length_m - actor.body.length_m) / 2 - _MARGIN_M
    room_across = min(0.2, (bay.width_m - actor.body.width_m) / 2)
    along = rng.uniform(-room_along, room_along)
    across = rng.uniform(-room_across, room_across)
    backwards = bay.perpendicular and rng.random() < 0.35
    tilt = math.radians(rng.gauss(0, 1.0))
    cos, sin = math.cos(bay.heading), math.sin(bay.heading)
    return Pose(
        bay.x + along * cos - across * sin,
        bay.y + along * sin + across * cos,
        bay.heading + tilt + math.pi * backwards,
    )


def _has_pavement(lane: Lane) -> bool:
    return (
        lane.index == 0
        and not lane.internal
        and (lane.road_type == "street" or lane.use is LaneUse.PARKING)
        and lane.length_m > _MIN_WALK_M + 2 * _CORNER_M
    )


def _walk_along(lane: Lane, actor_id: int, scene: Scene, *, rng: random.Random) -> Motion:
    """Return a walk to and fro along the right edge of a lane."""
    speed = rng.uniform(*_WALKING_MPS)
    beside = lane.width_m / 2 + rng.uniform(*_PAVEMENT_M)
    low, high = _CORNER_M, lane.length_m - _CORNER_M
    count = math.ceil(scene.end_s / STEP_S) + 2
    there_and_back = 2 * (high - low)
    phase = (rng.uniform(0, there_and_back) + speed * STEP_S * np.arange(count)) % there_and_back
    outward = phase < high - low
    along = low + np.where(outward, phase, there_and_back - phase)
    poses = np.empty((count, 1, 3))
    for k in range(count):
        x, y, heading = lane.point_at(float(along[k]))
        poses[k, 0] = x + beside * math.sin(heading), y - beside * math.cos(heading), heading
    poses[:, 0, 2] = np.unwrap(poses[:, 0, 2]) + np.where(outward, 0.0, math.pi)
    return Motion(
        actor_id=actor_id,
        start=0,
        poses=poses,
        speed_mps=np.full(count, speed),
        braking=np.zeros(count, bool),
    )
