from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tracking.chains.marginals import pair_marginals


def exact(log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the marginals of all matchings of rows and columns, by counting them."""
    n, m = log_odds.shape
    total, pairs = 0.0, np.zeros((n, m))
    for choice in itertools.product([None, *range(m)], repeat=n):
        taken = [c for c in choice if c is not None]
        if len(set(taken)) == len(taken):
            made = [(r, c) for r, c in enumerate(choice) if c is not None]
            weight = float(np.exp(sum(log_odds[r, c] for r, c in made)))
            total += weight
            for r, c in made:
                pairs[r, c] += weight
    return pairs / total


def marginals(log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
    rows, columns = (a.ravel() for a in np.indices(log_odds.shape))
    return pair_marginals(rows, columns, log_odds.ravel()).reshape(log_odds.shape)


def test_nothing() -> None:
    none = np.zeros(0, np.intp)
    assert pair_marginals(none, none, np.zeros(0)).tolist() == []


@pytest.mark.parametrize(
    ("log_odds", "expected"),
    [
        pytest.param([[0.0]], [[1 / 2]], id="as likely as not"),
        pytest.param([[0.0, 0.0]], [[1 / 3, 1 / 3]], id="one row for two columns"),
        pytest.param([[0.0], [0.0]], [[1 / 3], [1 / 3]], id="two rows for one column"),
        pytest.param([[100.0]], [[1.0]], id="certain"),
    ],
)
def test_marginals_of_a_tree_are_exact(
    log_odds: list[list[float]], expected: list[list[float]]
) -> None:
    found = marginals(np.array(log_odds))
    assert found == pytest.approx(np.array(expected), abs=1e-9)


@given(st.lists(st.lists(st.floats(-4, 4), min_size=3, max_size=3), min_size=1, max_size=3))
def test_marginals_are_close_to_counting_and_keep_exclusivity(rows: list[list[float]]) -> None:
    log_odds = np.array(rows)
    found = marginals(log_odds)
    assert np.abs(found - exact(log_odds)).max() < 0.2
    assert (found.sum(axis=0) <= 1 + 1e-9).all()
    assert (found.sum(axis=1) <= 1 + 1e-9).all()
