"""The still scene: ground and scenery, drawn once per view."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import moderngl
import numpy as np

from city.renderer.context import load_program, set_uniforms
from city.renderer.gpu import GpuMesh, matrix_bytes, upload_texture
from city.renderer.lamps import find_lamps
from city.renderer.switched_lamps import SwitchedLamps
from city.scenery.types import SurfaceKind
from city.types import Mesh

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from city.scenery.types import StaticMesh

GROUND: Final = 0
_KINDS: Final = {kind: number for number, kind in enumerate(SurfaceKind, start=1)}
"""As the shader numbers them, in the order of their definition."""
_CUT_OUT: Final = {_KINDS[SurfaceKind.FOLIAGE], _KINDS[SurfaceKind.CUTOUT]}

_FAR_PX_PER_M: Final = 3.0
_NEAR_PX_PER_M: Final = 16.0
_NEAR_HALF_M: Final = 48.0
_NEAR_AHEAD_M: Final = 40.0
"""Middle of the finely painted square, ahead of the camera."""
_NEAR_HEIGHT_M: Final = 0.012
"""The fine square lies this much above the coarse ground, so that it hides it."""
_EARTH_HALF_M: Final = 700.0
_EARTH_SRGB: Final = (98, 104, 78)


class PaintGround(Protocol):
    """Paints a rectangle of the ground, as `city.ground.paint.paint_ground` does."""

    def __call__(
        self,
        minimum_xy: tuple[float, float],
        maximum_xy: tuple[float, float],
        *,
        pixels_per_metre: float,
    ) -> NDArray[np.uint8]:
        """Return uint8 (h, w, 3), sRGB; row 0 at the southern edge."""


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """The painted ground of a map.

    Attributes:
        paint: Paints a rectangle of it.
        minimum_xy: South-western corner of the map, metres.
        maximum_xy: North-eastern corner.
    """

    paint: PaintGround
    minimum_xy: tuple[float, float]
    maximum_xy: tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class _Surface:
    mesh: GpuMesh
    texture: moderngl.Texture
    kind: int
    casts_shadow: bool

    def release(self) -> None:
        self.mesh.release()
        self.texture.release()


class Scenery:
    """Ground and scenery of a map in the graphics card's memory.

    Args:
        context: Where it is drawn.
        meshes: The scenery.
        ground: The ground; None draws plain earth.
    """

    def __init__(
        self, context: moderngl.Context, meshes: Iterable[StaticMesh], ground: Ground | None
    ) -> None:
        meshes = list(meshes)
        self._context = context
        self._lit = load_program(context, "scenery.vert", "scenery.frag")
        self._flat = load_program(context, "flat.vert", "flat.frag")
        self._cut = load_program(context, "flat.vert", "flat_cutout.frag")
        self._ground = ground
        self._near: _Surface | None = None
        self._near_at: tuple[float, float] | None = None
        self._floor = [self._plain_earth()]
        if ground is not None:
            self._floor.append(
                self._painted(ground, ground.minimum_xy, ground.maximum_xy, _FAR_PX_PER_M, 0.0)
            )
        self._surfaces = [
            _Surface(
                GpuMesh(context, static.mesh),
                upload_texture(context, static.texture),
                _KINDS[static.kind],
                static.casts_shadow,
            )
            for static in meshes
        ]
        self.lamps = find_lamps(meshes)
        self.switched = SwitchedLamps(context, meshes)

    def paint_near(self, eye: NDArray[np.float64], forward: NDArray[np.float64]) -> None:
        """Paint the ground finely where a camera at `eye` looks."""
        if self._ground is None:
            return
        # Rounded, so that cameras that look at one place share its paint.
        middle = np.round((eye[:2] + forward[:2] * _NEAR_AHEAD_M) / 8) * 8
        at = (float(middle[0]), float(middle[1]))
        if at == self._near_at:
            return
        if self._near is not None:
            self._near.release()
        low = (at[0] - _NEAR_HALF_M, at[1] - _NEAR_HALF_M)
        high = (at[0] + _NEAR_HALF_M, at[1] + _NEAR_HALF_M)
        self._near = self._painted(self._ground, low, high, _NEAR_PX_PER_M, _NEAR_HEIGHT_M)
        self._near_at = at

    def draw(self, uniforms: Mapping[str, Any], *, with_ground: bool = True) -> None:
        """Draw all with light, with the uniforms of a view."""
        set_uniforms(self._lit, uniforms)
        near = [] if self._near is None else [self._near]
        ground = [*near, *reversed(self._floor)] if with_ground else []
        for surface in [*self._surfaces, *ground]:
            surface.texture.use(0)
            set_uniforms(self._lit, {"kind": surface.kind})
            surface.mesh.draw(self._lit)

    def draw_depth(self, clip_from_world: NDArray[np.float64], *, casters_only: bool) -> None:
        """Draw what stands on the ground, for its depth alone; colours become 0."""
        matrix = matrix_bytes(clip_from_world)
        zero = {"clip_from_body": matrix, "nearer_m": 0.0, "value": (0.0, 0.0, 0.0, 0.0)}
        for program in (self._flat, self._cut):
            set_uniforms(program, zero | {"spin_shift": 0.0, "level_bias": -0.4, "atlas": 0})
        for surface in self._surfaces:
            if casters_only and not surface.casts_shadow:
                continue
            if surface.kind in _CUT_OUT:
                surface.texture.use(0)
                surface.mesh.draw(self._cut)
            else:
                surface.mesh.draw(self._flat)

    def release(self) -> None:
        """Give the memory back."""
        near = [] if self._near is None else [self._near]
        for surface in [*self._surfaces, *self._floor, *near]:
            surface.release()
        self.switched.release()

    def _plain_earth(self) -> _Surface:
        half = (_EARTH_HALF_M, _EARTH_HALF_M)
        middle = np.zeros(2)
        if self._ground is not None:
            middle = np.add(self._ground.minimum_xy, self._ground.maximum_xy) / 2
        mesh = ground_quad(middle - half, middle + half, height_m=-0.06)
        image = np.full((4, 4, 3), _EARTH_SRGB, np.uint8)
        return _Surface(
            GpuMesh(self._context, mesh), upload_texture(self._context, image), GROUND, False
        )

    def _painted(
        self,
        ground: Ground,
        low: tuple[float, float],
        high: tuple[float, float],
        pixels_per_metre: float,
        height_m: float,
    ) -> _Surface:
        image = ground.paint(low, high, pixels_per_metre=pixels_per_metre)
        mesh = ground_quad(np.array(low), np.array(high), height_m=height_m)
        return _Surface(
            GpuMesh(self._context, mesh), upload_texture(self._context, image), GROUND, False
        )


def ground_quad(low: NDArray[np.float64], high: NDArray[np.float64], *, height_m: float) -> Mesh:
    """Return a level rectangle between two corners (2,); u, v run from 0 to 1 along x, y."""
    vertices = np.zeros((4, 9), np.float32)
    unit = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    vertices[:, :2] = low + unit * (high - low)
    vertices[:, 2] = height_m
    vertices[:, 5] = 1
    vertices[:, 6:8] = unit
    return Mesh(vertices, np.array([[0, 1, 2], [0, 2, 3]], np.int32))
