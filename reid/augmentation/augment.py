"""Augmentation of a crop, as if other cameras had taken it.

Everything works on uint8 (H, W, 3) BGR of any size, returns a new array, and draws its random
numbers from the generator that it is given.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from reid.crops import resize

Image = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class AugmentSettings:
    """How strongly images are changed.

    Attributes:
        flip: Probability of a horizontal flip.
        shift: Largest displacement of each side of the box, as a share of the image: detectors
            are not exact.
        gain: Largest change of brightness, and half of it per colour channel, as a share.
        gamma: Largest change of the gamma, as a share.
        saturation: Largest change of the saturation, as a share.
        low_resolution: Probability that the image is brought down to 20-80 % and up again.
        blur: Probability of a Gaussian or motion blur.
        noise: Largest standard deviation of added noise, in grey levels.
        jpeg: Probability of a JPEG compression of quality 25 to 75.
        erase: Probability that a rectangle of 2-25 % of the area is replaced (Zhong et al., "Random
            erasing data augmentation", AAAI 2020).
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    flip: float = 0.5
    shift: float = 0.08
    gain: float = 0.3
    gamma: float = 0.25
    saturation: float = 0.35
    low_resolution: float = 0.35
    blur: float = 0.25
    noise: float = 6.0
    jpeg: float = 0.3
    erase: float = 0.4

    def __post_init__(self) -> None:
        """Check every field."""
        for name in ("flip", "low_resolution", "blur", "jpeg", "erase"):
            if not 0 <= (value := getattr(self, name)) <= 1:
                raise ValueError(f"{name} must be a probability in [0, 1], is {value}")
        for name in ("shift", "gain", "gamma", "saturation"):
            if not 0 <= (value := getattr(self, name)) < 1:
                raise ValueError(f"{name} must be a share in [0, 1), is {value}")
        if self.noise < 0:
            raise ValueError(f"noise must not be negative, is {self.noise}")


def augment(image: Image, settings: AugmentSettings, rng: np.random.Generator) -> Image:
    """Return a changed image of the same size; the steps come in the order of a camera's."""
    changed = image[:, ::-1] if rng.random() < settings.flip else image
    changed = shift_box(changed, settings.shift, rng)
    changed = jitter_colour(changed, settings, rng)
    if rng.random() < settings.blur:
        changed = blur(changed, rng)
    if rng.random() < settings.low_resolution:
        changed = lower_resolution(changed, rng)
    changed = add_noise(changed, settings.noise, rng)
    if rng.random() < settings.jpeg:
        changed = compress(changed, rng)
    if rng.random() < settings.erase:
        changed = erase(changed, rng)
    return np.ascontiguousarray(changed)


def shift_box(image: Image, share: float, rng: np.random.Generator) -> Image:
    """Return the image as if the box's four sides had been somewhat elsewhere."""
    height, width = image.shape[:2]
    left, top, right, bottom = rng.uniform(-share, share, 4) * (width, height, width, height)
    corners = np.array([[-left, -top], [width + right, -top], [-left, height + bottom]])
    source = np.array([[0, 0], [width, 0], [0, height]])
    matrix = cv2.getAffineTransform(source.astype(np.float32), corners.astype(np.float32))
    return np.asarray(
        cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def jitter_colour(image: Image, settings: AugmentSettings, rng: np.random.Generator) -> Image:
    """Return the image with another exposure, white balance, gamma and saturation."""
    gain = 1 + rng.uniform(-settings.gain, settings.gain)
    channels = gain * (1 + rng.uniform(-settings.gain, settings.gain, 3) / 2)
    gamma = 1 + rng.uniform(-settings.gamma, settings.gamma)
    levels = (np.arange(256) / 255) ** gamma * 255
    table = np.clip(levels[:, None] * channels, 0, 255).astype(np.uint8)
    toned = np.asarray(cv2.LUT(image, table[None]), np.uint8)
    grey = cv2.cvtColor(cv2.cvtColor(toned, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    colour = 1 + rng.uniform(-settings.saturation, settings.saturation)
    return np.asarray(cv2.addWeighted(toned, colour, grey, 1 - colour, 0), np.uint8)


def blur(image: Image, rng: np.random.Generator) -> Image:
    """Return the image out of focus, or with the blur of a horizontal motion."""
    if rng.random() < 0.5:
        return np.asarray(cv2.GaussianBlur(image, (0, 0), rng.uniform(0.6, 2.2)), np.uint8)
    length = int(rng.integers(3, 10))
    return np.asarray(cv2.blur(image, (length, 1)), np.uint8)


def lower_resolution(image: Image, rng: np.random.Generator) -> Image:
    """Return the image as taken from farther away and enlarged again."""
    height, width = image.shape[:2]
    share = rng.uniform(0.2, 0.8)
    small = resize(image, (max(4, round(height * share)), max(4, round(width * share))))
    return resize(small, (height, width))


def add_noise(image: Image, largest_std: float, rng: np.random.Generator) -> Image:
    """Return the image with normal noise of a random strength up to the given one."""
    std = rng.uniform(0, largest_std)
    noise = rng.standard_normal(image.shape, np.float32) * np.float32(std)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def compress(image: Image, rng: np.random.Generator) -> Image:
    """Return the image after a strong JPEG compression."""
    quality = int(rng.integers(25, 76))
    _, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)


def erase(image: Image, rng: np.random.Generator) -> Image:
    """Return the image with one rectangle in a random colour, as if something stood there."""
    height, width = image.shape[:2]
    share, aspect = rng.uniform(0.02, 0.25), np.exp(rng.uniform(-1, 1))
    tall = min(height, max(1, round(height * np.sqrt(share * aspect))))
    wide = min(width, max(1, round(width * np.sqrt(share / aspect))))
    top, left = rng.integers(0, height - tall + 1), rng.integers(0, width - wide + 1)
    erased = image.copy()
    erased[top : top + tall, left : left + wide] = rng.integers(0, 256, 3)
    return erased
