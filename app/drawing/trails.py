"""Trails: the recent path of each vehicle, for drawing."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Hashable

    from numpy.typing import NDArray

LENGTH_S: Final = 2.0
"""How far back a trail reaches."""


class Trails:
    """Where the vehicles of one camera stood lately."""

    def __init__(self) -> None:
        self._points: dict[Hashable, deque[tuple[float, float, float]]] = {}

    def update(
        self, key: Hashable, timestamp: float, xyxy: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Add where a vehicle stands now and return its trail.

        Args:
            key: Which vehicle, for example its track id.
            timestamp: Seconds, ascending over all calls.
            xyxy: float32 (4,), its box.

        Returns:
            float32 (K, 2), K >= 1: x, y of the middle of the box's lower edge, oldest first.
        """
        self._forget(timestamp - LENGTH_S)
        x1, _, x2, y2 = (float(edge) for edge in xyxy)
        points = self._points.setdefault(key, deque())
        points.append((timestamp, (x1 + x2) / 2, y2))
        return np.array(points, np.float64)[:, 1:].astype(np.float32)

    def _forget(self, before: float) -> None:
        for key in list(self._points):
            points = self._points[key]
            while points and points[0][0] < before:
                points.popleft()
            if not points:
                del self._points[key]
