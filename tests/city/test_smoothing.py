from __future__ import annotations

import numpy as np
import pytest

from city.smoothing import smooth_path

STEP_S = 0.1


def test_a_straight_drive_remains_what_it_is():
    points = np.stack([np.arange(50) * 1.0, np.zeros(50)], axis=1)
    np.testing.assert_allclose(smooth_path(points, np.full(50, 10.0), STEP_S), points, atol=1e-6)


def test_a_corner_is_rounded_but_hardly_cut():
    down = np.stack([np.arange(0, 20, 0.5), np.zeros(40)], axis=1)
    up = np.stack([np.full(40, 20.0), np.arange(0, 20, 0.5)], axis=1)
    smooth = smooth_path(np.concatenate([down, up]), np.full(80, 5.0), STEP_S)
    headings = np.unwrap(np.arctan2(*np.diff(smooth, axis=0).T[::-1]))
    assert np.abs(np.diff(headings)).max() < 0.25  # 90 degrees at once before
    assert np.linalg.norm(smooth[40] - [20, 0]) < 2.0


def test_who_stands_does_not_move_though_the_simulation_shifts_it():
    x = np.concatenate([np.arange(0, 10, 0.5), np.full(20, 10.0), np.arange(10, 20, 0.5)])
    points = np.stack(
        [x, np.concatenate([np.zeros(20), np.linspace(0, 0.3, 20), np.full(20, 0.3)])], 1
    )
    speed = np.concatenate([np.full(20, 5.0), np.zeros(20), np.full(20, 5.0)])
    smooth = smooth_path(points, speed, STEP_S)
    assert np.ptp(smooth[20:40], axis=0).max() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("count", [1, 2, 30])
def test_who_never_moves_stays_at_the_first_point(count):
    points = np.random.default_rng(1).random((count, 2))
    smooth = smooth_path(points, np.zeros(count), STEP_S)
    assert (smooth == points[0]).all()


def test_jumps_are_spread_over_metres():
    x = np.arange(60) * 0.5
    x[30:] += 0.5
    smooth = smooth_path(np.stack([x, np.zeros(60)], axis=1), np.full(60, 5.0), STEP_S)
    assert np.diff(smooth[:, 0]).max() < 0.75  # 1.0 before
