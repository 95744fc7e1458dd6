"""Population of the traffic: individuals, their trips, look-alike groups and returning vehicles."""

from __future__ import annotations

import random
from bisect import bisect_right
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from statistics import median
from typing import TYPE_CHECKING, Final

from city.roads import edge_between
from city.vehicles.catalogue import (
    LIGHT_KINDS,
    MODELS,
    TRAINING_MODELS,
    VALIDATION_MODELS,
    BodyModel,
    Kind,
)
from city.vehicles.individual import Individual, draw_individual, look_alike
from city.vehicles.paints import TRAINING_COLOURS, VALIDATION_COLOURS
from city.vehicles.variants import body_of

if TYPE_CHECKING:
    from city.routes import Nodes, RouteMap
    from city.scene import Scene, TrafficSettings

LONG_KINDS: Final = frozenset({Kind.BUS, Kind.BOX_TRUCK, Kind.SEMI_TRAILER})
"""Kept to routes that don't pass a place twice: they would not get round the block."""
_ALIKE_KINDS: Final = LIGHT_KINDS - {Kind.COUPE}
_AWAY_S: Final = (6.0, 20.0)
"""How long a vehicle stays out of the map before it returns."""
_SEEN_FOR_S: Final = 8.0
"""Look-alikes are still under way this long after the scene's start."""
_SLOWER_THAN_FREE: Final = 1.5
"""A trip is expected to take this many times as long as on empty roads."""


@dataclass(frozen=True, slots=True)
class Actor:
    """A road user of the scene.

    Attributes:
        actor_id: The same in every camera, from 1.
        individual: What it looks like.
        group: Its look-alike group; empty without one.
        parked: Whether it stands in a bay throughout.
    """

    actor_id: int
    individual: Individual
    group: str = ""
    parked: bool = False

    @property
    def body(self) -> BodyModel:
        """Its body model."""
        return body_of(self.individual)

    @property
    def is_vehicle(self) -> bool:
        """Whether it belongs to the truth: cyclists and pedestrians don't."""
        return self.body.detector_class is not None


@dataclass(frozen=True, slots=True)
class Trip:
    """One drive through the map.

    Attributes:
        actor_id: Who drives.
        depart_s: When, in the scene's seconds; it waits for a gap in the traffic.
        nodes: The route.
    """

    actor_id: int
    depart_s: float
    nodes: Nodes

    @property
    def edges(self) -> tuple[str, ...]:
        """The edges of the network that it follows."""
        return tuple(edge_between(a, b) for a, b in pairwise(self.nodes))


@dataclass(frozen=True, slots=True)
class Population:
    """All drivers and cyclists, and their trips in the order of departure."""

    actors: tuple[Actor, ...]
    trips: tuple[Trip, ...]


def populate(scene: Scene, routes: RouteMap) -> Population:
    """Assign vehicles to trips.

    Args:
        scene: Traffic, bystanders and seed.
        routes: Ways through the scene's map.

    Returns:
        Vehicles with the ids 1, 2, … in the order of departure, then cyclists.
    """
    rng = random.Random(scene.seed)
    plans = sorted(_departures(scene, routes, rng))
    trips = [Trip(k + 1, depart, nodes) for k, (depart, nodes) in enumerate(plans)]
    individuals = _individuals(trips, scene.traffic, rng)
    present = [trip for trip in trips if trip.depart_s + routes.seconds(trip.nodes) > _SEEN_FOR_S]
    groups = _look_alikes(present, individuals, scene.traffic, rng=rng)
    actors = [
        Actor(number, individual, group=groups.get(number, ""))
        for number, individual in individuals.items()
    ]
    trips += _return_trips(trips, individuals, scene, routes=routes, rng=rng)
    for number in range(len(actors) + 1, len(actors) + 1 + scene.bystanders.cyclists):
        actors.append(Actor(number, draw_individual(rng, kind=Kind.BICYCLE)))
        depart = rng.uniform(-scene.warm_up_s, scene.end_s)
        trips.append(Trip(number, depart, routes.random_route(rng)))
    return Population(tuple(actors), tuple(sorted(trips, key=lambda t: (t.depart_s, t.actor_id))))


def split_models(split: str) -> tuple[str, ...]:
    """Return the body models of `training` or `validation`."""
    return VALIDATION_MODELS if split == "validation" else TRAINING_MODELS


def split_kinds(split: str) -> set[Kind]:
    """Return the kinds that have a body model in `training` or `validation`."""
    return {MODELS[name].kind for name in split_models(split)}


def split_colours(split: str) -> tuple[str, ...]:
    """Return the paints of `training` or `validation`."""
    return VALIDATION_COLOURS if split == "validation" else TRAINING_COLOURS


def draw_vehicle(rng: random.Random, traffic: TrafficSettings, *, kind: Kind) -> Individual:
    """Draw a vehicle of a kind, in a body model and colour of the scene's split."""
    models = split_models(traffic.split)
    return draw_individual(rng, kind=kind, models=models, colours=split_colours(traffic.split))


def _draw_kinds(count: int, traffic: TrafficSettings, rng: random.Random) -> list[Kind]:
    """Draw kinds in random order, each as often as its share says, to within one.

    Reference: systematic sampling; Cochran, "Sampling Techniques", 3rd ed., chapter 8.
    """
    there = split_kinds(traffic.split)
    kinds = [kind for kind in Kind if kind in there and traffic.kinds.get(kind, 0.0) > 0]
    if not kinds:
        raise ValueError(
            f"traffic.kinds: none of them has a body model in the {traffic.split} split"
        )
    ends = list(accumulate(traffic.kinds[kind] for kind in kinds))
    first = rng.random()
    points = ((k + first) / count * ends[-1] for k in range(count))
    drawn = [kinds[min(bisect_right(ends, point), len(kinds) - 1)] for point in points]
    rng.shuffle(drawn)
    return drawn


def _departures(scene: Scene, routes: RouteMap, rng: random.Random) -> list[tuple[float, Nodes]]:
    plans: list[tuple[float, Nodes]] = []
    for flow in scene.traffic.flows:
        slot = (flow.to_s - flow.from_s) / flow.vehicles
        for k in range(flow.vehicles):
            depart = flow.from_s + slot * (k + rng.uniform(0.1, 0.9))
            plans.append((max(depart, -scene.warm_up_s), flow.nodes))
    count = scene.traffic.random_vehicles
    slot = (scene.warm_up_s + 0.9 * scene.end_s) / max(count, 1)
    for k in range(count):
        depart = -scene.warm_up_s + slot * (k + rng.random())
        plans.append((depart, routes.random_route(rng)))
    return plans


def _individuals(
    trips: list[Trip], traffic: TrafficSettings, rng: random.Random
) -> dict[int, Individual]:
    kinds = _draw_kinds(len(trips), traffic, rng)
    loops = [k for k, trip in enumerate(trips) if len(set(trip.nodes)) < len(trip.nodes)]
    straight = [k for k in range(len(trips)) if k not in loops]
    for loop in loops:
        nimble = [k for k in straight if kinds[k] not in LONG_KINDS]
        if kinds[loop] in LONG_KINDS and nimble:
            other = rng.choice(nimble)
            kinds[loop], kinds[other] = kinds[other], kinds[loop]
    return {
        trip.actor_id: draw_vehicle(rng, traffic, kind=kind)
        for trip, kind in zip(trips, kinds, strict=True)
    }


def _look_alikes(
    trips: list[Trip],
    individuals: dict[int, Individual],
    traffic: TrafficSettings,
    *,
    rng: random.Random,
) -> dict[int, str]:
    """Make groups of look-alikes, in place; return their groups by actor.

    The members of a group set out one soon after the other, so that they are seen together.
    """
    groups: dict[int, str] = {}
    usual = median(len(trip.nodes) for trip in trips) if trips else 0
    for number, size in enumerate(traffic.look_alikes, start=1):
        free = [
            trip.actor_id
            for trip in trips
            if trip.actor_id not in groups
            and MODELS[individuals[trip.actor_id].model].kind in _ALIKE_KINDS
            and len(trip.nodes) >= usual  # short ways pass few cameras
        ]
        if len(free) < size:
            raise ValueError(
                f"traffic.look_alikes: no {size} vehicles are left for group {number}; "
                "more traffic or smaller groups are expected"
            )
        window = min(len(free), 4 * size)
        start = rng.randrange(len(free) - window + 1)
        first, *others = sorted(rng.sample(free[start : start + window], size))
        groups[first] = f"group{number}"
        for actor_id in others:
            individuals[actor_id] = look_alike(individuals[first], rng)
            groups[actor_id] = f"group{number}"
    return groups


def _return_trips(
    trips: list[Trip],
    individuals: dict[int, Individual],
    scene: Scene,
    *,
    routes: RouteMap,
    rng: random.Random,
) -> list[Trip]:
    """Send vehicles back into the map from where they left it, some time later."""
    back = []
    candidates = []
    for trip in trips:
        kind = MODELS[individuals[trip.actor_id].model].kind
        away = routes.seconds(trip.nodes) * _SLOWER_THAN_FREE + rng.uniform(*_AWAY_S)
        again = trip.depart_s + away
        enters = trip.nodes[-1] in routes.entries
        if enters and kind not in LONG_KINDS and 0 < again < scene.end_s - 15:
            candidates.append(replace(trip, depart_s=again))
    for trip in rng.sample(candidates, min(scene.traffic.returning, len(candidates))):
        back.append(replace(trip, nodes=routes.random_route(rng, start=trip.nodes[-1])))
    return back
