from __future__ import annotations

import pytest

from city.ground.style import MapStyle, draw_ground_style, guess_district
from city.network import RoadNetwork
from tests.city.streets import motorway, street


@pytest.mark.parametrize(
    ("network", "district"),
    [
        pytest.param(street(), MapStyle.TOWN, id="street"),
        pytest.param(motorway(), MapStyle.MOTORWAY, id="motorway"),
        pytest.param(
            RoadNetwork(street().lanes + street(road_type="aisle").lanes, ()),
            MapStyle.INDUSTRIAL,
            id="car park",
        ),
    ],
)
def test_the_roads_tell_the_district(network, district):
    assert guess_district(network, seed=7) is district


def test_some_seeds_make_suburbs():
    found = [guess_district(street(), seed) for seed in range(100)]
    assert set(found) == {MapStyle.TOWN, MapStyle.SUBURB}
    assert 15 < found.count(MapStyle.SUBURB) < 45


def test_styles_repeat_and_vary():
    styles = [draw_ground_style(MapStyle.TOWN, seed) for seed in range(12)]
    assert styles[3] == draw_ground_style(MapStyle.TOWN, 3)
    assert len({s.asphalt for s in styles}) > 6
    assert {s.yellow_centre for s in styles} == {True, False}
    assert len({s.pavement for s in styles}) > 1
