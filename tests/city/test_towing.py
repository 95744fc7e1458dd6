from __future__ import annotations

import math

import numpy as np
import pytest

from city.towing import drag, drag_bodies
from city.vehicles.catalogue import MODELS, Kind

CAR = next(model for model in MODELS.values() if model.kind is Kind.SEDAN)
SEMI = next(model for model in MODELS.values() if model.kind is Kind.SEMI_TRAILER)


def test_straight_ahead_nothing_turns():
    front = np.stack([np.arange(5.0), np.zeros(5)], axis=1)
    poses = drag_bodies(front, 0.0, CAR)
    assert poses.shape == (5, 1, 3)
    np.testing.assert_allclose(poses[:, 0, 0], front[:, 0] - CAR.length_m / 2)
    np.testing.assert_allclose(poses[:, 0, 1:], 0, atol=1e-12)


def test_a_standstill_is_still():
    poses = drag_bodies(np.tile([[3.0, 4.0]], (10, 1)), 1.0, SEMI)
    assert np.ptp(poses, axis=0).max() < 1e-12


def test_on_a_circle_the_rear_follows_inside():
    # A rod of 3 m led along a circle of 5 m: its rear end settles on a circle of 4 m.
    angle = np.linspace(0, 8 * np.pi, 8000)
    led = 5 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    heading = drag(led.tolist(), math.pi / 2, 3.0)
    rear = led[-1] - 3 * np.array([np.cos(heading[-1]), np.sin(heading[-1])])
    assert np.linalg.norm(rear) == pytest.approx(4, abs=0.01)
    assert heading[-1] - heading[0] == pytest.approx(8 * np.pi, abs=1.0)  # without wrapping


def test_a_trailer_hangs_on_its_coupling():
    angle = np.linspace(0, np.pi / 2, 300)
    front = 25 * np.stack([np.sin(angle), 1 - np.cos(angle)], axis=1)
    tractor, trailer = np.moveaxis(drag_bodies(front, 0.0, SEMI), 1, 0)
    pins = [
        pose[:, :2] + ahead * np.stack([np.cos(pose[:, 2]), np.sin(pose[:, 2])], axis=1)
        for pose, ahead in (
            (tractor, SEMI.trailer.fifth_wheel_x_m),
            (trailer, SEMI.trailer.kingpin_x_m),
        )
    ]
    np.testing.assert_allclose(*pins, atol=1e-9)
    assert tractor[-1, 2] > trailer[-1, 2] > 0.3  # the trailer turns later


def test_nobody_led_nobody_turns():
    assert drag([], 0.0, 3.0).shape == (0,)
