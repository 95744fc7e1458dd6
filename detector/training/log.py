"""CSV log of a training: a line every few steps."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from detector.files.whole_file import whole_file

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


def append(log: Path, line: Mapping[str, float]) -> None:
    """Add a line to a log, which gets new columns where the losses have others than before.

    A training may continue with a teacher that it did not have, or without one.
    """
    header = _first_line(log)
    if not header or not line.keys() <= {*header}:
        header, rows = _read(log)
        header += [name for name in line if name not in header]
        _write(log, [header, *rows])
    with log.open("a", newline="") as file:
        csv.DictWriter(file, header).writerow(line)


def forget_after(log: Path, step: int) -> float:
    """Take out of a log what came after the checkpoint from which a run continues.

    A last line without an end was cut off, by a full disk say, and is taken out, too.

    Returns:
        The seconds that the log counts up to there.
    """
    if not log.is_file():
        return 0.0
    header, rows = _read(log)
    kept = [row for row in rows if row[0].isdigit() and int(row[0]) <= step]
    _write(log, [header, *kept] if header else [])
    return float(kept[-1][1]) if kept else 0.0


def _first_line(log: Path) -> list[str]:
    """Return the columns of a log without reading all of it; none where it is new, or damaged."""
    if not log.is_file():
        return []
    with log.open(newline="") as file:
        line = file.readline()
    return next(csv.reader([line]), []) if line.endswith("\n") else []


def _read(log: Path) -> tuple[list[str], list[list[str]]]:
    """Return the header of a log and its whole lines; none of both where it is new or empty."""
    if not log.is_file():
        return [], []
    with log.open(newline="") as file:
        lines = list(csv.reader(line for line in file if line.endswith("\n")))
    header, *rows = [row for row in lines if row] or [[]]
    return header, rows


def _write(log: Path, lines: Sequence[Sequence[str]]) -> None:
    with whole_file(log) as partial, partial.open("w", newline="") as file:
        csv.writer(file).writerows(lines)
