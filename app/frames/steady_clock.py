"""Clock of live frames: UTC that advances evenly, whatever happens to this machine's clock."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

LEAP_S: Final = 2.0
"""By so much the system's clock must be ahead to be followed: it was set, or the machine slept."""


class SteadyClock:
    """Gives UTC seconds that ascend and, between leaps forward of the system's clock, run evenly.

    A clock that is set back is not followed: frames of an hour ago would come after those of now,
    and everything that waits for time to pass would wait for that hour. One instance serves all
    cameras, so that they agree.

    Args:
        utc: The system's clock, in seconds since 1970.
        passing: Seconds that pass evenly, from anywhere.
    """

    def __init__(
        self,
        utc: Callable[[], float] = time.time,
        passing: Callable[[], float] = time.monotonic,
    ) -> None:
        self._utc = utc
        self._passing = passing
        self._lock = threading.Lock()
        self._ahead = utc() - passing()

    def __call__(self) -> float:
        """Return the time."""
        with self._lock:
            utc, passing = self._utc(), self._passing()
            if utc - passing > self._ahead + LEAP_S:
                self._ahead = utc - passing
            return passing + self._ahead
