"""Files that are there as a whole or not at all, whatever interrupts the writing."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Let a file be written beside its place, which it takes once all of it is written.

    Args:
        path: Its place; the folder must exist.

    Yields:
        Where to write. If the block raises, nothing of that is left, and an older file stays.

    Raises:
        OSError: If the file cannot take its place.
    """
    partial = path.with_name(f".{path.name}.part")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
