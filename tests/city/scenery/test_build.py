from __future__ import annotations

import functools

import numpy as np
import pytest

from city.ground.extension import extend_borders
from city.scenery.build import build_scenery
from city.scenery.types import SurfaceKind
from city.signals import Aspect, lamp_id
from tests.city.streets import crossing, distance_to_road, motorway, street

STYLES = ["town", "suburb", "motorway", "industrial"]
NETWORKS = {"crossing": crossing, "motorway": motorway, "yard": lambda: street(road_type="aisle")}
CLEAR_M = 4.5


@functools.cache
def scenery(name, style=None, seed=7):
    return build_scenery(NETWORKS[name](), seed=seed, style=style)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("style", [None, "suburb"])
def test_nothing_stands_on_the_road(name, style):
    network = extend_borders(NETWORKS[name]())
    for static in scenery(name, style):
        points = static.mesh.vertices[:, :3].astype(np.float64)
        points = points[points[:, 2] < CLEAR_M]
        if static.casts_shadow and len(points):
            assert distance_to_road(network, points[:, :2]).min() > 0


@pytest.mark.parametrize("style", STYLES)
def test_few_meshes_of_few_triangles(style):
    meshes = scenery("crossing", style)
    assert 8 < len(meshes) < 30
    assert 1_000 < sum(len(m.mesh.indices) for m in meshes) < 100_000


def test_meshes_are_sound():
    for static in scenery("crossing"):
        vertices = static.mesh.vertices
        assert np.isfinite(vertices).all()
        assert np.abs(np.linalg.norm(vertices[:, 3:6], axis=1) - 1).max() < 1e-3
        assert static.mesh.indices.max() < len(vertices)
        if static.kind in (SurfaceKind.MATTE, SurfaceKind.METAL):
            assert (static.texture[..., 3] == 255).all()


def test_the_same_seed_gives_the_same_scenery():
    first = scenery("yard")
    again = build_scenery(NETWORKS["yard"](), seed=7)
    assert len(first) == len(again)
    for one, two in zip(first, again, strict=True):
        assert (one.mesh.vertices == two.mesh.vertices).all()
        assert (one.texture == two.texture).all()


def test_seeds_differ():
    counts = [[len(m.mesh.indices) for m in scenery("yard", None, seed)] for seed in (7, 8)]
    assert counts[0] != counts[1]


def test_a_signalled_crossing_has_lights_and_lamps():
    meshes = scenery("crossing")
    assert {SurfaceKind.LAMP, SurfaceKind.FOLIAGE} <= {m.kind for m in meshes}
    switched = {m.lamp.lamp_id for m in meshes if m.lamp is not None}
    # A mast stands where there is room for it, and then has all three aspects.
    complete = [{lamp_id(f"{arm}_M", aspect) for aspect in Aspect} for arm in "ENWS"]
    assert switched == set().union(*(arm for arm in complete if arm & switched))
    assert switched


def test_street_lamps_alone_shine_from_above():
    lit = [m for m in scenery("crossing") if m.kind is SurfaceKind.LAMP]
    heights = [m.mesh.vertices[:, 2] for m in lit]
    assert any(h.min() > 6.0 for h in heights)
    assert all(h.min() > 6.0 or h.max() < 4.5 for h in heights)


def test_the_near_view_of_a_camera_stays_clear():
    eye, target = np.array([14.0, -9.0, 6.0]), np.array([40.0, 0.0, 0.0])
    meshes = build_scenery(crossing(), seed=7, keep_clear=[(tuple(eye), tuple(target))])
    ahead = (target - eye)[:2] / np.linalg.norm((target - eye)[:2])
    for static in meshes:
        offset = static.mesh.vertices[:, :2] - eye[:2]
        distance = np.linalg.norm(offset, axis=1)
        before = (distance < 10.0) & (offset @ ahead > 0.86 * distance)
        high = static.mesh.vertices[:, 2] > 0.3
        assert not (before & high & (static.mesh.vertices[:, 2] < CLEAR_M)).any()


def test_an_unknown_style_is_refused():
    with pytest.raises(ValueError, match="village"):
        build_scenery(street(), seed=1, style="village")
