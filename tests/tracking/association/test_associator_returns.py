"""Vehicles that come back to a street of three cameras, too much like others for single looks."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from tests.tracking.corridor import Passage, passing, run, unit
from tracking.appearance.calibration import Calibration
from tracking.association.associator import Associator
from tracking.association.settings import AssociationSettings
from tracking.chains import visits
from tracking.decisions import Correction, Key
from tracking.travel.links import CameraLink
from tracking.types import EMBEDDING_DIM

CAMERAS = ("c0", "c1", "c2")
LINKS = [CameraLink(a, b, min_s=5, max_s=15) for a, b in itertools.pairwise(CAMERAS)]
NOISE = 0.8
RETURNS = range(0, 60, 5)


def street(seed: int, *, vehicles: int = 60) -> list[Passage]:
    """Draw vehicles that pass in ten minutes; some come back a quarter of an hour later."""
    rng = np.random.default_rng(seed)
    # Looks vary in a few directions, as those of a network do.
    basis = np.linalg.qr(rng.normal(size=(EMBEDDING_DIM, 24)))[0].T
    own = rng.normal(size=(vehicles, 24)) / np.sqrt(24)
    visit = [(v, float(rng.uniform(0, 600))) for v in range(vehicles)]
    visit += [(v, 1500.0 + 100 * place) for place, v in enumerate(RETURNS)]
    passages, tracks = [], itertools.count(1)
    for vehicle, start in visit:
        time = start
        for camera in CAMERAS:
            look = own[vehicle] + NOISE * rng.normal(size=24) / np.sqrt(24)
            times = np.arange(time, time + rng.uniform(4, 10), 0.5)
            tracklet = passing(camera, next(tracks), times, unit(look @ basis))
            passages.append(Passage(vehicle, tracklet))
            time = times[-1] + rng.uniform(6, 14)
    return passages


def associated(passages: list[Passage], corrections: tuple[Correction, ...] = ()) -> dict[Key, int]:
    others = street(99)
    calibration = Calibration.of_vehicles(
        np.stack([p.tracklet.embedding for p in others]),
        np.array([p.vehicle for p in others]),
        np.array([CAMERAS.index(p.tracklet.camera_id) for p in others]),
    )
    settings = AssociationSettings(learn_ground=False)
    return run(
        Associator(settings, LINKS, calibration=calibration, corrections=corrections), passages
    )


def firsts(passages: list[Passage]) -> list[tuple[Key, Key]]:
    """Return the first sightings of both visits of those who came back."""
    keys = [p.tracklet.key for p in passages]
    later = len(keys) - len(CAMERAS) * len(RETURNS)
    return [
        (keys[len(CAMERAS) * vehicle], keys[later + len(CAMERAS) * place])
        for place, vehicle in enumerate(RETURNS)
    ]


def recognised(passages: list[Passage], found: dict[Key, int]) -> int:
    return sum(found[before] == found[after] for before, after in firsts(passages))


@pytest.fixture(scope="module")
def passages() -> list[Passage]:
    return street(1)


@pytest.fixture(scope="module")
def found(passages: list[Passage]) -> dict[Key, int]:
    return associated(passages)


def test_who_comes_back_is_known_by_whole_visits(
    passages: list[Passage], found: dict[Key, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visits, "LEAST_CHAINS", 10_000)
    single = associated(passages)
    assert recognised(passages, found) >= recognised(passages, single) + 4


def test_hardly_anybody_is_taken_for_another_who_had_left(
    passages: list[Passage], found: dict[Key, int]
) -> None:
    vehicles: dict[int, set[int]] = {}
    for passage in passages:
        vehicles.setdefault(found[passage.tracklet.key], set()).add(passage.vehicle)
    assert sum(len(several) > 1 for several in vehicles.values()) <= 1


def test_what_people_said_holds_for_returns(passages: list[Passage], found: dict[Key, int]) -> None:
    before, after = next(pair for pair in firsts(passages) if found[pair[0]] == found[pair[1]])
    again = associated(passages, (Correction(before, after, same=False),))
    assert again[before] != again[after]


def test_twice_the_same(passages: list[Passage], found: dict[Key, int]) -> None:
    assert associated(passages) == found
