"""Search log `searches.jsonl`: who searched a run, when, for what and why, and what was shown.

Each line contains the SHA-256 of the previous line. A changed, removed or inserted line breaks this
chain, which shows. A change of the last line, or truncation at the end, does not show, unless the
hash of the last line is kept elsewhere.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import IO, TYPE_CHECKING, Final

from pydantic import TypeAdapter, ValidationError

from app.errors import ConfigError, OutputError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

RECORDED_KEY: Final = "record_searches"
"""Where a run's store keeps whether its searches are recorded."""

_FIRST: Final = ""
"""What the first line has in the place of the hash of the line before it."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """One search of a run.

    Attributes:
        at: When, ISO 8601 in UTC.
        by: Whose account.
        reason: Why, in that person's words.
        searched_for: Who was searched for, in words.
        pictures: SHA-256 of each image file that was given, in hexadecimal.
        conditions: The filter, and what was ruled out, in words; empty without.
        identities: Numbers of the vehicles that were shown, best first; those without one left out.
        sightings: Numbers of all sightings that were shown.
    """

    at: str
    by: str
    reason: str
    searched_for: str
    pictures: tuple[str, ...] = ()
    conditions: str = ""
    identities: tuple[int, ...] = ()
    sightings: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Line:
    before: str
    search: Search


_LAYOUT: Final = TypeAdapter(_Line)


@dataclass(frozen=True, slots=True)
class Log:
    """What a log holds.

    Attributes:
        searches: In order.
        broken: Numbers, from 1, of the searches that don't continue from the one before them.
        last: Hash of the last line, empty without one.
    """

    searches: tuple[Search, ...]
    broken: tuple[int, ...]
    last: str


def append(path: Path, search: Search) -> None:
    """Add a search to a log, which is made if need be; on disk when this returns.

    Raises:
        OutputError: If it cannot be written.
        ConfigError: If the log's last line is no search.
    """
    try:
        with path.open("a+b") as file:
            _lock(file)
            file.seek(0)
            log = _read(file, path)
            line = {"before": log.last, "search": asdict(search)}
            # An image's name need not be UTF-8; it is known by its SHA-256, too.
            _write(file, json.dumps(line, ensure_ascii=False).encode(errors="replace") + b"\n")
    except OSError as error:
        raise OutputError(
            f"{path}: {error.strerror or error}; searches of this run are logged, and without "
            "a log entry no result is shown"
        ) from error


def read(path: Path) -> Log:
    """Read a log; an empty one if there is no such file.

    Raises:
        ConfigError: If it cannot be read, or a line is no search.
    """
    try:
        with path.open("rb") as file:
            return _read(file, path)
    except FileNotFoundError:
        return Log((), (), _FIRST)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from error


def _read(lines: Iterable[bytes], path: Path) -> Log:
    searches, broken, last = [], [], _FIRST
    for number, line in enumerate(lines, start=1):
        try:
            found = _LAYOUT.validate_json(line)
        except ValidationError:
            found = None
        if found is None or not line.endswith(b"\n"):
            raise ConfigError(
                f"{path}, line {number}: no valid entry, or truncated; repair the file or move it"
            )
        searches.append(found.search)
        if found.before != last:
            broken.append(number)
        last = sha256(line.rstrip(b"\n")).hexdigest()
    return Log(tuple(searches), tuple(broken), last)


def _write(file: IO[bytes], line: bytes) -> None:
    """Write a line to the end of a file, and to the disk; where there is no room, none of it."""
    end = file.seek(0, os.SEEK_END)
    try:
        # Not by the file's buffer, which would be written once more as the file is closed.
        while line:
            line = line[os.write(file.fileno(), line) :]
        os.fsync(file.fileno())
    except BaseException:
        os.ftruncate(file.fileno(), end)
        raise


def _lock(file: IO[bytes]) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
    except OSError as error:  # some network drives know no locks
        _log.debug("%s cannot be locked: %s", file.name, error)
