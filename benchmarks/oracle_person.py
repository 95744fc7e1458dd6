"""Simulated manual corrections: a person who knows the truth corrects the worst errors first.

Errors are corrected with what `python -m app.identities` offers: merges, splits and confirmations,
each of which counts as one correction. They take effect as there (`app.corrections.partition`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from app.corrections.partition import Ruling, corrected
from benchmarks.oracle import Key, Observation, Scene
from benchmarks.oracle_score import Answer, unchanging
from tracking.decisions import Correction

Said = Mapping[Key, int]
"""The identity of each tracklet."""


@dataclass(frozen=True, slots=True)
class _Stay:
    """The tracklets of one vehicle under one identity.

    Attributes:
        vehicle: The vehicle.
        identity: The identity.
        keys: The tracklets, the longest first.
        seconds: Of all of them.
    """

    vehicle: int
    identity: int
    keys: tuple[Key, ...]
    seconds: float


def last_said(answer: Answer) -> dict[Key, int]:
    """Return the final identity of each tracklet."""
    return {key: history[-1][1] for key, history in answer.final.items()}


def corrections_for(scene: Scene, said: Said, *, most: int) -> list[Ruling]:
    """Return what a person would say first.

    An identity belongs to the vehicle that it shows for the longest time, and a vehicle is at home
    in the identity of its own that shows it the longest. Another identity of its own is merged into
    that one. Where it is under an identity of another vehicle, one tracklet is confirmed to be of
    its home; several are split off together, and the next correction merges them with it.

    Args:
        scene: What is true.
        said: What an engine said.
        most: How many corrections are made, those of the longest time first.
    """
    stays = _stays(scene.observations, said)
    owner: dict[int, int] = {}
    home: dict[int, _Stay] = {}
    # The longest first: what comes first owns the identity, and is at home there.
    for stay in stays:
        owner.setdefault(stay.identity, stay.vehicle)
        if owner[stay.identity] == stay.vehicle:
            home.setdefault(stay.vehicle, stay)
    numbers = count(1)
    rulings: list[Ruling] = []
    for stay in stays:
        at_home = home.get(stay.vehicle)
        if stay is at_home:
            continue
        foreign = owner[stay.identity] != stay.vehicle
        if foreign and (at_home is None or len(stay.keys) > 1):
            others = frozenset(k for k, i in said.items() if i == stay.identity) - {*stay.keys}
            rulings.append(_ruling(numbers, "split", stay.keys, others))
        if at_home is not None:
            alone = foreign and len(stay.keys) == 1
            same = (stay.keys[0], at_home.keys[0]) if alone else (*at_home.keys, *stay.keys)
            rulings.append(_ruling(numbers, "confirm" if alone else "merge", same))
    return rulings[:most]


def _ruling(
    numbers: count[int], kind: str, same: tuple[Key, ...], different: frozenset[Key] = frozenset()
) -> Ruling:
    return Ruling(correction_id=next(numbers), kind=kind, same=same, different=different)


def _stays(observations: Sequence[Observation], said: Said) -> list[_Stay]:
    found: dict[tuple[int, int], list[Observation]] = defaultdict(list)
    for one in observations:
        if one.tracklet.key in said:
            found[one.vehicle, said[one.tracklet.key]].append(one)
    stays = []
    for (vehicle, identity), group in found.items():
        group.sort(key=lambda o: (-_seconds(o), o.tracklet.key))
        keys = tuple(o.tracklet.key for o in group)
        stays.append(_Stay(vehicle, identity, keys, sum(map(_seconds, group))))
    return sorted(stays, key=lambda stay: (-stay.seconds, stay.keys))


def _seconds(observation: Observation) -> float:
    return observation.tracklet.last_timestamp - observation.tracklet.first_timestamp


def put_right(answer: Answer, rulings: Sequence[Ruling]) -> Answer:
    """Return an answer with corrections in effect, as the product has it at once.

    What was known at the time stays.
    """
    said = last_said(answer)
    highest = max(said.values(), default=0)
    founded = {one.correction_id: highest + one.correction_id for one in rulings}
    moves = corrected(said, rulings, new_identity=founded)
    return Answer(answer.online, unchanging(said | {move.key: move.after for move in moves}))


def constraints(rulings: Sequence[Ruling]) -> list[Correction]:
    """Return corrections as another run of the association is told of them."""
    return [Correction(a, b, same=same) for one in rulings for a, b, same in one.pairs()]
