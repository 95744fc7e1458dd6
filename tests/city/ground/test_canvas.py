from __future__ import annotations

import numpy as np
import pytest

from city.ground.canvas import Canvas, Tile

SQUARE = np.array([[2.0, 2.0], [6.0, 2.0], [6.0, 6.0], [2.0, 6.0]])


def test_row_zero_is_south_and_column_zero_west():
    canvas = Canvas(Tile(0.0, 0.0, 10.0, 100, 80))
    canvas.polygon(SQUARE - 2.0, 255)
    assert canvas.pixels[5, 5] == 255
    assert canvas.pixels[60, 60] == 0


@pytest.mark.parametrize("pixels_per_metre", [2.0, 3.0, 14.0])
@pytest.mark.parametrize("width_m", [0.12, 0.5, 3.4])
def test_a_strip_covers_the_same_area_at_every_scale(pixels_per_metre, width_m):
    size = round(20 * pixels_per_metre)
    canvas = Canvas(Tile(0.0, 0.0, pixels_per_metre, size, size))
    canvas.strip(np.array([[5.0, 10.03], [15.0, 10.03]]), width_m, 255)
    area = canvas.cover.sum() / pixels_per_metre**2
    assert area == pytest.approx(10.0 * width_m, rel=0.1, abs=0.25)


def test_thin_strips_tend_to_the_base():
    canvas = Canvas(Tile(0.0, 0.0, 2.0, 40, 40), base=128)
    canvas.strip(np.array([[2.0, 10.0], [18.0, 10.0]]), 0.05, 0)
    assert 100 < canvas.pixels.min() < 128


def test_shapes_outside_change_nothing():
    canvas = Canvas(Tile(100.0, 100.0, 4.0, 50, 50), base=7)
    canvas.polygon(SQUARE, 255)
    assert (canvas.pixels == 7).all()


def test_a_disc_has_its_area():
    canvas = Canvas(Tile(0.0, 0.0, 20.0, 200, 200))
    canvas.disc(np.array([5.0, 5.0]), 2.0, 255)
    assert canvas.cover.sum() / 400 == pytest.approx(np.pi * 4, rel=0.06)


def test_grown_keeps_the_grid():
    grown = Tile(3.0, 4.0, 2.0, 10, 20).grown(4)
    assert (grown.west, grown.south, grown.width, grown.height) == (1.0, 2.0, 18, 28)


@pytest.mark.parametrize(
    ("scale", "width", "message"),
    [
        pytest.param(0.0, 5, "pixels_per_metre must be positive, is 0.0", id="scale"),
        pytest.param(1.0, 0, "must cover a pixel", id="empty"),
    ],
)
def test_bad_tiles_are_refused(scale, width, message):
    with pytest.raises(ValueError, match=message):
        Tile(0.0, 0.0, scale, width, 5)
