"""Colours of identities: the same in every camera, and easy to distinguish."""

from __future__ import annotations

import colorsys
from typing import Final

Color = tuple[int, int, int]
"""Blue, green, red, each 0 to 255."""

WHITE: Final[Color] = (255, 255, 255)
BLACK: Final[Color] = (0, 0, 0)
GREY: Final[Color] = (170, 170, 170)

_GOLDEN_RATIO: Final = 0.6180339887498949
"""Steps of this part of the hue circle never come near each other for many steps."""
_SATURATION_VALUE: Final = ((0.85, 1.0), (0.55, 1.0), (0.95, 0.78))
"""Vivid, pastel and dark in turn, so that neighbours on the hue circle differ in these."""


def identity_color(identity_id: int) -> Color:
    """Return the colour of an identity.

    >>> identity_color(7) == identity_color(7) != identity_color(8)
    True
    """
    hue = identity_id * _GOLDEN_RATIO % 1.0
    saturation, value = _SATURATION_VALUE[identity_id % len(_SATURATION_VALUE)]
    red, green, blue = colorsys.hsv_to_rgb(hue, saturation, value)
    return round(blue * 255), round(green * 255), round(red * 255)


def text_color(background: Color) -> Color:
    """Return black or white, whichever is easier to read on a background.

    Reference: WCAG 2.2, relative luminance; black has the higher contrast above 0.179.

    >>> text_color(WHITE) == BLACK and text_color(BLACK) == WHITE
    True
    """
    blue, green, red = ((channel / 255) ** 2.2 for channel in background)
    return BLACK if 0.0722 * blue + 0.7152 * green + 0.2126 * red > 0.179 else WHITE
