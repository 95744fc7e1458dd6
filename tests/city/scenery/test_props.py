from __future__ import annotations

import numpy as np
import pytest

from city.scenery import furniture
from city.scenery.buildings import Plan, Roof, build_building
from city.scenery.leaves import Leaf
from city.scenery.palette import Paint
from city.scenery.prints import Sign
from city.scenery.shapes import merge
from city.scenery.signals import signal_head, signal_lens
from city.scenery.trees import TreeKind, build_bush, build_hedge, build_tree
from city.signals import Aspect


def rng():
    return np.random.default_rng(2)


def extent(prop):
    points = merge(list(prop.values())).vertices[:, :3]
    return points.min(axis=0), points.max(axis=0)


PROPS = {
    "lamp": furniture.lamp_post(8.0, 1.7, paint=Paint.GALVANISED),
    "sign": furniture.traffic_sign(Sign.GIVE_WAY, below=Sign.NO_STOPPING),
    "bench": furniture.bench(),
    "bin": furniture.litter_bin(Paint.RED),
    "bollard": furniture.bollard(Paint.RED),
    "cabinet": furniture.cabinet(rng()),
    "planter": furniture.planter(),
    "hydrant": furniture.hydrant(),
    "bicycle stands": furniture.bicycle_stands(3),
    "advertising": furniture.advertising_column(rng()),
    "bus shelter": furniture.bus_shelter(rng()),
    "pickets": furniture.fence(8.0, picket=True),
    "wire": furniture.fence(8.0, picket=False),
    "pole": furniture.utility_pole(),
    "container": furniture.container(rng()),
    "waste": furniture.waste_containers(2),
    "hedge": build_hedge(6.0, rng()),
    "bush": build_bush(rng()),
}


@pytest.mark.parametrize("name", PROPS)
def test_props_stand_on_the_ground(name):
    low, high = extent(PROPS[name])
    assert -0.12 <= low[2] < 0.2
    assert 0.4 < high[2] < 10
    for mesh in PROPS[name].values():
        assert np.linalg.norm(mesh.vertices[:, 3:6], axis=1) == pytest.approx(1.0, abs=1e-4)


def test_a_lamps_arm_and_glass_hang_high_over_the_road():
    glass = PROPS["lamp"]["lamps"].vertices
    assert glass[:, 1].min() > 1.0
    assert glass[:, 2].min() > 7.5


def test_a_sign_faces_the_oncoming_traffic():
    faces = PROPS["sign"]["signs"].vertices
    front = faces[faces[:, 3] < 0]
    assert front[:, 0].max() < faces[faces[:, 3] > 0, 0].min()


@pytest.mark.parametrize("kind", TreeKind)
def test_trees_have_crowns_above_their_trunks(kind):
    tree = build_tree(kind, Leaf.BROAD, rng())
    low, high = extent(tree)
    assert low[2] == pytest.approx(0.0, abs=0.1)
    assert 3.0 < high[2] < 13
    assert len(merge(list(tree.values())).indices) < 250


def test_lenses_lie_in_the_front_of_a_head_red_on_top():
    head = signal_head()["matte"].vertices
    heights = []
    for aspect in (Aspect.RED, Aspect.AMBER, Aspect.GREEN):
        lens = signal_lens(aspect).vertices
        assert (lens[:, 3] == -1).all()
        assert np.ptp(lens[:, 1]) < np.ptp(head[:, 1])
        heights.append(lens[:, 2].mean())
    assert heights == sorted(heights, reverse=True)
    assert head[:, 2].min() < heights[-1] < heights[0] < head[:, 2].max()


def plan(**changed):
    fields = {
        "width_m": 12.0,
        "depth_m": 9.0,
        "floors": 3,
        "facade": "facade 0",
        "shops": "",
        "roof": Roof.FLAT,
        "roof_paint": Paint.ROOF_GREY,
        "balconies": False,
    }
    return Plan(**(fields | changed))


@pytest.mark.parametrize("roof", Roof)
@pytest.mark.parametrize("shops", ["", "shops 0"])
@pytest.mark.parametrize("balconies", [False, True])
def test_buildings_fill_their_plan(roof, shops, balconies):
    described = plan(roof=roof, shops=shops, balconies=balconies)
    prop = build_building(described, rng())
    walls = prop["facade 0"].vertices
    assert np.ptp(walls[:, 0]) == pytest.approx(12.0)
    assert np.ptp(walls[:, 1]) == pytest.approx(9.0)
    assert walls[:, 2].max() == pytest.approx(described.height_m)
    assert ("shops 0" in prop) == bool(shops)
    low, high = extent(prop)
    assert low[2] == 0
    assert high[2] > described.height_m
    assert high[:2].max() < 6 + 1.4


def test_windows_are_never_cut_at_corners():
    walls = build_building(plan(), rng())["facade 0"].vertices.reshape(4, 4, 9)
    bays = np.ptp(walls[:, :, 6], axis=1) * 5
    assert bays == pytest.approx([4, 3, 4, 3], abs=1e-4)
