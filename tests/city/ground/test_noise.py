from __future__ import annotations

import numpy as np
import pytest

from city.ground.canvas import Tile
from city.ground.noise import fractal_noise, lattice_of_pixels, lattice_values, value_noise

WHOLE = Tile(-7.0, 3.0, 4.0, 120, 80)
PART = Tile(3.0, 8.0, 4.0, 40, 40)
INSIDE = (slice(20, 60), slice(40, 80))


@pytest.mark.parametrize("smooth", [True, False])
@pytest.mark.parametrize("heading", [0.0, 0.4])
def test_tiles_agree_where_they_overlap(smooth, heading):
    whole = value_noise(WHOLE, 1.7, 5, smooth=smooth, heading=heading)
    part = value_noise(PART, 1.7, 5, smooth=smooth, heading=heading)
    # OpenCV rounds positions to 1/32 pixel, which moves the cells' edges a little.
    assert np.mean(np.abs(whole[INSIDE] - part) > 0.05) < 0.03


def test_scales_agree():
    fine = value_noise(Tile(0.0, 0.0, 8.0, 80, 80), 2.0, 9)
    coarse = value_noise(Tile(0.0, 0.0, 4.0, 40, 40), 2.0, 9)
    means = fine.reshape(40, 2, 40, 2).mean(axis=(1, 3))
    assert np.abs(means - coarse).max() < 0.06


def test_cells_as_small_as_a_pixel_average_out():
    assert (value_noise(WHOLE, 0.1, 1) == 0.5).all()


def test_values_fill_the_range_evenly():
    values = lattice_values(np.arange(-200, 200)[:, None], np.arange(-200, 200)[None, :], 3)
    assert np.histogram(values, 4, (0, 1))[0] / values.size == pytest.approx([0.25] * 4, abs=0.01)
    assert np.corrcoef(values[:-1].ravel(), values[1:].ravel())[0, 1] == pytest.approx(0, abs=0.01)


def test_seeds_differ_and_repeat():
    first, again, other = (fractal_noise(PART, 3.0, seed, octaves=2) for seed in (1, 1, 2))
    assert (first == again).all()
    assert not np.allclose(first, other)


def test_lattice_of_pixels_counts_cells():
    move = lattice_of_pixels(Tile(10.0, 20.0, 5.0, 8, 8), 2.0, 0.0)
    assert (move @ (0, 0, 1)).tolist() == pytest.approx([5.05, 10.05])
    assert (move @ (10, 0, 1)).tolist() == pytest.approx([6.05, 10.05])
