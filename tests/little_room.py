"""A disk that is all but full."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def little_room(most: int = 100_000) -> Iterator[None]:
    """Within, no file of this process may grow beyond so many bytes.

    It is no fixture: pytest reports in the midst of a test's fixtures, perhaps to a larger file.
    """
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, usual[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
