from __future__ import annotations

import numpy as np
import pytest

from city.ground.style import MapStyle
from city.scenery.facades import Wall, draw_facade, draw_shop_front
from city.scenery.leaves import Leaf, draw_leaves
from city.scenery.palette import Paint, palette_texture
from city.scenery.prints import (
    AWNINGS,
    POSTERS,
    SHOP_SIGNS,
    Sign,
    awning_region,
    direction_region,
    draw_prints,
    poster_region,
    shop_sign_region,
    sign_region,
)
from city.scenery.skyline import draw_skyline
from city.scenery.types import GLASS_ALPHA, LIT_ALPHA


def rng():
    return np.random.default_rng(5)


@pytest.mark.parametrize("wall", Wall)
def test_facades_are_wall_and_glass(wall):
    alpha = draw_facade(wall, rng())[..., 3]
    glass = (alpha < GLASS_ALPHA).mean()
    assert 0.02 < glass < 0.95
    assert (alpha == 255).any()


@pytest.mark.parametrize("wall", [Wall.BRICK, Wall.PANEL, Wall.CURTAIN])
def test_some_windows_are_lit_at_night_and_some_dark(wall):
    alpha = draw_facade(wall, rng())[..., 3]
    glass = alpha[alpha < GLASS_ALPHA]
    assert 0.05 < (glass < LIT_ALPHA).mean() < 0.8


def test_shop_fronts_show_glass_and_repeat_by_seed():
    first, again = draw_shop_front(rng()), draw_shop_front(rng())
    assert (first == again).all()
    assert (first[..., 3] < GLASS_ALPHA).mean() > 0.3


@pytest.mark.parametrize("leaf", Leaf)
def test_leaves_are_cut_out_at_the_corners(leaf):
    alpha = draw_leaves(leaf, rng())[..., 3]
    assert 0.2 < (alpha > 127).mean() < 0.8
    assert not alpha[:20, :20].any()


def test_every_paint_has_its_colour():
    texture = palette_texture()
    height, width = texture.shape[:2]
    colours = {
        tuple(texture[int(v * height), int(u * width)]) for u, v in (p.swatch for p in Paint)
    }
    assert len(colours) == len(Paint)
    assert all(colour[3] == 255 for colour in colours)


def test_prints_do_not_overlap():
    regions = [
        *(sign_region(s) for s in Sign),
        *(shop_sign_region(k) for k in range(SHOP_SIGNS)),
        *(poster_region(k) for k in range(POSTERS)),
        *(awning_region(k) for k in range(AWNINGS)),
        *(direction_region(k) for k in range(2)),
    ]
    taken = np.zeros((1024, 1024), int)
    for region in regions:
        left, top, right, bottom = (round(v * 1024) for v in region)
        assert 0 < left < right < 1024
        assert 0 < top < bottom < 1024
        taken[top:bottom, left:right] += 1
    assert taken.max() == 1


def test_only_advertising_shines_at_night():
    alpha = draw_prints(rng())[..., 3]
    left, top, right, bottom = (round(v * 1024) for v in sign_region(Sign.SPEED))
    assert not alpha[top:bottom, left:right].any()
    left, top, right, bottom = (round(v * 1024) for v in poster_region(0))
    assert alpha[top:bottom, left:right].all()


@pytest.mark.parametrize("style", MapStyle)
def test_the_skyline_is_closed_below_and_open_above(style):
    alpha = draw_skyline(style, rng())[..., 3]
    assert not alpha[:2].any()
    assert (alpha[-8:] == 255).all()
