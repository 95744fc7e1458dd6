"""Augmentations of `reid.augmentation.augment` for a whole batch, on the device that holds it.

The same steps in the same order, with numbers from the same distributions, so that either may train
a network; single images differ, as the numbers are drawn per batch. The random numbers are drawn on
the host: a batch changes in the same way on every device, except for the noise, which is drawn
where it is added. Nothing is read back from the device.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from reid.augmentation import filters, jpeg
from reid.augmentation.augment import AugmentSettings

_RADIUS: Final = 7
"""Of the blur kernels, in pixels: three standard deviations of the widest Gaussian."""

_GREY: Final = (0.114, 0.587, 0.299)
"""Luma of blue, green and red (ITU-R BT.601), as OpenCV has it."""


def augment_batch(images: Tensor, settings: AugmentSettings, rng: np.random.Generator) -> Tensor:
    """Return changed images.

    Args:
        images: uint8 (B, H, W, 3), BGR, on any device; H and W above 7.
        settings: How strongly.
        rng: Where all numbers come from.

    Returns:
        uint8 (B, H, W, 3), BGR, on the same device.
    """
    changed = images.permute(0, 3, 1, 2).float()
    changed = _flip_and_shift(changed, settings, rng)
    changed = _jitter_colour(changed, settings, rng)
    changed = _soften(changed, settings, rng)
    changed = _add_noise(changed, settings.noise, rng)
    changed = _compress(changed, settings.jpeg, rng)
    changed = _erase(changed, settings.erase, rng)
    return changed.round().to(torch.uint8).permute(0, 2, 3, 1)


def _flip_and_shift(images: Tensor, settings: AugmentSettings, rng: np.random.Generator) -> Tensor:
    count, _, height, width = images.shape
    flipped = _to(rng.random(count) < settings.flip, images)[:, None, None].bool()
    sides = rng.uniform(-settings.shift, settings.shift, (4, count))
    left, top, right, bottom = (
        _to(sides, images) * _to([width, height, width, height], images)[:, None]
    )
    horizontal = filters.shift_matrix(left, right, size=width)
    horizontal = torch.where(flipped, horizontal.flip(2), horizontal)
    return filters.apply(filters.shift_matrix(top, bottom, size=height), horizontal, images)


def _jitter_colour(images: Tensor, settings: AugmentSettings, rng: np.random.Generator) -> Tensor:
    count = len(images)
    gain = 1 + rng.uniform(-settings.gain, settings.gain, (count, 1))
    gain = gain * (1 + rng.uniform(-settings.gain, settings.gain, (count, 3)) / 2)
    gamma = 1 + rng.uniform(-settings.gamma, settings.gamma, count)
    colour = 1 + rng.uniform(-settings.saturation, settings.saturation, count)
    toned = (images.clamp(0, 255) / 255) ** _beside(gamma, images) * 255
    toned = (toned * _to(gain, images)[:, :, None, None]).clamp(0, 255)
    grey = (toned * _to(_GREY, images)[:, None, None]).sum(dim=1, keepdim=True)
    return torch.lerp(grey, toned, _beside(colour, images)).clamp(0, 255)


def _soften(images: Tensor, settings: AugmentSettings, rng: np.random.Generator) -> Tensor:
    """Blur some images and lower the resolution of some; both are linear and so one filter."""
    count, _, height, width = images.shape
    across, down = _draw_kernels(count, settings.blur, rng)
    share = rng.uniform(0.2, 0.8, count)
    lowered = rng.random(count) < settings.low_resolution
    matrices = []
    for kernels, size in ((down, height), (across, width)):
        small = np.where(lowered, np.maximum(4, np.round(size * share)), size)
        blurred = filters.blur_matrix(_to(kernels, images), size=size)
        matrices.append(filters.resolution_matrix(_to(small, images), size=size) @ blurred)
    return filters.apply(matrices[0], matrices[1], images)


def _draw_kernels(
    count: int, chance: float, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return a horizontal and a vertical kernel for each image, float64 (B, 15) each."""
    taps = np.arange(-_RADIUS, _RADIUS + 1)
    nothing = (taps == 0).astype(float)
    gaussian = np.exp(-0.5 * (taps / rng.uniform(0.6, 2.2, (count, 1))) ** 2)
    gaussian /= gaussian.sum(axis=1, keepdims=True)
    length = rng.integers(3, 10, (count, 1))
    motion = ((taps >= -(length // 2)) & (taps < length - length // 2)) / length
    blurred, unfocused = rng.random((2, count, 1)) < np.array([chance, 0.5])[:, None, None]
    across = np.where(blurred, np.where(unfocused, gaussian, motion), nothing)
    return across, np.where(blurred & unfocused, gaussian, nothing)


def _add_noise(images: Tensor, largest_std: float, rng: np.random.Generator) -> Tensor:
    std = rng.uniform(0, largest_std, len(images))
    generator = torch.Generator(images.device).manual_seed(int(rng.integers(2**62)))
    noise = torch.randn(images.shape, generator=generator, device=images.device)
    return (images + noise * _beside(std, images)).clamp(0, 255)


def _compress(images: Tensor, chance: float, rng: np.random.Generator) -> Tensor:
    quality = rng.integers(25, 76, len(images))
    rows = np.flatnonzero(rng.random(len(images)) < chance)
    if not len(rows):
        return images
    places = torch.from_numpy(rows).to(images.device)
    compressed = jpeg.compress(images[places], _to(quality[rows], images))
    return images.index_copy(0, places, compressed)


def _erase(images: Tensor, chance: float, rng: np.random.Generator) -> Tensor:
    count, _, height, width = images.shape
    share, aspect = rng.uniform(0.02, 0.25, count), np.exp(rng.uniform(-1, 1, count))
    tall = np.clip(np.round(height * np.sqrt(share * aspect)), 1, height)
    wide = np.clip(np.round(width * np.sqrt(share / aspect)), 1, width)
    top = np.floor(rng.random(count) * (height - tall + 1))
    left = np.floor(rng.random(count) * (width - wide + 1))
    tall = np.where(rng.random(count) < chance, tall, 0)
    colours = _to(rng.integers(0, 256, (count, 3)), images)[:, :, None, None]
    row = torch.arange(height, device=images.device)[:, None]
    column = torch.arange(width, device=images.device)
    inside = (row >= _beside(top, images)) & (row < _beside(top + tall, images))
    inside = inside & (column >= _beside(left, images)) & (column < _beside(left + wide, images))
    return torch.where(inside, colours, images)


def _to(values: Any, images: Tensor) -> Tensor:
    """Return numbers as float32 beside some images."""
    return torch.from_numpy(np.asarray(values, np.float32)).to(images.device)


def _beside(values: NDArray[Any], images: Tensor) -> Tensor:
    """Return one number for each image; (B,) -> float32 (B, 1, 1, 1)."""
    return _to(values, images)[:, None, None, None]
