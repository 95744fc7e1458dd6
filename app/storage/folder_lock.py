"""A lock file that a process holds while it works in a folder; gone when nobody does."""

from __future__ import annotations

import fcntl
import logging
import os
import time
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_log = logging.getLogger(__name__)

_TRIES: Final = 5
_WAIT_S: Final = 0.02
"""Who only asks (`is_held`) has it for less; whoever works in the folder has it for longer."""


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold a lock, whose file is made and removed again.

    Raises:
        BlockingIOError: If another process holds it.
        OSError: If the file cannot be made.
    """
    with _locked(path):
        try:
            yield
        finally:
            # While it is locked still: whoever comes next makes a new one.
            path.unlink(missing_ok=True)


def is_held(path: Path) -> bool:
    """Return whether a process holds a lock; where the drive knows none, whether there is one."""
    try:
        with path.open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def _locked(path: Path) -> IO[str]:
    """Return the open file, locked until it is closed."""
    for tries_left in reversed(range(_TRIES)):
        lock = path.open("a")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(path, lock):
                return lock
        except BlockingIOError:
            if not tries_left:
                lock.close()
                raise
            time.sleep(_WAIT_S)
        except OSError as error:  # some network drives know no locks
            _log.debug("%s cannot be locked: %s", path, error)
            return lock
        # Who held it before has removed it meanwhile, or it is held for a moment.
        lock.close()
    raise BlockingIOError


def _is_at(path: Path, file: IO[str]) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False
