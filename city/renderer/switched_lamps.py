"""What a still picture looks like where lamps are lit that are switched on and off."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import moderngl
import numpy as np

from city.renderer.context import load_program, set_uniforms
from city.renderer.gpu import GpuMesh, copy_rects, matrix_bytes, read_colours
from city.renderer.projection import Rect, pixel_rect

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from city.renderer.targets import Targets
    from city.renderer.view import View
    from city.scenery.types import StaticMesh, SwitchedLamp

_BRIGHTNESS: Final = 3.2
"""Of a lit lens against white paper in the shade."""
_NEARER_M: Final = 0.02
"""Lit glass is drawn this much before the dark glass."""


@dataclass(frozen=True, slots=True, eq=False)
class LitLamp:
    """One lamp as a camera sees it while it is lit.

    Attributes:
        lamp_id: Its name.
        rect: Where it is in the picture.
        layer: float16 (h, w, 4): light times coverage, and coverage.
    """

    lamp_id: str
    rect: Rect
    layer: NDArray[np.float16]


class SwitchedLamps:
    """The switched lamps of a map in the graphics card's memory."""

    def __init__(self, context: moderngl.Context, meshes: Iterable[StaticMesh]) -> None:
        self._context = context
        self._flat = load_program(context, "flat.vert", "flat.frag")
        self._lamps: list[tuple[SwitchedLamp, NDArray[np.float64], GpuMesh]] = [
            (static.lamp, static.mesh.vertices[:, :3].astype(float), GpuMesh(context, static.mesh))
            for static in meshes
            if static.lamp is not None
        ]

    def draw(self, targets: Targets, view: View) -> list[LitLamp]:
        """Return those that a camera sees, as far as what stands still does not hide them."""
        self._context.enable_only(moderngl.DEPTH_TEST)
        found = []
        for lamp, points, mesh in self._lamps:
            rect = pixel_rect(points, view.geometry, margin=1)
            if rect is None:
                continue
            copy_rects(self._context, targets.layer, targets.still, [rect])
            set_uniforms(self._flat, _uniforms(lamp, points, view))
            mesh.draw(self._flat)
            copy_rects(self._context, targets.layer_flat, targets.layer, [rect])
            layer = read_colours(targets.layer_flat, rect)
            if layer[..., 3].any():
                found.append(LitLamp(lamp.lamp_id, rect, layer))
        return found

    def release(self) -> None:
        """Give the memory back."""
        for _, _, mesh in self._lamps:
            mesh.release()


def _uniforms(lamp: SwitchedLamp, points: NDArray[np.float64], view: View) -> dict[str, object]:
    distance = float(np.linalg.norm(points.mean(0) - view.geometry.eye))
    clear = math.exp(-distance * view.lighting.fog_per_m)
    linear = (np.array(lamp.srgb) / 255) ** 2.2 * _BRIGHTNESS
    colour = linear * clear + np.array(view.lighting.fog_rgb) * (1 - clear)
    return {
        "clip_from_body": matrix_bytes(view.clip_from_world),
        "spin_shift": 0.0,
        "nearer_m": _NEARER_M,
        "value": (*colour.tolist(), 1.0),
    }
