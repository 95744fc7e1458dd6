"""A simulated scene: its roads, all actors, and their positions at any moment."""

from __future__ import annotations

import math
import tempfile
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from city.bystanders import park, park_at_spots, walk
from city.crossings import BOX_STEP_S, cross
from city.kerbside import keeps_free, plan_halts
from city.network import RoadNetwork
from city.overlap import overlapping_pairs
from city.population import Actor, populate
from city.roads import build_network
from city.routes import RouteMap
from city.signals import SignalPlan, read_signal_plan
from city.traffic import SIGNALS_FILE, simulate
from city.trajectories import STEP_S, Motion, Trajectories

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from city.network import Bay
    from city.scene import Scene
    from city.types import ActorState

OVERLAP_TOLERANCE_M: Final = 0.1
"""Boxes that reach less deep into each other may be bodies that don't: bodies are rounded."""
_CHECK_EVERY: Final = 2
"""Steps between two moments that are checked for overlaps."""


@dataclass(frozen=True, slots=True, eq=False)
class Episode:
    """What happens in a scene.

    Attributes:
        network: The roads.
        actors: Everyone who is there at some time, by id.
        trajectories: Where they are.
        signals: What the traffic lights show.
    """

    network: RoadNetwork
    actors: Mapping[int, Actor]
    trajectories: Trajectories
    signals: SignalPlan


def play(scene: Scene) -> Episode:
    """Build the roads of a scene and let its traffic run; the same scene gives the same episode.

    Raises:
        FileNotFoundError: If SUMO is not installed.
        ValueError: If the scene's map or traffic cannot be built.
    """
    plan = scene.map.plan()
    population = populate(scene, RouteMap(plan))
    with tempfile.TemporaryDirectory(prefix="city-") as name:
        folder = Path(name)
        net_file = build_network(plan, folder)
        network = RoadNetwork.from_file(net_file)
        halts = plan_halts(scene, population, network)
        driven = simulate(scene, population, net_file, folder=folder, halts=halts)
        states = folder / SIGNALS_FILE
        signals = read_signal_plan(net_file, states, warm_up_s=scene.warm_up_s)
    drivers = {actor.actor_id: actor for actor in population.actors}
    free = [bay for bay in network.bays if not keeps_free(bay, halts)]
    parked, standing = _park(scene, free, first_id=len(drivers) + 1)
    first_id = len(drivers) + len(parked) + 1
    people, walks = walk(scene, network, first_id=first_id)
    boxes = _boxes_over_time(driven, drivers, scene) if scene.bystanders.crossing else []
    first_id += len(people)
    crossers, ways = cross(scene, network, signals, traffic=boxes, first_id=first_id)
    actors = drivers | {actor.actor_id: actor for actor in (*parked, *people, *crossers)}
    motions = without_overlaps([*driven, *walks, *ways], standing, actors)
    trajectories = Trajectories(motions, standing)
    present = {actor_id: actors[actor_id] for actor_id in trajectories.actor_ids}
    return Episode(network, _in_groups(present), trajectories, signals)


def _park(
    scene: Scene, bays: Sequence[Bay], *, first_id: int
) -> tuple[list[Actor], list[ActorState]]:
    """Return all stationary actors, in bays and at the scene's spots."""
    in_bays, states = park(scene, bays, first_id=first_id)
    elsewhere, there = park_at_spots(scene, first_id=first_id + len(in_bays))
    return in_bays + elsewhere, states + there


def _boxes_over_time(
    motions: Sequence[Motion], actors: Mapping[int, Actor], scene: Scene
) -> list[NDArray[np.float64]]:
    """Return the boxes of all moving vehicles, every `BOX_STEP_S`."""
    trajectories = Trajectories(motions)
    steps = range(math.ceil(scene.end_s / BOX_STEP_S) + 1)
    return [ground_boxes(trajectories.states_at(k * BOX_STEP_S), actors)[0] for k in steps]


def _in_groups(actors: Mapping[int, Actor]) -> dict[int, Actor]:
    """Return the actors, without the group of those who are the only one left of theirs."""
    sizes = Counter(actor.group for actor in actors.values())
    return {
        number: actor if sizes[actor.group] > 1 else replace(actor, group="")
        for number, actor in actors.items()
    }


def ground_boxes(
    states: Sequence[ActorState], actors: Mapping[int, Actor]
) -> tuple[NDArray[np.float64], list[int]]:
    """Return the oriented boxes on the ground of all bodies, and whose they are.

    Returns:
        float64 (N, 5), see `city.overlap.BOX_FLOATS`, and N actor ids.
    """
    rows: list[tuple[float, float, float, float, float]] = []
    owners: list[int] = []
    for state in states:
        body = actors[state.actor_id].body
        sizes = [(body.length_m, body.width_m)]
        if body.trailer is not None:
            sizes.append((body.trailer.shape.length, body.width_m))
        for pose, size in zip(state.poses, sizes, strict=True):
            rows.append((pose.x, pose.y, pose.heading, *size))
            owners.append(state.actor_id)
    return np.array(rows, np.float64).reshape(-1, 5), owners


def without_overlaps(
    motions: Sequence[Motion], standing: Sequence[ActorState], actors: Mapping[int, Actor]
) -> list[Motion]:
    """Leave out the actors that drive through others, as few as that takes.

    SUMO drives lines, not bodies: the rear of a long vehicle may cut through a neighbour in a
    turn. Who is in the most conflicts goes first; of equal ones, who is in no look-alike group, and
    then who has the higher id.

    Args:
        motions: All motions.
        standing: Who stands still; nobody who moves passes through them either.
        actors: Everyone's measures.

    Returns:
        The motions of the actors that remain.
    """
    conflicts = find_overlaps(Trajectories(motions, standing), actors)
    still = {state.actor_id for state in standing}
    removed: set[int] = set()
    while conflicts:
        counts = Counter(actor for pair in conflicts for actor in pair if actor not in still)
        if not counts:
            break  # two parked vehicles: their bays are at fault, not their motions
        worst = max(counts, key=lambda k: (counts[k], not actors[k].group, k))
        removed.add(worst)
        conflicts = {pair for pair in conflicts if worst not in pair}
    return [motion for motion in motions if motion.actor_id not in removed]


def find_overlaps(trajectories: Trajectories, actors: Mapping[int, Actor]) -> set[tuple[int, int]]:
    """Return the pairs of actors that stand in each other at some time."""
    last = max((motion.last for motion in trajectories.motions), default=0)
    pairs: set[tuple[int, int]] = set()
    for step in range(0, last + 1, _CHECK_EVERY):
        boxes, owners = ground_boxes(trajectories.states_at(step * STEP_S), actors)
        for one, other in overlapping_pairs(boxes, tolerance_m=OVERLAP_TOLERANCE_M):
            if owners[one] != owners[other]:  # a tractor reaches under its own trailer
                pairs.add((owners[one], owners[other]))
    return pairs
