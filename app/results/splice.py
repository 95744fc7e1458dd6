"""Replaces the lines of some frames in a MOT file; the rest is copied unchanged.

Lines are in order of their frames, so the start of a frame is found by bisection: the file is
neither parsed nor rewritten as a whole, however long it is.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from app.atomic import atomic_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

_AT_ONCE = 1 << 20


@dataclass(frozen=True, slots=True)
class Patch:
    """New lines for a stretch of frames.

    Attributes:
        first_frame: Number of the first frame, from 0.
        last_frame: Number of the last one.
        lines: All lines of these frames, in order.
    """

    first_frame: int
    last_frame: int
    lines: Iterable[str]


def splice(path: Path, patches: Sequence[Patch]) -> None:
    """Replace the lines of some frames, as a whole or not at all.

    Args:
        path: A MOT file (`app.results.export`): its lines begin with the frame's number, from 1.
        patches: In order of their frames, which do not overlap.

    Raises:
        OutputError: If the file cannot be read or written.
        ValueError: If its lines are not of that kind.
    """
    with atomic_file(path) as new, path.open("rb") as old:
        position = 0
        for patch in patches:
            _copy(old, new, position, _begin(old, patch.first_frame + 1))
            new.writelines(line.encode() for line in patch.lines)
            position = _begin(old, patch.last_frame + 2)
        old.seek(position)
        shutil.copyfileobj(old, new, _AT_ONCE)


def _begin(file: IO[bytes], number: int) -> int:
    """Return where the first line of a frame, or of one after it, begins."""
    low, high = 0, file.seek(0, os.SEEK_END)
    # The line that is looked for begins at `low` or is the first one that begins at `high` at most.
    while low < high:
        middle = (low + high) // 2
        if middle:
            # Where a line ends at the byte before, this leaves nothing out.
            file.seek(middle - 1)
            file.readline()
        else:
            file.seek(0)
        start = file.tell()
        line = file.readline()
        if line and int(line.partition(b",")[0]) < number:
            low = start + len(line)
        else:
            high = middle
    return low


def _copy(old: IO[bytes], new: IO[bytes], begin: int, end: int) -> None:
    old.seek(begin)
    while begin < end:
        block = old.read(min(_AT_ONCE, end - begin))
        if not block:
            # Only if somebody makes the file shorter at this very moment.
            break
        new.write(block)
        begin += len(block)
