from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tracking.chains.meetings import chain_places
from tracking.chains.successions import AFTERWARDS, ALONE


def matrices(total: int, n: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    return np.full((total, n), AFTERWARDS, np.intp), np.zeros((total, n))


def test_nobody_meets() -> None:
    slot, meeting = matrices(3, 3)
    places = chain_places(np.full(3, ALONE, np.intp), slot, meeting, meeting)
    assert not places.any()
    assert places.shape == (3, 3)


def test_no_sightings() -> None:
    slot, meeting = matrices(2, 0)
    assert chain_places(np.zeros(0, np.intp), slot, meeting, meeting).shape == (2, 0)


def test_a_third_camera_must_agree_with_both() -> None:
    # 1 meets 0 and follows it; 2 meets both: near 0, but far from 1.
    slot, meeting = matrices(3, 3)
    slot[0, 1] = slot[0, 2] = slot[1, 2] = 1
    for row, column, value in ((0, 1, 4.0), (0, 2, 3.0), (1, 2, -5.0)):
        meeting[row, column] = meeting[column, row] = value
    counted = np.triu(meeting, 1)
    places = chain_places(np.array([ALONE, 0, ALONE]), slot, meeting, counted)
    # Whichever of the two it is said to follow, the other one's place counts as well.
    assert places[0, 2] == -5.0
    assert places[1, 2] == 3.0
    # Apart from each other, the two others say nothing of it.
    alone = chain_places(np.full(3, ALONE, np.intp), slot, meeting, counted)
    assert alone[0, 2] == alone[1, 2] == 0.0


def test_followers_are_joined_with_what_they_follow() -> None:
    # 2 follows 1 later on, and meets 0: joining 1 to 0 joins it, too.
    slot, meeting = matrices(3, 3)
    meeting[0, 2] = meeting[2, 0] = 2.5
    places = chain_places(np.array([ALONE, ALONE, 1]), slot, meeting, np.zeros((3, 3)))
    assert places[0, 1] == 2.5


def test_a_known_identity_speaks_with_all_its_sightings() -> None:
    slot, meeting = matrices(2, 1)
    meeting[0, 0] = 6.0
    counted = np.array([[2.0], [0.0]])
    places = chain_places(np.array([ALONE]), slot, meeting, counted)
    assert places[:, 0].tolist() == [4.0, 0.0]


def test_many_are_known() -> None:
    # The second new sighting meets the first one and follows it; both meet the first known one.
    known = 5
    slot, meeting = matrices(known + 2, 2)
    slot[0] = slot[known, 1] = 1
    meeting[0] = 4.0, -3.0
    meeting[known, 1] = meeting[known + 1, 0] = 2.0
    places = chain_places(np.array([ALONE, known]), slot, meeting, np.zeros((known + 2, 2)))
    assert places[:known, 0].tolist() == [1.0, 0.0, 0.0, 0.0, 0.0]
    assert places[: known + 1, 1].tolist() == [-3.0, 0.0, 0.0, 0.0, 0.0, 2.0]


def by_hand(
    previous: list[int], slot: NDArray[np.intp], meeting: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The same, one pair after the other, of sightings alone."""
    n = len(previous)

    def onward(column: int) -> set[int]:
        found = {column}
        for later in range(column + 1, n):
            if previous[later] in found:
                found.add(later)
        return found

    def root(row: int) -> int:
        while previous[row] != ALONE and slot[previous[row], row] != AFTERWARDS:
            row = previous[row]
        return row

    def context(row: int) -> set[int]:
        first = root(row)
        found = {other for other in range(n) if root(other) == first}
        return found if previous[first] == ALONE else found | context(previous[first])

    places = np.zeros((n, n))
    for row in range(n):
        for column in range(n):
            ahead = onward(column)
            places[row, column] = sum(meeting[a, b] for a in context(row) - ahead for b in ahead)
    return places


@given(n=st.integers(1, 7), seed=st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_equals_the_sum_over_all_pairs(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    previous = [int(rng.integers(-1, i)) if i else ALONE for i in range(n)]
    slot = rng.integers(0, 2, (n, n))
    values = np.triu(rng.integers(-5, 6, (n, n)).astype(np.float64), 1)
    meeting = values + values.T
    found = chain_places(np.array(previous), slot, meeting, np.zeros((n, n)))
    assert np.triu(found, 1) == pytest.approx(np.triu(by_hand(previous, slot, meeting), 1))
