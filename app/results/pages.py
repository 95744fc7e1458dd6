"""Renders web pages: style is embedded, nothing is loaded from elsewhere."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

import jinja2

from app.atomic import atomic_file

if TYPE_CHECKING:
    from pathlib import Path

_WRITE_AT_ONCE: Final = 64

_NOT_UTF8: Final = "backslashreplace"
"""Names of files and folders need not be UTF-8: bytes that are not are written as `\\udce9`."""

_PAGES: Final = jinja2.Environment(
    loader=jinja2.PackageLoader("app"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
)


def page(template: str, **values: Any) -> str:
    """Return a page.

    Args:
        template: Its name in `app/templates`.
        values: What it shows.
    """
    text = _PAGES.get_template(template).render(**values, version=version("scantrack"))
    return text.encode(errors=_NOT_UTF8).decode()


def write_page(template: str, path: Path, **values: Any) -> None:
    """Write a page as it is rendered: some are too large to be held.

    Args:
        template: Its name in `app/templates`.
        path: The HTML file.
        values: What it shows.

    Raises:
        OutputError: If the file cannot be written.
    """
    page = _PAGES.get_template(template).stream(**values, version=version("scantrack"))
    page.enable_buffering(_WRITE_AT_ONCE)
    with atomic_file(path) as file:
        page.dump(file, encoding="utf-8", errors=_NOT_UTF8)
