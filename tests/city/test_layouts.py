from __future__ import annotations

import itertools

import pytest
from pydantic import BaseModel, ValidationError

from city.layouts import CarPark, Corridor, ExplicitMap, Grid, Map, Motorway, Roundabouts
from city.network import RoadNetwork
from city.roads import build_network
from city.routes import RouteMap

LAYOUTS = [
    ExplicitMap(
        nodes={"A": (0, 0), "B": (90, 0), "C": (180, 9)}, streets=(("A", "B", 1), ("B", "C", 2))
    ),
    Grid(columns=1, rows=1),
    Grid(columns=3, rows=2, skew_m=30, lanes_x=2, parking=True, rotation_deg=20),
    Corridor(),
    Corridor(junctions_m=(0,), side_streets=(), bend_m=5),
    Motorway(),
    Roundabouts(),
    Roundabouts(count=2, lanes=2, ring_lanes=2, radius_m=30),
    CarPark(),
]
NAMES = [f"{k} {layout.layout}" for k, layout in enumerate(LAYOUTS)]


class Holder(BaseModel):
    map: Map


@pytest.mark.parametrize("layout", LAYOUTS, ids=NAMES)
def test_traffic_gets_from_every_entry_to_some_exit(layout):
    routes = RouteMap(layout.plan())
    assert routes.entries
    for start in routes.entries:
        ends = [end for end in routes.exits if end != start]
        assert any(routes.shortest(start, end, {}) for end in ends)


@pytest.mark.parametrize("layout", LAYOUTS, ids=NAMES)
def test_netconvert_builds_it(layout, tmp_path):
    plan = layout.plan()
    network = RoadNetwork.from_file(build_network(plan, tmp_path))
    assert {road.edge_id for road in plan.roads} == {
        lane.edge_id for lane in network.lanes if not lane.internal
    }
    assert {node.node_id for node in plan.nodes} == {j.junction_id for j in network.junctions}


def test_a_grid_has_streets_times_crossings():
    plan = Grid(columns=3, rows=2).plan()
    assert len(plan.nodes) == 3 * 2 + 2 * 3 + 2 * 2
    assert len(plan.roads) == 2 * (3 * 3 + 2 * 4)
    assert sum(node.signalled for node in plan.nodes) == 6


def test_motorway_carriageways_mirror_each_other():
    plan = Motorway().plan()
    at = {node.node_id: (node.x, node.y) for node in plan.nodes}
    for name in "012345PQXY":
        assert at["E" + name] == pytest.approx([-v for v in at["W" + name]])


def test_roundabouts_turn_anticlockwise():
    ring = [road for road in Roundabouts().plan().roads if road.one_way]
    assert [road.edge_id for road in ring] == ["R0E_R0N", "R0N_R0W", "R0W_R0S", "R0S_R0E"]
    for one, after in itertools.pairwise(ring):
        assert one.shape[-1] == pytest.approx(after.shape[0])


@pytest.mark.parametrize(
    ("layout", "message"),
    [
        pytest.param(Corridor(junctions_m=(9, 3)), "must rise", id="junctions fall"),
        pytest.param(Corridor(side_streets=((5, "N", 90),)), "no junction 5", id="side street"),
        pytest.param(Motorway(length_m=300), "length_m must be at least", id="short motorway"),
        pytest.param(Roundabouts(count=2, spacing_m=50), "spacing_m must", id="close circles"),
        pytest.param(
            ExplicitMap(nodes={"A": (0, 0)}, streets=(), signals=("B",)), "'B' is none", id="signal"
        ),
    ],
)
def test_parameters_that_do_not_fit_together(layout, message):
    with pytest.raises(ValueError, match=message):
        layout.plan()


@pytest.mark.parametrize(
    "tree",
    [
        pytest.param({"layout": "maze"}, id="unknown layout"),
        pytest.param({"layout": "grid", "columns": 0}, id="no column"),
        pytest.param({"layout": "grid", "storeys": 2}, id="unknown key"),
    ],
)
def test_wrong_parameters_are_refused(tree):
    with pytest.raises(ValidationError):
        Holder.model_validate({"map": tree})
