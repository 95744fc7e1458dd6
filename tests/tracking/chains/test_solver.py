from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tracking.appearance.calibration import Calibration, Curves
from tracking.chains.chain_looks import Looks
from tracking.chains.solver import NO, Problem, solve
from tracking.chains.successions import ALONE, chain_labels

# Appearance that says nothing: only the given log-odds count.
SILENT = Calibration(distances=(1.0,), log_ratios=(0.0,))
LOOKS = Calibration(
    stranger_mean=2**0.5, stranger_std=0.1, distances=(0.5, 1.0), log_ratios=(4.0, -4.0)
)


def problem(
    log_odds: NDArray[np.float64],
    conflicts: frozenset[tuple[int, int]] = frozenset(),
    looks: NDArray[np.float64] | None = None,
) -> Problem:
    rows, columns = log_odds.shape
    banned = np.zeros((rows, columns), np.bool_)
    for row, column in conflicts:
        banned[row, column] = True
    total = np.eye(rows, 8) if looks is None else looks
    return Problem(
        log_odds,
        banned,
        Looks(
            total.astype(np.float32),
            np.ones(rows),
            np.tile([2**0.5, 0.1], (rows, 1)),
            np.full(rows, 4.0),
        ),
        np.zeros((rows, columns)),
        np.zeros((rows, columns), np.intp),
        np.zeros((rows, columns)),
        np.zeros((rows, columns)),
    )


def chains(one: Problem, calibration: Calibration = SILENT, least: float = 0.0) -> list[int]:
    found = solve(one, Curves(calibration), correlation=0.5, min_probability=least)
    return found.previous.tolist()


@pytest.mark.parametrize(
    ("log_odds", "expected"),
    [
        pytest.param([[2.0]], [0], id="joins"),
        pytest.param([[-2.0]], [ALONE], id="founds"),
        pytest.param([[2.0], [3.0]], [1], id="the better of two identities"),
        # Apart 0 would take the first identity (5), but 1 has no other choice: 4 + 3 > 5 + 0.
        pytest.param([[5.0, 4.0], [3.0, NO]], [1, 0], id="jointly best, not each by itself"),
    ],
)
def test_known_identities(log_odds: list[list[float]], expected: list[int]) -> None:
    matrix = np.array(log_odds)
    new = np.full((matrix.shape[1],) * 2, NO)
    assert chains(problem(np.concatenate([matrix, new]))) == expected


def test_nothing_new() -> None:
    assert chains(problem(np.zeros((2, 0)))) == []


def test_new_ones_make_a_chain() -> None:
    matrix = np.array([[NO, 2.0, 1.0], [NO, NO, 2.0], [NO, NO, NO]])
    assert chains(problem(matrix)) == [ALONE, 0, 1]
    assert chain_labels(np.array([ALONE, 0, 1]), 0).tolist() == [0, 0, 0]


def test_a_chain_with_a_conflict_is_cut_where_it_is_weakest() -> None:
    matrix = np.array([[NO, 3.0, NO], [NO, NO, 2.0], [NO, NO, NO]])
    assert chains(problem(matrix, frozenset({(0, 2)}))) == [ALONE, 0, ALONE]


def test_a_pair_is_judged_by_all_that_it_joins() -> None:
    # The middle one looks like the first but is unlike the third; the first is like the third.
    look = np.zeros((3, 8))
    look[0, 0] = look[2, 0] = look[1, 1] = 1.0
    matrix = np.array([[NO, NO, 1.0], [NO, NO, 3.9], [NO, NO, NO]])
    assert chains(problem(matrix, looks=look), LOOKS) == [ALONE, ALONE, 0]


def test_the_unsure_stay_alone() -> None:
    # Two rows claim one column with equal right.
    matrix = np.array([[3.0], [3.0], [NO]])
    assert chains(problem(matrix)) == [0]
    assert chains(problem(matrix), least=0.6) == [ALONE]


SIZES = st.integers(0, 4).flatmap(
    lambda n: st.tuples(
        st.just(n),
        st.lists(st.floats(-3, 3), min_size=n * n, max_size=n * n),
        st.sets(st.tuples(st.integers(0, max(n - 1, 0)), st.integers(0, max(n - 1, 0)))),
    )
)


def best_by_trying(log_odds: NDArray[np.float64]) -> float:
    """Return the greatest sum of log-odds over all assignments."""
    n = len(log_odds)
    best = 0.0
    for rows in itertools.product([ALONE, *range(n)], repeat=n):
        made = [(row, column) for column, row in enumerate(rows) if row != ALONE]
        if len({row for row, _ in made}) == len(made):
            best = max(best, sum(float(log_odds[pair]) for pair in made))
    return best


@settings(deadline=None)
@given(SIZES)
def test_optimal_without_conflicts_and_exclusive_with_them(
    drawn: tuple[int, list[float], set[tuple[int, int]]],
) -> None:
    n, values, pairs = drawn
    matrix = np.array(values).reshape(n, n)
    matrix[np.tril_indices(n)] = NO
    free = chains(problem(matrix))
    gained = sum(matrix[row, column] for column, row in enumerate(free) if row != ALONE)
    assert gained == pytest.approx(best_by_trying(matrix))
    conflicts = frozenset((a, b) for a, b in pairs if a < b < n)
    found = chains(problem(matrix, conflicts))
    label = chain_labels(np.array(found, np.intp), 0)
    assert all(label[a] != label[b] for a, b in conflicts)
    used = [row for row in found if row != ALONE]
    assert len(set(used)) == len(used)
