from __future__ import annotations

import numpy as np
import pytest

from city.camera import CameraGeometry
from city.lighting import PRESETS
from city.renderer import Renderer
from city.scenery.types import StaticMesh, SurfaceKind, SwitchedLamp
from city.types import ActorModel, ActorState, Body, Mesh, Pose
from tests.city.renderer.egl import require_egl

SIZE = (160, 90)
CAMERA = CameraGeometry(eye=(0.0, -20.0, 5.0), look_at=(0.0, 0.0, 1.0), fov_deg=30, size_wh=SIZE)
DARK = np.full((4, 4, 4), (30, 5, 5, 255), np.uint8)


def board(x0, x1, y):
    """An upright board across the view, from the ground to 2 m."""
    vertices = np.zeros((4, 9), np.float32)
    vertices[:, :3] = [(x0, y, 0), (x1, y, 0), (x1, y, 2), (x0, y, 2)]
    vertices[:, 4] = -1
    return Mesh(vertices, np.array([[0, 1, 2], [0, 2, 3]], np.int32))


def lamp(name, x0, x1, *, y=0.0, srgb=(255, 20, 20)):
    return StaticMesh(
        board(x0, x1, y), DARK, SurfaceKind.MATTE, casts_shadow=False, lamp=SwitchedLamp(name, srgb)
    )


@pytest.fixture(scope="module")
def renderer():
    require_egl()
    made = Renderer(SIZE)
    made.set_scenery([lamp("one", -3.0, -1.0), lamp("two", 1.0, 3.0), lamp("two", 4.0, 5.0)])
    made.set_view(CAMERA, PRESETS["overcast"])
    return made


def test_lamps_of_a_name_are_lit_together_and_change_nothing_else(renderer):
    dark = renderer.render([])
    for lit, sides in ((["one"], {-1}), (["two"], {1}), (["one", "two"], {-1, 1})):
        shining = renderer.render([], lit=lit)
        changed = np.nonzero((shining.linear != dark.linear).any(axis=2))[1]
        assert set(np.sign(changed - SIZE[0] / 2 + 0.5).astype(int)) == sides
        assert shining.linear[..., 0].max() > 2.0
        assert (shining.actor_mask == -1).all()
    np.testing.assert_array_equal(renderer.render([], lit=["three"]).linear, dark.linear)


@pytest.mark.parametrize("still", [False, True], ids=["moving", "parked"])
def test_vehicles_hide_lamps_behind_them(renderer, still):
    wall = board(-4.0, 0.0, 0.0)
    hull = wall.vertices[:, :3].copy()
    hull[2:, 1] += 0.01
    grey = np.full((8, 8, 4), (90, 90, 90, 255), np.uint8)
    body = Body((wall,), hull)
    renderer.add_actor(4, ActorModel((body,), grey, np.full((8, 8, 4), (255, 0, 0, 0), np.uint8)))
    before = [ActorState(4, (Pose(0.0, -2.0, 0.0),))]
    renderer.set_view(CAMERA, PRESETS["overcast"], parked=before if still else ())
    states = [] if still else before
    dark, shining = renderer.render(states), renderer.render(states, lit=["one"])
    hidden = shining.actor_mask == 4
    assert hidden.any()
    np.testing.assert_array_equal(shining.linear[hidden], dark.linear[hidden])
    renderer.remove_actor(4)
    renderer.set_view(CAMERA, PRESETS["overcast"])
