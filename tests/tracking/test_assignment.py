from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tracking.assignment import match

INF = np.inf
NAN = np.nan


def gain(cost: np.ndarray, pairs: list[tuple[int, int]], max_cost: float) -> float:
    return sum(max_cost - cost[row, column] for row, column in pairs)


def best_gain(cost: np.ndarray, max_cost: float) -> float:
    """Try every matching; `None` columns stand for rows left alone."""
    rows, columns = cost.shape
    choices = [*range(columns), *[None] * rows]
    return max(
        sum(
            max_cost - cost[row, column]
            for row, column in enumerate(chosen)
            if column is not None
            and np.isfinite(cost[row, column])
            and cost[row, column] < max_cost
        )
        for chosen in permutations(choices, rows)
    )


@pytest.mark.parametrize(
    ("cost", "max_cost", "pairs"),
    [
        pytest.param([[0.2]], 1.0, [(0, 0)], id="one"),
        pytest.param([[1.2]], 1.0, [], id="too dear"),
        pytest.param([[1.0]], 1.0, [], id="at the limit"),
        pytest.param([[0.1, 0.2], [0.2, 0.9]], 1.0, [(0, 1), (1, 0)], id="not greedy"),
        pytest.param([[0.5, 0.1, 0.4]], 1.0, [(0, 1)], id="wide"),
        pytest.param([[0.5], [0.1], [0.4]], 1.0, [(1, 0)], id="tall"),
        pytest.param([[INF, 0.3], [INF, 0.2]], 1.0, [(1, 1)], id="infinite"),
        pytest.param([[NAN, NAN], [NAN, 0.2]], 1.0, [(1, 1)], id="nan"),
        pytest.param([[-INF, 0.5]], 1.0, [(0, 1)], id="minus infinity"),
        pytest.param([[INF, NAN]], 1.0, [], id="nothing allowed"),
        pytest.param([[-3.0, -2.0], [-2.0, 0.0]], 0.0, [(0, 1), (1, 0)], id="negative"),
        pytest.param([[0.1, 0.9], [0.9, 0.95]], 0.5, [(0, 0)], id="one good beats two"),
    ],
)
def test_match(cost, max_cost, pairs):
    found = match(np.array(cost), max_cost=max_cost)
    assert [tuple(pair) for pair in found.tolist()] == pairs


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0)], ids=str)
def test_match_of_nothing(shape):
    assert match(np.zeros(shape), max_cost=1.0).shape == (0, 2)


def test_integer_costs_are_costs():
    assert match(np.array([[-5, 0], [-4, -4]]), max_cost=0).tolist() == [[0, 0], [1, 1]]


@given(
    st.tuples(st.integers(1, 4), st.integers(1, 4)).flatmap(
        lambda shape: arrays(
            np.float64,
            shape,
            elements=st.one_of(
                st.floats(-2, 2), st.sampled_from([0.0, 0.5, 1.0, np.inf, -np.inf, np.nan])
            ),
        )
    ),
    st.sampled_from([-0.5, 0.0, 0.7, 1.5]),
)
def test_match_is_one_to_one_gated_and_optimal(cost, max_cost):
    pairs = match(cost, max_cost=max_cost)
    assert (np.diff(pairs[:, 0]) > 0).all()
    assert len(np.unique(pairs[:, 1])) == len(pairs)
    chosen = cost[pairs[:, 0], pairs[:, 1]]
    assert np.isfinite(chosen).all()
    assert (chosen < max_cost).all()
    assert gain(cost, pairs.tolist(), max_cost) == pytest.approx(best_gain(cost, max_cost))


@pytest.mark.parametrize("value", [0.0, 0.5], ids=["zero", "half"])
def test_ties_are_broken_the_same_way_every_time(value):
    first = match(np.full((5, 5), value), max_cost=1.0)
    assert len(first) == 5
    for _ in range(3):
        assert np.array_equal(match(np.full((5, 5), value), max_cost=1.0), first)


def test_the_costs_are_left_alone():
    cost = np.array([[0.1, INF], [NAN, 2.0]])
    before = cost.copy()
    match(cost, max_cost=1.0)
    np.testing.assert_array_equal(cost, before)


@pytest.mark.parametrize(
    ("cost", "max_cost", "message"),
    [
        pytest.param(np.zeros(3), 1.0, r"cost must be a matrix, has shape \(3,\)", id="vector"),
        pytest.param(np.zeros((2, 2)), INF, "max_cost must be finite, is inf", id="limit"),
        pytest.param(np.zeros((2, 2)), NAN, "max_cost must be finite, is nan", id="nan limit"),
    ],
)
def test_match_refuses(cost, max_cost, message):
    with pytest.raises(ValueError, match=message):
        match(cost, max_cost=max_cost)
