from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tracking.chains.solver import NO
from tracking.chains.successions import (
    AFTERWARDS,
    ALONE,
    Generations,
    assign,
    chain_labels,
    contradictions,
    forks,
)

B, C = 1, 2
"""Slots of followers that are met in these cameras."""


def matrix(n: int, known: int, pairs: dict[tuple[int, int], float]) -> NDArray[np.float64]:
    found = np.full((known + n, n), NO)
    for pair, odds in pairs.items():
        found[pair] = odds
    return found


def slots(n: int, known: int, pairs: dict[tuple[int, int], int]) -> NDArray[np.intp]:
    found = np.full((known + n, n), AFTERWARDS, np.intp)
    for pair, slot in pairs.items():
        found[pair] = slot
    return found


@pytest.mark.parametrize(
    ("log_odds", "slot", "expected"),
    [
        pytest.param({}, {}, [ALONE, ALONE], id="none is likely"),
        pytest.param({(0, 0): -1.0}, {}, [ALONE, ALONE], id="none is more likely"),
        pytest.param({(0, 0): 2.0, (0, 1): 3.0}, {}, [ALONE, 0], id="one afterwards"),
        pytest.param(
            {(0, 0): 2.0, (0, 1): 3.0}, {(0, 0): B}, [0, 0], id="one meanwhile, one afterwards"
        ),
        pytest.param(
            {(0, 0): 2.0, (0, 1): 3.0}, {(0, 0): B, (0, 1): C}, [0, 0], id="one in each camera"
        ),
        pytest.param(
            {(0, 0): 2.0, (0, 1): 3.0}, {(0, 0): B, (0, 1): B}, [ALONE, 0], id="not two in one"
        ),
        # Greedily the second would take row 0 (5), but 4 + 3 > 5.
        pytest.param(
            {(0, 0): 4.0, (0, 1): 5.0, (1, 1): 3.0}, {}, [0, 1], id="jointly best of two rows"
        ),
        pytest.param(
            {(0, 1): 5.0, (1, 1): 6.0}, {(1, 1): B}, [ALONE, 1], id="one predecessor only"
        ),
    ],
)
def test_who_follows_whom(
    log_odds: dict[tuple[int, int], float], slot: dict[tuple[int, int], int], expected: list[int]
) -> None:
    assert assign(matrix(2, 2, log_odds), slots(2, 2, slot)).tolist() == expected


def test_nothing_to_assign() -> None:
    assert assign(matrix(0, 2, {}), slots(0, 2, {})).tolist() == []


def best_by_trying(log_odds: NDArray[np.float64], slot: NDArray[np.intp]) -> float:
    """Return the greatest sum of log-odds over everything that the slots allow."""
    rows, columns = log_odds.shape
    best = 0.0
    for previous in itertools.product([ALONE, *range(rows)], repeat=columns):
        made = [(row, column) for column, row in enumerate(previous) if row != ALONE]
        if len({(row, int(slot[row, column])) for row, column in made}) == len(made):
            best = max(best, sum(float(log_odds[pair]) for pair in made))
    return best


@st.composite
def drawn(draw: st.DrawFn) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Draw up to two identities and four sightings, none of which follows a later one."""
    known, n = draw(st.integers(0, 2)), draw(st.integers(0, 4))
    size = (known + n) * n
    odds = draw(st.lists(st.integers(-3, 9), min_size=size, max_size=size))
    slot = draw(st.lists(st.integers(0, 2), min_size=size, max_size=size))
    log_odds = np.array(odds, np.float64).reshape(known + n, n)
    log_odds[known:][np.tril_indices(n)] = NO
    return log_odds, np.array(slot, np.intp).reshape(known + n, n)


@settings(deadline=None, max_examples=60)
@given(drawn())
def test_the_best_is_found_and_no_slot_taken_twice(
    one: tuple[NDArray[np.float64], NDArray[np.intp]],
) -> None:
    log_odds, slot = one
    previous = assign(log_odds, slot)
    made = [(row, column) for column, row in enumerate(previous.tolist()) if row != ALONE]
    assert all(log_odds[pair] > 0 for pair in made)
    assert len({(row, int(slot[row, column])) for row, column in made}) == len(made)
    gained = sum(float(log_odds[pair]) for pair in made)
    assert gained == pytest.approx(best_by_trying(log_odds, slot))


@pytest.mark.parametrize(
    ("previous", "known", "expected"),
    [
        pytest.param([], 2, [], id="nothing"),
        pytest.param([ALONE], 0, [0], id="one alone"),
        pytest.param([ALONE, 0, 1], 0, [0, 0, 0], id="a chain"),
        pytest.param([ALONE, 0, 0], 0, [0, 0, 0], id="a tree"),
        pytest.param([1, 2, ALONE], 2, [1, 1, 4], id="after identities"),
        pytest.param([0, 2, 2, 4, 1], 2, [0, 0, 0, 0, 1], id="a tree after an identity"),
    ],
)
def test_labels_of_chains(previous: list[int], known: int, expected: list[int]) -> None:
    assert chain_labels(np.array(previous, np.intp), known).tolist() == expected


@pytest.mark.parametrize(
    ("previous", "slot", "expected"),
    [
        pytest.param([], {}, [], id="nothing"),
        pytest.param([ALONE, 0, 1], {}, [], id="a chain"),
        pytest.param([ALONE, 0, 0], {(0, 1): B}, [], id="one meanwhile, one afterwards"),
        # Sighting 1 meets 0; both are followed by one: the less likely pair is wrong.
        pytest.param([ALONE, 0, 0, 1], {(0, 1): B}, [(0, 2)], id="both are followed"),
        # Of three that meet each other, in a row.
        pytest.param(
            [ALONE, 0, 1, 0, 2],
            {(0, 1): B, (1, 2): C},
            [(0, 3)],
            id="the first and the last are followed",
        ),
        pytest.param(
            [ALONE, 0, 0, 0, 1, 2],
            {(0, 1): B, (0, 2): C},
            [(1, 4), (0, 3)],
            id="three are followed",
        ),
        # One that comes later is met by another; each is followed by one.
        pytest.param([ALONE, 0, 1, 1], {(1, 2): B}, [], id="a meeting later on"),
    ],
)
def test_meeting_sightings_go_on_only_once(
    previous: list[int], slot: dict[tuple[int, int], int], expected: list[tuple[int, int]]
) -> None:
    n = len(previous)
    # The later column, the more likely.
    log_odds = np.tile(np.arange(1.0, n + 1), (n, 1))
    found = forks(np.array(previous, np.intp), log_odds, slots(n, 0, slot))
    assert found == expected


def test_an_identity_goes_on_only_once_with_all_that_it_meets() -> None:
    # Rows: the identity, then sightings 0 (met by it), 1 (after it) and 2 (after 0).
    previous = np.array([0, 0, 1], np.intp)
    log_odds = matrix(3, 1, {(0, 0): 3.0, (0, 1): 2.0, (1, 2): 1.0})
    assert forks(previous, log_odds, slots(3, 1, {(0, 0): B})) == [(1, 2)]
    assert forks(previous, log_odds, slots(3, 1, {})) == [(0, 1)]


@pytest.mark.parametrize(
    ("previous", "known", "conflicts", "expected"),
    [
        pytest.param([ALONE, 0, 1], 0, [], [], id="none"),
        pytest.param([ALONE, 0, ALONE], 0, [(0, 2)], [], id="of two chains"),
        # The later column, the more likely: 0 to 1 is the weakest.
        pytest.param([ALONE, 0, 1], 0, [(0, 2)], [(0, 1)], id="ends of a chain"),
        pytest.param([ALONE, 0, 1, 2], 0, [(1, 3)], [(1, 2)], id="within a chain"),
        pytest.param([ALONE, 0, 1], 0, [(2, 0)], [], id="given against the time only"),
        pytest.param([ALONE, 0, 1], 0, [(0, 2), (2, 0)], [(0, 1)], id="given both ways"),
        # 2 and 3 hang on 0 by 1 and by themselves: 0 to 1 is the weakest in between.
        pytest.param([ALONE, 0, 1, 0], 0, [(2, 3)], [(0, 1)], id="branches of a tree"),
        # What they share does not lie between them: 0 to 1 stays.
        pytest.param([ALONE, 0, 1, 1], 0, [(2, 3)], [(1, 2)], id="branches further up"),
        pytest.param([0, 1, 2], 1, [(0, 2)], [(0, 0)], id="with an identity"),
        pytest.param([0, 0], 1, [(1, 1)], [(0, 0)], id="two followers of an identity"),
        pytest.param([0, 1, ALONE, 3], 1, [(0, 1), (3, 3)], [(0, 0), (3, 3)], id="two chains"),
    ],
)
def test_a_conflict_is_cut_at_the_weakest_pair_between(
    previous: list[int],
    known: int,
    conflicts: list[tuple[int, int]],
    expected: list[tuple[int, int]],
) -> None:
    n = len(previous)
    log_odds = np.tile(np.arange(1.0, n + 1), (known + n, 1))
    banned = np.zeros((known + n, n), np.bool_)
    for pair in conflicts:
        banned[pair] = True
    assert contradictions(np.array(previous, np.intp), log_odds, banned) == expected


def path_by_walking(previous: list[int], known: int, a: int, b: int) -> set[int]:
    """Return the columns whose pairs join two rows, by removing one after the other."""

    def joined(without: int) -> bool:
        cut = [ALONE if column == without else row for column, row in enumerate(previous)]
        label = [*range(known), *chain_labels(np.array(cut, np.intp), known).tolist()]
        return bool(label[a] == label[b])

    return {c for c, row in enumerate(previous) if row != ALONE and not joined(c)}


@settings(deadline=None, max_examples=60)
@given(drawn(), st.data())
def test_every_conflict_is_cut_between_its_two(
    one: tuple[NDArray[np.float64], NDArray[np.intp]], data: st.DataObject
) -> None:
    log_odds, slot = one
    n = log_odds.shape[1]
    known = len(log_odds) - n
    previous = assign(log_odds, slot)
    row, column = data.draw(st.integers(0, known + n - 1)) if n else 0, n - 1
    conflicts = np.zeros(log_odds.shape, np.bool_)
    if n:
        conflicts[row, column] = True
    found = contradictions(previous, log_odds, conflicts)
    label = [*range(known), *chain_labels(previous, known).tolist()]
    together = bool(n) and row != known + column and label[row] == label[known + column]
    assert len(found) == int(together)
    for predecessor, cut in found:
        between = path_by_walking(previous.tolist(), known, row, known + column)
        assert previous[cut] == predecessor
        assert cut in between
        assert log_odds[predecessor, cut] == min(log_odds[previous[c], c] for c in between)


@given(n=st.integers(0, 12), known=st.integers(0, 3), seed=st.integers(0, 10_000))
@settings(max_examples=60)
def test_adding_up_along_chains_is_adding_pair_by_pair(n: int, known: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    previous = np.array([rng.integers(-1, known + i) for i in range(n)], np.intp)
    values = rng.normal(size=(known + n, 2))
    up_to = values.copy()
    chains = Generations(previous, known)
    chains.add_up_to(up_to)
    for column, row in enumerate(previous.tolist()):
        if row != ALONE:
            values[known + column] += values[row]
    assert up_to.tolist() == values.tolist()
    values = rng.normal(size=(known + n, 2))
    onward = values[known:].copy()
    chains.add_onward(onward)
    for column, row in reversed(list(enumerate(previous.tolist()))):
        if row >= known:
            values[row] += values[known + column]
    assert onward.tolist() == values[known:].tolist()
