"""Room for all files that a run has open at the same time: hundreds of cameras need many."""

from __future__ import annotations

import os
import resource
from typing import Final

from app.errors import TooManyFilesError

SPARE: Final = 48
"""For the store, the mosaic, the lock, pages and pictures, and what libraries open on their way."""
_MOST: Final = 10_240
"""What a process asks for that may have any number: macOS grants no more."""


def make_room(cameras: int, *, videos: int) -> None:
    """Let this process have as many files open as it may, and make sure that they are enough.

    Systems grant 1024 files (macOS 256) unless a process asks for more, and a camera that finds no
    file left would drop out of a run.

    Args:
        cameras: How many are read at the same time.
        videos: How many are written of each at the same time.

    Raises:
        TooManyFilesError: If they need more than is allowed.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = max(soft, _MOST) if hard == resource.RLIM_INFINITY else hard
    if soft not in (most, resource.RLIM_INFINITY):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    needed = _next_free() + cameras * (1 + videos) + SPARE
    if most != resource.RLIM_INFINITY and needed > most:
        raise TooManyFilesError(
            f"{cameras} cameras: they need {needed} open files, but a process may have no more "
            f"than {most} here: raise the hard limit (ulimit -Hn, limits.conf, LimitNOFILE of a "
            f"service){', leave the videos out' if videos else ''} or make several runs"
        )


def _next_free() -> int:
    """Return the number that the next file will have: as many are open, or nearly so."""
    number = os.open(os.devnull, os.O_RDONLY)
    os.close(number)
    return number
