import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.sightings import (
    MAX_GAP_S,
    Sighting,
    cameras_of,
    journeys,
    returning,
    split_by_gaps,
    travel_times,
)

SEEN = {
    "east": {1: [(20.0, 25.0)], 2: [(0.0, 3.0), (14.0, 15.0)], 3: [(0.0, 60.0)]},
    "west": {1: [(5.0, 9.0)], 2: [(2.5, 4.0)]},
}


@pytest.mark.parametrize(
    ("times", "spans"),
    [
        pytest.param([], [], id="never"),
        pytest.param([4.0], [(4.0, 4.0)], id="once"),
        pytest.param([0.0, 3.0, 6.0], [(0.0, 6.0)], id="gaps of three seconds"),
        pytest.param([0.0, 3.1], [(0.0, 0.0), (3.1, 3.1)], id="a longer gap"),
    ],
)
def test_split_by_gaps(times, spans):
    assert split_by_gaps(times) == spans


@given(st.lists(st.integers(0, 5000).map(lambda v: v / 10), unique=True).map(sorted))
def test_spans_hold_all_times_and_lie_apart(times):
    spans = split_by_gaps(times)
    assert all(any(a <= t <= b for a, b in spans) for t in times)
    assert all(b[0] - a[1] > MAX_GAP_S for a, b in itertools.pairwise(spans))


def test_journeys_are_in_order_of_time():
    ways = journeys(SEEN)
    assert list(ways) == [1, 2, 3]
    assert ways[1] == [Sighting(5.0, 9.0, "west"), Sighting(20.0, 25.0, "east")]
    assert cameras_of(ways[1]) == ["east", "west"]


def test_travel_times():
    assert travel_times(journeys(SEEN)) == {
        ("east", "west"): [-0.5],
        ("west", "east"): [10.0, 11.0],
    }


def test_who_returns():
    assert returning(journeys(SEEN)) == [2]
    waited = {"east": {1: [(0.0, 3.0), (7.0, 9.0)]}}
    assert returning(journeys(waited)) == []


def test_nobody():
    assert travel_times(journeys({"east": {}})) == {}
