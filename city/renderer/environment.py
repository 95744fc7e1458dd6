"""What surrounds a surface: the sky's picture, blurred for rough surfaces, and its total light.

Reference: Ramamoorthi & Hanrahan, "An Efficient Representation for Irradiance Environment Maps",
SIGGRAPH 2001, equations 3 and 13; Engelhardt & Dachsbacher, "Octahedron Environment Maps",
VMV 2008.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from city.lighting import Lighting

SKY_HW: Final = (256, 512)
"""Rows from the zenith to the nadir, columns anticlockwise from west."""
LEVEL_SIZES: Final = (256, 128, 64, 32, 16, 8)
_LEVEL_BLUR: Final = (0.0, 0.03, 0.09, 0.2, 0.38, 0.65)
"""Radians of the lobe of roughness 0, 0.2, ... 1."""
_MEDIAN: Final = 0.75
"""Brightness of the median of a sky's upper half, before the lighting's gain."""
_BRIGHTEST: Final = 12.0
"""Of the picture's sun: the rest of its light is the lighting's own sun."""
_GROUND_ALBEDO: Final = 0.16
"""Share of its light that the ground below the horizon gives back: asphalt and grass."""


@dataclass(frozen=True, slots=True, eq=False)
class Environment:
    """Light that arrives from all around.

    Attributes:
        levels: float32 (s, s, 3) each, octahedral, sizes as `LEVEL_SIZES`, the sharpest first.
        irradiance: float32 (9, 3), coefficients of the polynomials of the normal in `light.glsl`.
        sun_rgb: float32 (3,), of the sun.
    """

    levels: tuple[NDArray[np.float32], ...]
    irradiance: NDArray[np.float32]
    sun_rgb: NDArray[np.float32]


def load_environment(lighting: Lighting) -> Environment:
    """Return the environment of a lighting: its sky above, sunlit ground below.

    Colours are those that a camera with automatic white balance sees.
    """
    sky = surroundings(lighting)
    balance = white_balance(irradiance(sky), lighting)
    sky *= balance
    return Environment(
        levels=blurred_levels(sky),
        irradiance=irradiance(sky),
        sun_rgb=np.asarray(lighting.sun_rgb * balance, np.float32),
    )


def white_balance(coefficients: NDArray[np.float32], lighting: Lighting) -> NDArray[np.float32]:
    """Return the gains (3,) that make the light on a level surface nearly white.

    Args:
        coefficients: float32 (9, 3), the sky's irradiance.
        lighting: Sun, and how far the balance goes.
    """
    upwards = coefficients[0] + coefficients[2] + 2 * coefficients[6]
    elevation = lighting.sun_direction[2] / np.linalg.norm(lighting.sun_direction)
    light = upwards + np.array(lighting.sun_rgb) * elevation
    return np.asarray((light.mean() / light) ** lighting.white_balance, np.float32)


def surroundings(lighting: Lighting) -> NDArray[np.float32]:
    """Return what is seen in each direction: float32 (256, 512, 3), row 0 at the zenith."""
    name = lighting.environment
    azimuth = np.arctan2(lighting.sun_direction[1], lighting.sun_direction[0])
    turn = azimuth + np.radians(lighting.environment_turn_deg)
    if name in _COMPUTED:
        sky = _computed_sky(name)
    else:
        sky = _photographed_sky(name)
        turn -= _azimuth_of_brightest(sky)
    sky = np.roll(sky, round(turn / (2 * np.pi) * SKY_HW[1]), axis=1) * lighting.environment_gain
    above = sky[: SKY_HW[0] // 2].mean((0, 1))
    elevation = lighting.sun_direction[2] / np.linalg.norm(lighting.sun_direction)
    below = _GROUND_ALBEDO * (above + np.array(lighting.sun_rgb) * elevation)
    horizon = round(SKY_HW[0] * 0.51)
    sky[horizon:] = below * np.linspace(1.1, 0.7, SKY_HW[0] - horizon)[:, None, None]
    return sky.astype(np.float32)


def blurred_levels(sky: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
    """Return octahedral maps of a sky, each blurred as a rougher surface reflects it."""
    levels = []
    for size, blur in zip(LEVEL_SIZES, _LEVEL_BLUR, strict=True):
        height = max(size, 32)
        small = np.asarray(
            cv2.resize(sky, (2 * height, height), interpolation=cv2.INTER_AREA), np.float32
        )
        if blur:
            sigma = blur / np.pi * height
            small = _blur_around(small, sigma)
        map_x, map_y = _octahedral_map(size, height)
        around = cv2.copyMakeBorder(small, 0, 0, 1, 1, cv2.BORDER_WRAP)
        remapped = cv2.remap(
            around, map_x + 1, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        levels.append(np.asarray(remapped, np.float32))
    return tuple(levels)


def irradiance(sky: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return irradiance over pi as nine coefficients: float32 (9, 3)."""
    small = cv2.resize(sky, (64, 32), interpolation=cv2.INTER_AREA)
    x, y, z, solid_angle = _directions(32)
    one = np.ones_like(x)
    basis = [one, y, z, x, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y]
    # Squares of the basis' constants times the cosine lobe's 1, 2/3, 1/4 (divided by pi).
    scale = [0.079577, *[0.238732 * 2 / 3] * 3, *[1.193662 / 4] * 2, 0.099472 / 4]
    scale += [1.193662 / 4, 0.298416 / 4]
    light = small * solid_angle[..., None]
    sums = [s * (light * b[..., None]).sum((0, 1)) for b, s in zip(basis, scale, strict=True)]
    return np.asarray(sums, np.float32)


def _directions(
    height: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return x, y, z and solid angle of the pixels of a (height, 2 height) sky."""
    polar = (np.arange(height) + 0.5) / height * np.pi
    azimuth = (np.arange(2 * height) + 0.5) / height * np.pi - np.pi
    theta, phi = np.meshgrid(polar, azimuth, indexing="ij")
    x, y, z = np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)
    return x, y, z, np.sin(theta) * (np.pi / height) ** 2


@lru_cache
def _octahedral_map(size: int, height: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the columns and rows of a (height, 2 height) sky that an octahedral map shows."""
    axis = (np.arange(size) + 0.5) / size * 2 - 1
    y, x = np.meshgrid(axis, axis, indexing="ij")
    z = 1 - np.abs(x) - np.abs(y)
    folded_x = np.where(z < 0, (1 - np.abs(y)) * np.where(x < 0, -1, 1), x)
    folded_y = np.where(z < 0, (1 - np.abs(x)) * np.where(y < 0, -1, 1), y)
    polar = np.arccos(z / np.sqrt(folded_x**2 + folded_y**2 + z**2))
    azimuth = np.arctan2(folded_y, folded_x)
    column = (azimuth + np.pi) / np.pi * height - 0.5
    row = polar / np.pi * height - 0.5
    return column.astype(np.float32), row.astype(np.float32)


def _blur_around(sky: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    margin = min(sky.shape[1] // 2, round(3 * sigma) + 1)
    wide = cv2.copyMakeBorder(sky, 0, 0, margin, margin, cv2.BORDER_WRAP)
    wide = cv2.GaussianBlur(wide, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    return np.ascontiguousarray(wide[:, margin:-margin])


def _photographed_sky(name: str) -> NDArray[np.float32]:
    with as_file(files("city") / "sky" / f"{name}.npz") as path, np.load(path) as archive:
        sky = archive["im"].astype(np.float32)
    brightness = np.median(sky[: SKY_HW[0] // 2].mean(-1))
    return np.asarray(np.clip(sky / brightness * _MEDIAN, 0, _BRIGHTEST), np.float32)


def _azimuth_of_brightest(sky: NDArray[np.float32]) -> float:
    upper = cv2.GaussianBlur(sky[: SKY_HW[0] // 2].mean(-1), (0, 0), 6)
    column = int(upper.max(0).argmax())
    return (column + 0.5) / SKY_HW[1] * 2 * np.pi - np.pi


_COMPUTED: Final = {
    "overcast": ((0.62, 0.64, 0.67), (0.80, 0.82, 0.85), 0.2),
    "clear": ((1.25, 1.05, 0.85), (0.35, 0.55, 0.95), 0.5),
    "dark": ((1.5, 1.0, 0.6), (0.35, 0.36, 0.45), 0.3),
}
"""Colour at the horizon and at the zenith, and how strong the clouds are."""


def _computed_sky(name: str) -> NDArray[np.float32]:
    """Return a gradient with clouds; the sun's aureole lies at azimuth 0."""
    horizon, zenith, clouds = _COMPUTED[name]
    height, width = SKY_HW
    up = np.clip(1 - np.linspace(0, 2, height), 0, 1)[:, None, None] ** 0.6
    sky = np.array(horizon) * (1 - up) + np.array(zenith) * up
    noise = np.random.default_rng(4)
    octaves = [
        cv2.resize(
            noise.random((4 * 2**k, 8 * 2**k)), (width, height), interpolation=cv2.INTER_CUBIC
        )
        / 2**k
        for k in range(4)
    ]
    cover = np.sum(octaves, axis=0)[..., None] / 1.875
    if name == "clear":
        sky = sky * (1 + clouds * np.clip(2 * cover - 1.05, 0, 1))
        x, _y, z, _ = _directions(height)
        towards_sun = np.clip(x * 0.95 + z * 0.31, 0, 1)[..., None]
        sky = sky + np.array([1.5, 1.2, 0.8]) * towards_sun**24
    else:
        sky = sky * (1 - clouds + 2 * clouds * cover)
    return np.ascontiguousarray(np.broadcast_to(sky, (height, width, 3)), np.float32)
