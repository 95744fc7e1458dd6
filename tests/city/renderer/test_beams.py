"""Head lamps light the road and, where asked for, other vehicles."""

from dataclasses import replace

import numpy as np
import pytest

from city.camera import CameraGeometry
from city.lighting import PRESETS
from city.renderer import Ground, Renderer
from city.types import ActorModel, ActorState, Body, Mesh, Pose
from tests.city.renderer.egl import require_egl

SIZE = (160, 90)
UNLIT = replace(PRESETS["unlit"], fog_per_m=0.0)
# From above and behind, so that the panel's rear and the road before it are seen.
CAMERA = CameraGeometry(eye=(-18.0, 0.0, 9.0), look_at=(2.0, 0.0, 0.5), fov_deg=40, size_wh=SIZE)


def panel(*, head_lamp):
    """An upright square of a metre and a half whose back is at x = 0; heads east."""
    vertices = np.zeros((4, 9), np.float32)
    vertices[:, :3] = [(0, -0.75, 0.1), (0, 0.75, 0.1), (0, 0.75, 1.2), (0, -0.75, 1.2)]
    vertices[:, 3:6] = (-1, 0, 0)
    vertices[:, 6:8] = [(0, 0), (1, 0), (1, 1), (0, 1)]
    mesh = Mesh(vertices, np.array([[0, 1, 2], [0, 2, 3]], np.int32))
    atlas = np.full((8, 8, 4), (200, 200, 200, 255), np.uint8)
    material = np.zeros((8, 8, 4), np.uint8)
    material[0, 0] = (128, 0, head_lamp, 0)
    return ActorModel((Body((mesh,), vertices[:, :3]),), atlas, material)


def at(actor_id, x):
    return ActorState(actor_id, (Pose(x, 0.0, 0.0),))


@pytest.fixture(scope="module")
def renderer():
    require_egl()
    made = Renderer(SIZE)
    grey = Ground(
        lambda low, high, *, pixels_per_metre: np.full((16, 16, 3), 120, np.uint8),
        (-60.0, -60.0),
        (60.0, 60.0),
    )
    made.set_scenery([], grey)
    made.add_actor(1, panel(head_lamp=0))
    made.add_actor(2, panel(head_lamp=255))
    return made


def light_on_panel(renderer, lighting, *, lamps_at):
    renderer.set_view(CAMERA, lighting)
    drawn = renderer.render([at(1, 2.0), at(2, lamps_at)])
    # The middle one: at the edges a pixel shows the road, too.
    return float(np.median(drawn.linear[drawn.actor_mask == 1].mean(axis=1)))


def test_head_lamps_light_the_vehicle_ahead_and_not_the_one_behind(renderer):
    alone = light_on_panel(renderer, UNLIT, lamps_at=2.0 + 12.0)
    lit = light_on_panel(renderer, UNLIT, lamps_at=2.0 - 8.0)
    near = light_on_panel(renderer, UNLIT, lamps_at=2.0 - 5.0)
    assert lit > 3 * alone
    assert near > lit


def test_they_do_not_where_the_lighting_does_not_ask_for_it(renderer):
    lighting = replace(UNLIT, beams_on_vehicles=0.0)
    alone = light_on_panel(renderer, lighting, lamps_at=2.0 + 12.0)
    assert light_on_panel(renderer, lighting, lamps_at=2.0 - 8.0) == pytest.approx(alone)


def test_beams_light_the_road_as_far_as_they_reach(renderer):
    def gain(reach_m, *, metres_ahead):
        renderer.set_view(CAMERA, replace(UNLIT, beam_reach_m=reach_m))
        dark = renderer.render([]).linear
        lit = renderer.render([at(2, -8.0)]).linear
        point = np.array([[-8.0 + metres_ahead, 0.9, 0.0]])
        column, row = CAMERA.project(point)[0][0].astype(int)
        return float((lit - dark)[row, column].mean())

    assert gain(17.0, metres_ahead=6.0) > 0.1
    assert gain(17.0, metres_ahead=20.0) == pytest.approx(0, abs=1e-3)
    assert gain(34.0, metres_ahead=20.0) > 0.005
