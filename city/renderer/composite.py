"""Puts actors, their shadows and their lights into the still picture, where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from city.renderer.background import Background
    from city.renderer.projection import Rect

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
    hidden = np.minimum(half[..., 3], 1.0)
    open_sky = 1 - np.asarray(cv2.resize(hidden, (width, height)), np.float32)
    factor = open_sky
    if shade is not None:
        dark = cv2.transform(shade, np.full((1, 4), 0.25, np.float32))
        dark = cv2.GaussianBlur(dark, (0, 0), _PENUMBRA_PX)
        dark = np.asarray(cv2.resize(dark, (width, height)), np.float32)
        # The sun's share reaches the road beside a vehicle, whatever that hides of the sky.
        sun_share = background.direct[rows, columns] * np.float32(strength)
        factor = open_sky + sun_share * (1 - dark / np.float32(255) - open_sky)
    part *= factor[..., None]
    if half[..., :3].any():
        lamp = cv2.resize(np.ascontiguousarray(half[..., :3]), (width, height))
        part += lamp * background.albedo[rows, columns]


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
    share = background.mirror[rect.slices][..., None]
    part = linear[rect.slices]
    part *= 1 - share * mirrored[..., 3:]
    part += share * mirrored[..., :3]


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
    cover = over[..., 3]
    part = linear[rect.slices]
    part *= (1 - cover)[..., None]
    part += over[..., :3]
    return np.ascontiguousarray(cover)
