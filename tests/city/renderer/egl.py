"""Says whether pictures can be rendered here."""

import functools

import pytest

from city.renderer.context import shared_context


@functools.cache
def _missing() -> str:
    try:
        shared_context()
    except ValueError as error:
        return str(error)
    return ""


def require_egl() -> None:
    """Skip a test where there is no EGL."""
    if _missing():
        pytest.skip(_missing())
