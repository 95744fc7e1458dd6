"""Meshes, textures and framebuffers in the memory of the graphics card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import moderngl
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from city.renderer.projection import Rect
    from city.types import Mesh

_ATTRIBUTES: Final = (("position", 3), ("normal", 3), ("uv", 2), ("spin", 1))


class GpuMesh:
    """A mesh, and how each program that draws it reads its vertices."""

    def __init__(self, context: moderngl.Context, mesh: Mesh) -> None:
        self._context = context
        self._vertices = context.buffer(np.ascontiguousarray(mesh.vertices).tobytes())
        self._indices = context.buffer(np.ascontiguousarray(mesh.indices).tobytes())
        self._arrays: dict[int, moderngl.VertexArray] = {}

    def draw(self, program: moderngl.Program) -> None:
        """Draw all triangles."""
        if program.glo not in self._arrays:
            self._arrays[program.glo] = self._bind(program)
        self._arrays[program.glo].render()

    def release(self) -> None:
        """Give the memory back."""
        for array in self._arrays.values():
            array.release()
        self._vertices.release()
        self._indices.release()

    def _bind(self, program: moderngl.Program) -> moderngl.VertexArray:
        used = [(name, count) for name, count in _ATTRIBUTES if name in program]
        layout = " ".join(
            f"{count}f" if name in program else f"{4 * count}x" for name, count in _ATTRIBUTES
        )
        names = [name for name, _ in used]
        return self._context.vertex_array(
            program, [(self._vertices, layout, *names)], index_buffer=self._indices
        )


def upload_texture(context: moderngl.Context, image: NDArray[np.uint8]) -> moderngl.Texture:
    """Return a texture uint8 (h, w, 3 or 4) with smaller levels, repeating in both directions.

    No anisotropic filter: llvmpipe takes a minute for a surface that it sees at a grazing angle.
    """
    height, width, channels = image.shape
    pixels = np.ascontiguousarray(image).tobytes()
    texture = context.texture((width, height), channels, pixels, alignment=1)
    texture.build_mipmaps()
    texture.filter = (moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR)
    return texture


def upload_levels(
    context: moderngl.Context, levels: Sequence[NDArray[np.float32]]
) -> moderngl.Texture:
    """Return a half float texture from its levels, each (s, s, 3) and half as large as the last."""
    size = levels[0].shape[0]
    texture = context.texture((size, size), 3, dtype="f2", alignment=1)
    texture.build_mipmaps(max_level=len(levels) - 1)
    for level, image in enumerate(levels):
        texture.write(np.ascontiguousarray(image, np.float16).tobytes(), level=level, alignment=1)
    texture.filter = (moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR)
    texture.repeat_x = texture.repeat_y = False
    return texture


def matrix_bytes(matrix: NDArray[np.floating]) -> bytes:
    """Return a matrix as a uniform wants it: float32, column after column."""
    return np.ascontiguousarray(matrix.T, np.float32).tobytes()


def copy_rects(
    context: moderngl.Context,
    target: moderngl.Framebuffer,
    source: moderngl.Framebuffer,
    rects: Iterable[Rect],
) -> None:
    """Copy rectangles of a framebuffer, resolving its samples where the target has one."""
    target.use()
    for rect in rects:
        target.scissor = rect.viewport
        context.copy_framebuffer(target, source)
    target.scissor = 0, 0, *target.size


def read_colours(
    source: moderngl.Framebuffer, rect: Rect, *, attachment: int = 0
) -> NDArray[np.float16]:
    """Return a rectangle of a framebuffer of half floats, float16 (h, w, 4)."""
    pixels = source.read(rect.viewport, 4, attachment=attachment, dtype="f2", alignment=1)
    _, _, width, height = rect.viewport
    return np.frombuffer(pixels, np.float16).reshape(height, width, 4)
