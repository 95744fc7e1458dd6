from __future__ import annotations

import numpy as np
import pytest

from city.ground.islands import find_islands
from city.network import RoadNetwork
from tests.city.streets import lane, street


def ring(name, x):
    """A roundabout of radius 10 m around (x, 0), of four lanes."""
    lanes = []
    for k in range(4):
        angle = np.linspace(k, k + 1, 6) * np.pi / 2
        shape = [(x + 10 * np.cos(a), 10 * np.sin(a)) for a in angle]
        ends = (f"{name}{k}", f"{name}{(k + 1) % 4}")
        lanes.append(lane(f"{name}_{k}", shape, road_type="roundabout", ends=ends))
    return tuple(lanes)


def test_a_street_has_no_island():
    assert find_islands(street()) == []


def test_each_roundabout_has_one():
    first, second = find_islands(RoadNetwork(ring("a", 0.0) + ring("b", 80.0), ()))
    assert first.mean(axis=0) == pytest.approx([0, 0], abs=0.1)
    assert second.mean(axis=0) == pytest.approx([80, 0], abs=0.1)
    assert np.linalg.norm(first, axis=1) == pytest.approx(10.0, abs=1e-6)
