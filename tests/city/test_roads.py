from __future__ import annotations

import pytest

from city.network import LaneUse, RoadNetwork
from city.roads import Node, Parking, Road, RoadPlan, both_ways, build_network

A, B, C = Node("A", 0, 0), Node("B", 100, 0, signalled=True), Node("C", 100, 80)


@pytest.mark.parametrize(
    ("roads", "message"),
    [
        pytest.param((Road("A", "Z"),), "road A_Z: no node 'Z'", id="unknown node"),
        pytest.param((Road("A", "B"), Road("A", "B", 2)), "same direction", id="twice"),
    ],
)
def test_a_plan_hangs_together(roads, message):
    with pytest.raises(ValueError, match=message):
        RoadPlan((A, B), roads)


def test_borders_have_one_neighbour():
    plan = RoadPlan((A, B, C), (*both_ways("A", "B"), *both_ways("B", "C")))
    assert plan.borders() == ("A", "C")


def test_rotation_turns_nodes_and_shapes():
    plan = RoadPlan((A, B), (Road("A", "B", shape=((0, 0), (50, 10), (100, 0))),)).rotated(90)
    assert (plan.nodes[1].x, plan.nodes[1].y) == pytest.approx((0, 100))
    assert plan.roads[0].shape[1] == pytest.approx((-10, 50))


def test_the_network_has_the_lanes_of_the_plan(tmp_path):
    roads = (*both_ways("A", "B", 2, parking=Parking.ALONG), *both_ways("B", "C"))
    network = RoadNetwork.from_file(build_network(RoadPlan((A, B, C), roads), tmp_path))
    lanes = [q for q in network.lanes if q.edge_id == "A_B"]
    assert [(q.use, q.width_m) for q in lanes] == [
        (LaneUse.PARKING, 2.3),
        (LaneUse.TRAFFIC, 3.4),
        (LaneUse.TRAFFIC, 3.4),
    ]
    assert [round(q.shape[0, 1], 2) for q in lanes] == [-7.95, -5.1, -1.7]  # right of the line
    assert {s.edge_id for s in network.signals} == {"A_B", "C_B"}
