"""Marginal probabilities of pairs in a one-to-one matching.

Exact marginals of a matching are expensive; belief propagation gives close approximations in a few
rounds, and always converges.

Reference: Williams & Lau, "Approximate evaluation of marginal association probabilities with belief
propagation", IEEE Trans. AES 2014, Sect. III; for clutter read "founds an identity".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ROUNDS: Final = 15
_MOST_NATS: Final = 30.0
"""Log-odds beyond this are as good as certain."""


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
    if not len(rows):
        return np.zeros(0)
    odds = np.exp(np.clip(log_odds, -_MOST_NATS, _MOST_NATS))
    n_rows, n_columns = int(rows.max()) + 1, int(columns.max()) + 1
    free = np.ones(len(odds))
    for _ in range(_ROUNDS):
        claims = odds * free
        claim = odds / (1 + _others(claims, rows, n_rows))
        free = 1 / (1 + _others(claim, columns, n_columns))
    claims = odds * free
    total = np.bincount(rows, claims, n_rows)[rows]
    probability = claims / (1 + total)
    # Rounds that have not quite converged must not add up to more than certainty.
    return np.asarray(probability / np.maximum(1, np.bincount(columns, probability)[columns]))


def _others(values: NDArray[np.float64], group: NDArray[np.intp], n: int) -> NDArray[np.float64]:
    """Return for each value the sum of the others in its group."""
    total = np.bincount(group, values, n).astype(np.float64)
    return np.maximum(total[group] - values, 0.0)
