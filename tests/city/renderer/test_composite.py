import numpy as np
import pytest

from city.renderer.background import Background, covered
from city.renderer.composite import lay_over, mirror_in_ground, relight_ground
from city.renderer.projection import Rect
from city.renderer.rain import RainSheet

WHOLE = Rect(0, 0, 8, 6)


def background(*, direct=0.5, mirror=0.0, light=1.0):
    return Background(
        linear=np.full((6, 8, 3), light, np.float32),
        mirror=np.full((6, 8), mirror, np.float32),
        albedo=np.full((6, 8, 3), 0.2, np.float32),
        direct=np.full((6, 8), direct, np.float32),
    )


def no_light():
    return np.zeros((3, 4, 4), np.float16)


@pytest.mark.parametrize(
    ("shade", "strength", "left"),
    [
        pytest.param(0, 1.0, 1.0, id="no shadow"),
        pytest.param(255, 1.0, 0.5, id="the sun's half is gone"),
        pytest.param(255, 0.5, 0.75, id="half a shadow"),
        pytest.param(None, 1.0, 1.0, id="no sun"),
    ],
)
def test_shadows_take_the_suns_share(shade, strength, left):
    still = background()
    picture = still.linear.copy()
    mask = None if shade is None else np.full((3, 4, 4), shade, np.uint8)
    relight_ground(picture, still, WHOLE, shade=mask, light=no_light(), strength=strength)
    np.testing.assert_allclose(picture, left, atol=1e-3)


def test_lamps_light_the_surface_by_its_albedo_and_undersides_darken_it():
    still = background()
    picture = still.linear.copy()
    light = no_light()
    light[..., :3], light[..., 3] = 2.0, 0.25
    relight_ground(picture, still, WHOLE, shade=None, light=light, strength=1.0)
    np.testing.assert_allclose(picture, 0.75 + 2.0 * 0.2, atol=1e-3)


@pytest.mark.parametrize(
    "rect", [Rect(2, 2, 4, 3), Rect(2, 2, 3, 6), Rect(2, 2, 3, 3), WHOLE], ids=str
)
def test_rectangles_may_be_as_small_as_a_pixel(rect):
    rows, columns = rect.slices
    rng = np.random.default_rng(1)
    start = rng.uniform(0.1, 2, (6, 8, 3)).astype(np.float32)
    layer = rng.uniform(0, 1, (6, 8, 4)).astype(np.float16)[rows, columns]
    half = np.ascontiguousarray(layer[::2, ::2])
    colour, cover = layer[..., :3].astype(np.float32), layer[..., 3:].astype(np.float32)
    expected, picture = start.copy(), start.copy()
    expected[rows, columns] = start[rows, columns] * (1 - cover) + colour
    found = lay_over(picture, rect, layer)
    np.testing.assert_array_equal(picture, expected)
    np.testing.assert_array_equal(found, cover[..., 0])
    outside = np.ones((6, 8), bool)
    outside[rows, columns] = False
    still = background(mirror=0.5)
    for change in (
        lambda: mirror_in_ground(picture, still, rect, half),
        lambda: relight_ground(picture, still, rect, shade=None, light=half, strength=1.0),
    ):
        before = picture.copy()
        change()
        np.testing.assert_array_equal(picture[outside], before[outside])
        assert (picture[rows, columns] != before[rows, columns]).any()


def test_actors_cover_what_lies_behind_them():
    picture = np.ones((6, 8, 3), np.float32)
    layer = np.zeros((2, 2, 4), np.float16)
    layer[0, 0] = 3, 2, 1, 1
    layer[1, 1] = 0.5, 0.5, 0.5, 0.5
    cover = lay_over(picture, Rect(2, 1, 4, 3), layer)
    np.testing.assert_array_equal(picture[1, 2], (3, 2, 1))
    np.testing.assert_array_equal(picture[2, 3], (1, 1, 1))
    np.testing.assert_array_equal(cover, [[1, 0], [0, 0.5]])


@pytest.mark.parametrize(("mirror", "seen"), [(0.0, 1.0), (0.5, 2.5), (1.0, 4.0)])
def test_a_wet_road_mirrors_as_much_as_it_does(mirror, seen):
    still = background(mirror=mirror)
    picture = still.linear.copy()
    layer = np.empty((3, 4, 4), np.float16)
    layer[..., :3], layer[..., 3] = 4.0, 1.0
    mirror_in_ground(picture, still, WHOLE, layer)
    np.testing.assert_allclose(picture, seen, atol=1e-3)


def test_what_parked_actors_cover_answers_no_shadows():
    cover = np.zeros((6, 8), np.float32)
    cover[0, 0] = 1
    still = covered(background(mirror=0.5), np.zeros((6, 8, 3), np.float32), cover)
    assert (still.direct[0, 0], still.mirror[0, 0], still.albedo[0, 0, 0]) == (0, 0, 0)
    assert (still.direct[1, 1], still.mirror[1, 1]) == (0.5, 0.5)


def test_rain_adds_light_and_moves():
    sheet = RainSheet((64, 48), 1.0, (0.5, 0.5, 0.5))
    now, again, later = (np.zeros((48, 64, 3), np.float32) for _ in range(3))
    sheet.draw(now, 1.0)
    sheet.draw(again, 1.0)
    sheet.draw(later, 1.1)
    assert now.min() >= 0
    assert now.max() > 0
    np.testing.assert_array_equal(now, again)
    assert (now != later).any()
