from __future__ import annotations

import math

import numpy as np
import pytest

from city.scenery.site import Footprint, Site
from tests.city.streets import crossing, street


def test_footprint_turns_around_its_middle():
    corners = Footprint(10, 0, math.pi / 2, 4, 2).corners()
    assert corners.min(axis=0).tolist() == pytest.approx([9, -2])
    assert corners.max(axis=0).tolist() == pytest.approx([11, 2])


def test_grid_covers_corners_and_steps():
    grid = Footprint(0, 0, 0, 4, 2).grid(1.0)
    assert len(grid) == 15
    assert grid.max(axis=0).tolist() == [2, 1]


def test_road_distance():
    points = np.array([[30.0, 0.0], [30.0, -5.4], [30.0, 13.4]])
    assert Site(street()).road_distance(points) == pytest.approx([0, 2, 10], abs=0.25)


def test_the_middle_of_a_junction_is_road():
    assert Site(crossing()).road_distance(np.array([[0.0, 0.0]]))[0] < 0.3


def test_a_place_is_taken_once():
    site = Site(street())
    assert site.take_spot(30, -8, radius_m=0.5, road_m=1.0)
    assert not site.take_spot(30.4, -8, radius_m=0.5, road_m=1.0)
    assert site.take_spot(32, -8, radius_m=0.5, road_m=1.0)


@pytest.mark.parametrize(
    ("place", "road_m"),
    [
        pytest.param((30, -1), 0.0, id="on the road"),
        pytest.param((30, -5), 2.0, id="too near"),
        pytest.param((30, -500), 0.0, id="outside the map"),
    ],
)
def test_bad_places_are_refused(place, road_m):
    assert not Site(street()).take_spot(*place, radius_m=0.5, road_m=road_m)


VIEW = ((20.0, -8.0, 6.0), (50.0, -8.0, 0.0))


@pytest.mark.parametrize(
    ("footprint", "free"),
    [
        pytest.param(Footprint(20, -9, 0, 0.4, 0.4), False, id="at the mast"),
        pytest.param(Footprint(28, -9, 0, 0.4, 0.4), False, id="near before the lens"),
        pytest.param(Footprint(40, -9, 0, 0.4, 0.4), True, id="a post farther off"),
        pytest.param(Footprint(40, -9, 0, 3.0, 3.0), False, id="a tree hides the road"),
        pytest.param(Footprint(10, -9, 0, 3.0, 3.0), True, id="behind"),
    ],
)
def test_views_stay_clear(footprint, free):
    assert Site(street(), [VIEW]).take(footprint, road_m=0.5) is free


def test_overhead_things_are_seen_from_afar():
    site = Site(street(), [VIEW])
    assert site.in_view(Footprint(70, -8, 0, 1, 10))
    assert not site.in_view(Footprint(-10, -8, 0, 1, 10))
