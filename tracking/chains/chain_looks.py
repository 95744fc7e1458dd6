"""Appearance evidence for joining two half-chains, from all of their sightings.

Everything in the chain up to one sighting is compared with everything from another one on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tracking.chains.successions import ALONE
from tracking.slices import finish

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


def compare_half_chains(
    looks: Looks, previous: NDArray[np.intp], curves: Curves, *, correlation: float
) -> NDArray[np.float64]:
    """Return the log-ratio of joining the half-chains up to each row and from each column on.

    The mean squared distance over all pairs of two groups of unit vectors follows from their mean
    vectors alone: 2 - 2 m.m'.

    Args:
        looks: Of K identities and N sightings.
        previous: intp (N,), the row that each sighting follows, `ALONE` for none; before its own.
        curves: Calibration of distances.
        correlation: Of the evidence of two pairs of the same half-chains, in [0, 1]: at 1 more
            sightings say no more than one.

    Returns:
        float64 (K + N, N); of rows that come before the column. Others are no pairs, and what is
        said of them means nothing.
    """
    return finish(half_chain_steps(looks, previous, curves, correlation=correlation))


def half_chain_steps(
    looks: Looks, previous: NDArray[np.intp], curves: Curves, *, correlation: float
) -> Steps[NDArray[np.float64]]:
    """Find the same as `compare_half_chains`, in slices."""
    k = len(looks.count) - len(previous)
    total = looks.total.copy()
    # How many, in how many crops, and the scale of all of them.
    sums = np.column_stack([looks.count, looks.crops, looks.scale * looks.count[:, None]])
    onward, onward_sums = total[k:].copy(), sums[k:].copy()
    for column, row in enumerate(previous.tolist()):
        if row != ALONE:
            total[k + column] += total[row]
            sums[k + column] += sums[row]
    for column, row in reversed(list(enumerate(previous.tolist()))):
        if row >= k:
            onward[row - k] += onward[column]
            onward_sums[row - k] += onward_sums[column]
    (count, crops), (n_onward, onward_crops) = sums[:, :2].T, onward_sums[:, :2].T
    mean = total / count[:, None].astype(np.float32)
    similarity = mean @ (onward / n_onward[:, None].astype(np.float32)).T
    scale, onward_scale = sums[:, 2:] / count[:, None], onward_sums[:, 2:] / n_onward[:, None]
    worth, onward_worth = (_information(number, correlation) for number in (count, n_onward))
    yield similarity.size * _PRODUCT_WORK
    found = np.zeros((k + len(previous), len(previous)))
    for start in range(0, len(previous), _BLOCK):
        block = slice(start, start + _BLOCK)
        rows = slice(0, k + start + _BLOCK)
        distance = np.sqrt(np.clip(2 - 2 * similarity[rows, block], 0, None))
        scales, seen = (scale[rows], onward_scale[block]), (crops[rows], onward_crops[block])
        gain = worth[rows, None] * onward_worth[None, block]
        found[rows, block] = gain * curves.log_ratio(distance, scales, seen)
        yield distance.size * _WORK
    return found


def _information(count: NDArray[np.float64], correlation: float) -> NDArray[np.float64]:
    """Return how many independent sightings some correlated ones are worth."""
    return count / (1 + correlation * (count - 1))
