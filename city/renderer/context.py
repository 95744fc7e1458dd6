"""The OpenGL context, without a window, and the programs of `city/shaders` compiled in it."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import moderngl

if TYPE_CHECKING:
    from collections.abc import Mapping

_SHADERS: Final = files("city") / "shaders"
_INCLUDE: Final = re.compile(r'^#include "([a-z_]+\.glsl)"$', re.MULTILINE)
_VERSION: Final = 330
_BACKEND: Final[dict[str, Any]] = {"backend": "egl"}


@cache
def shared_context() -> moderngl.Context:
    """Return the process's context of EGL, on a graphics card or in software (Mesa's llvmpipe).

    There is one for all renderers: objects of a context that is not the current one would be drawn
    with, and freed, under the numbers of whatever the current one holds.

    Raises:
        ValueError: If there is no EGL.
    """
    try:
        context = moderngl.create_standalone_context(require=_VERSION, **_BACKEND)
    except Exception as error:  # What the binding raises has no narrower type.
        raise ValueError("city needs EGL: apt-get install libegl1 libgl1-mesa-dri") from error
    # Counted references free what nothing uses any more; the default waits for an explicit call.
    context.gc_mode = "auto"
    return context


def load_program(context: moderngl.Context, vertex: str, fragment: str) -> moderngl.Program:
    """Compile a program from two files of `city/shaders`; `#include` lines are replaced."""
    return context.program(vertex_shader=_source(vertex), fragment_shader=_source(fragment))


def set_uniforms(program: moderngl.Program, values: Mapping[str, Any]) -> None:
    """Set those of the values that the program uses; compilers drop uniforms that change nothing.

    Args:
        program: The program.
        values: Numbers, tuples, or bytes as they lie in memory, by the uniform's name.
    """
    for name, value in values.items():
        # Not `in`, which goes through all members one by one.
        uniform: object = program.get(name, None)
        if uniform is None:
            continue
        if not isinstance(uniform, moderngl.Uniform):
            raise TypeError(f"{name} is not a uniform of the program")
        if isinstance(value, bytes):
            uniform.write(value)
        else:
            uniform.value = value


def _source(name: str) -> str:
    text = (_SHADERS / name).read_text(encoding="utf-8")
    return _INCLUDE.sub(lambda match: (_SHADERS / match[1]).read_text(encoding="utf-8"), text)
