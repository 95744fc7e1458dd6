"""Feeds an association with a simulated scene, and scores its answer.

The identity measures are those of `tracking.evaluation.metrics` over all cameras as one sequence,
by the AI City rule (`tracking.evaluation.multicamera`), computed from durations: a frame every
0.1 s, and each frame of a track shows the true box. A test asserts that both ways give the same
numbers.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from app.storage.history import ONLINE_DELAY_S
from benchmarks.oracle import Key, Observation, Part, Scene, events
from tracking.assignment import match
from tracking.evaluation.metrics import IdentityScores
from tracking.types import EMBEDDING_DIM, Tracklet

FRAME_S: Final = 0.1

History = list[tuple[float, int]]
"""Since when a tracklet has had which identity, ascending."""


class Decision(Protocol):
    """What an engine says of a tracklet."""

    @property
    def identity_id(self) -> int:
        """Which vehicle it is."""


class Engine(Protocol):
    """What gives tracklets identities, online, and may think better of it."""

    def update(self, tracklets: Sequence[Tracklet]) -> Mapping[Key, Decision]:
        """Return the decisions on these tracklets, and on others that have changed."""


@runtime_checkable
class Reviewer(Protocol):
    """An engine that takes a final pass over everything when the recordings end."""

    def flush(self) -> Mapping[Key, Decision]:
        """Return the decisions that have changed."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What an engine said.

    Attributes:
        online: By tracklet, what was known when; of a frame that is asked `ONLINE_DELAY_S` later,
            as `app.storage.history` does.
        final: By tracklet, what was said last.
    """

    online: dict[Key, History]
    final: dict[Key, History]


@dataclass(frozen=True, slots=True)
class OracleScores:
    """How good an answer is.

    Attributes:
        identity: IDF1, IDP and IDR over the frames of all cameras.
        pair_precision: Share of the pairs of tracklets under one identity that show one vehicle.
        pair_recall: Share of the pairs of tracklets of one vehicle that are under one identity.
        split: Vehicles whose tracklets are under several identities.
        merged: Identities whose tracklets show several vehicles.
        vehicles: With at least one tracklet.
        identities: That were given.
    """

    identity: IdentityScores
    pair_precision: float
    pair_recall: float
    split: int
    merged: int
    vehicles: int
    identities: int


@dataclass(frozen=True, slots=True)
class Retrieval:
    """How well tracklets alone distinguish vehicles: each against all those of other cameras.

    Attributes:
        mean_ap: Mean average precision over tracklets whose vehicle is in another camera.
        rank1: Share of these whose nearest tracklet shows the same vehicle.
        same: Mean and standard deviation of the distance of one vehicle in two cameras.
        different: The same of two vehicles.
    """

    mean_ap: float
    rank1: float
    same: tuple[float, float]
    different: tuple[float, float]


def feed(engine: Engine, observations: Sequence[Observation]) -> Answer:
    """Hand an engine all tracklets in order of time, each when it is young and at its end.

    Args:
        engine: A fresh one.
        observations: Of a scene.
    """
    online: dict[Key, History] = defaultdict(list)
    for tracklet in events(observations):
        for key, decision in engine.update([tracklet]).items():
            online[key].append((tracklet.last_timestamp - ONLINE_DELAY_S, decision.identity_id))
    final = {key: history[-1:] for key, history in online.items()}
    last_look = engine.flush() if isinstance(engine, Reviewer) else {}
    final |= {key: [(0.0, decision.identity_id)] for key, decision in last_look.items()}
    return Answer(dict(online), final)


def unchanging(identities: Mapping[Key, int]) -> dict[Key, History]:
    """Return identities that were given once and for all as histories."""
    return {key: [(0.0, identity)] for key, identity in identities.items()}


def score(scene: Scene, answer: Mapping[Key, History], *, min_cameras: int = 2) -> OracleScores:
    """Score an answer.

    Args:
        scene: What is true.
        answer: Of each tracklet the identities since when; the first one counts from the tracklet's
            beginning on. Tracklets that are left out have no identity, and count as missed.
        min_cameras: Vehicles and identities in fewer cameras do not count for IDF1.
    """
    shares = _shares(scene.observations, answer)
    named = [
        (o.vehicle, answer[o.tracklet.key][-1][1])
        for o in scene.observations
        if o.tracklet.key in answer
    ]
    together, by_vehicle, by_identity = (
        Counter(named),
        Counter(v for v, _ in named),
        Counter(i for _, i in named),
    )
    right = _pairs(together.values())
    return OracleScores(
        identity=_identity_scores(scene.truth, shares, min_cameras=min_cameras),
        pair_precision=right / max(1, _pairs(by_identity.values())),
        pair_recall=right / max(1, _pairs(by_vehicle.values())),
        split=sum(n > 1 for n in Counter(v for v, _ in together).values()),
        merged=sum(n > 1 for n in Counter(i for _, i in together).values()),
        vehicles=len(by_vehicle),
        identities=len(by_identity),
    )


def retrieval(observations: Sequence[Observation]) -> Retrieval:
    """Measure the difficulty of some tracklets; takes memory for all pairs of them."""
    looks = np.array([o.tracklet.embedding for o in observations]).reshape(-1, EMBEDDING_DIM)
    vehicle = np.array([o.vehicle for o in observations])
    camera = np.array([o.tracklet.camera_id for o in observations])
    distance = np.sqrt(np.clip(2 - 2 * looks @ looks.T, 0, None))
    precisions, firsts = [], []
    for i in range(len(observations)):
        others = np.flatnonzero(camera != camera[i])
        hit = vehicle[others[np.argsort(distance[i, others], kind="stable")]] == vehicle[i]
        if hit.any():
            precisions.append((np.cumsum(hit)[hit] / (np.flatnonzero(hit) + 1)).mean())
            firsts.append(bool(hit[0]))
    apart = camera[:, None] != camera[None]
    same = vehicle[:, None] == vehicle[None]
    return Retrieval(
        float(np.mean(precisions)) if precisions else 0.0,
        float(np.mean(firsts)) if firsts else 0.0,
        _mean_and_deviation(distance[apart & same]),
        _mean_and_deviation(distance[apart & ~same]),
    )


def _mean_and_deviation(values: NDArray[np.float32]) -> tuple[float, float]:
    return (float(values.mean()), float(values.std())) if len(values) else (0.0, 0.0)


def _pairs(sizes: Iterable[int]) -> int:
    return sum(n * (n - 1) // 2 for n in sizes)


@dataclass(frozen=True, slots=True)
class _Share:
    vehicle: int
    camera: int
    identity: int
    frames: int


def _shares(observations: Sequence[Observation], answer: Mapping[Key, History]) -> list[_Share]:
    # Frames that each vehicle spends under each identity, tracklet by tracklet.
    shares = []
    for observation in observations:
        history = answer.get(observation.tracklet.key, [])
        ends = [time for time, _ in history[1:]] + [np.inf]
        begin = -np.inf
        for (_, identity), end in zip(history, ends, strict=True) if history else ():
            for part in observation.parts:
                frames = _frames(max(part.first_s, begin), min(part.last_s, end), until=end)
                shares.append(_Share(part.vehicle, part.camera, identity, frames))
            begin = end
    return [share for share in shares if share.frames > 0]


def _frames(first_s: float, last_s: float, *, until: float = np.inf) -> int:
    # Frames at whole multiples of FRAME_S from first to last, the frame at `until` left out.
    last = int(np.floor(last_s / FRAME_S))
    if until <= last_s and last * FRAME_S >= until:
        last -= 1
    return max(0, last - int(np.ceil(first_s / FRAME_S)) + 1)


def _identity_scores(
    truth: Sequence[Part], shares: Sequence[_Share], *, min_cameras: int
) -> IdentityScores:
    vehicles = _in_cameras(((p.vehicle, p.camera) for p in truth), min_cameras)
    identities = _in_cameras(((s.identity, s.camera) for s in shares), min_cameras)
    asked = sum(_frames(p.first_s, p.last_s) for p in truth if p.vehicle in vehicles)
    given = sum(share.frames for share in shares if share.identity in identities)
    cells: Counter[tuple[int, int]] = Counter()
    for share in shares:
        if share.vehicle in vehicles and share.identity in identities:
            cells[share.vehicle, share.identity] += share.frames
    idtp = sum(_best_total(group) for group in _components(cells))
    return IdentityScores(idtp=idtp, idfp=given - idtp, idfn=asked - idtp)


def _in_cameras(seen: Iterable[tuple[int, int]], least: int) -> set[int]:
    cameras: dict[int, set[int]] = defaultdict(set)
    for name, camera in seen:
        cameras[name].add(camera)
    return {name for name, places in cameras.items() if len(places) >= least}


def _components(cells: Mapping[tuple[int, int], int]) -> list[dict[tuple[int, int], int]]:
    # Vehicles and identities that share no frames with the others can be assigned apart.
    parent: dict[tuple[bool, int], tuple[bool, int]] = {}

    def root(node: tuple[bool, int]) -> tuple[bool, int]:
        parent.setdefault(node, node)
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for vehicle, identity in cells:
        parent[root((True, vehicle))] = root((False, identity))
    groups: dict[tuple[bool, int], dict[tuple[int, int], int]] = defaultdict(dict)
    for cell, frames in cells.items():
        groups[root((True, cell[0]))][cell] = frames
    return list(groups.values())


def _best_total(cells: Mapping[tuple[int, int], int]) -> int:
    vehicles, row = np.unique([v for v, _ in cells], return_inverse=True)
    identities, column = np.unique([i for _, i in cells], return_inverse=True)
    shared = np.zeros((len(vehicles), len(identities)))
    shared[row, column] = list(cells.values())
    pairs = match(-shared, max_cost=0.0)
    return int(shared[pairs[:, 0], pairs[:, 1]].sum())
