"""Prior of the links between cameras, before any vehicle was seen.

If links are given (`cams.yaml`), the prior is their travel windows; otherwise a vehicle may be seen
next anywhere, most often within a minute, sometimes hours later, and rarely in two cameras at the
same time. Given links may be wrong (because a clock is, or a window is too narrow): they are never
more than a prior.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tracking.ground import NOWHERE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tracking.travel.links import LinkGraph

MEDIAN_GAP_S: Final = 30.0
"""Half of the gaps are below this where nothing is known."""

TAIL_EXPONENT: Final = 0.7
"""Of the density's tail: gap^(-1 - exponent). Returns after hours are rare, not impossible."""

OVERLAP_SHARE: Final = 0.1
"""Share of moves between two unknown cameras in which both see the vehicle at the same time."""

OVERLAP_S: Final = 15.0
"""For how long, at most."""

NEXT_SHARE: Final = 0.5
"""Of the vehicles that leave a camera, those that are seen again."""

RETURN_SHARE: Final = 0.1
"""Of these, the ones seen next in the same camera."""

WINDOW_TRUST: Final = 0.97
"""Share of the moves along a given link that keep to its window."""

UNLINKED_SHARE: Final = 0.05
"""Of the moves out of a camera that has given links, those to cameras that it has none to."""

NO_WAY_BACK: Final = 1e-4
"""How much rarer a move is against the direction of a link that is given as one-way."""

PROMPT_SHARE: Final = 0.6
"""Of the moves between calibrated cameras, those that take as long as predicted, more or less."""

PROMPT_DELAY: Final = 1.5
"""Of these, the mean delay in units, early or late."""

HALT_SHARE: Final = 0.35
"""Of the moves, those with a halt on the way,"""

HALT_DELAY: Final = 10.0
"""and their mean delay."""

_LEAST_DENSITY: Final = 1e-30
"""Nothing is so unlikely that a manual correction could not assert it."""

_REACH_S: Final = 20.0
"""A link of this least travel time is half as likely to be taken as the nearest camera's."""


PLACED: Final = 0
OPEN: Final = 1
POOLS: Final = 2
"""Of pairs of cameras whose densities are one until more is learned; see `LinkPrior.pool`."""


class LinkPrior:
    """Shares and densities of moves between cameras, by index in the graph.

    Attributes:
        share: float64 (C, C), share of the vehicles that leave the row's camera and are seen next
            in the column's.
        overlap: bool (C, C), whether both may see a vehicle at the same time by what is given.
        unknown: bool (C, C), pairs of different cameras of which nothing is given.
        pool: intp (C, C), pairs whose densities are one until more is learned: `PLACED`, on one
            map, whose delays are alike everywhere, also where a camera came onto the map of
            calibrated ones by itself; `OPEN`, of others of which nothing is given; -1 for none.

    Args:
        graph: What is given of the links.
        frame: intp (C,), on which map each camera's places are (`GroundPlane`), `NOWHERE` if they
            are not known; None for no camera.
    """

    def __init__(self, graph: LinkGraph, frame: NDArray[np.intp] | None = None) -> None:
        # A graph that gets another camera makes new arrays.
        self._low = np.where(np.isneginf(graph.min_gap_s), -OVERLAP_S, graph.min_gap_s)
        self._high, self._linked = graph.max_gap_s, graph.linked
        self.overlap: NDArray[np.bool_] = self._linked & (graph.min_gap_s < 0)
        n = len(self._linked)
        self.unknown: NDArray[np.bool_] = ~self._linked & ~np.eye(n, dtype=np.bool_)
        self._placed = np.zeros((n, n), np.bool_)
        if frame is not None:
            same = (frame[:, None] == frame[None]) & (frame != NOWHERE)
            self._placed = same & ~np.eye(n, dtype=np.bool_)
        self.pool: NDArray[np.intp] = np.full((n, n), -1, np.intp)
        self.pool[self.unknown] = OPEN
        self.pool[self._placed] = PLACED
        weight = np.where(self._linked, 1 / (_REACH_S + np.maximum(self._low, 0)), 0.0)
        given = weight.sum(axis=1, keepdims=True)
        apart = self.unknown / np.maximum(self.unknown.sum(axis=1, keepdims=True), 1)
        linked = weight / np.where(given > 0, given, 1.0)
        unlinked_share = np.where(given > 0, UNLINKED_SHARE, 1.0)
        away = (1 - unlinked_share) * linked + unlinked_share * apart
        away[np.isposinf(self._low)] *= NO_WAY_BACK
        self.share: NDArray[np.float64] = NEXT_SHARE * (1 - RETURN_SHARE) * away
        self.share[np.arange(n), np.arange(n)] = NEXT_SHARE * RETURN_SHARE

    def log_density(
        self, a: NDArray[np.intp], b: NDArray[np.intp], gap: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the logarithm of the density of a delay, or of a gap where places are unknown.

        Args:
            a: Cameras left; shape (...), or (P,) for P rows on a grid of gaps.
            b: Cameras reached.
            gap: Seconds (of delays: units), same shape, or (G,) for a result of shape (P, G).
        """
        if a.shape != gap.shape:
            a, b = a[:, None], b[:, None]
        placed = self._placed[a, b]
        found = self.log_density_of_gap(a, b, gap)
        if placed.any():
            found = np.where(placed, np.log(_delay_density(gap)), found)
        return found

    def log_density_of_gap(
        self, a: NDArray[np.intp], b: NDArray[np.intp], gap: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the logarithm of the density of a gap by links alone; shapes broadcast."""
        density = np.where(a == b, _return_density(gap), _open_density(gap))
        linked = self._linked[a, b]
        if linked.any():
            low, high = self._low[a, b], self._high[a, b]
            # Both are infinite where only the way back is linked.
            width = np.maximum(np.where(linked, high, 1.0) - np.where(linked, low, 0.0), 1.0)
            within = linked & (gap >= low) & (gap <= high)
            window = (1 - WINDOW_TRUST) * density + WINDOW_TRUST * within / width
            density = np.where(linked, window, density)
        return np.asarray(np.log(np.maximum(density, _LEAST_DENSITY)))


def log_densities_pooled(gap: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what holds in each pool; (G,) to (`POOLS`, G)."""
    return np.asarray(np.log(np.stack([_delay_density(gap), _open_density(gap)])))


def _delay_density(delay: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the density of a delay: most as predicted, some after a halt, a few anyhow."""
    prompt = np.exp(-np.abs(delay) / PROMPT_DELAY) / (2 * PROMPT_DELAY)
    halted = np.where(delay >= 0, np.exp(-np.maximum(delay, 0) / HALT_DELAY) / HALT_DELAY, 0.0)
    anyhow = np.exp(-np.maximum(-delay, 0) / HALT_DELAY) * _return_density(np.maximum(delay, 0))
    rest = 1 - PROMPT_SHARE - HALT_SHARE
    density = PROMPT_SHARE * prompt + HALT_SHARE * halted + rest * anyhow / 2
    return np.asarray(np.maximum(density, _LEAST_DENSITY))


def _open_density(gap: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the density of the gap between two cameras of which nothing is known."""
    both = np.where((gap < 0) & (gap >= -OVERLAP_S), OVERLAP_SHARE / OVERLAP_S, 1e-6)
    return np.where(gap < 0, both, (1 - OVERLAP_SHARE) * _return_density(gap))


def _return_density(gap: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the density of a Lomax distribution: a peak at 0 and a heavy tail."""
    scale = MEDIAN_GAP_S / (2 ** (1 / TAIL_EXPONENT) - 1)
    grown = 1 + np.maximum(gap, 0.0) / scale
    return np.where(gap >= 0, TAIL_EXPONENT / scale * grown ** (-1 - TAIL_EXPONENT), 1e-12)
