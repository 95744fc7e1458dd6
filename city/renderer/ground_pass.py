"""What actors do to the ground's light: shadows, shade beneath, beams of lamps, reflections.

All is drawn at half the resolution, where it is soft anyway.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import moderngl
import numpy as np

from city.renderer.beams import lights_road
from city.renderer.context import load_program, set_uniforms
from city.renderer.gpu import GpuMesh, matrix_bytes, read_colours
from city.renderer.projection import flatten_along, transformed
from city.renderer.scenery import ground_quad

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from city.renderer.actors import VisibleBody
    from city.renderer.projection import Rect
    from city.renderer.targets import Targets
    from city.renderer.view import View

_LIFT_M: Final = 0.03
_NEARER_M: Final = 0.4
"""Pavements and kerbs lie this little above the plane on which shadows are drawn."""
_BEAM_WIDTH_M: Final = 9.0 / 17.0
"""At its far end, for each metre of its length."""
_BEAM_BRIGHTNESS: Final = 3.2 * 17.0
"""Of a beam that reaches a metre; longer ones are weaker at each place."""


class _Underside(NamedTuple):
    """The shade beneath a body: size relative to the body, dark core, share of light it takes."""

    along: float
    across: float
    core: tuple[float, float]
    hidden: float


_CAR_UNDERSIDE: Final = _Underside(1.1, 1.25, (0.85, 0.70), 0.88)
"""Dark up to the sills, then fading within an eighth of the width."""
_NARROW_UNDERSIDE: Final = _Underside(1.0, 0.8, (0.5, 0.1), 0.4)
"""Of two wheels and pedestrians: the sky shines in from both sides."""
_NARROW_M: Final = 1.1
"""Width below which a body is as narrow as that."""
_CHANNELS: Final = (
    (True, False, False, False),
    (False, True, False, False),
    (False, False, True, False),
    (False, False, False, True),
)


class GroundPass:
    """Draws what actors do to the ground's light."""

    def __init__(self, context: moderngl.Context) -> None:
        self._context = context
        self._flat = load_program(context, "flat.vert", "flat.frag")
        self._contact = load_program(context, "flat.vert", "contact.frag")
        self._beam = load_program(context, "flat.vert", "beam.frag")
        self._quad = GpuMesh(context, ground_quad(np.full(2, -0.5), np.full(2, 0.5), height_m=0.0))

    def draw_shade(
        self, targets: Targets, view: View, bodies: Sequence[VisibleBody], rects: Sequence[Rect]
    ) -> list[NDArray[np.uint8]]:
        """Return shadows within rectangles at half resolution.

        Returns:
            uint8 (h, w, 4) each, 255 in a channel where one of four points of the sun is hidden.
        """
        shade = targets.shade
        self._begin(shade, rects)
        self._context.disable(moderngl.BLEND)
        common = {"nearer_m": _NEARER_M, "spin_shift": 0.0, "value": (1.0, 1.0, 1.0, 1.0)}
        set_uniforms(self._flat, common)
        for channel, direction in enumerate(sun_points(view)):
            shade.color_mask = _CHANNELS[channel]
            shade.use()  # Masks take effect when a framebuffer is bound.
            flatten = view.clip_from_world @ flatten_along(direction, height_m=_LIFT_M)
            for body in bodies:
                matrix = matrix_bytes(flatten @ body.world_from_body)
                set_uniforms(self._flat, {"clip_from_body": matrix})
                body.coarse_mesh.draw(self._flat)
        shade.color_mask = True, True, True, True
        return [
            np.frombuffer(
                shade.read(viewport=rect.viewport, components=4, alignment=1), np.uint8
            ).reshape(rect.y1 - rect.y0, rect.x1 - rect.x0, 4)
            for rect in rects
        ]

    def draw_light(
        self, targets: Targets, view: View, bodies: Sequence[VisibleBody], rects: Sequence[Rect]
    ) -> list[NDArray[np.float16]]:
        """Return what actors' lamps add and what their undersides take, at half resolution.

        Returns:
            float16 (h, w, 4) each: irradiance, and the share of ambient light that is hidden.
        """
        light = targets.light
        self._begin(light, rects)
        self._context.enable(moderngl.BLEND)
        self._context.blend_func = moderngl.ONE, moderngl.ONE
        for body in bodies:
            matrix = view.clip_from_world @ body.world_from_body @ _beneath(body)
            shade = _underside(body)
            self._draw_quad(self._contact, matrix, {"core": shade.core, "hidden": shade.hidden})
        brightness = _BEAM_BRIGHTNESS / view.lighting.beam_reach_m
        strength = brightness * view.lighting.vehicle_lamps * _darkness(view)
        if strength > 0:
            for body in bodies:
                if lights_road(body):
                    matrix = view.clip_from_world @ body.world_from_body @ _ahead(body, view)
                    self._draw_quad(self._beam, matrix, {"strength": strength})
        self._context.disable(moderngl.BLEND)
        return [read_colours(light, rect) for rect in rects]

    def _begin(self, target: moderngl.Framebuffer, rects: Sequence[Rect]) -> None:
        self._context.enable_only(moderngl.DEPTH_TEST)
        target.depth_mask = False
        target.use()
        for rect in rects:
            target.clear(viewport=rect.viewport)

    def _draw_quad(
        self, program: moderngl.Program, matrix: NDArray[np.float64], values: dict[str, Any]
    ) -> None:
        fixed = {"clip_from_body": matrix_bytes(matrix), "nearer_m": _NEARER_M, "spin_shift": 0.0}
        set_uniforms(program, fixed | values)
        self._quad.draw(program)


def sun_points(view: View) -> list[NDArray[np.float64]]:
    """Return directions to four points of a sun as large as its penumbrae say."""
    sun = view.sun_direction
    right = np.cross(sun, (0.0, 0.0, 1.0))
    right = right / max(float(np.linalg.norm(right)), 1e-6)
    up = np.cross(right, sun)
    blur = view.lighting.sun_blur
    offsets = ((-0.6, -0.2), (0.2, -0.6), (0.6, 0.2), (-0.2, 0.6))
    return [sun + blur * (a * right + b * up) for a, b in offsets]


def shadow_outline(
    body: VisibleBody, directions: Sequence[NDArray[np.float64]]
) -> NDArray[np.float64]:
    """Return float64 (N, 3): corners that hold a body's shadows and the shade beneath it."""
    outlines = [_quad_corners(body.world_from_body @ _beneath(body))]
    for direction in directions:
        matrix = flatten_along(direction, height_m=_LIFT_M)
        outlines.append(transformed(matrix, body.box))
    return np.concatenate(outlines)


def beam_outline(body: VisibleBody, view: View) -> NDArray[np.float64]:
    """Return float64 (4, 3): corners of the road that a body's head lamps light."""
    return _quad_corners(body.world_from_body @ _ahead(body, view))


def _quad_corners(world_from_quad: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return float64 (4, 3), the corners of a quad that is drawn with a matrix (4, 4)."""
    corners = np.array([[-0.5, -0.5, 0, 1], [0.5, -0.5, 0, 1], [0.5, 0.5, 0, 1], [-0.5, 0.5, 0, 1]])
    return np.asarray((corners @ world_from_quad.T)[:, :3], np.float64)


def _darkness(view: View) -> float:
    """Return how much of the lamps' light is seen on a road that is lit by the day, too."""
    return float(np.clip(1.2 - view.lighting.environment_gain, 0.0, 1.0))


def _underside(body: VisibleBody) -> _Underside:
    narrow = body.actor.widths_m[body.index] < _NARROW_M
    return _NARROW_UNDERSIDE if narrow else _CAR_UNDERSIDE


def _beneath(body: VisibleBody) -> NDArray[np.float64]:
    rear, front = body.actor.lengths_m[body.index]
    width, shade = body.actor.widths_m[body.index], _underside(body)
    matrix = np.diag([(front - rear) * shade.along, width * shade.across, 1.0, 1.0])
    matrix[0, 3] = (front + rear) / 2
    matrix[2, 3] = _LIFT_M
    return matrix


def _ahead(body: VisibleBody, view: View) -> NDArray[np.float64]:
    front = body.actor.lengths_m[body.index][1]
    length = view.lighting.beam_reach_m
    matrix = np.diag([length, length * _BEAM_WIDTH_M, 1.0, 1.0])
    matrix[0, 3] = front + length / 2 - 0.2
    matrix[2, 3] = _LIFT_M
    return matrix
