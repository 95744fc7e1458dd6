"""Simulated traffic: which vehicle passes which camera, and when, in true time.

Each vehicle uses a random generator of its own, made from the seed and its number: traffic of any
size can be streamed, and a vehicle's route does not depend on the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from benchmarks.oracle_roads import OPPOSITE, Roads, Way

LONGEST_ROUTE: Final = 60
"""Cameras passed on one visit at most, so that nobody circles for ever."""

MOST_VISITS: Final = 3
"""Times that a vehicle comes into the network at most."""

_ROUTES: Final = 1
"""Marks the generators of routes: those of looks must not draw the same numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficSettings:
    """How vehicles move.

    Attributes:
        vehicles: How many.
        per_hour: Vehicles that set out per hour, as a Poisson process.
        straight_share: Share that goes straight on at a junction, where there is a road.
        turn_off_share: Share that leaves a way between two cameras, unseen: to park, or for good.
        return_share: Share of those that have left the network, or have turned off, and return.
        return_s: Least and greatest absence before that, log-uniform.
        passage_s: Median of the time to cross an image (log-normal).
        passage_sigma: Of its logarithm.
        wait_share: Share that has to wait within the image.
        wait_s: Least and greatest such wait.
    """

    vehicles: int = 300
    per_hour: float = 600.0
    straight_share: float = 0.6
    turn_off_share: float = 0.08
    return_share: float = 0.1
    return_s: tuple[float, float] = (120.0, 14_400.0)
    passage_s: float = 6.0
    passage_sigma: float = 0.35
    wait_share: float = 0.15
    wait_s: tuple[float, float] = (4.0, 30.0)


@dataclass(frozen=True, slots=True)
class Passage:
    """One vehicle's way through one image, in true time.

    Attributes:
        vehicle: Its number, from 0.
        camera: Index of the camera.
        first_s: When it comes in.
        last_s: When it is out.
        entry_arm: Where it comes in.
        exit_arm: Where it goes out.
    """

    vehicle: int
    camera: int
    first_s: float
    last_s: float
    entry_arm: int
    exit_arm: int


def draw_routes(
    roads: Roads, settings: TrafficSettings, *, seed: int
) -> Iterator[tuple[float, list[Passage]]]:
    """Yield for each vehicle when it sets out, ascending, and its passages in order of time."""
    arrivals = np.random.default_rng(seed)
    start = 0.0
    for vehicle in range(settings.vehicles):
        start += arrivals.exponential(3600 / settings.per_hour)
        yield start, _route(roads, settings, vehicle, start_s=start, seed=seed)


def _route(
    roads: Roads, settings: TrafficSettings, vehicle: int, *, start_s: float, seed: int
) -> list[Passage]:
    rng = np.random.default_rng([seed, _ROUTES, vehicle])
    passages: list[Passage] = []
    place = roads.outer[rng.integers(len(roads.outer))]
    time = start_s
    for _ in range(MOST_VISITS):
        visit, place = _visit(roads, settings, vehicle, place=place, start_s=time, rng=rng)
        passages += visit
        if rng.random() >= settings.return_share:
            break
        time = visit[-1].last_s + float(np.exp(rng.uniform(*np.log(settings.return_s))))
    return passages


def _visit(
    roads: Roads,
    settings: TrafficSettings,
    vehicle: int,
    *,
    place: tuple[int, int],
    start_s: float,
    rng: np.random.Generator,
) -> tuple[list[Passage], tuple[int, int]]:
    # One way through the network, and the camera and arm at which the next one begins.
    passages: list[Passage] = []
    time = start_s
    (camera, entry), way = place, None
    while len(passages) < LONGEST_ROUTE:
        duration = _passage_s(settings, rng)
        if way is not None:
            time += _gap_s(way, passages[-1].last_s - passages[-1].first_s, duration, rng)
        leave = _exit_arm(roads, camera, entry, straight_share=settings.straight_share, rng=rng)
        passages.append(Passage(vehicle, camera, time, time + duration, entry, leave))
        time += duration
        way = roads.ways.get((camera, leave))
        if way is None:
            # It returns the way it went, or from anywhere.
            back = (camera, leave), roads.outer[rng.integers(len(roads.outer))]
            return passages, back[rng.integers(2)]
        camera, entry = way.target, way.entry_arm
        if rng.random() < settings.turn_off_share and not way.overlap:
            break
    return passages, (camera, entry)


def _passage_s(settings: TrafficSettings, rng: np.random.Generator) -> float:
    duration = settings.passage_s * float(np.exp(settings.passage_sigma * rng.normal()))
    wait = float(rng.uniform(*settings.wait_s))
    return duration + (wait if rng.random() < settings.wait_share else 0.0)


def _gap_s(way: Way, before_s: float, after_s: float, rng: np.random.Generator) -> float:
    # From the end of one passage to the beginning of the next.
    if way.overlap:
        return -float(rng.uniform(0.2, 0.8)) * min(before_s, after_s)
    gap = way.median_s * float(np.exp(way.sigma * rng.normal()))
    stop = float(rng.uniform(*way.red_s))
    return gap + (stop if rng.random() < way.signal_share else 0.0)


def _exit_arm(
    roads: Roads, camera: int, entry: int, *, straight_share: float, rng: np.random.Generator
) -> int:
    arms = [arm for arm in roads.cameras[camera].zones if arm != entry]
    straight = OPPOSITE[entry]
    if not arms:
        return entry
    if straight in arms and (len(arms) == 1 or rng.random() < straight_share):
        return straight
    turns = [arm for arm in arms if arm != straight] or arms
    return turns[rng.integers(len(turns))]
