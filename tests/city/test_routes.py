from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.layouts import Grid, Motorway
from city.roads import Node, Road, RoadPlan, both_ways
from city.routes import RouteMap

#  A ── B ── C     one-way from C to D
#            ↓
#            D
PLAN = RoadPlan(
    (Node("A", 0, 0), Node("B", 139, 0), Node("C", 278, 0), Node("D", 278, -139)),
    (*both_ways("A", "B"), *both_ways("B", "C"), Road("C", "D")),
)


def test_entries_and_exits_follow_the_direction_of_the_roads():
    routes = RouteMap(PLAN)
    assert routes.entries == ("A",)
    assert routes.exits == ("A", "D")


def test_shortest_and_its_time():
    routes = RouteMap(PLAN)
    assert routes.shortest("A", "D", {}) == ("A", "B", "C", "D")
    assert routes.seconds(("A", "B", "C")) == pytest.approx(20)  # 278 m at 13.9 m/s
    assert routes.shortest("D", "A", {}) == ()


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        pytest.param(("A",), "at least two", id="one node"),
        pytest.param(("A", "Q"), "no node 'Q'; known: A, B, C, D", id="unknown"),
        pytest.param(("A", "C"), "no road leads from A to C", id="a gap"),
        pytest.param(("D", "C"), "no road leads from D to C", id="against one-way"),
        pytest.param(("A", "B", "A"), "makes a U-turn beside A", id="turns back"),
    ],
)
def test_what_is_no_route_is_refused(nodes, message):
    with pytest.raises(ValueError, match=message):
        RouteMap(PLAN).check(nodes)


@given(st.integers(0, 10_000), st.sampled_from([Grid(columns=3, rows=2), Motorway()]))
def test_random_routes_are_routes_between_borders(seed, layout):
    routes = RouteMap(layout.plan())
    nodes = routes.random_route(random.Random(seed))
    routes.check(nodes)
    assert nodes[0] in routes.entries
    assert nodes[-1] in routes.exits
    assert nodes == routes.random_route(random.Random(seed))


def test_a_map_without_routes_is_refused():
    plan = RoadPlan((Node("A", 0, 0), Node("B", 9, 0)), both_ways("A", "B"))
    with pytest.raises(ValueError, match="no two borders"):
        RouteMap(plan).random_route(random.Random(1))
