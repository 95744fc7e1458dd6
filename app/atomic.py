"""Atomic files: either complete or absent; and their places."""

from __future__ import annotations

import os
from contextlib import contextmanager
from itertools import permutations
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from app.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


_DEVICES: Final = (Path("/dev"), Path("/dev/fd"), Path("/proc/self/fd"))
"""`/dev/stdout` is a link, to a file if the output goes to one, and would be replaced itself."""


@contextmanager
def atomic_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that takes its place only when all of it has been written.

    Args:
        path: Where it goes; its folder is made if need be, an older file is replaced.

    Yields:
        A file to write bytes to. If the block raises, nothing is left of it.

    Raises:
        OutputError: If it cannot be written.
    """
    try:
        _check_place(path)
        temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("wb") as file:
                yield file
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"{path}: {error.strerror or error}") from error


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it, unless it is there.

    Raises:
        OutputError: If it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: {error.strerror}") from error


def keep_apart(
    outputs: Iterable[Path | None], inputs: Iterable[Path | None], *, folder: Path | None = None
) -> None:
    """Raise where a command would write over what it reads, or over what it has just written.

    Places where a file cannot be, such as a folder, a device, or inside of another file, are
    noticed here before anything is done.

    Args:
        outputs: Files to be written; None for those that are not asked for.
        inputs: Files that are read, or that belong to a run, there or not; None likewise.
        folder: Where more files go, under names of their own; None likewise.

    Raises:
        OutputError: Naming the first such place.
    """
    files = [path for path in outputs if path is not None]
    read = [path for path in inputs if path is not None]
    for file in files:
        _check_place(file)
    for out in files if folder is None else (*files, folder):
        _check_way(out if out is folder else out.parent)
        if _is_any_of(out, read):
            raise OutputError(
                f"{out}: this command reads it, or it is a run's; choose another file"
            )
    pairs = list(permutations(files, 2))
    if folder is not None:
        pairs += [(folder, file) for file in files]
    for inner, outer in pairs:
        if inner.resolve().is_relative_to(outer.resolve()):
            raise OutputError(f"{outer}: two outputs would go there; choose another place for one")


def _check_place(path: Path) -> None:
    # A renamed file would take the place of /dev/null, where the user may do that.
    if path.is_dir():
        raise OutputError(f"{path}: is a folder; give a file")
    if path.absolute().parent in _DEVICES or (path.exists() and not path.is_file()):
        raise OutputError(f"{path}: is a device or a pipe; give a file")


def _check_way(folder: Path) -> None:
    nearest = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not nearest.is_dir():
        raise OutputError(f"{folder}: {nearest} is a file, and no folder")


def _is_any_of(out: Path, files: Iterable[Path]) -> bool:
    """Return whether a place is that of a file, there or not, or would lie inside of it."""
    # By name, too: a run's search log comes to be with the first search.
    place, there = out.resolve(), out.exists()
    around = {place, *place.parents}
    return any(
        file.resolve() in around or (there and file.exists() and out.samefile(file))
        for file in files
    )


def write_bytes(path: Path, content: bytes) -> None:
    """Write a whole file at once; see `atomic_file`."""
    with atomic_file(path) as file:
        file.write(content)


def write_text(path: Path, content: str) -> None:
    """Write a whole text file at once, in UTF-8; see `atomic_file`."""
    write_bytes(path, content.encode())
