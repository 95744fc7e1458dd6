"""Lighting of the city: sky, sun, haze, rain and lamps, and presets of them.

Brightness is relative: a white sheet on the ground under a typical day's sky comes out at about 1
to 3, and the camera's exposure (`city.sensor`) maps that to pixel values. Presets for dusk and
night are given as a camera with automatic exposure would see them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

ENVIRONMENTS: Final = (
    *("park", "sky", "sunset", "venice"),  # images of skies
    *("clear", "overcast", "dark"),  # computed
)
"""Names of the skies (`city.renderer.environment`)."""

_SHARES: Final = (
    "white_balance",
    "shadow",
    "vehicle_lamps",
    "street_lamps",
    "lit_windows",
    "wetness",
    "rain",
    "beams_on_vehicles",
)

RGB = tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lighting:
    """Light and weather of a view.

    Attributes:
        environment: One of `ENVIRONMENTS`; lights all surfaces and is what they reflect.
        environment_gain: Its brightness; 1 makes the median of the upper half 0.75.
        environment_turn_deg: Turns it about the vertical, anticlockwise.
        sun_direction: Towards the sun, any length; above the horizon.
        sun_rgb: Brightness of its light on a surface that faces it.
        shadow: How dark shadows are, from 0 (a veiled sun) to 1.
        white_balance: How far the camera makes the light white, from 0 to 1.
        sun_blur: Penumbra: metres of blur per metre between caster and shadow.
        fog_per_m: Extinction of the haze.
        fog_rgb: What distant things fade to.
        vehicle_lamps: Brightness of head and tail lamps; brake lamps are always on in use.
        street_lamps: Brightness of street lamps and of other lit scenery.
        lit_windows: Share of the windows that are lit.
        wetness: Of the road: darker, and a mirror at grazing angles.
        rain: Density of the streaks of falling rain.
        beam_reach_m: How far ahead of a vehicle its head lamps light the road.
        beams_on_vehicles: Light of head lamps on the vehicles ahead, next to that on the road.

    Raises:
        ValueError: If a field is out of its range.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    environment: str = "park"
    environment_gain: float = 0.85
    environment_turn_deg: float = 0.0
    sun_direction: tuple[float, float, float] = (0.5, -0.45, 0.75)
    sun_rgb: RGB = (2.6, 2.4, 2.1)
    shadow: float = 1.0
    white_balance: float = 0.75
    sun_blur: float = 0.012
    fog_per_m: float = 0.0008
    fog_rgb: RGB = (0.6, 0.65, 0.7)
    vehicle_lamps: float = 0.0
    street_lamps: float = 0.0
    lit_windows: float = 0.0
    wetness: float = 0.0
    rain: float = 0.0
    beam_reach_m: float = 17.0
    beams_on_vehicles: float = 0.0

    def __post_init__(self) -> None:
        """Check every field."""
        if self.environment not in ENVIRONMENTS:
            known = ", ".join(ENVIRONMENTS)
            raise ValueError(f"environment must be one of {known}; is {self.environment!r}")
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, tuple):
                if len(value) != 3 or not all(math.isfinite(v) for v in value):
                    raise ValueError(f"{field.name} must be three finite numbers, is {value}")
            elif isinstance(value, int | float) and not math.isfinite(value):
                raise ValueError(f"{field.name} must be finite, is {value}")
        for name in ("environment_gain", "sun_blur", "fog_per_m"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must not be negative, is {getattr(self, name)}")
        if self.beam_reach_m <= 0:
            raise ValueError(f"beam_reach_m must be positive, is {self.beam_reach_m}")
        for name in ("sun_rgb", "fog_rgb"):
            if min(getattr(self, name)) < 0:
                raise ValueError(f"{name} must not be negative, is {getattr(self, name)}")
        for name in _SHARES:
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must lie in [0, 1], is {getattr(self, name)}")
        if self.sun_direction[2] <= 0.05 * math.hypot(*self.sun_direction):
            raise ValueError(
                f"sun_direction must point at least 3 degrees up, is {self.sun_direction}"
            )


_DAY = Lighting()
_OVERCAST = Lighting(
    environment="overcast",
    environment_gain=1.45,
    sun_direction=(0.2, 0.1, 0.97),
    sun_rgb=(0.25, 0.25, 0.27),
    shadow=0.0,
    sun_blur=0.3,
    fog_per_m=0.003,
    fog_rgb=(0.84, 0.86, 0.88),
)
_NIGHT = Lighting(
    environment="dark",
    environment_gain=0.09,
    sun_direction=(0.3, -0.4, 0.8),
    sun_rgb=(0.015, 0.017, 0.022),
    shadow=0.2,
    sun_blur=0.1,
    fog_per_m=0.0012,
    fog_rgb=(0.030, 0.028, 0.030),
    vehicle_lamps=1.0,
    street_lamps=1.0,
    lit_windows=0.35,
)
_UNLIT = replace(
    _NIGHT,
    environment_gain=0.06,
    white_balance=1.0,
    sun_rgb=(0.010, 0.014, 0.018),
    fog_per_m=0.0045,
    fog_rgb=(0.046, 0.066, 0.082),
    street_lamps=0.0,
    lit_windows=0.05,
    beam_reach_m=34.0,
    beams_on_vehicles=1.0,
)

PRESETS: Final[Mapping[str, Lighting]] = MappingProxyType(
    {
        "day": _DAY,
        "noon": replace(
            _DAY, environment="sky", sun_direction=(-0.25, -0.3, 0.9), sun_rgb=(2.9, 2.75, 2.5)
        ),
        "afternoon": replace(
            _DAY, environment="venice", sun_direction=(-0.35, 0.55, 0.7), sun_rgb=(2.1, 2.0, 1.9)
        ),
        "hazy": replace(
            _DAY,
            environment="overcast",
            sun_rgb=(1.5, 1.42, 1.28),
            environment_gain=1.05,
            shadow=0.75,
            sun_blur=0.05,
            fog_per_m=0.0035,
            fog_rgb=(0.75, 0.77, 0.78),
        ),
        "morning": replace(
            _DAY,
            environment="clear",
            environment_gain=0.75,
            sun_direction=(0.85, -0.25, 0.3),
            sun_rgb=(2.6, 2.15, 1.6),
            fog_per_m=0.0016,
            fog_rgb=(0.85, 0.78, 0.68),
        ),
        "overcast": _OVERCAST,
        "rain": replace(
            _OVERCAST,
            environment_gain=1.1,
            sun_rgb=(0.1, 0.1, 0.11),
            fog_per_m=0.006,
            fog_rgb=(0.66, 0.68, 0.7),
            vehicle_lamps=0.7,
            wetness=1.0,
            rain=0.6,
        ),
        "dusk": replace(
            _DAY,
            environment="sunset",
            environment_gain=0.34,
            white_balance=0.4,
            sun_direction=(-0.9, 0.3, 0.3),
            sun_rgb=(0.55, 0.33, 0.2),
            shadow=0.35,
            sun_blur=0.06,
            fog_per_m=0.0015,
            fog_rgb=(0.2, 0.19, 0.24),
            vehicle_lamps=0.8,
            street_lamps=0.7,
            lit_windows=0.3,
        ),
        "night": _NIGHT,
        "night_rain": replace(_NIGHT, wetness=1.0, rain=0.5, fog_per_m=0.003),
        "unlit": _UNLIT,
        "unlit_rain": replace(_UNLIT, wetness=1.0, rain=0.5, fog_per_m=0.007),
    }
)
"""Lightings by name, for scene files."""


def lighting_preset(name: str) -> Lighting:
    """Return a preset.

    Raises:
        ValueError: If there is none of that name.
    """
    if name not in PRESETS:
        raise ValueError(f"lighting must be one of {', '.join(PRESETS)}; is {name!r}")
    return PRESETS[name]
