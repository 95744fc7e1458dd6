"""Turns an image taken by day into one of a camera at night, with the lamps of its vehicles lit.

Labelled nights are rare, and those of one camera hardly help another. An image by day has the
right roads and bodies; what is missing is darkness, lamps, and what a lens in damp air makes of
them: halos, and a veil that leaves little contrast. Where the lamps of a vehicle are is guessed
from its box; which way it drives is not known, so that each may show head or tail lamps.

The light of a lamp spreads with long tails (Vos, "On the cause of disability glare and its
dependence on glare angle, age and ocular pigmentation", Clin. Exp. Optom. 2003, for the eye: about
the inverse square of the angle), here three Gaussians of growing width.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LINEAR: Final = ((np.arange(256) / 255) ** 2.2).astype(np.float32)
_COARSE: Final = 4
"""Light that is spread is worked out at this fraction of the size."""
_HALOS: Final = ((0.6, 0.02), (0.3, 0.06), (0.1, 0.2))
"""Shares of the scattered light, and how wide it is scattered, as a share of the image's side."""
_SPARKLE: Final = 40.0
"""Lamps are so much brighter than they are drawn, where their light is scattered."""
_LIT: Final = 0.9
"""Of the vehicles, those whose lamps can be seen."""
_APPROACHING: Final = 0.6
_DOUBLE: Final = 0.3
"""Of them, those with fog lamps, or lamps one above the other."""
_SIDEWAYS: Final = 2.2
"""A box so many times as wide as high is of a vehicle seen from its side: one lamp shows."""
_HEAD_BGR: Final = ((1.0, 1.0, 1.0), (1.15, 1.0, 0.85), (0.6, 0.9, 1.15))
_TAIL_BGR: Final = (0.06, 0.05, 1.0)
_MOST_OTHERS: Final = 8
"""Lights that belong to no vehicle, or any two specks might be one."""
_PAIRED: Final = 0.5
_PAIR_REACH: Final = 12
"""Two of them lie at most so many radii from each other."""
_OTHERS_BGR: Final = (*_HEAD_BGR, _TAIL_BGR, (0.3, 1.0, 0.3), (0.1, 0.6, 1.0))
_SKIES_BGR: Final = ((1.15, 1.05, 0.75), (1.3, 1.0, 0.8), (1.0, 1.0, 1.0), (0.45, 0.85, 1.3))
"""Casts of night pictures: green and blue of mercury lamps, of moon and LED, none, of sodium."""
_MOST_GAIN: Final = 40.0
_SHIFT: Final = 4
"""Binary digits behind the point of places that OpenCV draws at."""


@dataclass(frozen=True, slots=True)
class _Night:
    """How dark, how hazy, in which colour and through what camera a night is seen.

    Brightness is linear, with white paper by day at 1.
    """

    ambient: float
    cast: NDArray[np.float32]
    colour: float
    haze: float
    glare: float
    level: float
    noise: float
    smear: float
    sharpen: float

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> Self:
        """Return a night that somebody might film."""
        cast = np.array(_SKIES_BGR[rng.integers(len(_SKIES_BGR))]) * np.exp(rng.normal(0, 0.08, 3))
        return cls(
            ambient=float(np.exp(rng.uniform(np.log(0.015), np.log(0.25)))),
            cast=cast.astype(np.float32),
            colour=float(rng.uniform(0.1, 0.8)),
            haze=float(rng.uniform(0.0, 0.65)),
            glare=float(np.exp(rng.uniform(np.log(0.003), np.log(0.06)))),
            level=float(rng.uniform(0.1, 0.5)),
            noise=float(rng.uniform(0, 0.03)),
            smear=float(rng.uniform(0, 1.6)),
            sharpen=float(rng.uniform(0, 1.2)),
        )


def nightfall(
    image: NDArray[np.uint8], xyxy: NDArray[np.floating], rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Return an image as if it had been taken at night, with the vehicles' lamps lit.

    Args:
        image: uint8 (H, W, 3), BGR.
        xyxy: (N, 4), boxes of its vehicles in pixels; may reach beyond the image.
        rng: Where the random numbers come from.

    Returns:
        uint8 (H, W, 3), BGR.
    """
    night = _Night.drawn(rng)
    height, width = image.shape[:2]
    small_wh = max(width // _COARSE, 1), max(height // _COARSE, 1)
    lamps = np.zeros((height, width, 3), np.float32)
    lit = np.empty((small_wh[1], small_wh[0], 3), np.float32)
    lit[:] = night.ambient * night.cast
    for box in xyxy[rng.random(len(xyxy)) < _LIT].tolist():
        _light_up(lamps, lit, box, rng)
    for _ in range(rng.integers(_MOST_OTHERS + 1)):
        _add_other_light(lamps, xyxy, rng)
    surfaces = cv2.LUT(image, _LINEAR)
    grey = cv2.cvtColor(surfaces, cv2.COLOR_BGR2GRAY)[..., None]
    surfaces = grey + night.colour * (surfaces - grey)
    light = surfaces * cv2.resize(lit, (width, height))
    # Haze between camera and street glows in the light that is there.
    light += night.haze * (0.5 * night.ambient * night.cast - light)
    light += lamps + cv2.resize(_scattered(lamps, small_wh, night.glare), (width, height))
    return _filmed(light, night, rng)


def _light_up(
    lamps: NDArray[np.float32],
    lit: NDArray[np.float32],
    box: list[float],
    rng: np.random.Generator,
) -> None:
    """Draw a vehicle's lamps, and what they light of the road."""
    x1, y1, x2, y2 = box
    wide, high = x2 - x1, y2 - y1
    approaching = rng.random() < _APPROACHING
    if approaching:
        colour = np.array(_HEAD_BGR[rng.integers(len(_HEAD_BGR))])
        bright = float(np.exp(rng.uniform(np.log(3), np.log(80))))
    else:
        colour, bright = np.array(_TAIL_BGR), float(np.exp(rng.uniform(np.log(0.4), np.log(6))))
    y = y1 + high * rng.uniform(0.55, 0.8)
    apart = rng.uniform(0.25, 0.4) * wide
    middle = (x1 + x2) / 2 + rng.uniform(-0.08, 0.08) * wide
    xs = [middle - apart, middle + apart]
    if wide > _SIDEWAYS * high:
        xs = [xs[rng.integers(2)]]
    ys = [y, y + rng.uniform(0.06, 0.14) * high] if rng.random() < _DOUBLE else [y]
    radius = max(0.5, min(wide, high) * rng.uniform(0.015, 0.06))
    axes = round(radius * rng.uniform(0.8, 1.8) * 2**_SHIFT), round(radius * 2**_SHIFT)
    value = (colour * bright).tolist()
    for at_y in ys:
        for x in xs:
            at = round(x * 2**_SHIFT), round(at_y * 2**_SHIFT)
            cv2.ellipse(lamps, at, axes, 0, 0, 360, value, -1, cv2.LINE_8, _SHIFT)
    if approaching:
        _light_road(lit, (middle, y2 + 0.15 * high), (wide, 0.5 * high), colour, rng)


def _add_other_light(
    lamps: NDArray[np.float32], xyxy: NDArray[np.floating], rng: np.random.Generator
) -> None:
    """Draw a light, or two beside each other, that belong to no vehicle: lamps, puddles, signs."""
    height, width = lamps.shape[:2]
    at = rng.uniform(0, 1, 2) * (width, height)
    radius = max(0.5, max(width, height) * float(np.exp(rng.uniform(np.log(0.001), np.log(0.02)))))
    reach = radius * _PAIR_REACH
    if ((xyxy[:, :2] - reach < at) & (at < xyxy[:, 2:] + reach)).all(axis=1).any():
        return
    colour = np.array(_OTHERS_BGR[rng.integers(len(_OTHERS_BGR))])
    bright = float(np.exp(rng.uniform(np.log(0.3), np.log(40))))
    places = [at]
    if rng.random() < _PAIRED:
        places.append(at + rng.uniform(-1, 1, 2) * reach)
    for x, y in places:
        centre = round(x * 2**_SHIFT), round(y * 2**_SHIFT)
        value = (colour * bright).tolist()
        cv2.circle(lamps, centre, round(radius * 2**_SHIFT), value, -1, cv2.LINE_8, _SHIFT)


def _light_road(
    lit: NDArray[np.float32],
    at: tuple[float, float],
    size: tuple[float, float],
    colour: NDArray[np.float64],
    rng: np.random.Generator,
) -> None:
    """Add a cone of light to the coarse image of what falls on surfaces."""
    height, width = lit.shape[:2]
    (x, y), (across, along) = at, size
    left = np.exp(-0.5 * ((np.arange(width) * _COARSE - x) / max(across, 1.0)) ** 2)
    down = np.exp(-0.5 * ((np.arange(height) * _COARSE - y) / max(along, 1.0)) ** 2)
    strength = float(np.exp(rng.uniform(np.log(0.02), np.log(0.4))))
    lit += (strength * down[:, None, None] * left[:, None] * colour).astype(np.float32)


def _scattered(
    lamps: NDArray[np.float32], small_wh: tuple[int, int], share: float
) -> NDArray[np.float32]:
    """Return what lens and air scatter of the lamps' light, at the coarse size."""
    small = cv2.resize(lamps, small_wh, interpolation=cv2.INTER_AREA)
    spread = np.zeros_like(small)
    for part, wide in _HALOS:
        halo = cv2.GaussianBlur(small, (0, 0), max(wide * max(small_wh), 0.5))
        cv2.scaleAdd(halo, part, spread, spread)
    return np.asarray(spread * (share * _SPARKLE), np.float32)


def _filmed(
    light: NDArray[np.float32], night: _Night, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Return what a camera with automatic exposure and noise reduction makes of light."""
    usual = max(float(np.median(light[::4, ::4].mean(axis=2))), 1e-4)
    # No exposure is as long as the darkest nights would need.
    gain = min(night.level**2.2 / usual, _MOST_GAIN)
    shown = np.clip(light * gain, 0, 1) ** (1 / 2.2)
    if night.noise:
        shown = shown + rng.standard_normal(shown.shape, np.float32) * np.float32(night.noise)
    if night.smear > 0.3:
        shown = cv2.GaussianBlur(shown, (0, 0), night.smear)
        soft = cv2.GaussianBlur(shown, (0, 0), 1.5)
        shown = cv2.addWeighted(shown, 1 + night.sharpen, soft, -night.sharpen, 0)
    return np.asarray(np.clip(shown * 255, 0, 255), np.uint8)
