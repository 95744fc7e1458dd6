"""Groups of vehicles of which each travels with each other one: the maximal cliques of a graph."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

LEAST: Final = 3
"""Vehicles of a group: two are a pair."""


def cliques(pairs: Iterable[tuple[int, int]]) -> list[tuple[int, ...]]:
    """Return the largest sets of which each two are a pair, `LEAST` or more; the greatest first.

    Bron and Kerbosch, "Algorithm 457: finding all cliques of an undirected graph", 1973, with a
    pivot.

    >>> cliques([(1, 2), (1, 3), (2, 3), (3, 4)])
    [(1, 2, 3)]
    """
    beside: dict[int, set[int]] = {}
    for a, b in pairs:
        beside.setdefault(a, set()).add(b)
        beside.setdefault(b, set()).add(a)
    found: list[tuple[int, ...]] = []

    def extend(chosen: set[int], possible: set[int], done: set[int]) -> None:
        if not possible and not done and len(chosen) >= LEAST:
            found.append(tuple(sorted(chosen)))
        both = sorted(possible | done)
        pivot = max(both, key=lambda one: len(possible & beside[one]), default=None)
        for one in sorted(possible - (set() if pivot is None else beside[pivot])):
            extend(chosen | {one}, possible & beside[one], done & beside[one])
            possible = possible - {one}
            done = done | {one}

    extend(set(), set(beside), set())
    return sorted(found, key=lambda group: (-len(group), group))
