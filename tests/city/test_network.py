from __future__ import annotations

import math

import pytest

from city.network import LaneUse, RoadNetwork

STREET = """<net>
  <edge id=":B_0" function="internal">
    <lane id=":B_0_0" index="0" speed="8" shape="100,-2 103,-2"/>
  </edge>
  <edge id="A_B" from="A" to="B" type="street">
    <lane id="A_B_0" index="0" disallow="all" speed="13.9" width="2.2" shape="0,-6 100,-6"/>
    <lane id="A_B_1" index="1" speed="13.9" width="3.4" shape="0,-3 60,-3 100,-3"/>
  </edge>
  <edge id="B_C" from="B" to="C" type="aisle">
    <lane id="B_C_0" index="0" disallow="all" speed="4" width="5" shape="110,0 140,0"/>
  </edge>
  <junction id="A" type="dead_end" x="0" y="0" shape="0,0 0,-6"/>
  <junction id="B" type="traffic_light" x="105" y="0" shape="100,0 100,-6 110,-6 110,0"/>
  <junction id=":B_0" type="internal" x="101" y="-2"/>
</net>"""


@pytest.fixture
def street(tmp_path):
    path = tmp_path / "street.net.xml"
    path.write_text(STREET)
    return RoadNetwork.from_file(path)


def test_lanes_tell_their_use_and_place(street):
    assert [(q.edge_id, q.index, q.internal, q.use) for q in street.lanes] == [
        (":B_0", 0, True, LaneUse.TRAFFIC),
        ("A_B", 0, False, LaneUse.PARKING),
        ("A_B", 1, False, LaneUse.TRAFFIC),
        ("B_C", 0, False, LaneUse.PARKING),
    ]
    assert [q.is_leftmost for q in street.lanes] == [True, False, True, True]
    assert street.lanes[2].length_m == pytest.approx(100)
    assert street.lanes[2].point_at(70) == (70.0, -3.0, 0.0)


def test_internal_junctions_are_left_out(street):
    assert [(j.junction_id, j.signalled) for j in street.junctions] == [("A", False), ("B", True)]


def test_signals_stand_where_traffic_lanes_end(street):
    (signal,) = street.signals
    assert (signal.junction_id, signal.edge_id, signal.lane_index) == ("B", "A_B", 1)
    assert (signal.x, signal.y, signal.heading) == (100.0, -3.0, 0.0)


def test_bounds(street):
    low, high = street.bounds
    assert low.tolist() == [0, -6]
    assert high.tolist() == [140, 0]


def test_narrow_parking_lanes_hold_bays_along_the_kerb(street):
    along = [bay for bay in street.bays if not bay.perpendicular]
    assert len(along) == 13  # 100 m less 8 m at both ends, 6.2 m each
    assert along[0].x == pytest.approx(8 + 3.1)
    assert {(bay.y, bay.heading, bay.width_m) for bay in along} == {(-6.0, 0.0, 2.2)}


def test_wide_parking_lanes_hold_bays_across(street):
    across = [bay for bay in street.bays if bay.perpendicular]
    assert len(across) == 5  # 30 m less 8 m at both ends, 2.6 m each
    assert across[0].heading == pytest.approx(-math.pi / 2)
    assert (across[0].length_m, across[0].width_m) == (5.0, 2.6)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("not xml", "not XML", id="no XML"),
        pytest.param("<net/>", "no lanes", id="empty"),
    ],
)
def test_what_is_no_network_is_refused(tmp_path, text, message):
    path = tmp_path / "x.net.xml"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        RoadNetwork.from_file(path)


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="SUMO network is expected"):
        RoadNetwork.from_file(tmp_path / "none.net.xml")
