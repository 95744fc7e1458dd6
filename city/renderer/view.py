"""What a view fixes: camera, light, and the uniforms that every lit surface is drawn with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from city.renderer.gpu import matrix_bytes
from city.renderer.lamps import nearest_lamps
from city.renderer.projection import box_matrix, look_at_matrix
from city.renderer.targets import SHADOW_MAP_SIZE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from city.camera import CameraGeometry
    from city.lighting import Lighting
    from city.renderer.environment import Environment

ATLAS_UNIT: Final = 0
MATERIAL_UNIT: Final = 1
ENVIRONMENT_UNIT: Final = 2
SHADOW_UNIT: Final = 3
MIRROR_UNIT: Final = 4

MAX_LAMPS: Final = 24
"""As many as `light.glsl` holds."""

_SHADOW_HALF_M: Final = 75.0
"""The shadow map covers a square of twice this, ahead of the camera."""
_SHADOW_AHEAD_M: Final = 42.0
_SUN_AWAY_M: Final = 160.0
_CASTER_AWAY_M: Final = 8.0
"""Typical distance between a caster and its shadow, for the width of the penumbra."""
_LAMP_RGB: Final = (150.0, 122.0, 82.0)
"""Of a street lamp, times square metres: sodium and warm LED lamps."""


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A camera in a light.

    Attributes:
        geometry: The camera.
        lighting: The light.
        clip_from_world: float64 (4, 4).
        shadow_from_world: float64 (4, 4), to texture coordinates and depth in the shadow map.
        sun_clip_from_world: float64 (4, 4), what the shadow map is drawn with.
        sun_direction: float64 (3,), unit length.
    """

    geometry: CameraGeometry
    lighting: Lighting
    clip_from_world: NDArray[np.float64]
    shadow_from_world: NDArray[np.float64]
    sun_clip_from_world: NDArray[np.float64]
    sun_direction: NDArray[np.float64]

    @classmethod
    def of(cls, geometry: CameraGeometry, lighting: Lighting) -> View:
        """Return the view of a camera in a light."""
        sun = np.array(lighting.sun_direction) / np.linalg.norm(lighting.sun_direction)
        forward = level_direction(geometry)
        centre = np.append(np.array(geometry.eye)[:2] + forward * _SHADOW_AHEAD_M, 0.0)
        sun_clip = box_matrix(_SHADOW_HALF_M, 1.0, 2 * _SUN_AWAY_M) @ look_at_matrix(
            centre + sun * _SUN_AWAY_M, centre
        )
        to_texture = np.diag([0.5, 0.5, 0.5, 1.0])
        to_texture[:3, 3] = 0.5
        return cls(
            geometry=geometry,
            lighting=lighting,
            clip_from_world=geometry.clip_matrix() @ geometry.view_matrix(),
            shadow_from_world=to_texture @ sun_clip,
            sun_clip_from_world=sun_clip,
            sun_direction=sun,
        )

    @property
    def clip_from_mirrored_world(self) -> NDArray[np.float64]:
        """`clip_from_world` of the world upside down, as a level road mirrors it."""
        return np.asarray(self.clip_from_world @ np.diag([1.0, 1.0, -1.0, 1.0]), np.float64)

    def uniforms(self, environment: Environment, lamps: NDArray[np.float64]) -> dict[str, Any]:
        """Return the uniforms of `light.glsl` and of the still scene's vertices.

        Args:
            environment: What surrounds the scene.
            lamps: float64 (N, 3), all street lamps.
        """
        light = self.lighting
        on = lamps if light.street_lamps > 0 else lamps[:0]
        ahead = np.array(self.geometry.eye)[:2] + level_direction(self.geometry) * 30.0
        near = nearest_lamps(on, ahead, count=MAX_LAMPS)
        padded = np.zeros((MAX_LAMPS, 3), np.float32)
        padded[: len(near)] = near
        penumbra = light.sun_blur * _CASTER_AWAY_M / (2 * _SHADOW_HALF_M)
        return {
            "clip_from_body": matrix_bytes(self.clip_from_world),
            "world_from_body": matrix_bytes(np.eye(4)),
            "shadow_from_body": matrix_bytes(self.shadow_from_world),
            "spin_shift": 0.0,
            "eye": tuple(self.geometry.eye),
            "sun_direction": tuple(self.sun_direction),
            "sun_rgb": tuple(environment.sun_rgb.tolist()),
            "irradiance": environment.irradiance.tobytes(),
            "environment": ENVIRONMENT_UNIT,
            "shadow_map": SHADOW_UNIT,
            "shadow_spread": max(0.7 / SHADOW_MAP_SIZE, penumbra),
            "fog_per_m": light.fog_per_m,
            "fog_rgb": light.fog_rgb,
            "lamp_rgb": tuple(value * light.street_lamps for value in _LAMP_RGB),
            "lamp_count": len(near),
            "lamps": padded.tobytes(),
            "atlas": ATLAS_UNIT,
            "material": MATERIAL_UNIT,
            "mirrored": MIRROR_UNIT,
            "picture_size": tuple(float(v) for v in self.geometry.size_wh),
            "wetness": light.wetness,
            "street_lamps": light.street_lamps,
            "lit_windows": light.lit_windows,
        }


def level_direction(geometry: CameraGeometry) -> NDArray[np.float64]:
    """Return where a camera looks, on the map: float64 (2,), unit length."""
    ahead = np.subtract(geometry.look_at, geometry.eye)[:2]
    return np.asarray(ahead / np.linalg.norm(ahead), np.float64)
