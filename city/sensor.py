"""Camera sensor model: lens, exposure, colour, noise.

The processing order: exposure, white balance, vignette, bloom, glare, tone curve, saturation, blur,
sharpening, noise. A camera that reduces noise sharpens afterwards.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, Final

import cv2
import numpy as np

from city.glare import add_glare
from detector.types import check_array

if TYPE_CHECKING:
    from numpy.typing import NDArray

_EXPOSURE: Final = 0.54
"""Of light, so that a preset's white comes out just below the brightest."""
_STEPS: Final = 16
"""Of the signal, for each of the image's 255."""
_ROOT_SCALE: Final = 65535 / 6.0
"""Of the root of the light in the tone curve's table, which ends at a light of 36."""
_ROOT_SCALES: Final = np.full(4, _ROOT_SCALE)
"""The same, as OpenCV wants a number for all channels."""
_WHITE: Final = 1.0
"""Light above it blooms."""
_BRIGHTEST: Final = 12.0
"""Lights above bloom no more than this."""
_LEAST_BLUR_PX: Final = 0.2
"""A lens that blurs less is taken for sharp: the Gaussian would reach no other pixel."""
_HALO_PX: Final = 1.1
"""Standard deviation of the halo that sharpening draws."""
_GRAINS: Final = 3
"""Sheets of noise that are made once; each frame takes one of them, moved."""
_SHIFT: Final = 64
"""Pixels that the noise is moved by, at random, from frame to frame."""
_SMEAR_PX: Final = 1.8
"""Standard deviation of what noise reduction takes for fine."""
_AT_LEAST_ZERO: Final = (
    *("saturation", "vignette", "blur_px", "sharpen", "bloom", "noise", "glare", "denoise"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorSettings:
    """Properties of a camera's lens and sensor.

    Attributes:
        exposure_ev: Stops above (brighter) or below the usual exposure.
        gain_rgb: Colour cast: factors of the channels.
        saturation: 1 keeps the colours, 0 gives a grey image.
        contrast: Slope of the tone curve at middle grey, 1 keeps it.
        vignette: Light lost in the corners, from 0 to 1.
        blur_px: Standard deviation of the lens blur, in pixels.
        sharpen: Strength of the halo that cheap cameras draw along edges.
        bloom: Share of the light of very bright spots that is scattered around them.
        noise: Standard deviation of the noise at middle grey, where white is 1.
        glare: Share of the light of lamps, which are then as strong as real ones, that lens, dirt
            and air scatter over all of the picture: 0.02 a clean lens, 0.3 a dirty one in mist.
        denoise: Differences up to this, where white is 1, that the camera's noise reduction takes
            for noise and smears: about three times the noise, and more by cheap cameras.

    Raises:
        ValueError: If a field is out of its range.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    exposure_ev: float = 0.0
    gain_rgb: tuple[float, float, float] = (1.0, 1.0, 1.0)
    saturation: float = 0.9
    contrast: float = 1.0
    vignette: float = 0.1
    blur_px: float = 0.5
    sharpen: float = 0.0
    bloom: float = 0.1
    noise: float = 0.008
    glare: float = 0.0
    denoise: float = 0.0

    def __post_init__(self) -> None:
        """Check every field."""
        for field in fields(self):
            value = getattr(self, field.name)
            if not all(math.isfinite(v) for v in (value if isinstance(value, tuple) else [value])):
                raise ValueError(f"{field.name} must be finite, is {value}")
        for name in _AT_LEAST_ZERO:
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must not be negative, is {getattr(self, name)}")
        if len(self.gain_rgb) != 3 or min(self.gain_rgb) <= 0:
            raise ValueError(f"gain_rgb must be three positive numbers, is {self.gain_rgb}")
        if self.contrast <= 0:
            raise ValueError(f"contrast must be positive, is {self.contrast}")
        for name in ("vignette", "glare", "denoise"):
            if getattr(self, name) > 1:
                raise ValueError(f"{name} must be at most 1, is {getattr(self, name)}")


class Sensor:
    """Turns light into the images of one camera; each depends on its seed and index alone.

    Args:
        settings: Properties of the camera.
        size_wh: Of its images, pixels.
        seed: Of the noise.

    Raises:
        ValueError: If the size is not positive or the seed negative.
    """

    def __init__(self, settings: SensorSettings, size_wh: tuple[int, int], seed: int) -> None:
        if min(size_wh) < 1:
            raise ValueError(f"size_wh must be two positive integers, is {size_wh}")
        if seed < 0:
            raise ValueError(f"seed must not be negative, is {seed}")
        self._settings = settings
        self._size_wh = size_wh
        self._seed = seed
        self._curve = tone_curve(settings.contrast)
        self._colours = _colour_matrix(settings.saturation)
        gain = _EXPOSURE * 2.0**settings.exposure_ev * np.array(settings.gain_rgb)
        falloff = 1 - settings.vignette * _radius(size_wh) ** 2
        self._gain = (falloff[..., None] * gain).astype(np.float32)
        rng = np.random.default_rng(seed)
        width, height = size_wh
        self._grain = [
            film_grain(rng, (width + _SHIFT, height + _SHIFT), settings.noise)
            for _ in range(_GRAINS)
        ]
        # Written to by every picture: fresh memory costs as much as the arithmetic.
        self._light = np.empty_like(self._gain)
        self._root = np.empty(self._gain.shape, np.uint16)

    def __call__(self, linear: NDArray[np.float32], *, index: int = 0) -> NDArray[np.uint8]:
        """Return what the camera records.

        Args:
            linear: float32 (H, W, 3), RGB, light that falls on the sensor.
            index: Of the frame; another one has other noise.

        Returns:
            uint8 (H, W, 3), BGR.

        Raises:
            ValueError: If `linear` has another dtype or shape.
        """
        width, height = self._size_wh
        check_array("linear", linear, dtype=np.float32, shape=(height, width, 3))
        signal = self._draw(self._expose(linear))
        cv2.add(signal, self._noise(index), dst=signal)
        if self._settings.denoise > 0:
            signal = self._sharpen(smear(signal, self._settings.denoise, sigma_px=_SMEAR_PX))
        np.maximum(signal, 0, out=signal)
        return np.asarray(cv2.convertScaleAbs(signal, alpha=1 / _STEPS), np.uint8)

    def _expose(self, linear: NDArray[np.float32]) -> NDArray[np.int16]:
        """Return int16 (H, W, 3), BGR: the light after bloom, exposure and tone curve."""
        light, root = self._light, self._root
        cv2.multiply(linear, self._gain, dst=light)
        if self._settings.bloom > 0:
            add_bloom(light, self._settings.bloom)
        if self._settings.glare > 0:
            add_glare(light, self._settings.glare, linear=linear, gain=self._gain)
        # A root, so that the table is as fine in the shadows as the eye is.
        cv2.multiply(cv2.sqrt(light, dst=light), _ROOT_SCALES, dst=root, dtype=cv2.CV_16U)
        signal = look_up(self._curve, root)
        return np.asarray(cv2.transform(signal, self._colours, dst=signal), np.int16)

    def _draw(self, signal: NDArray[np.int16]) -> NDArray[np.int16]:
        """Return the image as lens and electronics draw it: blurred, sharpened."""
        settings = self._settings
        if settings.blur_px > _LEAST_BLUR_PX:
            signal = np.asarray(cv2.GaussianBlur(signal, (0, 0), settings.blur_px), np.int16)
        return self._sharpen(signal) if settings.denoise == 0 else signal

    def _sharpen(self, signal: NDArray[np.int16]) -> NDArray[np.int16]:
        strength = self._settings.sharpen
        if strength == 0:
            return signal
        soft = cv2.GaussianBlur(signal, (0, 0), _HALO_PX)
        return np.asarray(cv2.addWeighted(signal, 1 + strength, soft, -strength, 0), np.int16)

    def _noise(self, index: int) -> NDArray[np.int16]:
        rng = np.random.default_rng((self._seed, index))
        grain = self._grain[rng.integers(_GRAINS)]
        x, y = rng.integers(_SHIFT, size=2)
        width, height = self._size_wh
        return grain[y : y + height, x : x + width]


def tone_curve(contrast: float) -> NDArray[np.int16]:
    """Return int16 (65536,): signal by the scaled root of the light.

    Reference: Narkowicz, "ACES Filmic Tone Mapping Curve", 2016; the display's gamma is 2.2.

    Args:
        contrast: Slope at middle grey.
    """
    light = (np.arange(65536) / _ROOT_SCALE) ** 2
    film = light * (2.51 * light + 0.03) / (light * (2.43 * light + 0.59) + 0.14)
    shown = np.clip(film, 0, 1) ** (1 / 2.2)
    # A sigmoid through black, middle grey and white.
    steep = shown**contrast
    shown = steep / (steep + (1 - shown) ** contrast)
    return np.rint(shown * 255 * _STEPS).astype(np.int16)


def film_grain(
    rng: np.random.Generator, size_wh: tuple[int, int], noise: float
) -> NDArray[np.int16]:
    """Return int16 (H, W, 3) of noise: fine in brightness, coarser in colour.

    Photon noise grows with the root of the light, which the display's gamma evens out again: after
    the tone curve it is about the same at all brightnesses.
    """
    width, height = size_wh
    brightness = rng.standard_normal((height, width, 1))
    coarse = rng.standard_normal(((height + 1) // 2, (width + 1) // 2, 3))
    colour = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.rint((brightness + 0.5 * colour) * (noise * 255 * _STEPS)).astype(np.int16)


def add_bloom(light: NDArray[np.float32], share: float) -> None:
    """Scatter a share of what is brighter than white around it: light (H, W, 3) is written to."""
    height, width = light.shape[:2]
    brightest = float(light.max())
    if brightest <= _WHITE:
        return
    small_wh = max(width // 4, 1), max(height // 4, 1)
    capped = light if brightest <= _BRIGHTEST else np.minimum(light, _BRIGHTEST)
    small = cv2.resize(capped, small_wh, interpolation=cv2.INTER_AREA)
    bright = np.maximum(small - np.float32(_WHITE), 0)
    near = cv2.GaussianBlur(bright, (0, 0), small_wh[1] / 90)
    wide = cv2.GaussianBlur(bright, (0, 0), small_wh[1] / 22)
    glow = cv2.resize(cv2.addWeighted(near, 0.75 * share, wide, 0.25 * share, 0), (width, height))
    cv2.add(light, glow, dst=light)


def smear(signal: NDArray[np.int16], threshold: float, *, sigma_px: float) -> NDArray[np.int16]:
    """Return a signal without its fine differences up to a threshold: noise reduction by coring.

    Args:
        signal: int16 (h, w, 3).
        threshold: Where white is 1; larger differences are kept less this much.
        sigma_px: Standard deviation of what is fine.
    """
    smooth = cv2.GaussianBlur(signal, (0, 0), sigma_px)
    fine = cv2.subtract(signal, smooth)
    most = threshold * 255 * _STEPS
    small = np.clip(fine, -most, most, dtype=np.int16, casting="unsafe")
    return np.asarray(cv2.subtract(signal, small), np.int16)


def look_up(table: NDArray[np.int16], index: NDArray[np.uint16]) -> NDArray[np.int16]:
    """Return a table's entries, int16 of the shape of `index`.

    Args:
        table: int16 (65536,).
        index: uint16, of any shape.
    """
    if _LUT_TAKES_16_BITS:
        return np.asarray(cv2.LUT(index, table), np.int16)
    return np.take(table, index)


def _lut_takes_16_bits() -> bool:
    """Return whether OpenCV's tables can have 65536 entries: from 4.13 on."""
    try:
        cv2.LUT(np.zeros((1, 1), np.uint16), np.zeros(65536, np.int16))
    except cv2.error:
        return False
    return True


_LUT_TAKES_16_BITS: Final = _lut_takes_16_bits()
"""In a third of NumPy's time."""


def _colour_matrix(saturation: float) -> NDArray[np.float32]:
    """Return (3, 3) from RGB to BGR of another saturation (luma of ITU-R BT.601)."""
    luma = np.array([0.299, 0.587, 0.114])
    keep = np.eye(3)[::-1]
    return (saturation * keep + (1 - saturation) * luma).astype(np.float32)


def _radius(size_wh: tuple[int, int]) -> NDArray[np.float64]:
    """Return distances from the image's middle, 1 in its corners: float64 (H, W)."""
    x, y = (((np.arange(n) + 0.5) / n * 2 - 1) / np.sqrt(2) for n in size_wh)
    return np.asarray(np.hypot(x[None, :], y[:, None]), np.float64)
