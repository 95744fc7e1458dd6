"""Marginal probabilities of pairs in a one-to-one matching.

Exact marginals of a matching are expensive; belief propagation gives close approximations in a few
rounds, and always converges.

Reference: Williams & Lau, "Approximate evaluation of marginal association probabilities with belief
propagation", IEEE Trans. AES 2014, Sect. III; for clutter read "founds an identity".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tracking.slices import finish

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tracking.slices import Steps

_ROUNDS: Final = 15
_MOST_NATS: Final = 30.0
"""Log-odds beyond this are as good as certain."""

_WORK: Final = 12e-6
"""Of a pair in a round (`slices`)."""


def pair_marginals(
    rows: NDArray[np.intp], columns: NDArray[np.intp], log_odds: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the probability of each pair of a sparse one-to-one matching.

    A matching has the weight of the product of the odds of its pairs.

    Args:
        rows: intp (E,), row of each possible pair; from 0.
        columns: intp (E,), its column.
        log_odds: float64 (E,), in nats, of the pair against row and column both staying alone.

    Returns:
        float64 (E,) in [0, 1]; those of one row, and of one column, sum to at most 1.

    >>> pair_marginals(np.array([0]), np.array([0]), np.array([0.0])).tolist()
    [0.5]
    """
    return finish(marginal_steps(rows, columns, log_odds))


def marginal_steps(
    rows: NDArray[np.intp], columns: NDArray[np.intp], log_odds: NDArray[np.float64]
) -> Steps[NDArray[np.float64]]:
    """Find the same as `pair_marginals`, in slices."""
    if not len(rows):
        return np.zeros(0)
    odds = np.exp(np.clip(log_odds, -_MOST_NATS, _MOST_NATS))
    n_rows, n_columns = int(rows.max()) + 1, int(columns.max()) + 1
    free = np.ones(len(odds))
    # There may be a million pairs: new arrays in every round would take most of the time.
    claims, claim = np.empty_like(odds), np.empty_like(odds)
    for _ in range(_ROUNDS):
        np.multiply(odds, free, out=claims)
        _one_and_others(claims, rows, n_rows, out=claim)
        np.divide(odds, claim, out=claim)
        _one_and_others(claim, columns, n_columns, out=free)
        np.divide(1, free, out=free)
        yield len(odds) * _WORK
    np.multiply(odds, free, out=claims)
    total = np.bincount(rows, claims, n_rows)[rows]
    probability = claims / (1 + total)
    # Rounds that have not quite converged must not add up to more than certainty.
    return np.asarray(probability / np.maximum(1, np.bincount(columns, probability)[columns]))


def _one_and_others(
    values: NDArray[np.float64], group: NDArray[np.intp], n: int, *, out: NDArray[np.float64]
) -> None:
    """Write for each value 1 and the sum of the others in its group."""
    total = np.bincount(group, values, n)
    total.take(group, out=out, mode="clip")
    np.subtract(out, values, out=out)
    np.maximum(out, 0.0, out=out)
    np.add(out, 1, out=out)
