"""Pedestrians who cross at traffic lights: while vehicles have red, and clear of all of them."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from city.population import Actor
from city.signals import Aspect
from city.trajectories import STEP_S, Motion
from city.vehicles.catalogue import Kind
from city.vehicles.individual import draw_individual

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from city.network import Lane, RoadNetwork
    from city.scene import Scene
    from city.signals import SignalPlan

BOX_STEP_S: Final = 0.2
"""Between two moments at which the traffic's boxes are given."""
KEEPS_CLEAR_S: Final = 2.0
"""No vehicle is where somebody crosses for so long before and after."""
_KEEPS_CLEAR_M: Final = 0.8
_BEYOND_STOP_LINE_M: Final = (1.3, 3.1)
"""Where people cross: within what `city.ground.markings` paints."""
_FROM_KERB_M: Final = (1.5, 2.4)
_WALKING_MPS: Final = (1.15, 1.6)
_WAITS_S: Final = (0.5, 6.0)
_STARTS_EVERY_S: Final = 0.5
_TURNS_BEFORE_M: Final = 7.0
"""Before and after, people walk up and down the pavement, this far from its ends at least."""
_LEAST_PAVEMENT_M: Final = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class Crossing:
    """A crossing over one arm of a signalled junction.

    Attributes:
        edge_id: The approach that waits before it.
        inbound: Rightmost lane of this approach.
        outbound: Rightmost lane out of the junction beside it.
    """

    edge_id: str
    inbound: Lane
    outbound: Lane


@dataclass(frozen=True, eq=False)
class _Walk:
    """One way over a crossing, from and to the pavements beside it.

    Attributes:
        crossing: The crossing.
        outwards: Whether it starts on the outbound side.
        beyond_m: Between the stop line and the line that is walked.
        beside_m: From the kerb, on the pavements.
        speed_mps: Of walking.
    """

    crossing: Crossing
    outwards: bool
    beyond_m: float
    beside_m: float
    speed_mps: float

    def on_pavement(self, away_m: float, *, before: bool) -> tuple[float, float]:
        """Return the point of the pavement so far from the crossing, before or after it."""
        if before is self.outwards:
            lane, along = self.crossing.outbound, away_m - self.beyond_m
        else:
            lane = self.crossing.inbound
            along = lane.length_m + self.beyond_m - away_m
        x, y, heading = lane.point_at(along)
        right = lane.width_m / 2 + self.beside_m
        return x + right * math.sin(heading), y - right * math.cos(heading)

    @cached_property
    def line(self) -> NDArray[np.float64]:
        """Where it crosses, from kerb to kerb: float64 (2, 2), metres."""
        return np.array([self.on_pavement(0.0, before=before) for before in (True, False)])

    @cached_property
    def duration_s(self) -> float:
        """Of the way from kerb to kerb."""
        start, end = self.line
        return float(np.linalg.norm(end - start)) / self.speed_mps

    def turned_back(self, walked_m: float, *, before: bool) -> float:
        """Return how far from the crossing somebody is who walks up and down the pavement."""
        at_outbound = before is self.outwards
        lane = self.crossing.outbound if at_outbound else self.crossing.inbound
        farthest = lane.length_m - _TURNS_BEFORE_M + self.beyond_m
        if walked_m <= farthest:
            return walked_m
        span = lane.length_m - 2 * _TURNS_BEFORE_M
        return farthest - (span - abs(span - (walked_m - farthest) % (2 * span)))


def find_crossings(network: RoadNetwork) -> list[Crossing]:
    """Return the crossings over streets at traffic lights, in the order of their approaches."""
    kerbs = {
        (lane.from_junction, lane.to_junction): lane
        for lane in network.lanes
        if lane.index == 0
        and not lane.internal
        and lane.road_type == "street"
        and lane.length_m > _LEAST_PAVEMENT_M + 2 * _TURNS_BEFORE_M
    }
    signalled = dict.fromkeys(signal.edge_id for signal in network.signals)
    return [
        Crossing(lane.edge_id, lane, kerbs[end, start])
        for (start, end), lane in kerbs.items()
        if lane.edge_id in signalled and (end, start) in kerbs
    ]


def cross(
    scene: Scene,
    network: RoadNetwork,
    signals: SignalPlan,
    *,
    traffic: Sequence[NDArray[np.float64]],
    first_id: int,
) -> tuple[list[Actor], list[Motion]]:
    """Let people walk up to crossings, wait, cross and walk on.

    They start while the approach has red, are over before it has green, and keep clear of all
    vehicles, those that turn included.

    Args:
        scene: Number of people and seed.
        network: Where the crossings are.
        signals: What the approaches show.
        traffic: Oriented boxes of all vehicles, float64 (N, 5), see `city.overlap.BOX_FLOATS`,
            every `BOX_STEP_S` from the scene's start on.
        first_id: Id of the first person.

    Returns:
        The people and their motions through the whole scene; fewer than asked for where no
        crossing is free for long enough.
    """
    rng = random.Random(f"{scene.seed} crossing")
    crossings = find_crossings(network)
    actors: list[Actor] = []
    motions: list[Motion] = []
    for _ in range(scene.bystanders.crossing):
        individual = draw_individual(rng, kind=Kind.PEDESTRIAN)
        for crossing in rng.sample(crossings, len(crossings)):
            walk = _draw_walk(crossing, rng)
            if not (starts := free_starts(walk, signals, traffic, end_s=scene.end_s)):
                continue
            actors.append(Actor(first_id + len(actors), individual))
            go_s, wait = _draw_start(starts, rng), rng.uniform(*_WAITS_S)
            motions.append(_motion(walk, actors[-1].actor_id, go_s, wait_s=wait, scene=scene))
            break
    return actors, motions


def free_starts(
    walk: _Walk,
    signals: SignalPlan,
    traffic: Sequence[NDArray[np.float64]],
    *,
    end_s: float,
) -> list[float]:
    """Return the moments, `_STARTS_EVERY_S` apart, at which somebody may set off."""
    duration = walk.duration_s
    times = np.arange(_STARTS_EVERY_S, end_s - duration, _STARTS_EVERY_S).tolist()
    red = [go_s for go_s in times if _is_red(walk, signals, go_s)]
    if not red:
        return []
    samples = max(2, math.ceil(duration / BOX_STEP_S))
    shares = np.linspace(0.0, 1.0, samples)
    start, end = walk.line
    busy = _busy(start + shares[:, None] * (end - start), traffic)
    offsets = np.round(shares * duration / BOX_STEP_S).astype(int)
    points = np.arange(samples)
    steps = [round(go_s / BOX_STEP_S) + offsets for go_s in red]
    return [
        go_s
        for go_s, then in zip(red, steps, strict=True)
        if then[-1] < len(busy) and not busy[then, points].any()
    ]


def _is_red(walk: _Walk, signals: SignalPlan, go_s: float) -> bool:
    """Whether the approach has red all the time that somebody takes who sets off at `go_s`."""
    over_s = go_s + walk.duration_s
    edge = walk.crossing.edge_id
    times = np.append(np.arange(go_s, over_s, BOX_STEP_S), over_s)
    return all(signals.aspect_at(edge, time_s) is Aspect.RED for time_s in times.tolist())


def _busy(points: NDArray[np.float64], traffic: Sequence[NDArray[np.float64]]) -> NDArray[np.bool_]:
    """Return when vehicles are at or near points (P, 2), or soon will be or just were: (T, P)."""
    near = np.array([_is_near(points, boxes) for boxes in traffic]).reshape(-1, len(points))
    reach = round(KEEPS_CLEAR_S / BOX_STEP_S)
    busy = near.copy()
    for step in range(1, reach + 1):
        busy[step:] |= near[:-step]
        busy[:-step] |= near[step:]
    return busy


def _is_near(points: NDArray[np.float64], boxes: NDArray[np.float64]) -> NDArray[np.bool_]:
    offset = points[:, None] - boxes[None, :, :2]
    cos, sin = np.cos(boxes[:, 2]), np.sin(boxes[:, 2])
    along = np.abs(offset[..., 0] * cos + offset[..., 1] * sin) - boxes[:, 3] / 2
    across = np.abs(offset[..., 1] * cos - offset[..., 0] * sin) - boxes[:, 4] / 2
    gap = np.hypot(np.maximum(along, 0.0), np.maximum(across, 0.0))
    return np.asarray((gap < _KEEPS_CLEAR_M).any(axis=1), np.bool_)


def _draw_walk(crossing: Crossing, rng: random.Random) -> _Walk:
    return _Walk(
        crossing,
        outwards=rng.random() < 0.5,
        beyond_m=rng.uniform(*_BEYOND_STOP_LINE_M),
        beside_m=rng.uniform(*_FROM_KERB_M),
        speed_mps=rng.uniform(*_WALKING_MPS),
    )


def _draw_start(starts: Sequence[float], rng: random.Random) -> float:
    """Draw when somebody sets off: soon after it becomes possible, as who waits does."""
    first = [t for t in starts if t - _STARTS_EVERY_S not in starts]
    soon = [t for t in starts if any(0 <= t - begin <= 1.0 for begin in first)]
    return rng.choice(soon)


def _motion(walk: _Walk, actor_id: int, go_s: float, *, wait_s: float, scene: Scene) -> Motion:
    count = math.ceil(scene.end_s / STEP_S) + 2
    times = np.arange(count) * STEP_S
    places = np.array([_place(walk, time_s, go_s, wait_s=wait_s) for time_s in times.tolist()])
    steps = np.diff(places, axis=0, append=places[-1:])
    moves = np.hypot(steps[:, 0], steps[:, 1])
    start, end = walk.line
    over = math.atan2(end[1] - start[1], end[0] - start[0])
    headings = np.where(moves > 1e-6, np.arctan2(steps[:, 1], steps[:, 0]), over)
    headings[-1] = headings[-2]
    poses = np.column_stack([places, np.unwrap(headings)])[:, None]
    return Motion(
        actor_id=actor_id,
        start=0,
        poses=poses,
        speed_mps=np.where(moves > 1e-6, walk.speed_mps, 0.0),
        braking=np.zeros(count, bool),
    )


def _place(walk: _Walk, time_s: float, go_s: float, *, wait_s: float) -> tuple[float, float]:
    """Return where somebody is who sets off at `go_s` after having waited."""
    arrives_s, over_s = go_s - wait_s, go_s + walk.duration_s
    if time_s < arrives_s:
        away = walk.turned_back(walk.speed_mps * (arrives_s - time_s), before=True)
        return walk.on_pavement(away, before=True)
    if time_s > over_s:
        away = walk.turned_back(walk.speed_mps * (time_s - over_s), before=False)
        return walk.on_pavement(away, before=False)
    share = max(0.0, time_s - go_s) / walk.duration_s
    start, end = walk.line
    x, y = (start + share * (end - start)).tolist()
    return x, y
