"""Outputs that commands wrote into the folder of a run: pages, clips, scores, learned links.

They describe that run, and would seem to describe the next one in its folder, so they are deleted
with it. A record lists them, with the SHA-256 of each: a file changed since is the user's own work,
and no longer recognised. The record has the format of `sha256sum`, and only grows.
"""

from __future__ import annotations

import hashlib
import logging
import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_log = logging.getLogger(__name__)

FILE_NAME: Final = ".outputs.sha256"


def note(folder: Path, written: Iterable[Path]) -> None:
    """Take note of files that were just written; those outside of the folder are left out.

    A folder that cannot be written to is no error: the files are there, and stay there.

    Args:
        folder: A run's.
        written: The files.
    """
    lines = []
    try:
        for path in written:
            if _lies_in(folder, path) and "\n" not in str(path):
                name = os.fsencode(path.resolve().relative_to(folder.resolve()))
                lines.append(_sha256(path).encode() + b"  " + name + b"\n")
        if lines:
            with (folder / FILE_NAME).open("ab") as record:
                record.write(b"".join(lines))
    except OSError as error:
        _log.debug("%s: outputs cannot be recorded: %s", folder, error)


def unchanged(folder: Path) -> list[Path]:
    """Return the noted files that are in the folder as they were written, by name."""
    try:
        lines = (folder / FILE_NAME).read_bytes().splitlines()
    except OSError:
        return []
    newest: dict[bytes, bytes] = {}
    for line in lines:
        sha256, _, name = line.partition(b"  ")
        newest[name] = sha256
    found = []
    for name, sha256 in sorted(newest.items()):
        path = folder / os.fsdecode(name)
        if _lies_in(folder, path) and path.is_file() and _sha256(path).encode() == sha256:
            found.append(path)
    return found


def _lies_in(folder: Path, path: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
