"""The still part of a view: its colours, and what actors' shadows and lamps change in them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import moderngl
import numpy as np

from city.renderer.context import load_program, set_uniforms
from city.renderer.gpu import matrix_bytes, read_colours
from city.renderer.projection import Rect
from city.renderer.view import ENVIRONMENT_UNIT, MIRROR_UNIT, SHADOW_UNIT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from city.renderer.scenery import Scenery
    from city.renderer.targets import Targets
    from city.renderer.view import View


@dataclass(frozen=True, slots=True, eq=False)
class Background:
    """What stands still in a picture, on the processor's side.

    Attributes:
        linear: float32 (H, W, 3), its light.
        mirror: float32 (H, W), how much of the light comes from a mirroring road.
        albedo: float32 (H, W, 3), of the surface, less what haze hides.
        direct: float32 (H, W), share of the light that comes straight from the sun.
    """

    linear: NDArray[np.float32]
    mirror: NDArray[np.float32]
    albedo: NDArray[np.float32]
    direct: NDArray[np.float32]


class BackgroundPass:
    """Draws the still scene of a view into the targets."""

    def __init__(self, context: moderngl.Context) -> None:
        self._context = context
        self._sky = load_program(context, "sky.vert", "sky.frag")
        corners = np.array([-1, -1, 3, -1, -1, 3], np.float32)
        self._whole_picture = context.vertex_array(
            self._sky, [(context.buffer(corners.tobytes()), "2f", "corner")]
        )

    def draw(
        self,
        targets: Targets,
        scenery: Scenery,
        view: View,
        *,
        environment: moderngl.Texture,
        uniforms: Mapping[str, Any],
    ) -> Background:
        """Draw shadow map, colours and depths; return what the processor needs."""
        context = self._context
        context.enable_only(moderngl.DEPTH_TEST)
        context.depth_func = "<="
        for target, matrix, casters_only in (
            (targets.sun, view.sun_clip_from_world, True),
            (targets.ids_still, view.clip_from_world, False),
            (targets.light, view.clip_from_world, False),
        ):
            target.depth_mask = True
            target.use()
            target.clear(depth=1.0)
            scenery.draw_depth(matrix, casters_only=casters_only)
        environment.use(ENVIRONMENT_UNIT)
        targets.shadow_map.use(SHADOW_UNIT)
        if view.lighting.wetness > 0:
            self._draw_mirrored(targets, scenery, view, uniforms)
        targets.mirrored_texture.use(MIRROR_UNIT)
        targets.scene.use()
        targets.scene.clear(depth=1.0)
        scenery.draw(uniforms)
        self._draw_sky(view.clip_from_world, uniforms)
        clear_colour(targets.still)
        context.copy_framebuffer(targets.scene_flat, targets.scene)
        return _read(targets)

    def _draw_mirrored(
        self, targets: Targets, scenery: Scenery, view: View, uniforms: Mapping[str, Any]
    ) -> None:
        """Draw what a road like a mirror would show, with levels that are ever more blurred."""
        upside_down = view.clip_from_mirrored_world
        targets.mirrored_scene.use()
        targets.mirrored_scene.clear(depth=1.0)
        mirrored = {"clip_from_body": matrix_bytes(upside_down), "wetness": 0.0}
        scenery.draw({**uniforms, **mirrored}, with_ground=False)
        self._draw_sky(upside_down, uniforms)
        targets.mirrored_texture.build_mipmaps()
        targets.mirrored_texture.filter = (
            moderngl.LINEAR_MIPMAP_LINEAR,
            moderngl.LINEAR,
        )

    def _draw_sky(self, clip_from_world: NDArray[np.float64], uniforms: Mapping[str, Any]) -> None:
        inverse = matrix_bytes(np.linalg.inv(clip_from_world))
        set_uniforms(self._sky, {**uniforms, "world_from_clip": inverse})
        self._whole_picture.render()


def covered(
    background: Background, linear: NDArray[np.float32], cover: NDArray[np.float32]
) -> Background:
    """Return a background in which actors that never move cover a share of each pixel.

    Args:
        background: Without them.
        linear: float32 (H, W, 3), the picture with them.
        cover: float32 (H, W), their share.
    """
    left = 1 - cover
    return replace(
        background,
        linear=linear,
        mirror=background.mirror * left,
        albedo=background.albedo * left[..., None],
        direct=background.direct * left,
    )


def clear_colour(target: moderngl.Framebuffer, rects: Sequence[Rect] | None = None) -> None:
    """Make colours of a framebuffer 0, everywhere or in rectangles, and keep its depths."""
    target.use()
    target.depth_mask = False
    for viewport in [None] if rects is None else [rect.viewport for rect in rects]:
        target.clear(viewport=viewport)
    target.depth_mask = True


def _read(targets: Targets) -> Background:
    whole = Rect(0, 0, *targets.size_wh)
    colour, surface = (
        read_colours(targets.scene_flat, whole, attachment=k).astype(np.float32) for k in range(2)
    )
    return Background(
        linear=np.ascontiguousarray(colour[..., :3]),
        mirror=np.ascontiguousarray(colour[..., 3]),
        albedo=np.ascontiguousarray(surface[..., :3]),
        direct=np.ascontiguousarray(surface[..., 3]),
    )
