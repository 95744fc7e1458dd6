"""Draws actors: their colours over nothing, and which of them each pixel's centre shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import moderngl
import numpy as np

from city.renderer.background import clear_colour
from city.renderer.beams import beam_uniforms
from city.renderer.context import load_program, set_uniforms
from city.renderer.gpu import copy_rects, matrix_bytes, read_colours
from city.renderer.view import ATLAS_UNIT, ENVIRONMENT_UNIT, MATERIAL_UNIT, SHADOW_UNIT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from city.renderer.actors import VisibleBody
    from city.renderer.gpu import GpuMesh
    from city.renderer.projection import Rect
    from city.renderer.targets import Targets
    from city.renderer.view import View
    from city.types import ActorState

_WHEELS_BLUR_MPS: Final = 3.0
"""Faster wheels are blurred by motion within an exposure of 1/50 to 1/200 s."""
_HEAD_BRIGHTNESS: Final = 16.0
_HEAD_BY_DAY: Final = 0.15
_REAR_BRIGHTNESS: Final = 1.6
_BRAKE_BRIGHTNESS: Final = 6.0
_LEVEL_BIAS: Final = -0.5
"""Of the atlas, as in `actor.frag`, so that both passes cut out the same."""
BACKGROUND_ID: Final = -1
"""In a mask, where no actor is."""


class ActorPass:
    """Draws the actors of a picture into a layer and into the mask."""

    def __init__(self, context: moderngl.Context) -> None:
        self._context = context
        self._lit = load_program(context, "actor.vert", "actor.frag")
        self._flat = load_program(context, "flat.vert", "flat.frag")
        self._cut = load_program(context, "flat.vert", "flat_cutout.frag")

    def set_view(self, uniforms: Mapping[str, Any]) -> None:
        """Set what all actors of a view have in common."""
        set_uniforms(self._lit, uniforms)

    def draw_layer(
        self,
        targets: Targets,
        view: View,
        bodies: Sequence[VisibleBody],
        *,
        rects: Sequence[Rect],
        environment: moderngl.Texture,
    ) -> Iterator[tuple[Rect, NDArray[np.float16]]]:
        """Draw actors in colour, behind what stands still.

        Args:
            targets: What is drawn into.
            view: The camera and its light.
            bodies: The actors' bodies, the nearest first, so that hidden parts are not shaded.
            rects: Disjoint rectangles that hold them.
            environment: Of the view.

        Yields:
            Each rectangle with float16 (h, w, 4): light times coverage, and coverage.
        """
        # Nothing is what the colours start as: to clear them takes a third of copying them.
        copy_rects(self._context, targets.layer_depth, targets.still_depth, rects)
        clear_colour(targets.layer, rects)
        self._prepare(targets, view, bodies, environment)
        for body in bodies:
            self._draw(body, body.mesh, view, view.clip_from_world)
        copy_rects(self._context, targets.layer_flat, targets.layer, rects)
        for rect in rects:
            yield rect, read_colours(targets.layer_flat, rect)

    def draw_mirrored(
        self,
        targets: Targets,
        view: View,
        bodies: Sequence[VisibleBody],
        *,
        rects: Sequence[Rect],
        environment: moderngl.Texture,
    ) -> Iterator[tuple[Rect, NDArray[np.float16]]]:
        """Draw actors upside down, as a level road would mirror them, at half resolution.

        Yields:
            Each rectangle, of a picture of half the size, with float16 (h, w, 4) as `draw_layer`.
        """
        targets.mirror.use()
        for rect in rects:
            targets.mirror.clear(depth=1.0, viewport=rect.viewport)
        self._prepare(targets, view, bodies, environment)
        for body in bodies:
            self._draw(body, body.coarse_mesh, view, view.clip_from_mirrored_world)
        for rect in rects:
            yield rect, read_colours(targets.mirror, rect)

    def draw_mask(
        self,
        targets: Targets,
        view: View,
        bodies: Sequence[VisibleBody],
        *,
        rects: Sequence[Rect],
        mask: NDArray[np.int32],
    ) -> None:
        """Write the visible actor of each pixel of some rectangles into a mask.

        Args:
            targets: What is drawn into.
            view: The camera.
            bodies: The actors' bodies, the nearest first.
            rects: Disjoint rectangles that hold them.
            mask: int32 (H, W), what stands still; is written to.
        """
        copy_rects(self._context, targets.ids, targets.ids_still, rects)
        self._context.enable_only(moderngl.DEPTH_TEST)
        numbers = list(dict.fromkeys(body.state.actor_id for body in bodies))
        for body in bodies:
            program = self._cut if body.actor.is_cut_out else self._flat
            number = numbers.index(body.state.actor_id) + 1
            if body.actor.is_cut_out:
                body.actor.atlas.use(ATLAS_UNIT)
            set_uniforms(program, _id_uniforms(body, view, number))
            body.mesh.draw(program)
        found = np.array([BACKGROUND_ID, *numbers], np.int32)
        for rect in rects:
            pixels = targets.ids.read(viewport=rect.viewport, components=2, alignment=1)
            _, _, width, height = rect.viewport
            drawn = np.frombuffer(pixels, "<u2").reshape(height, width)
            part = mask[rect.slices]
            np.copyto(part, found[drawn], where=drawn > 0)

    def keep_depth(self, targets: Targets) -> None:
        """Make the actors drawn last, into the whole picture, a part of what stands still."""
        self._context.copy_framebuffer(targets.still, targets.layer)
        self._context.copy_framebuffer(targets.ids_still, targets.ids)
        clear_colour(targets.still)
        clear_colour(targets.ids_still)

    def _prepare(
        self,
        targets: Targets,
        view: View,
        bodies: Sequence[VisibleBody],
        environment: moderngl.Texture,
    ) -> None:
        """Set what all bodies of a picture are drawn with."""
        set_uniforms(self._lit, beam_uniforms(bodies, view.lighting))
        self._context.enable_only(moderngl.DEPTH_TEST)
        environment.use(ENVIRONMENT_UNIT)
        targets.shadow_map.use(SHADOW_UNIT)

    def _draw(
        self, body: VisibleBody, mesh: GpuMesh, view: View, clip_from_world: NDArray[np.float64]
    ) -> None:
        body.actor.atlas.use(ATLAS_UNIT)
        body.actor.material.use(MATERIAL_UNIT)
        set_uniforms(self._lit, _body_uniforms(body, view, clip_from_world))
        mesh.draw(self._lit)


def _spin_shift(body: VisibleBody) -> float:
    return body.actor.spin_shift if body.state.speed_mps > _WHEELS_BLUR_MPS else 0.0


def _body_uniforms(
    body: VisibleBody, view: View, clip_from_world: NDArray[np.float64]
) -> dict[str, Any]:
    lamps = view.lighting.vehicle_lamps if body.lamps_on else 0.0
    by_day = _HEAD_BY_DAY if body.lamps_on else 0.0
    return {
        "clip_from_body": matrix_bytes(clip_from_world @ body.world_from_body),
        "world_from_body": matrix_bytes(body.world_from_body),
        "shadow_from_body": matrix_bytes(view.shadow_from_world @ body.world_from_body),
        "spin_shift": _spin_shift(body),
        "head_lamp": _HEAD_BRIGHTNESS * lamps + by_day,
        "rear_lamp": _rear_lamp(body.state, lamps),
    }


def _rear_lamp(state: ActorState, lamps: float) -> float:
    return _BRAKE_BRIGHTNESS * (0.35 + 0.65 * lamps) if state.braking else _REAR_BRIGHTNESS * lamps


def _id_uniforms(body: VisibleBody, view: View, number: int) -> dict[str, Any]:
    low, high = number % 256, number // 256
    return {
        "clip_from_body": matrix_bytes(view.clip_from_world @ body.world_from_body),
        "spin_shift": _spin_shift(body),
        "nearer_m": 0.0,
        "value": (low / 255, high / 255, 0.0, 0.0),
        "atlas": ATLAS_UNIT,
        "level_bias": _LEVEL_BIAS,
    }
