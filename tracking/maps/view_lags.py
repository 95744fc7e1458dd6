"""Clock difference of two cameras with overlapping views: the time shift of best agreement.

Two registered views (`shared_views`) fit best at the correct times: if the clock of one is wrong,
vehicles of both directions cannot be in the same position for both cameras at once. So the second
camera is shifted in time until most vehicles agree. On the development scenes views are not
registered at all with an error of 1.4 or 3 s; where lags are found (eleven pairs of cameras, each
with three clocks), they are correct to 0.5 s, in one pair to 0.75 s.

If all vehicles go one way, a shift in time is a shift in space: two cameras along a motorway
without overlap also agree, some seconds later. So some vehicles must go another way than most.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tracking.maps.shared_views import agreement, lay_over

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from tracking.sightings import Sightings
    from tracking.slices import Steps

MOST_LAG_S: Final = 6.0
"""Longer lags are not looked for."""

LAG_STD_S: Final = 0.5
"""Of a lag that was found."""

LEAST_ACROSS: Final = 3
"""Vehicles that must go another way than most,"""

LEAST_SHARE_ACROSS: Final = 0.1
"""and their share: one track that is mistaken for another may seem to."""

_WORK: Final = 6.0
_PLACED_WORK: Final = 1.0
"""Of one lag (`slices`)."""

_STEP_S: Final = 0.5
_FINE_STEP_S: Final = 0.25
"""Between the lags that are tried: first all of them, then those around the best."""


@dataclass(frozen=True, slots=True)
class ViewLag:
    """The difference of two clocks.

    Attributes:
        lag_s: Seconds to add to the times of the second camera for both to agree.
        vehicles: How many moving vehicles agree.
    """

    lag_s: float
    vehicles: int


def in_turns(cameras: Sequence[int]) -> list[tuple[int, ...]]:
    """Return groups of four cameras at most; any two cameras are together in one of them.

    To compare all clocks at once takes seconds where there are many cameras.

    >>> in_turns([0, 1, 2])
    [(0, 1, 2)]
    >>> in_turns([0, 1, 2, 3, 4])
    [(0, 1, 2, 3), (0, 1, 4), (2, 3, 4)]
    """
    twos = [tuple(cameras[at : at + 2]) for at in range(0, len(cameras), 2)]
    if len(twos) <= 2:
        return [tuple(cameras)] if len(cameras) > 1 else []
    return [one + other for one, other in combinations(twos, 2)]


def in_time(
    lags: Mapping[tuple[int, int], ViewLag],
    offsets: NDArray[np.float64],
    right: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Return which cameras overlap with some others, and have the same time.

    Args:
        lags: By two cameras.
        offsets: float64 (C,), seconds that are added to their times anyway.
        right: bool (C,), the others.
    """
    found = np.zeros_like(right)
    for (a, b), lag in lags.items():
        if abs(lag.lag_s - (offsets[b] - offsets[a])) <= LAG_STD_S:
            found[a] |= right[b]
            found[b] |= right[a]
    return found


def view_lag(
    one: Sightings, other: Sightings, looks: NDArray[np.float64], *, placed: bool = False
) -> Steps[ViewLag | None]:
    """Find by how much the clocks of two cameras differ; None without evidence.

    Args:
        one: As of `lay_over`, by the camera's clock.
        other: Likewise.
        looks: Likewise.
        placed: Whether both are on one map that people measured: a shift in time is none in place.
    """
    tried: dict[float, _Agreed | None] = {}

    def nats(lag_s: float) -> float:
        found = tried[lag_s]
        return -np.inf if found is None else found.nats

    steps = round(MOST_LAG_S / _STEP_S)
    best = 0.0
    for step_s, around in ((_STEP_S, range(-steps, steps + 1)), (_FINE_STEP_S, (0, -1, 1))):
        lags = [best + step_s * step for step in around]
        for lag_s in lags:
            if lag_s not in tried:
                shifted = replace(other, first=other.first + lag_s, last=other.last + lag_s)
                tried[lag_s] = (_agreed if placed else _laid_over)(one, shifted, looks)
                yield _PLACED_WORK if placed else _WORK
        best = max(lags, key=nats)
    found = tried[best]
    # At the end of what is tried they agree more and more, and best beyond it.
    if found is None or not found.tells or abs(best) >= MOST_LAG_S:
        return None
    return ViewLag(best, found.vehicles)


class _Agreed(NamedTuple):
    """What two cameras agree on with one lag.

    Attributes:
        vehicles: How many that move.
        nats: What they say.
        tells: Whether that tells of a shift in time.
    """

    vehicles: int
    nats: float
    tells: bool


def _laid_over(one: Sightings, other: Sightings, looks: NDArray[np.float64]) -> _Agreed | None:
    found = lay_over(one, other, looks)
    if found is None:
        return None
    least = max(LEAST_ACROSS, LEAST_SHARE_ACROSS * found.vehicles)
    return _Agreed(found.vehicles, found.nats, found.across >= least)


def _agreed(one: Sightings, other: Sightings, looks: NDArray[np.float64]) -> _Agreed | None:
    found = agreement(one, other, looks)
    return None if found is None else _Agreed(*found, tells=True)
