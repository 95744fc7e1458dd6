"""Gated minimum-cost assignment of rows to columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lap
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def match(
    cost: NDArray[np.floating] | NDArray[np.integer], *, max_cost: float
) -> NDArray[np.int64]:
    """Match rows to columns so that the sum of (cost - max_cost) over the pairs is smallest.

    Leaving a row and a column alone thus costs as much as a pair of `max_cost`: only cheaper
    pairs are made. The solver is Jonker and Volgenant's shortest augmenting path; among equally
    good matchings it takes the same one every time.

    Args:
        cost: float or int (N, M), of either sign; infinite or NaN entries are never matched.
        max_cost: Pairs must cost less than this; finite.

    Returns:
        int64 (K, 2), matched (row, column), each row and each column once at most, by row.

    Raises:
        ValueError: If `cost` is not a matrix or `max_cost` is not finite.

    >>> match(np.array([[1.0, 9.0, 2.0]]), max_cost=5.0).tolist()
    [[0, 0]]
    """
    if cost.ndim != 2:
        raise ValueError(f"cost must be a matrix, has shape {cost.shape}")
    if not np.isfinite(max_cost):
        raise ValueError(f"max_cost must be finite, is {max_cost}")
    allowed = np.isfinite(cost) & (cost < max_cost)
    column_of = np.full(len(cost), -1, np.int64)
    if allowed.any():
        # The gains are shifted so that a forbidden pair is as bad as no pair at all, whatever the
        # sign of the costs; it is then dropped if the solver makes it.
        gain = np.where(allowed, max_cost - cost, 0.0)
        top = gain.max()
        _, column_of, _ = lap.lapjv(top - gain, extend_cost=True, cost_limit=top)
        column_of = column_of.astype(np.int64)
    matched = np.flatnonzero(column_of >= 0)
    pairs = np.stack([matched, column_of[matched]], axis=1)
    return np.asarray(pairs[allowed[pairs[:, 0], pairs[:, 1]]])
