from __future__ import annotations

import pytest

from city.ground.neighbours import Neighbours, Side, neighbours, turns
from city.network import RoadNetwork
from tests.city.streets import crossing, lane, motorway, street


def test_a_two_way_street_has_its_opposite_on_the_left():
    network = street()
    assert neighbours(network, network.lanes[0]) == Neighbours(Side.OPPOSITE, Side.NOTHING)


def test_lanes_of_a_motorway():
    network = motorway()
    found = [neighbours(network, q) for q in network.lanes[:2]]
    assert found[0] == Neighbours(Side.SAME, Side.NOTHING)
    assert found[1] == Neighbours(Side.NOTHING, Side.SAME)


def test_a_parking_lane_is_seen():
    kerbside = lane("e", [(0, -1.1), (30, -1.1)], parking=True, width_m=2.2, leftmost=False)
    drive = lane("e", [(0, 1.7), (30, 1.7)], index=1)
    network = RoadNetwork((kerbside, drive), ())
    assert neighbours(network, drive).right is Side.PARKING
    assert neighbours(network, kerbside).left is Side.SAME


@pytest.mark.parametrize("edge", ["E_M", "N_M", "W_M", "S_M"])
def test_turns_at_a_crossing(edge):
    network = crossing()
    arriving = next(q for q in network.lanes if q.edge_id == edge)
    assert turns(network, arriving) == {"left", "straight", "right"}


def test_no_turns_where_the_map_ends():
    network = street()
    assert turns(network, network.lanes[0]) == frozenset()
