from __future__ import annotations

import numpy as np
import pytest

from city.ground.paint import paint_ground
from tests.city.streets import crossing, motorway, street

LOW, HIGH = (-24.0, -20.0), (24.0, 20.0)


def paint(network, low=LOW, high=HIGH, **changed):
    arguments = {"pixels_per_metre": 4.0, "seed": 3} | changed
    return paint_ground(network, low, high, **arguments)


def test_shape_and_type():
    picture = paint(crossing())
    assert picture.shape == (160, 192, 3)
    assert picture.dtype == np.uint8


def test_the_same_seed_gives_the_same_ground():
    assert (paint(crossing()) == paint(crossing())).all()
    assert (paint(crossing()) != paint(crossing(), seed=4)).any()


def test_a_fine_tile_agrees_with_the_coarse_one():
    coarse = paint(crossing()).astype(float)[40:120, 48:144]
    fine = paint(crossing(), (-12.0, -10.0), (12.0, 10.0), pixels_per_metre=16.0).astype(float)
    means = fine.reshape(80, 4, 96, 4, 3).mean(axis=(1, 3))
    assert np.abs(means - coarse).mean() < 6.0
    assert np.corrcoef(means.ravel(), coarse.ravel())[0, 1] > 0.85


def test_tiles_of_one_scale_agree():
    whole = paint(crossing()).astype(int)
    part = paint(crossing(), (-12.0, -10.0), (12.0, 10.0)).astype(int)
    assert np.abs(whole[40:120, 48:144] - part).mean() < 1.5


def test_streets_have_footpaths_and_motorways_shoulders():
    beside_street = paint(street(), (20.0, 4.2), (40.0, 5.5)).astype(int)
    road = paint(street(), (20.0, -3.0), (40.0, -1.0)).astype(int)
    assert np.ptp(beside_street.mean(axis=(0, 1))) < 45
    assert beside_street.mean() > road.mean() + 8
    lane_tone = paint(motorway(), (120.0, -10.0), (160.0, -8.0)).mean()
    shoulder = paint(motorway(), (120.0, -13.0), (160.0, -11.6)).mean()
    assert shoulder == pytest.approx(lane_tone, abs=25)


def test_the_road_goes_on_beyond_the_border():
    inside = paint(street(), (40.0, -2.5), (58.0, -1.0)).mean(axis=(0, 1))
    beyond = paint(street(), (90.0, -2.5), (108.0, -1.0)).mean(axis=(0, 1))
    assert beyond == pytest.approx(inside, abs=25)


@pytest.mark.parametrize("style", ["town", "suburb", "motorway", "industrial"])
def test_every_style_paints(style):
    assert paint(street(), style=style).std() > 3


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        pytest.param({"style": "village"}, "village", id="style"),
        pytest.param({"pixels_per_metre": -1.0}, "pixels_per_metre must be positive", id="scale"),
        pytest.param({"high": LOW}, "must cover a pixel", id="empty"),
    ],
)
def test_bad_arguments_are_refused(changed, message):
    with pytest.raises(ValueError, match=message):
        paint(street(), **changed)
