from dataclasses import replace

import moderngl
import numpy as np
import pytest

from city.camera import CameraGeometry
from city.lighting import PRESETS, Lighting
from city.renderer import Ground, Renderer
from city.renderer.context import shared_context
from city.scenery.types import StaticMesh, SurfaceKind
from city.types import ActorModel, ActorState, Body, Mesh, Pose
from tests.city.renderer.egl import require_egl

SIZE = (160, 90)
CAMERA = CameraGeometry(eye=(0.0, -20.0, 5.0), look_at=(0.0, 0.0, 1.0), fov_deg=30, size_wh=SIZE)
OVERCAST = PRESETS["overcast"]
SIDE_SUN = Lighting(sun_direction=(1.0, 0.0, 1.0))
# A tilted wall across the view, whose edges pass pixel centres at odd distances.
WALL = [(-2.31, 0.17, 0.43), (2.09, -0.11, 0.21), (1.83, 0.05, 2.37), (-1.97, 0.23, 2.71)]


def plane(corners, *, normal=(0, -1, 0)):
    vertices = np.zeros((4, 9), np.float32)
    vertices[:, :3] = corners
    vertices[:, 3:6] = normal
    vertices[:, 6:8] = [(0, 0), (1, 0), (1, 1), (0, 1)]
    return Mesh(vertices, np.array([[0, 1, 2], [0, 2, 3]], np.int32))


def texture(rgba):
    return np.full((8, 8, 4), rgba, np.uint8)


def wall_model(*, rgba=(160, 40, 40, 255), material=(128, 0, 0, 0), corners=WALL):
    mesh = plane(corners)
    hull = np.array(corners, np.float32)
    return ActorModel((Body((mesh,), hull),), texture(rgba), texture(material))


def at(actor_id, *, y=0.0, x=0.0, **motion):
    return ActorState(actor_id, (Pose(x, y, 0.0),), **motion)


def paint_grey(minimum_xy, maximum_xy, *, pixels_per_metre):
    return np.full((16, 16, 3), 120, np.uint8)


GROUND = Ground(paint_grey, (-60.0, -60.0), (60.0, 60.0))


@pytest.fixture(scope="module")
def shared():
    require_egl()
    return Renderer(SIZE)


@pytest.fixture
def renderer(shared):
    for actor_id in shared.actor_ids:
        shared.remove_actor(actor_id)
    shared.set_scenery([], GROUND)
    return shared


def polygon_mask(corners, camera):
    """Pixels whose centres lie in a convex polygon, and those too near to an edge to tell."""
    pixels, _ = camera.project(np.array(corners, np.float64))
    width, height = camera.size_wh
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    distances = []
    for a, b in zip(pixels, np.roll(pixels, -1, axis=0), strict=True):
        along = (b - a) / np.linalg.norm(b - a)
        distances.append((x - a[0]) * along[1] - (y - a[1]) * along[0])
    # A rasteriser snaps corners to 1/256 of a pixel.
    return np.min(distances, axis=0) > 0, np.abs(np.min(distances, axis=0)) < 1 / 100


@pytest.mark.parametrize(
    "camera",
    [
        CAMERA,
        CameraGeometry(eye=(7.0, -9.0, 3.0), look_at=(0.3, 0.0, 1.0), fov_deg=40, size_wh=SIZE),
        CameraGeometry(eye=(-2.0, -4.0, 1.5), look_at=(1.0, 0.0, 2.0), fov_deg=60, size_wh=SIZE),
    ],
    ids=["front", "right", "cut off"],
)
def test_the_mask_is_the_projected_polygon_to_the_pixel(renderer, camera):
    renderer.add_actor(7, wall_model())
    renderer.set_view(camera, OVERCAST)
    mask = renderer.render([at(7)]).actor_mask
    inside, unsure = polygon_mask(WALL, camera)
    assert inside.sum() > 300
    assert unsure.sum() < 20
    np.testing.assert_array_equal((mask == 7)[~unsure], inside[~unsure])
    assert set(np.unique(mask)) == {-1, 7}


def test_colour_is_where_the_mask_is(renderer):
    renderer.add_actor(1, wall_model())
    renderer.set_view(CAMERA, OVERCAST)
    frame = renderer.render([at(1)])
    red = frame.linear[..., 0] > 1.5 * frame.linear[..., 1]
    edge = np.abs(np.diff((frame.actor_mask == 1).astype(int), axis=1)).sum()
    assert (red != (frame.actor_mask == 1)).sum() <= edge + SIZE[0]


def test_a_view_without_actors_is_the_same_each_time(renderer):
    renderer.set_view(CAMERA, OVERCAST)
    one, two = renderer.render([]), renderer.render([], time_s=5)
    np.testing.assert_array_equal(one.linear, two.linear)
    assert (one.actor_mask == -1).all()
    assert one.linear.dtype == np.float32
    assert one.actor_mask.dtype == np.int32
    assert one.linear.shape == (90, 160, 3)


@pytest.mark.parametrize("preset", ["day", "night_rain"])
def test_the_same_frame_twice_is_the_same_to_the_bit(renderer, preset):
    for actor_id in range(3):
        renderer.add_actor(actor_id, wall_model(material=(80, 255, 255, 0)))
    states = [at(k, x=2.0 * k - 2, y=3.0 * k, speed_mps=5.0) for k in range(3)]
    renderer.set_view(CAMERA, PRESETS[preset])
    one = renderer.render(states, time_s=1.0)
    renderer.render(states[:1], time_s=2.0)
    again = renderer.render(states, time_s=1.0)
    renderer.set_view(CAMERA, PRESETS[preset])
    anew = renderer.render(states, time_s=1.0)
    for other in (again, anew):
        np.testing.assert_array_equal(one.linear, other.linear)
        np.testing.assert_array_equal(one.actor_mask, other.actor_mask)


def test_the_nearer_actor_hides_the_farther_whatever_their_order(renderer):
    renderer.add_actor(1, wall_model())
    renderer.add_actor(2, wall_model())
    renderer.set_view(CAMERA, OVERCAST)
    near, far = at(1, y=-5.0), at(2, y=5.0)
    mask = renderer.render([near, far]).actor_mask
    np.testing.assert_array_equal(mask, renderer.render([far, near]).actor_mask)
    alone = renderer.render([near]).actor_mask
    np.testing.assert_array_equal(mask == 1, alone == 1)


def test_scenery_hides_actors(renderer):
    fence = plane([(-30, -5, 0), (0, -5, 0), (0, -5, 9), (-30, -5, 9)])
    matte = StaticMesh(fence, texture((90, 90, 90, 255)), SurfaceKind.MATTE)
    renderer.set_scenery([matte], GROUND)
    renderer.add_actor(3, wall_model())
    renderer.set_view(CAMERA, OVERCAST)
    mask = renderer.render([at(3)]).actor_mask
    assert (mask[:, :80] == -1).all()
    assert (mask[:, 80:] == 3).any()


@pytest.mark.parametrize(("alpha", "seen"), [(255, True), (0, False)])
def test_cut_out_surfaces_are_not_there(renderer, alpha, seen):
    renderer.add_actor(0, wall_model(rgba=(200, 0, 0, alpha)))
    renderer.set_view(CAMERA, OVERCAST)
    assert (renderer.render([at(0)]).actor_mask == 0).any() == seen


def test_parked_actors_look_and_hide_as_others_do(renderer):
    for actor_id in (1, 2):
        renderer.add_actor(actor_id, wall_model())
    renderer.set_view(CAMERA, SIDE_SUN)
    moving = renderer.render([at(1, y=-3.0), at(2, x=1.5)])
    renderer.set_view(CAMERA, SIDE_SUN, parked=[at(1, y=-3.0)])
    parked = renderer.render([at(2, x=1.5)])
    np.testing.assert_array_equal(parked.actor_mask, moving.actor_mask)
    assert np.abs(parked.linear - moving.linear).mean() < 0.02
    assert (renderer.render([]).actor_mask == 1).any()


def test_a_shadow_falls_away_from_the_sun(renderer):
    across = [(0, -2, 0.2), (0, 2, 0.2), (0, 2, 2.2), (0, -2, 2.2)]
    renderer.add_actor(1, wall_model(corners=across))
    renderer.set_view(CAMERA, SIDE_SUN)
    empty, frame = renderer.render([]), renderer.render([at(1)])
    ground = frame.actor_mask == -1
    darker = ground & (frame.linear.sum(2) < 0.8 * empty.linear.sum(2))
    left, right = darker[:, :80].sum(), darker[:, 80:].sum()
    assert left > 2 * right
    assert np.array_equal(frame.linear[:5], empty.linear[:5])


def test_brake_lamps_are_brighter_than_tail_lamps(renderer):
    renderer.add_actor(1, wall_model(material=(128, 0, 0, 255)))
    renderer.set_view(CAMERA, PRESETS["night"])
    tail, brake = (
        renderer.render([at(1, speed_mps=3.0, braking=on)]).linear[..., 0].max()
        for on in (False, True)
    )
    assert brake > 2 * tail


def test_head_lamps_light_the_road_at_night_and_not_by_day(renderer):
    upright = [(2, -1, 0.2), (2, 1, 0.2), (2, 1, 1.5), (2, -1, 1.5)]
    renderer.add_actor(1, wall_model(material=(128, 0, 255, 0), corners=upright))
    renderer.add_actor(2, wall_model(corners=upright))
    renderer.set_view(CAMERA, PRESETS["night"])
    dark, lit = renderer.render([at(2)]), renderer.render([at(1)])
    assert (lit.linear[..., 1] > 1.5 * dark.linear[..., 1]).sum() > 100


def test_a_wet_road_mirrors_an_actor(renderer):
    renderer.add_actor(1, wall_model(material=(128, 0, 255, 0)))
    renderer.set_view(CAMERA, PRESETS["night_rain"])
    empty, frame = renderer.render([]), renderer.render([at(1)])
    below = np.nonzero((frame.actor_mask == 1).any(1))[0].max() + 3
    assert (frame.linear[below : below + 5] > 1.2 * empty.linear[below : below + 5]).any()


def test_wheels_are_blurred_by_motion(renderer):
    model = wall_model()
    model.bodies[0].levels[0].vertices[:, 8] = 1
    atlas = texture((0, 0, 0, 255))
    atlas[:, 4:] = 255
    half = np.full_like(model.bodies[0].levels[0].vertices[:, 6], 0.1)
    model.bodies[0].levels[0].vertices[:, 6] = half
    renderer.add_actor(1, ActorModel(model.bodies, atlas, model.material, spin_shift=0.6))
    renderer.set_view(CAMERA, OVERCAST)
    slow = renderer.render([at(1, speed_mps=0.5)])
    fast = renderer.render([at(1, speed_mps=9.0)])
    shown = slow.actor_mask == 1
    np.testing.assert_array_equal(slow.actor_mask, fast.actor_mask)
    assert fast.linear[shown].mean() > 2 * slow.linear[shown].mean()


def test_actors_far_away_or_behind_cost_nothing_and_show_nothing(renderer):
    renderer.add_actor(1, wall_model())
    renderer.set_view(CAMERA, OVERCAST)
    for y in (-60.0, 400.0):
        assert (renderer.render([at(1, y=y)]).actor_mask == -1).all()


def test_misuse_is_named(renderer):
    with pytest.raises(ValueError, match="set a view before rendering"):
        renderer.render([])
    renderer.add_actor(1, wall_model())
    with pytest.raises(ValueError, match="actor 1 has a model already"):
        renderer.add_actor(1, wall_model())
    with pytest.raises(ValueError, match="actor_id must not be negative"):
        renderer.add_actor(-1, wall_model())
    with pytest.raises(ValueError, match="there is no actor 5"):
        renderer.remove_actor(5)
    with pytest.raises(ValueError, match=r"must have size \(160, 90\), has \(80, 45\)"):
        renderer.set_view(replace(CAMERA, size_wh=(80, 45)), OVERCAST)
    renderer.set_view(CAMERA, OVERCAST)
    with pytest.raises(ValueError, match="actor 2 has a state but no model"):
        renderer.render([at(2)])
    pose = Pose(0, 0, 0)
    with pytest.raises(ValueError, match="actor 1 has 1 bodies but 2 poses"):
        renderer.render([ActorState(1, (pose, pose))])
    with pytest.raises(ValueError, match="size_wh must be at least 2 each"):
        Renderer((1, 1))


def test_a_missing_egl_is_one_clear_line(monkeypatch):
    def fail(**_):
        raise Exception("libEGL.so not loaded")

    monkeypatch.setattr(moderngl, "create_standalone_context", fail)
    with pytest.raises(ValueError, match="city needs EGL: apt-get install libegl1"):
        shared_context.__wrapped__()


def test_renderers_of_two_sizes_do_not_disturb_each_other(renderer):
    wide = CameraGeometry(
        eye=CAMERA.eye, look_at=CAMERA.look_at, fov_deg=30, size_wh=(2 * SIZE[0], SIZE[1])
    )
    other = Renderer(wide.size_wh)
    other.set_scenery([], GROUND)
    renderer.add_actor(1, wall_model())
    renderer.set_view(CAMERA, OVERCAST)
    alone = renderer.render([at(1)])
    for actor_id in range(2, 6):
        other.add_actor(actor_id, wall_model(rgba=(20, 200, 20, 255)))
    other.set_view(wide, SIDE_SUN)
    assert set(np.unique(other.render([at(3, x=4.0)]).actor_mask)) == {-1, 3}
    for actor_id in range(2, 6):
        other.remove_actor(actor_id)
    again = renderer.render([at(1)])
    np.testing.assert_array_equal(again.actor_mask, alone.actor_mask)
    np.testing.assert_array_equal(again.linear, alone.linear)
