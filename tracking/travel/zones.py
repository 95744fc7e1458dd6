"""Zones where vehicles enter and leave a view: a few per camera, found by clustering.

A vehicle that leaves by the left edge, heading west, is not seen next in the camera to the east:
the zone says more about its route than the camera does.

Reference: Makris & Ellis, "Automatic learning of an activity-based semantic scene model", AVSS
2003, who fit mixtures of Gaussians to the ends of tracks. Departure: k-means over place and
heading, started from the farthest points, which is deterministic and needs less data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_ZONES: Final = 6
"""Zones of a camera at most, for entries and for exits: a junction has four arms."""

ENDS_PER_ZONE: Final = 5
"""Ends seen for each zone at least."""

HEADING_WEIGHT: Final = 0.25
"""Weight of the heading beside the place, in units of the image's size."""

_SPLIT_DISTANCE: Final = 0.2
"""How far apart zones are at least, in the same units."""

_ROUNDS: Final = 10
"""Of k-means."""


class Zones:
    """The zones of one camera's entries, or of its exits.

    Attributes:
        size: By how many pixels the ends are apart: the unit in which places are compared.
        middles: float64 (K, 4), place in pixels and mean heading of each zone.

    Args:
        ends: float64 (N, 4), place in pixels and heading (`Sightings.entry` or `.leave`).
    """

    def __init__(self, ends: NDArray[np.float64]) -> None:
        places, headings = ends[:, :2], ends[:, 2:]
        origin = places.min(axis=0) if len(ends) else np.zeros(2)
        self.size = max(float(np.ptp(places, axis=0).max()) if len(ends) else 1.0, 1.0)
        scaled = [(places - origin) / self.size, HEADING_WEIGHT * headings]
        centres = _cluster(np.concatenate(scaled, axis=1))
        middles = [centres[:, :2] * self.size + origin, centres[:, 2:] / HEADING_WEIGHT]
        self.middles: NDArray[np.float64] = np.concatenate(middles, axis=1)

    def __len__(self) -> int:
        """Return the number of zones; at least one."""
        return len(self.middles)

    def place(self, zone: int) -> tuple[float, float]:
        """Return the middle of a zone in pixels."""
        x, y = self.middles[zone, :2].tolist()
        return x, y

    def of(self, ends: NDArray[np.float64]) -> NDArray[np.intp]:
        """Return the zone of each end; (N, 4) to (N,)."""
        return nearest(ends, self.middles, size=self.size)


def nearest(
    ends: NDArray[np.float64], middles: NDArray[np.float64], *, size: float
) -> NDArray[np.intp]:
    """Return for each end the zone that it lies next to.

    Args:
        ends: float64 (N, 4), place in pixels and heading.
        middles: float64 (K, 4), of the zones.
        size: Pixels that count as much as a heading of length `1 / HEADING_WEIGHT`.

    Returns:
        intp (N,).
    """
    apart = ends[:, None] - middles[None]
    place, heading = apart[..., :2] / size, HEADING_WEIGHT * apart[..., 2:]
    distance = (place**2).sum(axis=2) + (heading**2).sum(axis=2)
    return np.asarray(distance.argmin(axis=1), np.intp)


def _cluster(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the centres of at most `MAX_ZONES` clusters, (K, D); one where there are no points."""
    if not len(points):
        return np.zeros((1, 4))
    off = points - points.mean(axis=0)
    centres = [points[(off**2).sum(axis=1).argmax()]]
    most = min(MAX_ZONES, max(1, len(points) // ENDS_PER_ZONE))
    while len(centres) < most:
        gap = np.sqrt(((points[:, None] - np.stack(centres)) ** 2).sum(axis=2).min(axis=1))
        if gap.max() < _SPLIT_DISTANCE:
            break
        centres.append(points[gap.argmax()])
    found = np.stack(centres) if most > 1 else points.mean(axis=0, keepdims=True)
    for _ in range(_ROUNDS):
        label = ((points[:, None] - found) ** 2).sum(axis=2).argmin(axis=1)
        kept = np.unique(label)
        found = np.stack([points[label == k].mean(axis=0) for k in kept])
    return found
