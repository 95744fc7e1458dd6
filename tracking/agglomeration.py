"""Merging sightings and identities into vehicles, by rounds of minimum cost matching."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tracking.assignment import match

if TYPE_CHECKING:
    from numpy.typing import NDArray


def agglomerate(cost: NDArray[np.float64], forbidden: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Put new sightings together with each other and with known identities.

    In each round every group of new sightings may be appended to one identity or one earlier group,
    and every identity or group takes at most one: a minimum cost matching. Then costs are those of
    the grown groups (the least over their members), and the next round begins; it ends when no
    merge is worth it. Within a round the best merges come first, and one that has become
    impossible through them is left out.

    Args:
        cost: float64 (N, K + N), of each of N new sightings, in order of time, against K
            identities and then against the N sightings themselves (symmetric, inf on the
            diagonal); below 0 is worth a merge.
        forbidden: bool (N, K + N), what may not be together; symmetric likewise.

    Returns:
        intp (N,): for each sighting the identity (0 to K - 1) that it belongs to, or K plus the
        first sighting of its new group.
    """
    n = len(cost)
    n_identities = cost.shape[1] - n
    cost, forbidden = cost.copy(), forbidden.copy()
    group: NDArray[np.intp] = n_identities + np.arange(n)
    while True:
        merges = _best_merges(cost, forbidden, group)
        merged = False
        for row, column in merges:
            target = group[column - n_identities] if column >= n_identities else column
            if not forbidden[row, target]:
                _merge(cost, forbidden, row=row, target=target)
                group[group == n_identities + row] = target
                merged = True
        if not merged:
            return group


def _best_merges(
    cost: NDArray[np.float64], forbidden: NDArray[np.bool_], group: NDArray[np.intp]
) -> list[tuple[int, int]]:
    n = len(cost)
    n_identities = cost.shape[1] - n
    own = n_identities + np.arange(n)
    alive = group == own
    allowed = (cost < 0) & ~forbidden & alive[:, None]
    # A group is appended to an earlier one only, so that each pair is looked at once.
    allowed[:, n_identities:] &= alive & (own[None] < own[:, None])
    rows, columns = np.flatnonzero(allowed.any(axis=1)), np.flatnonzero(allowed.any(axis=0))
    grid = np.ix_(rows, columns)
    pairs = match(np.where(allowed[grid], cost[grid], np.inf), max_cost=0.0).pairs
    found = [(int(rows[i]), int(columns[j])) for i, j in pairs]
    return sorted(found, key=lambda pair: (cost[pair], pair))


def _merge(
    cost: NDArray[np.float64], forbidden: NDArray[np.bool_], *, row: int, target: int
) -> None:
    # In place: the column, and for a group of new sightings also the row, of the target take over
    # what is known of the merged one.
    n_identities = cost.shape[1] - len(cost)
    own = n_identities + row
    np.minimum(cost[:, target], cost[:, own], out=cost[:, target])
    forbidden[:, target] |= forbidden[:, own]
    if target >= n_identities:
        kept = target - n_identities
        np.minimum(cost[kept], cost[row], out=cost[kept])
        forbidden[kept] |= forbidden[row]
