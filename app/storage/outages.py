"""Outages: times at which a camera being read delivered no frame."""

from __future__ import annotations

from typing import Final

Span = tuple[float, float]
"""First and last UTC second of a stretch of time."""

LEAST_S: Final = 2.0
"""Less is nothing: streams stutter, recordings never begin at quite the same moment, and most
vehicles are in view for longer."""
MISSING_FRAMES: Final = 3.0
"""Of a camera that takes an image every few seconds, so many must be missing."""
MOST_S: Final = 10.0
"""More is an outage at any rate: the mean rate of a recording full of gaps says little."""


def least_outage_s(interval_s: float) -> float:
    """Return how long there must be no image for that to be worth telling.

    Args:
        interval_s: Between two images, in the mean.

    >>> [least_outage_s(interval_s) for interval_s in (0.04, 2.0, 60.0)]
    [2.0, 6.0, 10.0]
    """
    return min(max(LEAST_S, MISSING_FRAMES * interval_s), MOST_S)


class OutageTally:
    """Notes the outages of a camera while it is read.

    Args:
        interval_s: Between two images, in the mean.

    Attributes:
        spans: From the last frame before to the first one after, in order of time.
    """

    def __init__(self, interval_s: float) -> None:
        self.spans: list[Span] = []
        self._least_s = least_outage_s(interval_s)
        self._last: float | None = None
        self._watched_s = 0.0

    @property
    def watched_s(self) -> float:
        """Seconds from the first picture to the last one, without the outages."""
        return self._watched_s

    def see(self, timestamp: float) -> None:
        """Take note of an image, UTC seconds; each is later than the one before."""
        if self._last is not None and timestamp - self._last > self._least_s:
            self.spans.append((self._last, timestamp))
        elif self._last is not None:
            self._watched_s += timestamp - self._last
        self._last = timestamp
