"""Glare: light of lamps scattered over the image by lens, dirt and air."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LAMP: Final = 1.0
"""Light above this is a lamp's, a reflection's or a sunlit white wall's."""
_LARGEST: Final = 30.0
"""The renderer draws no light above it."""
_STRENGTH: Final = 8.0
"""Factor of a lamp's light for each unit by which it is rendered brighter than white."""
_REDUCTION: Final = 4
"""Glare is soft: it is computed at this fraction of the size."""
_STRIP: Final = 8
"""Rows of the reduced image that are searched for lamps at once."""
_LEVELS: Final = 8
"""Of the pyramid at most: the widest Gaussian then has a standard deviation of 700 pixels."""
_SIGMA_PX: Final = 1.4
"""Of each level's Gaussian in its own pixels: wide enough that enlarging it shows no squares."""
_LEAST_PX: Final = 2
"""Of a level's shorter side."""


def lamp_light(linear: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the light of lamps alone, as strong as lamps are.

    Rendered lamps are a few times as bright as white, which is all that an image without glare can
    tell. Real head lamps are up to a thousand times as bright from ahead and much less from aside,
    so what is above white grows with its square: rendered head lamps of 4 to 16 become 100 to 1900,
    tail lamps of 1.6 become 8.

    Args:
        linear: float32 (h, w, 3), RGB.

    Returns:
        float32 (h, w, 3), 0 where nothing is brighter than white, of the lamps' colours.
    """
    red, green, blue = cv2.split(linear)
    brightest = cv2.max(cv2.max(red, green), blue)
    over = ((np.clip(brightest, _LAMP, _LARGEST) - _LAMP) * _STRENGTH).astype(np.float32)
    capped = cv2.threshold(linear, _LARGEST, 0.0, cv2.THRESH_TRUNC)[1]
    return np.asarray(cv2.multiply(capped, cv2.cvtColor(over, cv2.COLOR_GRAY2RGB)), np.float32)


def scattered(lamps: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    """Return what reaches each place of a share of the lamps' light.

    Glare falls with about the square of the angle: Vos, "Disability glare: a state of the art
    report", CIE Journal 3(2), 1984 (the base of CIE 146:2002), of the eye; Talvala et al., "Veiling
    glare in high dynamic range imaging", SIGGRAPH 2007, of cameras. Of such a function rings whose
    radii double hold the same light, so it is a sum of Gaussians whose widths double and whose
    shares are equal: the levels of a pyramid. What falls beside the image is lost.

    Args:
        lamps: float32 (h, w, 3).
        share: Of their light, over all levels.

    Returns:
        float32 of the same shape.
    """
    levels = [lamps]
    while len(levels) < _LEVELS and min(levels[-1].shape[:2]) >= 2 * _LEAST_PX:
        height, width = levels[-1].shape[:2]
        half_wh = (width + 1) // 2, (height + 1) // 2
        levels.append(np.asarray(cv2.resize(levels[-1], half_wh, interpolation=cv2.INTER_AREA)))
    each = share / len(levels)
    total: NDArray[np.float32] | None = None
    for level in reversed(levels):
        spread = cv2.GaussianBlur(level, (0, 0), _SIGMA_PX, borderType=cv2.BORDER_CONSTANT)
        spread = cv2.multiply(spread, np.full(4, each))
        if total is not None:
            wider = cv2.resize(total, (level.shape[1], level.shape[0]))
            spread = cv2.add(spread, wider)
        total = np.asarray(spread, np.float32)
    assert total is not None
    return total


def add_glare(
    light: NDArray[np.float32],
    share: float,
    *,
    linear: NDArray[np.float32],
    gain: NDArray[np.float32],
) -> None:
    """Add glare to what a sensor takes.

    Args:
        light: float32 (h, w, 3), RGB, what it takes without glare; is written to.
        share: Of the lamps' light that is scattered.
        linear: float32 (h, w, 3), what falls on the lens.
        gain: float32 (h, w, 3), the sensor's factors.
    """
    height, width = light.shape[:2]
    lamps = _small_lamps(linear)
    if lamps is None:
        return
    small_wh = lamps.shape[1], lamps.shape[0]
    glare = scattered(lamps, share)
    glare *= cv2.resize(gain, small_wh, interpolation=cv2.INTER_AREA)
    cv2.add(light, cv2.resize(glare, (width, height)), dst=light)


def _small_lamps(linear: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """Return the lamps' light at a quarter of the size; None if there is none.

    Strip by strip: most have no lamp, and what is small needs no fresh memory.
    """
    height, width = linear.shape[:2]
    small = np.zeros((-(-height // _REDUCTION), -(-width // _REDUCTION), 3), np.float32)
    found = False
    for row in range(0, len(small), _STRIP):
        strip = linear[row * _REDUCTION : (row + _STRIP) * _REDUCTION]
        if strip.max() <= _LAMP:
            continue
        found = True
        part = small[row : row + _STRIP]
        size_wh = part.shape[1], part.shape[0]
        part[:] = cv2.resize(lamp_light(strip), size_wh, interpolation=cv2.INTER_AREA)
    return small if found else None
