from collections import Counter, deque

import numpy as np
import pytest

from city.cutting import BATCH, CAMERAS_PER_VEHICLE, plan_batches, take_different
from city.lighting import Lighting
from city.sensor import SensorSettings
from city.viewpoints import Viewpoint
from tests.city.solids import camera


def viewpoints(count):
    return [
        Viewpoint(n + 1, n % 3, camera(), Lighting(), SensorSettings(), 80) for n in range(count)
    ]


def plan(identities, cameras, crops, seed=1):
    ids = list(range(1, identities + 1))
    rng = np.random.default_rng(seed)
    return plan_batches(ids, viewpoints(cameras), crops=crops, rng=rng)


@pytest.mark.parametrize(
    ("identities", "cameras", "crops"), [(2, 2, 4), (7, 3, 100), (50, 20, 1234)]
)
def test_crops_are_shared_out_evenly(identities, cameras, crops):
    batches = plan(identities, cameras, crops)
    counts = Counter(k for batch in batches for k in batch.identities)
    assert sum(counts.values()) == crops
    assert max(counts.values()) - min(counts.values()) <= 1
    assert all(len(batch.identities) <= BATCH for batch in batches)
    assert len({batch.id for batch in batches}) == len(batches)
    assert [b.viewpoint.place for b in batches] == sorted(b.viewpoint.place for b in batches)


def test_each_vehicle_is_seen_by_several_cameras():
    seen_by: dict[int, set[int]] = {}
    for batch in plan(30, 20, 600):
        for identity in batch.identities:
            seen_by.setdefault(identity, set()).add(batch.viewpoint.number)
    assert {len(cameras) for cameras in seen_by.values()} == {CAMERAS_PER_VEHICLE}


def test_the_same_seed_gives_the_same_batches():
    assert plan(9, 4, 100) == plan(9, 4, 100)
    assert plan(9, 4, 100) != plan(9, 4, 100, seed=2)


@pytest.mark.parametrize(
    ("queue", "taken", "left"),
    [
        pytest.param([], [], [], id="none"),
        pytest.param([4], [4], [], id="one"),
        pytest.param([1, 1, 2, 3], [1, 2], [3, 1], id="never one twice"),
        pytest.param([1, 1, 1], [1], [1, 1], id="all the same"),
    ],
)
def testtake_different(queue, taken, left):
    waiting = deque(queue)
    assert take_different(waiting, 2) == taken
    assert list(waiting) == left
