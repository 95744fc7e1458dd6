"""Outages: times at which a camera being read delivered no frame, or blank ones."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

Span = tuple[float, float]
"""First and last UTC second of a stretch of time."""

LEAST_S: Final = 2.0
"""Less is nothing: streams stutter, recordings never begin at quite the same moment, and most
vehicles are in view for longer."""
MISSING_FRAMES: Final = 3.0
"""Of a camera that takes an image every few seconds, so many must be missing."""
MOST_S: Final = 10.0
"""More is an outage at any rate: the mean rate of a recording full of gaps says little."""


class Outages(NamedTuple):
    """The outages of a camera so far, of each kind in order of time; none overlap.

    Attributes:
        missing: Without an image: from the last frame before to the first one after.
        blank: With blank images: from the first of them to the first frame after them; the end is
            infinite while they go on.
    """

    missing: tuple[Span, ...] = ()
    blank: tuple[Span, ...] = ()


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
    """

    def __init__(self, interval_s: float) -> None:
        self._missing: list[Span] = []
        self._blank: list[Span] = []
        self._least_s = least_outage_s(interval_s)
        self._last: float | None = None
        self._first_blank: float | None = None
        self._watched_s = 0.0

    @property
    def outages(self) -> Outages:
        """What was noted so far; another thread may ask."""
        return Outages(tuple(self._missing), tuple(self._blank))

    @property
    def watched_s(self) -> float:
        """Seconds from the first image to the last one, without those in which none came."""
        return self._watched_s

    @property
    def blank_since(self) -> float | None:
        """Since when images have been blank, UTC seconds; None if they are not, or not for long."""
        return self._blank[-1][0] if self._blank and self._blank[-1][1] == math.inf else None

    def see(self, timestamp: float, *, blank: bool = False) -> None:
        """Take note of an image.

        Args:
            timestamp: UTC seconds; each is later than the one before.
            blank: Whether it shows nothing.
        """
        if self._last is not None and timestamp - self._last > self._least_s:
            self._missing.append((self._last, timestamp))
            self._end_blank(self._last)
        elif self._last is not None:
            self._watched_s += timestamp - self._last
        self._last = timestamp
        if not blank:
            self._end_blank(timestamp)
        elif self._first_blank is None:
            self._first_blank = timestamp
        elif self.blank_since is None and timestamp - self._first_blank > self._least_s:
            self._blank.append((self._first_blank, math.inf))

    def _end_blank(self, timestamp: float) -> None:
        if self.blank_since is not None:
            self._blank[-1] = self._blank[-1][0], timestamp
        self._first_blank = None
