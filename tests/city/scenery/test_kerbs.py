from __future__ import annotations

import pytest

from city.scenery.kerbs import find_kerbs, find_medians
from tests.city.streets import motorway, street


def test_a_street_has_a_kerb_on_each_side_and_no_median():
    kerbs = find_kerbs(street())
    assert [k.line[0].tolist() for k in kerbs] == [[0, -3.4], [60, 3.4]]
    assert find_medians(street()) == []


def test_spots_lie_away_from_the_road():
    first, second = find_kerbs(street())
    assert first.spot(10, away_m=2) == pytest.approx((10, -5.4, 0))
    x, y, _ = second.spot(10, away_m=2)
    assert (x, y) == pytest.approx((50, 5.4))


def test_medians_have_the_road_on_their_left_too():
    medians = find_medians(motorway())
    assert len(medians) == 2
    spot = medians[0].spot(10, away_m=1)
    assert abs(spot[1]) == pytest.approx(2.475)
