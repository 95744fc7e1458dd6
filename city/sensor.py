"""What a camera makes of the light that falls into it: lens, exposure, colour, noise.

The way of a picture: bloom, exposure, white balance, tone curve, saturation, vignette, blur or
sharpening, noise, and, where the camera has more pixels than are rendered, enlargement.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Final

_AT_LEAST_ZERO: Final = ("saturation", "vignette", "blur_px", "sharpen", "bloom", "noise")


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorSettings:
    """Properties of a camera's lens and sensor.

    Attributes:
        exposure_ev: Stops above (brighter) or below the usual exposure.
        gain_rgb: Colour cast: factors of the channels.
        saturation: 1 keeps the colours, 0 gives a grey picture.
        contrast: Slope of the tone curve at middle grey, 1 keeps it.
        vignette: Light lost in the corners, from 0 to 1.
        blur_px: Standard deviation of the lens blur, in pixels of the output.
        sharpen: Strength of the halo that cheap cameras draw along edges.
        bloom: Share of the light of very bright spots that is scattered around them.
        noise: Standard deviation of the noise at middle grey, where white is 1.
        droplets: Number of rain drops on the lens.

    Raises:
        ValueError: If a field is out of its range.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    exposure_ev: float = 0.0
    gain_rgb: tuple[float, float, float] = (1.0, 1.0, 1.0)
    saturation: float = 1.0
    contrast: float = 1.0
    vignette: float = 0.1
    blur_px: float = 0.5
    sharpen: float = 0.0
    bloom: float = 0.1
    noise: float = 0.008
    droplets: int = 0

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
        if self.vignette > 1:
            raise ValueError(f"vignette must be at most 1, is {self.vignette}")
        if self.droplets < 0:
            raise ValueError(f"droplets must not be negative, is {self.droplets}")
