"""Possible successions: one following sighting, and one meeting sighting per camera.

Where views overlap, a vehicle in one of them enters several others meanwhile; those all follow it,
and a chain becomes a tree. It continues only once from all these *meeting* sightings together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tracking.assignment import match

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from tracking.decisions import Key

ALONE: Final = -1
"""Predecessor of a sighting that founds an identity."""

AFTERWARDS: Final = 0
"""Slot of a follower that does not meet its predecessor; others count the cameras from 1."""


def assign(log_odds: NDArray[np.float64], slot: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the best predecessors, of those that are more likely than none.

    Args:
        log_odds: float64 (R, N), of the column following the row.
        slot: intp (R, N); of the same slot, one column follows a row at most.

    Returns:
        intp (N,), the row, `ALONE` for none.
    """
    previous = np.full(log_odds.shape[1], ALONE, np.intp)
    rows, columns = np.nonzero(log_odds > 0)
    if len(rows):
        n_slots = int(slot.max()) + 1
        places, place = np.unique(rows * n_slots + slot[rows, columns], return_inverse=True)
        followers, follower = np.unique(columns, return_inverse=True)
        cost = np.full((len(places), len(followers)), np.inf)
        cost[place, follower] = -log_odds[rows, columns]
        pairs = match(cost, max_cost=0.0)
        previous[followers[pairs[:, 1]]] = places[pairs[:, 0]] // n_slots
    return previous


def chain_labels(previous: NDArray[np.intp], known: int) -> NDArray[np.intp]:
    """Return the chain of each sighting: its identity (0 to known - 1), or known + its first one.

    >>> chain_labels(np.array([0, ALONE, 3]), known=2).tolist()
    [0, 3, 3]
    """
    # Rows come before their columns, so one pass in order suffices.
    label = list(range(known, known + len(previous)))
    for column, row in enumerate(previous.tolist()):
        if row != ALONE:
            label[column] = row if row < known else label[row - known]
    return np.array(label, np.intp)


class Generations:
    """The pairs of chains in parts, for adding up along them: arrays rather than single pairs.

    In each part no row and no column comes twice, and those that lead to its rows come before.

    Args:
        previous: intp (N,), predecessors, `ALONE` for none; before their columns.
        known: Number of known identities.

    >>> [rows.tolist() for rows, _ in Generations(np.array([0, ALONE, 1, 1]), 1).parts]
    [[0], [1], [1]]
    """

    def __init__(self, previous: NDArray[np.intp], known: int) -> None:
        depth: list[int] = []
        followers: dict[int, int] = {}
        parts: dict[tuple[int, int], list[int]] = {}
        for column, row in enumerate(previous.tolist()):
            depth.append(0 if row < known else depth[row - known] + 1)
            if row != ALONE:
                place = followers.get(row, 0)
                followers[row] = place + 1
                parts.setdefault((depth[column], place), []).append(column)
        self._known = known
        self.parts: list[tuple[NDArray[np.intp], NDArray[np.intp]]] = []
        for _, some in sorted(parts.items()):
            columns = np.array(some, np.intp)
            self.parts.append((previous[columns], columns))

    def add_up_to(self, values: NDArray[np.floating]) -> None:
        """Add to each of K + N rows what all that lead to it have; (K + N, ...), in place."""
        for rows, columns in self.parts:
            values[self._known + columns] += values[rows]

    def add_onward(self, values: NDArray[np.floating] | NDArray[np.bool_]) -> None:
        """Add to each of N columns what all that follow it have; (N, ...), in place."""
        for rows, columns in reversed(self.parts):
            new = rows >= self._known
            values[rows[new] - self._known] += values[columns[new]]


def predecessors(keys: Sequence[Key], previous: Mapping[Key, Key | None]) -> NDArray[np.intp]:
    """Return which sighting each follows by its place among them, `ALONE` for none; (N,).

    Args:
        keys: Names of N sightings, in order of their first times.
        previous: By name, the sighting that was followed, None for none; others do not matter.

    >>> predecessors([("a", 1), ("b", 1)], {("b", 1): ("a", 1)}).tolist()
    [-1, 0]
    """
    place = {key: row for row, key in enumerate(keys)}
    found = np.full(len(keys), ALONE, np.intp)
    for column, key in enumerate(keys):
        before = previous.get(key)
        row = place.get(before, column) if before is not None else column
        if row < column:
            found[column] = row
    return found


def forks(
    previous: NDArray[np.intp], log_odds: NDArray[np.float64], slot: NDArray[np.intp]
) -> list[tuple[int, int]]:
    """Return the pairs, as row and column, by which meeting sightings are followed once too often.

    Args:
        previous: intp (N,), predecessors.
        log_odds: float64 (K + N, N).
        slot: intp (K + N, N).
    """
    known = len(log_odds) - len(previous)
    meeting = list(range(len(log_odds)))
    afterwards: dict[int, list[tuple[float, int, int]]] = {}
    columns = np.flatnonzero(previous != ALONE)
    pairs = previous[columns], columns
    for row, column, of_pair, odds in zip(
        *(some.tolist() for some in (*pairs, slot[pairs], log_odds[pairs])), strict=True
    ):
        if of_pair != AFTERWARDS:
            meeting[known + column] = meeting[row]
        else:
            afterwards.setdefault(meeting[row], []).append((odds, row, column))
    return [
        (row, column)
        for followers in afterwards.values()
        for _, row, column in sorted(followers, reverse=True)[1:]
    ]


def contradictions(
    previous: NDArray[np.intp], log_odds: NDArray[np.float64], conflicts: NDArray[np.bool_]
) -> list[tuple[int, int]]:
    """Return for each chain with a conflict the weakest pair between the two, as row and column.

    Args:
        previous: intp (N,), predecessors.
        log_odds: float64 (K + N, N).
        conflicts: bool (K + N, N), which pairs cannot be in one chain.
    """
    k = len(log_odds) - len(previous)
    label = chain_labels(previous, k)
    first: dict[int, tuple[int, int]] = {}
    for earlier, later in _of_one_chain(np.concatenate([np.arange(k), label]), k, conflicts):
        first.setdefault(int(label[later]), (earlier, later))
    found = []
    for _, (earlier, later) in sorted(first.items()):
        cuts = _between(previous, k, earlier, later)
        worst = min(cuts, key=lambda c: (log_odds[previous[c], c], c))
        found.append((int(previous[worst]), worst))
    return found


def _of_one_chain(
    chain: NDArray[np.intp], known: int, among: NDArray[np.bool_]
) -> list[tuple[int, int]]:
    """Return the pairs in one chain that are among some, the earlier as row, the later as column.

    Args:
        chain: intp (K + N,), of each row.
        known: Number of known identities, which are in one chain each.
        among: bool (K + N, N).
    """
    order = chain.argsort(kind="stable")
    sorted_chain = chain[order]
    found: list[tuple[int, int]] = []
    # Those next to each other in their chain, those with one between, and so on: chains are short.
    for apart in range(1, len(chain)):
        place = np.flatnonzero(sorted_chain[apart:] == sorted_chain[:-apart])
        if not len(place):
            break
        earlier, later = order[place], order[place + apart] - known
        some = among[earlier, later]
        found += zip(earlier[some].tolist(), later[some].tolist(), strict=True)
    return sorted(found)


def _between(previous: NDArray[np.intp], known: int, earlier: int, later: int) -> list[int]:
    """Return the columns whose predecessors join a row and a column of one chain."""

    def back(row: int) -> list[int]:
        steps = []
        while row >= known and previous[row - known] != ALONE:
            steps.append(row - known)
            row = int(previous[row - known])
        return steps

    one, other = back(earlier), back(known + later)
    return sorted(set(one) ^ set(other))
