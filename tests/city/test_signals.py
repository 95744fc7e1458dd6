from __future__ import annotations

import numpy as np
import pytest

from city.network import RoadNetwork
from city.roads import build_network
from city.signals import (
    Aspect,
    Change,
    SignalPlan,
    lamp_id,
    read_signal_plan,
    standing_plan,
    states_request,
)
from tests.city.small_scenes import scene
from tests.city.streets import crossing, street

PLAN = SignalPlan(
    {
        "A_M": [Change(-5.0, Aspect.GREEN), Change(2.0, Aspect.AMBER), Change(5.0, Aspect.RED)],
        "B_M": [Change(-5.0, Aspect.RED)],
        "C_M": [],
    }
)
NET = """<net>
 <connection from="A_M" to="M_B" tl="M" linkIndex="0"/>
 <connection from="A_M" to="M_C" tl="M" linkIndex="2"/>
 <connection from="B_M" to="M_A" tl="M" linkIndex="1"/>
 <connection from="B_N" to="N_A"/>
</net>"""


@pytest.mark.parametrize(
    ("time_s", "aspect"),
    [
        pytest.param(-9.0, Aspect.GREEN, id="before the first change"),
        pytest.param(1.999, Aspect.GREEN, id="just before a change"),
        pytest.param(2.0, Aspect.AMBER, id="at a change"),
        pytest.param(0.1 * 20 - 1e-12, Aspect.AMBER, id="at a change, but for rounding"),
        pytest.param(99.0, Aspect.RED, id="after the last change"),
    ],
)
def test_what_an_approach_shows(time_s, aspect):
    assert PLAN.aspect_at("A_M", time_s) is aspect


def test_one_lamp_of_each_approach_is_lit():
    assert PLAN.edges == ("A_M", "B_M")
    assert PLAN.lit_at(3.0) == {"A_M amber", "B_M red"}
    assert SignalPlan({}).lit_at(0.0) == frozenset()


@pytest.mark.parametrize(
    ("letters", "of_a", "of_b"),
    [
        ("Grr", Aspect.GREEN, Aspect.RED),
        ("rGg", Aspect.GREEN, Aspect.GREEN),
        ("ryr", Aspect.RED, Aspect.AMBER),
        ("yrr", Aspect.AMBER, Aspect.RED),
        ("rrr", Aspect.RED, Aspect.RED),
    ],
)
def test_an_approach_is_red_if_none_of_its_movements_may_go(tmp_path, letters, of_a, of_b):
    net, states = tmp_path / "net.xml", tmp_path / "states.xml"
    net.write_text(NET)
    lines = [f'<tlsState time="{t}" id="M" state="{letters}"/>' for t in (0.0, 0.1, 0.2)]
    states.write_text(f"<tlsStates>{''.join(lines)}</tlsStates>")
    plan = read_signal_plan(net, states, warm_up_s=10.0)
    assert plan.lit_at(0.0) == {lamp_id("A_M", of_a), lamp_id("B_M", of_b)}


def test_without_signals_there_is_no_file_to_read(tmp_path):
    (tmp_path / "net.xml").write_text('<net><connection from="B_N" to="N_A"/></net>')
    plan = read_signal_plan(tmp_path / "net.xml", tmp_path / "none.xml", warm_up_s=0.0)
    assert plan.edges == ()


def test_the_request_names_the_file(tmp_path):
    assert f'dest="{tmp_path / "x.xml"}"' in states_request(tmp_path / "x.xml")


def test_where_nobody_drives_one_road_has_green():
    expected = {"E_M green", "W_M green", "N_M red", "S_M red"}
    assert standing_plan(crossing()).lit_at(0.0) == expected
    assert standing_plan(street()).lit_at(0.0) == frozenset()


def test_links_are_those_of_the_network_that_is_built(tmp_path):
    net = build_network(scene().map.plan(), tmp_path)
    network = RoadNetwork.from_file(net)
    states = tmp_path / "states.xml"
    signalled = {signal.junction_id for signal in network.signals}
    lines = [f'<tlsState time="0" id="{name}" state="{"G" * 40}"/>' for name in signalled]
    states.write_text(f"<tlsStates>{''.join(lines)}</tlsStates>")
    plan = read_signal_plan(net, states, warm_up_s=0.0)
    assert set(plan.edges) == {signal.edge_id for signal in network.signals}
    assert np.all([plan.aspect_at(edge, 0.0) is Aspect.GREEN for edge in plan.edges])
