from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tracking.agglomeration import agglomerate
from tracking.evidence import Evidence

INF = np.inf


def evidence(cost: NDArray[np.float64], forbidden: NDArray[np.bool_]) -> Evidence:
    finite = np.isfinite(cost)
    return Evidence(forbidden, cost, np.where(finite, cost, 0.0), finite.astype(np.float64))


def grouped(
    known: list[list[float]],
    mutual: list[list[float]],
    forbidden: frozenset[tuple[int, int]] = frozenset(),
) -> list[int]:
    cost = np.concatenate([np.reshape(known, (len(mutual), -1)), np.array(mutual)], axis=1)
    bans = np.zeros(cost.shape, np.bool_)
    for cell in forbidden:
        bans[cell] = True
    return agglomerate(evidence(cost.astype(np.float64), bans)).tolist()


@pytest.mark.parametrize(
    ("known", "mutual", "expected"),
    [
        pytest.param([[-1, -2]], [[INF]], [1], id="the better of two identities"),
        pytest.param([[1, 2]], [[INF]], [2], id="neither: founds"),
        pytest.param([[], []], [[INF, -1], [-1, INF]], [0, 0], id="two new ones together"),
        pytest.param([[], []], [[INF, 1], [1, INF]], [0, 1], id="two new ones apart"),
        # Apart 0 would take the first identity (-5), but 1 has no other choice: -4 - 3 < -5 + 0.
        pytest.param(
            [[-5, -4], [-3, 1]], [[INF, INF], [INF, INF]], [1, 0], id="look-alikes compete"
        ),
        # The second sighting is a little unlike the identity, but much like the first one:
        # on average (1 - 3) / 2 < 0.
        pytest.param([[-4], [1]], [[INF, -3], [-3, INF]], [0, 0], id="by way of another"),
        # On average (5 - 3) / 2 > 0: the resemblance to the first one does not chain.
        pytest.param([[-4], [5]], [[INF, -3], [-3, INF]], [0, 2], id="no chaining"),
        pytest.param([[-4], [INF]], [[INF, -3], [-3, INF]], [0, 0], id="nothing known of one"),
    ],
)
def test_groups(known: list[list[float]], mutual: list[list[float]], expected: list[int]) -> None:
    assert grouped(known, mutual) == expected


def test_members_of_a_group_must_all_be_allowed() -> None:
    # 0 and 1 go together, 1 and 2 a bit less, but 0 and 2 exclude each other.
    mutual = [[INF, -2, INF], [-2, INF, -1], [INF, -1, INF]]
    bans = frozenset({(0, 2), (2, 0)})
    assert grouped([[], [], []], mutual, bans) == [0, 0, 2]


def test_an_identity_may_forbid_a_group_by_any_member() -> None:
    # 0 belongs to identity 0, which 1 cannot be, although 1 looks like 0.
    assert grouped([[-3], [INF]], [[INF, -1], [-1, INF]], frozenset({(1, 0)})) == [0, 2]


def test_nothing_new() -> None:
    assert agglomerate(evidence(np.zeros((0, 3)), np.zeros((0, 3), np.bool_))).tolist() == []


@given(st.integers(0, 10**6), st.integers(1, 7), st.integers(0, 5))
def test_groups_hold_nothing_forbidden_and_the_inputs_stay(seed: int, n: int, known: int) -> None:
    rng = np.random.default_rng(seed)
    cost = rng.normal(size=(n, known + n))
    forbidden = rng.random((n, known + n)) < 0.3
    mutual = slice(known, None)
    cost[:, mutual] += cost[:, mutual].T
    forbidden[:, mutual] |= forbidden[:, mutual].T
    np.fill_diagonal(cost[:, mutual], INF)
    np.fill_diagonal(forbidden[:, mutual], val=False)
    given_evidence = evidence(cost, forbidden)
    before = given_evidence.excess.copy()
    group = agglomerate(given_evidence)
    assert (given_evidence.excess == before).all()
    for i, label in enumerate(group):
        assert label < known or label == group[label - known]
        if label < known:
            assert not forbidden[i, label]
        same = np.flatnonzero(group == label)
        assert not forbidden[i, known + same].any()
