"""Puts actors, their shadows and their lights into the still picture, where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from numpy.typing import NDArray

    from city.renderer.background import Background
    from city.renderer.projection import Rect
    from city.renderer.switched_lamps import LitLamp

_PENUMBRA_PX: Final = 1.2
"""Smallest blur of a shadow's edge, at half resolution."""


_RIPPLE_PX: Final = 3.5
"""Blur of reflections in a wet road along the picture's columns, at half resolution."""


def relight_ground(
    linear: NDArray[np.float32],
    background: Background,
    rect: Rect,
    *,
    shade: NDArray[np.uint8] | None,
    light: NDArray[np.float16],
    strength: float,
) -> None:
    """Darken and light a rectangle of a picture in which no actor has been drawn yet.

    Args:
        linear: float32 (H, W, 3); is written to.
        background: What stands still.
        rect: Where; both corners at even pixels, or at the picture's edge.
        shade: uint8 (h, w, 4), shadows at half resolution; None: the sun does not shine.
        light: float16 (h, w, 4), lamps and hidden ambient light at half resolution.
        strength: How dark shadows are, from 0 to 1.
    """
    _, _, width, height = rect.viewport
    rows, columns = rect.slices
    part = linear[rows, columns]
    half = light.astype(np.float32)
    hidden = np.minimum(cv2.extractChannel(half, 3), 1.0)
    factor = np.asarray(cv2.resize(hidden, (width, height)), np.float32)
    np.subtract(1, factor, out=factor)
    if shade is not None:
        dark = cv2.transform(shade, np.full((1, 4), 0.25, np.float32))
        dark = cv2.GaussianBlur(dark, (0, 0), _PENUMBRA_PX)
        sun = np.asarray(cv2.resize(dark, (width, height)), np.float32)
        np.subtract(1, sun / np.float32(255), out=sun)
        # The sun's share reaches the road beside a vehicle, whatever that hides of the sky.
        sun -= factor
        sun *= background.direct[rows, columns] * np.float32(strength)
        factor += sun
    _scale(part, factor)
    lamps = cv2.cvtColor(half, cv2.COLOR_RGBA2RGB)
    if lamps.any():
        lit = cv2.resize(lamps, (width, height))
        cv2.multiply(lit, background.albedo[rows, columns], dst=lit)
        cv2.add(part, lit, dst=part)


def mirror_in_ground(
    linear: NDArray[np.float32], background: Background, rect: Rect, layer: NDArray[np.float16]
) -> None:
    """Let a wet road mirror actors; its ripples draw reflections out towards the viewer.

    Args:
        linear: float32 (H, W, 3); is written to.
        background: What stands still.
        rect: Where; both corners at even pixels, or at the picture's edge.
        layer: float16 (h, w, 4) at half resolution: light times coverage, and coverage.
    """
    _, _, width, height = rect.viewport
    blurred = cv2.GaussianBlur(layer.astype(np.float32), (0, 0), 1.0, sigmaY=_RIPPLE_PX)
    mirrored = cv2.resize(blurred, (width, height))
    cover = np.asarray(cv2.extractChannel(mirrored, 3), np.float32)
    share = background.mirror[rect.slices]
    part = linear[rect.slices]
    _scale(part, 1 - share * cover)
    light = np.asarray(cv2.cvtColor(mirrored, cv2.COLOR_RGBA2RGB), np.float32)
    _scale(light, share)
    cv2.add(part, light, dst=part)


def lay_over(
    linear: NDArray[np.float32], rect: Rect, layer: NDArray[np.float16]
) -> NDArray[np.float32]:
    """Lay actors over a rectangle of a picture.

    Args:
        linear: float32 (H, W, 3); is written to.
        rect: Where.
        layer: float16 (h, w, 4): light times coverage, and coverage.

    Returns:
        float32 (h, w), coverage.
    """
    over = layer.astype(np.float32)
    cover = np.asarray(cv2.extractChannel(over, 3), np.float32)
    part = linear[rect.slices]
    _scale(part, 1 - cover)
    cv2.add(part, cv2.cvtColor(over, cv2.COLOR_RGBA2RGB), dst=part)
    return cover


def light_up(linear: NDArray[np.float32], lamps: Sequence[LitLamp], lit: Container[str]) -> None:
    """Lay the lamps that are lit over a picture, float32 (H, W, 3)."""
    for lamp in lamps:
        if lamp.lamp_id in lit:
            lay_over(linear, lamp.rect, lamp.layer)


def _scale(picture: NDArray[np.float32], factor: NDArray[np.float32]) -> None:
    """Multiply all channels of a picture (h, w, 3), which is written to, by a factor (h, w).

    OpenCV's loops take a tenth of the time of NumPy's over a last axis of three.
    """
    cv2.multiply(picture, cv2.cvtColor(factor, cv2.COLOR_GRAY2RGB), dst=picture)
