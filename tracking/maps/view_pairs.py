"""Pairs of tracks that two cameras may have of one vehicle at the same time.

Given how the map of one camera lies on that of the other, their places at the same moments, and
their appearance, tell how much more likely each pair is to be one vehicle than two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tracking.assignment import match
from tracking.maps.encounters import AREA_M2, astray_density, places_at
from tracking.maps.exclusivity import conflicts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tracking.sightings import Sightings

PLACE_STD_M: Final = 2.0
"""Of the distance between a vehicle's places in two cameras, on maps of `perspective`."""

LEAST_TOGETHER_S: Final = 0.8
"""Seconds in view of both from which on two tracks are compared."""

LEAST_WAY_M: Final = 4.0
"""Vehicles that move less meanwhile propose nothing: a point says nothing of directions."""

_LOOKS: Final = (-4.0, 3.0)
"""Least and most that appearance says of a pair: places are to decide."""

_ASTRAY_SHARE: Final = 0.05
"""Of one vehicle's places that do not agree, on maps of `perspective`."""

_TIMES: Final = 8
"""Moments at which places are compared."""

_EXCHANGES: Final = (
    *((0, 1), (2, 3), (4, 5), (6, 7)),
    *((0, 2), (1, 3), (4, 6), (5, 7), (1, 2), (5, 6)),
    *((0, 4), (1, 5), (2, 6), (3, 7), (2, 4), (3, 5)),
)
"""Of Batcher's network for so many numbers, those by which the middle two are found."""


@dataclass(frozen=True, slots=True, eq=False)
class ViewPairs:
    """E pairs of sightings that were in view at once, one of each camera.

    Attributes:
        i: intp (E,), of the one camera.
        j: intp (E,), of the other.
        at: float64 (2, T, E), places of the one at some moments; thousands of maps are tried, which
            is several times as fast with the pairs last.
        there: float64 (2, T, E), of the other.
        looks: float64 (E,), what appearance says.
        moving: bool (E,), whether both move.
    """

    i: NDArray[np.intp]
    j: NDArray[np.intp]
    at: NDArray[np.float64]
    there: NDArray[np.float64]
    looks: NDArray[np.float64]
    moving: NDArray[np.bool_]


def pairs_in_view(one: Sightings, other: Sightings, looks: NDArray[np.float64]) -> ViewPairs:
    """Return the pairs of sightings of two cameras that may be one vehicle.

    Args:
        one: N sightings of a camera, all at known places, by corrected clocks.
        other: M of another.
        looks: float64 (N, M), log-ratios of appearance.
    """
    from_ = np.maximum(one.first[:, None], other.first[None])
    to = np.minimum(one.last[:, None], other.last[None])
    at_once = (to - from_ >= LEAST_TOGETHER_S) & ~conflicts(one, other)
    # What looks speak against that much no place can make up for.
    i, j = np.nonzero(at_once & (looks > _LOOKS[0]))
    times = np.linspace(from_[i, j], to[i, j], _TIMES, axis=1)
    at, there = (
        np.ascontiguousarray(places_at(some, rows, times)[:2].transpose(0, 2, 1))
        for some, rows in ((one, i), (other, j))
    )
    ways = [np.linalg.norm(np.ptp(places, axis=1), axis=0) for places in (at, there)]
    moving = np.minimum(*ways) > LEAST_WAY_M
    return ViewPairs(i, j, at, there, np.clip(looks[i, j], *_LOOKS), moving)


def metres_apart(pairs: ViewPairs, maps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how many metres the two places of each pair are apart, the median, for each map.

    Args:
        pairs: E of them.
        maps: float64 (K, 2, 3), ways to lay the other map on the one.

    Returns:
        float64 (K, E).
    """
    moments = []
    for at, there in zip(pairs.at.swapaxes(0, 1), pairs.there.swapaxes(0, 1), strict=True):
        squared = np.zeros((len(maps), len(pairs.i)))
        for (x, y, shift), place in zip(maps.transpose(1, 2, 0)[..., None], at, strict=True):
            squared += (x * there[0] + y * there[1] + (shift - place)) ** 2
        moments.append(squared)
    one, other = (np.sqrt(squared) for squared in _middle_two(moments))
    return np.asarray((one + other) / 2)


def _middle_two(
    values: list[NDArray[np.float64]],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the two middle ones of `_TIMES` arrays, element by element, in either order."""
    for one, other in _EXCHANGES:
        values[one], values[other] = (
            np.minimum(values[one], values[other]),
            np.maximum(values[one], values[other]),
        )
    return values[_TIMES // 2 - 1], values[_TIMES // 2]


def log_ratios(pairs: ViewPairs, maps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the evidence of positions and appearance for each map and pair; (K, E)."""
    apart = metres_apart(pairs, maps)
    variance = PLACE_STD_M**2
    same = (1 - _ASTRAY_SHARE) * np.exp(-(apart**2) / (2 * variance)) / (2 * np.pi * variance)
    same += _ASTRAY_SHARE * astray_density(apart)
    return np.asarray(np.log(same * AREA_M2) + pairs.looks)


def support_of(pairs: ViewPairs, ratios: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the evidence of vehicles, each counted once, for K proposals; (K, E) to (K,)."""
    gain = np.maximum(ratios, 0)
    sums = []
    for side in (pairs.i, pairs.j):
        order = side.argsort(kind="stable")
        starts = np.unique(side[order], return_index=True)[1]
        sums.append(np.maximum.reduceat(gain[:, order], starts, axis=1).sum(axis=1))
    return np.asarray(np.minimum(*sums))


def agreeing_pairs(pairs: ViewPairs, ratios: NDArray[np.float64]) -> tuple[NDArray[np.intp], float]:
    """Return the pairs that are one vehicle, each vehicle in one of them at most, and their sum."""
    # Hardly any of them is likely with most maps.
    agreed = np.flatnonzero(ratios > 0)
    row, column = pairs.i[agreed], pairs.j[agreed]
    often = np.bincount(row), np.bincount(column)
    if max(count.max(initial=0) for count in often) > 1:
        row, column = (
            (np.cumsum(count > 0) - 1)[side]
            for count, side in zip(often, (row, column), strict=True)
        )
        cost = np.full((row.max() + 1, column.max() + 1), np.inf)
        place = np.zeros(cost.shape, np.intp)
        cost[row, column], place[row, column] = -ratios[agreed], agreed
        made = match(cost, max_cost=0.0)
        agreed = place[made[:, 0], made[:, 1]]
    return agreed, float(ratios[agreed].sum())
