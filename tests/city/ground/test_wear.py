from __future__ import annotations

import numpy as np

from city.ground.canvas import Tile
from city.ground.wear import trace_wear
from tests.city.streets import street

TILE = Tile(0.0, -15.0, 5.0, 300, 150)


def test_nothing_wears_beside_the_road():
    wear = trace_wear(street(), TILE, seed=1)
    assert np.abs(wear.tone[:40] - 1.0).max() < 0.02
    assert wear.polished[:40].max() == 0


def test_wheels_polish_two_tracks_per_lane():
    polished = trace_wear(street(), TILE, seed=1).polished.mean(axis=1)
    inner = (polished[1:-1] > polished[:-2]) & (polished[1:-1] >= polished[2:])
    assert (inner & (polished[1:-1] > 0.3)).sum() == 4


def test_seeds_differ_and_repeat():
    first, again, other = (trace_wear(street(), TILE, seed=k).tone for k in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()
