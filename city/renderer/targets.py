"""The framebuffers that a view is drawn into."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import moderngl

SHADOW_MAP_SIZE: Final = 2048
_SAMPLES: Final = 4
"""Per pixel, against jagged edges."""


class Targets:
    """Framebuffers for pictures of one size.

    Attributes:
        size_wh: Of the picture, pixels.
        half_wh: Of what is drawn at half the resolution, rounded up.
        scene: Samples of the still scene: colour and mirror, surface; its depth.
        scene_flat: The same colours, one value per pixel.
        still: Nothing, before the depth of what stands still: what a layer starts as.
        layer: Samples of the actors alone, behind the depth of what stands still.
        layer_flat: The same, one value per pixel.
        still_depth, layer_depth: The depths of `still` and `layer`, to be copied alone; with a byte
            of colour that nobody reads, since framebuffers without any are not copied.
        ids: Number of the actor at each pixel's centre, and depth.
        ids_still: The same of what stands still.
        shade: The actors' shadows on the ground from four points of the sun, at half resolution.
        light: Light of the actors' lamps on the ground, and ambient light that they take, at half
            resolution; shares its depth, the still scene's, with `shade`.
        mirror: Actors upside down, as a wet road mirrors them, at half resolution.
        mirrored_scene: The still scene upside down, at half resolution.
        sun: Depth of the still scene as the sun sees it, in `shadow_map`.
    """

    def __init__(self, context: moderngl.Context, size_wh: tuple[int, int]) -> None:
        width, height = size_wh
        self.size_wh = size_wh
        self.half_wh = half_wh = (width + 1) // 2, (height + 1) // 2
        frame = context.framebuffer

        def colours(wh: tuple[int, int], samples: int = 0) -> moderngl.Renderbuffer:
            return context.renderbuffer(wh, 4, samples=samples, dtype="f2")

        def depth(wh: tuple[int, int], samples: int = 0) -> moderngl.Renderbuffer:
            return context.depth_renderbuffer(wh, samples=samples)

        def byte() -> moderngl.Renderbuffer:
            return context.renderbuffer(size_wh, 1, samples=_SAMPLES)

        still_depth = depth(size_wh, _SAMPLES)
        self.scene = frame([colours(size_wh, _SAMPLES), colours(size_wh, _SAMPLES)], still_depth)
        self.scene_flat = frame([colours(size_wh), colours(size_wh)])
        self.still = frame([colours(size_wh, _SAMPLES)], still_depth)
        layer_depth = depth(size_wh, _SAMPLES)
        self.layer = frame([colours(size_wh, _SAMPLES)], layer_depth)
        self.still_depth = frame([byte()], still_depth)
        self.layer_depth = frame([byte()], layer_depth)
        self.layer_flat = frame([colours(size_wh)])
        self.ids = frame([context.renderbuffer(size_wh, 2)], depth(size_wh))
        self.ids_still = frame([context.renderbuffer(size_wh, 2)], depth(size_wh))
        half_depth = depth(half_wh)
        self.shade = frame([context.renderbuffer(half_wh, 4)], half_depth)
        self.light = frame([colours(half_wh)], half_depth)
        self.mirror = frame([colours(half_wh)], depth(half_wh))
        self.mirrored_texture = context.texture(half_wh, 4, dtype="f2")
        self.mirrored_scene = frame([self.mirrored_texture, colours(half_wh)], depth(half_wh))
        self.shadow_map = context.depth_texture((SHADOW_MAP_SIZE, SHADOW_MAP_SIZE))
        self.shadow_map.compare_func = "<="
        self.shadow_map.repeat_x = self.shadow_map.repeat_y = False
        self.sun = frame([], self.shadow_map)
