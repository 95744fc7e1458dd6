from __future__ import annotations

import itertools

import numpy as np
import pytest

from tests.tracking.corridor import LINKS, Passage, corridor, idf1, run
from tracking.appearance.calibration import Calibration
from tracking.association.associator import Associator
from tracking.association.settings import AssociationSettings
from tracking.decisions import Assignment, Key
from tracking.travel.links import CameraLink
from tracking.types import Tracklet

SETTINGS = AssociationSettings()


def of_corridor(noise: float) -> Calibration:
    """Return what distances in the corridor mean, from another seed than those tested."""
    passages = corridor(99, noise=noise)
    looks = np.stack([p.tracklet.embedding for p in passages])
    vehicle = np.array([p.vehicle for p in passages])
    camera = np.unique([p.tracklet.camera_id for p in passages], return_inverse=True)[1]
    return Calibration.of_vehicles(looks, vehicle, camera)


@pytest.mark.parametrize(
    ("noise", "links", "floor"),
    [
        pytest.param(0.6, LINKS, 0.9, id="easy"),
        pytest.param(0.9, LINKS, 0.9, id="mid"),
        pytest.param(1.2, LINKS, 0.88, id="hard"),
        pytest.param(0.9, [], 0.85, id="mid, no links"),
    ],
)
def test_floor_of_identity_f1_on_the_corridor(
    noise: float, links: list[CameraLink], floor: float
) -> None:
    scores = []
    for seed in (0, 1):
        passages = corridor(seed, noise=noise)
        associator = Associator(SETTINGS, links, calibration=of_corridor(noise))
        scores.append(idf1(passages, run(associator, passages)))
    assert np.mean(scores) >= floor


def test_hard_rules_hold_for_every_final_identity() -> None:
    passages = corridor(5, noise=1.5)
    found = run(Associator(SETTINGS, LINKS, calibration=of_corridor(1.0)), passages)
    by_identity: dict[int, list[Tracklet]] = {}
    for passage in passages:
        tracklet = passage.tracklet
        by_identity.setdefault(found[tracklet.key], []).append(tracklet)
    for tracklets in by_identity.values():
        tracklets.sort(key=lambda t: t.first_timestamp)
        for earlier, later in itertools.pairwise(tracklets):
            assert later.first_timestamp - earlier.last_timestamp >= -1.0


def test_order_within_an_update_does_not_matter() -> None:
    passages = [p.tracklet for p in corridor(2, noise=0.9)]
    passages.sort(key=lambda t: t.last_timestamp)
    batches = [passages[i : i + 6] for i in range(0, len(passages), 6)]
    rng = np.random.default_rng(0)
    results = []
    for mix in (False, True):
        associator = Associator(SETTINGS, LINKS)
        found: dict[Key, Assignment] = {}
        for batch in batches:
            order = rng.permutation(len(batch)) if mix else range(len(batch))
            found |= associator.update([batch[i] for i in order])
        results.append((found, associator.flush(), associator.revisions()))
    assert results[0] == results[1]


@pytest.mark.parametrize(
    "switch", ["exclusive", "travel_times", "learn_links", "joint"], ids=lambda name: f"no {name}"
)
def test_the_parts_can_be_switched_off(switch: str) -> None:
    passages: list[Passage] = corridor(0, noise=0.6, vehicles=12)
    settings = AssociationSettings(**{switch: False})
    found = run(Associator(settings, LINKS, calibration=of_corridor(0.6)), passages)
    assert found.keys() == {p.tracklet.key for p in passages}
