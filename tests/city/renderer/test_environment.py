from dataclasses import replace

import numpy as np
import pytest

from city.lighting import ENVIRONMENTS, PRESETS, Lighting
from city.renderer.environment import (
    LEVEL_SIZES,
    SKY_HW,
    blurred_levels,
    irradiance,
    load_environment,
    surroundings,
    white_balance,
)


def light_on(coefficients, normal):
    """As `light.glsl` does it."""
    x, y, z = normal
    basis = [1, y, z, x, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y]
    return np.array(basis) @ coefficients


def test_an_even_sky_lights_every_side_alike():
    coefficients = irradiance(np.full((*SKY_HW, 3), 0.7, np.float32))
    for normal in ((0, 0, 1), (1, 0, 0), (0, -1, 0), (0.6, 0, -0.8)):
        np.testing.assert_allclose(light_on(coefficients, normal), 0.7, atol=5e-3)


def test_half_a_sky_lights_level_ground_fully_and_walls_by_half():
    sky = np.zeros((*SKY_HW, 3), np.float32)
    sky[: SKY_HW[0] // 2] = 1
    coefficients = irradiance(sky)
    np.testing.assert_allclose(light_on(coefficients, (0, 0, 1)), 1, atol=0.04)
    np.testing.assert_allclose(light_on(coefficients, (1, 0, 0)), 0.5, atol=0.02)
    np.testing.assert_allclose(light_on(coefficients, (0, 0, -1)), 0, atol=0.04)


def test_levels_keep_the_zenith_in_the_middle_and_the_light():
    sky = np.zeros((*SKY_HW, 3), np.float32)
    sky[:20] = 5
    levels = blurred_levels(sky)
    assert [level.shape for level in levels] == [(s, s, 3) for s in LEVEL_SIZES]
    sharp = levels[0]
    assert (sharp[128, 128] == 5).all()
    assert (sharp[0, 0] == 0).all()
    assert levels[-1].max() < 5


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_every_environment_loads_with_finite_light(name):
    environment = load_environment(Lighting(environment=name))
    assert all(np.isfinite(level).all() for level in environment.levels)
    assert (light_on(environment.irradiance, (0, 0, 1)) > 0).all()


def test_the_pictures_sun_stands_where_the_lightings_sun_stands():
    for direction in ((1.0, 0.0, 0.5), (0.0, 1.0, 0.5), (-1.0, -1.0, 0.5)):
        sky = surroundings(Lighting(environment="sky", sun_direction=direction))
        column = sky[: SKY_HW[0] // 2].mean((0, 2)).argmax()
        azimuth = (column + 0.5) / SKY_HW[1] * 2 * np.pi - np.pi
        towards = np.cos(azimuth) * direction[0] + np.sin(azimuth) * direction[1]
        assert towards > 0.9 * np.hypot(*direction[:2])


def test_white_balance_makes_the_ground_white():
    for strength, rest in ((0.0, 1.0), (1.0, 0.0)):
        lighting = replace(PRESETS["dusk"], white_balance=strength)
        sky = surroundings(lighting)
        gains = white_balance(irradiance(sky), lighting)
        assert (np.ptp(gains) == 0) == (strength == 0)
        balanced = replace(lighting, sun_rgb=tuple((lighting.sun_rgb * gains).tolist()))
        again = white_balance(irradiance(sky * gains), replace(balanced, white_balance=1.0))
        assert (np.abs(again - 1).max() < 1e-3) == (rest == 0)
