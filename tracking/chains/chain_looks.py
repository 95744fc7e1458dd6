"""Appearance evidence for joining two half-chains, from all of their sightings.

Everything in the chain up to one sighting is compared with everything from another one on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from tracking.chains.successions import Generations

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tracking.appearance.calibration import Curves
    from tracking.slices import Steps

_BLOCK: Final = 32
"""Columns that are compared together with all rows before the last one of them."""

_PRODUCT_WORK: Final = 12e-6
_WORK: Final = 35e-6
"""Of a pair: of its similarity, and of what that says (`slices`)."""


@dataclass(frozen=True, slots=True, eq=False)
class Looks:
    """Appearance of K known identities and N sightings, in this order, individually.

    Attributes:
        total: float32 (K + N, D), sum of the unit embeddings.
        count: float64 (K + N,), how many embeddings that are.
        scale: float64 (K + N, 2), mean and deviation of the distances to other vehicles.
        crops: float64 (K + N,), in how many crops each was seen.
    """

    total: NDArray[np.float32]
    count: NDArray[np.float64]
    scale: NDArray[np.float64]
    crops: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class HalfChains:
    """The half-chains up to each of R rows, and from each of N columns on.

    The mean squared distance over all pairs of two groups of unit vectors follows from their mean
    vectors alone: 2 - 2 m.m'.

    Attributes:
        similarity: float32 (R, N), of the mean vectors.
        scales: float64 (R, 2) and (N, 2), mean and deviation of the distances to other vehicles.
        crops: float64 (R,) and (N,), in how many crops they were seen.
        worth: float64 (R,) and (N,), how many independent sightings they are worth.
    """

    similarity: NDArray[np.float32]
    scales: tuple[NDArray[np.float64], NDArray[np.float64]]
    crops: tuple[NDArray[np.float64], NDArray[np.float64]]
    worth: tuple[NDArray[np.float64], NDArray[np.float64]]

    @classmethod
    def of(cls, looks: Looks, previous: NDArray[np.intp], *, correlation: float) -> Self:
        """Return the half-chains.

        Args:
            looks: Of K identities and N sightings.
            previous: intp (N,), the row that each sighting follows, `ALONE` for none; before its
                own.
            correlation: Of the evidence of two pairs of the same half-chains, in [0, 1]: at 1 more
                sightings say no more than one.
        """
        k = len(looks.count) - len(previous)
        total = looks.total.copy()
        # How many, in how many crops, and the scale of all of them.
        sums = np.column_stack([looks.count, looks.crops, looks.scale * looks.count[:, None]])
        onward, onward_sums = total[k:].copy(), sums[k:].copy()
        chains = Generations(previous, k)
        for up_to, from_ in ((total, onward), (sums, onward_sums)):
            chains.add_up_to(up_to)
            chains.add_onward(from_)
        (count, crops), (n_onward, onward_crops) = sums[:, :2].T, onward_sums[:, :2].T
        mean = total / count[:, None].astype(np.float32)
        return cls(
            mean @ (onward / n_onward[:, None].astype(np.float32)).T,
            (sums[:, 2:] / count[:, None], onward_sums[:, 2:] / n_onward[:, None]),
            (crops, onward_crops),
            (_information(count, correlation), _information(n_onward, correlation)),
        )

    def most(self, curves: Curves) -> float:
        """Return what no log-ratio of any two exceeds."""
        gains = [worth.max(initial=0.0) for worth in self.worth]
        return max(float(gains[0] * gains[1]) * curves.most, 0.0)

    def log_ratios(
        self, curves: Curves, rows: NDArray[np.intp], columns: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        """Return the log-ratios of joining some pairs, of rows before the columns; (E,)."""
        similarity = self.similarity.take(rows * self.similarity.shape[1] + columns)
        distance = np.sqrt(np.clip(2 - 2 * similarity, 0, None))
        scales = self.scales[0][rows], self.scales[1][columns]
        crops = self.crops[0][rows], self.crops[1][columns]
        gain = self.worth[0][rows] * self.worth[1][columns]
        return np.asarray(gain * curves.log_ratio_of_pairs(distance, scales, crops))


def half_chain_steps(
    looks: Looks, previous: NDArray[np.intp], curves: Curves, *, correlation: float
) -> Steps[NDArray[np.float64]]:
    """Compare the half-chains up to each row and from each column on, in slices.

    Args:
        looks: Of K identities and N sightings.
        previous: As of `HalfChains.of`.
        curves: Calibration of distances.
        correlation: As of `HalfChains.of`.

    Returns:
        float64 (K + N, N), log-ratios of joining them, of rows that come before the column. Others
        are no pairs, and what is said of them means nothing.
    """
    halves = HalfChains.of(looks, previous, correlation=correlation)
    yield halves.similarity.size * _PRODUCT_WORK
    k = len(looks.count) - len(previous)
    found = np.zeros(halves.similarity.shape)
    for start in range(0, len(previous), _BLOCK):
        block = slice(start, start + _BLOCK)
        rows = slice(0, k + start + _BLOCK)
        distance = np.sqrt(np.clip(2 - 2 * halves.similarity[rows, block], 0, None))
        scales, crops, worth = (
            (up_to[rows], onward[block])
            for up_to, onward in (halves.scales, halves.crops, halves.worth)
        )
        gain = worth[0][:, None] * worth[1][None]
        found[rows, block] = gain * curves.log_ratio(distance, scales, crops)
        yield distance.size * _WORK
    return found


def _information(count: NDArray[np.float64], correlation: float) -> NDArray[np.float64]:
    """Return how many independent sightings some correlated ones are worth."""
    return count / (1 + correlation * (count - 1))
