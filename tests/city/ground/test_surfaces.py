from __future__ import annotations

import numpy as np
import pytest

from city.ground.canvas import Tile
from city.ground.surfaces import band, trace_surfaces
from city.network import RoadNetwork
from tests.city.streets import lane, motorway, street

TILE = Tile(10.0, -12.0, 5.0, 200, 120)


def test_distances_from_a_street():
    surface = trace_surfaces(street(), TILE).street
    column = 100
    y = TILE.south + (np.arange(TILE.height) + 0.5) / TILE.pixels_per_metre
    expected = np.maximum(np.abs(y) - 3.55, 0.0)
    near = expected < 7.0
    assert surface.outside_m[near, column] == pytest.approx(expected[near], abs=0.3)
    assert surface.inside_m[60, column] == pytest.approx(3.5, abs=0.3)
    assert surface.cover[60, column] == 1.0


def test_kinds_of_roads_are_apart():
    surfaces = trace_surfaces(motorway(), TILE)
    assert surfaces.street.cover.max() == 0.0
    assert surfaces.fast.cover.max() == 1.0
    assert surfaces.street.outside_m.min() > 100


def test_slits_between_lanes_are_closed_and_medians_stay_open():
    def gap_cover(gap_m: float) -> float:
        lanes = tuple(
            lane(name, [(0, y), (60, y)])
            for name, y in (("a", -1.85 - gap_m / 2), ("b", 1.85 + gap_m / 2))
        )
        cover = trace_surfaces(RoadNetwork(lanes, ()), TILE).street.cover
        return float(cover[60, 100])

    assert gap_cover(1.0) == 1.0
    assert gap_cover(4.0) == 0.0


def test_band_covers_between_two_distances():
    distances = np.array([[0.0, 1.0, 2.0, 3.0]], np.float32)
    assert band(distances, 0.5, 2.5, TILE).tolist() == [[0.0, 1.0, 1.0, 0.0]]
