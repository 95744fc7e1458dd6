from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tracking.appearance.calibration import Calibration, Curves
from tracking.chains.chain_looks import HalfChains, Looks, half_chain_steps
from tracking.chains.successions import ALONE, predecessors
from tracking.slices import finish

CURVES = Curves(Calibration())


def compare_half_chains(
    looks: Looks, previous: NDArray[np.intp], curves: Curves, *, correlation: float
) -> NDArray[np.float64]:
    return finish(half_chain_steps(looks, previous, curves, correlation=correlation))


def some_looks(rng: np.random.Generator, n: int) -> Looks:
    vectors = rng.normal(size=(n, 6))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    scale = np.stack([rng.uniform(1.1, 1.5, n), rng.uniform(0.1, 0.2, n)], axis=1)
    crops = rng.integers(1, 5, n).astype(np.float64)
    return Looks(vectors.astype(np.float32), np.ones(n), scale, crops)


def draw_chains(rng: np.random.Generator, n: int) -> NDArray[np.intp]:
    """Return chains in which every sighting is followed by one other at most."""
    previous = np.full(n, ALONE, np.intp)
    free = list(range(n))
    for column in range(1, n):
        earlier = [row for row in free if row < column]
        if earlier and rng.random() < 0.6:
            previous[column] = rng.choice(earlier)
            free.remove(int(previous[column]))
    return previous


def up_to(row: int, previous: NDArray[np.intp]) -> list[int]:
    before = int(previous[row])
    return [row] if before == ALONE else [row, *up_to(before, previous)]


def onward(row: int, previous: NDArray[np.intp]) -> list[int]:
    after = np.flatnonzero(previous == row).tolist()
    return [row] if not after else [row, *onward(after[0], previous)]


def worth(count: int, correlation: float) -> float:
    return count / (1 + correlation * (count - 1))


def by_hand(
    looks: Looks, previous: NDArray[np.intp], i: int, j: int, *, correlation: float
) -> float:
    """Return what looks say of one pair, from all pairs of its half-chains."""
    a, b = up_to(i, previous), onward(j, previous)
    squared = [((looks.total[x] - looks.total[y]) ** 2).sum() for x in a for y in b]
    scales = [looks.scale[rows].mean(axis=0)[None] for rows in (a, b)]
    crops = [np.array([looks.crops[rows].sum()]) for rows in (a, b)]
    distance = np.sqrt(np.mean(squared))[None, None]
    ratio = CURVES.log_ratio(distance, (scales[0], scales[1]), (crops[0], crops[1]))
    return float(worth(len(a), correlation) * worth(len(b), correlation) * ratio[0, 0])


@pytest.mark.parametrize("correlation", [0.0, 0.5, 1.0])
def test_half_chains_are_compared_by_all_their_pairs(correlation: float) -> None:
    rng = np.random.default_rng(4)
    for _ in range(10):
        looks, previous = some_looks(rng, 9), draw_chains(rng, 9)
        found = compare_half_chains(looks, previous, CURVES, correlation=correlation)
        for i in range(9):
            for j in range(9):
                if set(up_to(i, previous)) & set(onward(j, previous)):
                    continue  # nothing asks for it, and nearly equal vectors are inexact
                expected = by_hand(looks, previous, i, j, correlation=correlation)
                assert found[i, j] == pytest.approx(expected, abs=1e-2)


def test_every_pair_in_order_of_time_is_compared_however_many_there_are() -> None:
    rng = np.random.default_rng(5)
    looks, previous = some_looks(rng, 100), np.full(100, ALONE, np.intp)
    # Three are known, and 97 are compared with these and those before them.
    found = compare_half_chains(looks, previous[3:], CURVES, correlation=0.85)
    assert found.shape == (100, 97)
    for i, j in np.stack(np.triu_indices(100, 1), axis=1).tolist():
        if j >= 3:
            expected = by_hand(looks, previous, i, j, correlation=0.85)
            assert found[i, j - 3] == pytest.approx(expected, abs=1e-2)


def test_predecessors_by_name() -> None:
    keys = [("a", 1), ("b", 1), ("a", 2), ("c", 1)]
    previous = {
        ("a", 1): None,
        ("b", 1): ("a", 1),
        ("a", 2): ("z", 9),  # settled long ago
        ("c", 1): ("a", 2),
        ("d", 1): ("c", 1),
    }
    assert predecessors(keys, previous).tolist() == [ALONE, 0, ALONE, 2]


def test_nothing_follows_what_comes_after_it() -> None:
    assert predecessors([("a", 1), ("b", 1)], {("a", 1): ("b", 1)}).tolist() == [ALONE, ALONE]


def test_some_pairs_are_compared_like_all() -> None:
    rng = np.random.default_rng(6)
    curves = Curves(Calibration(), Calibration(log_ratios=tuple(np.linspace(7, -3, 12).tolist())))
    looks, previous = some_looks(rng, 20), draw_chains(rng, 20)
    halves = HalfChains.of(looks, previous, correlation=0.85)
    every = finish(half_chain_steps(looks, previous, curves, correlation=0.85))
    i, j = np.nonzero(np.tri(20, k=-1).T)
    found = halves.log_ratios(curves, i, j)
    assert found.tolist() == every[i, j].tolist()
    assert found.max() <= halves.most(curves)
