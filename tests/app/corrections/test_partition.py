"""Corrections move what they are about and nothing else."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.corrections.partition import Ruling, corrected

DECIDED = "a1 b1 c1 d2 e2 f3"
"""Sightings a to f and the identities that the association gave them."""


def key(name: str) -> tuple[str, int]:
    return name, 1


def decided(text: str) -> dict[tuple[str, int], int]:
    return {key(word[0]): int(word[1:]) for word in text.split()}


def ruling(number: int, text: str) -> Ruling:
    """`merge ad`, or `split a/bc` for what differs."""
    kind, sightings = text.split()
    same, _, different = sightings.partition("/")
    return Ruling(
        correction_id=number,
        kind=kind,
        same=tuple(map(key, same)),
        different=frozenset(map(key, different)),
    )


def result(*texts: str, start: str = DECIDED) -> str:
    rulings = [ruling(number, text) for number, text in enumerate(texts, start=1)]
    identity = decided(start)
    new = {one.correction_id: 10 + one.correction_id for one in rulings}
    for move in corrected(identity, rulings, new_identity=new):
        identity[move.key] = move.after
    return " ".join(f"{name}{number}" for (name, _), number in identity.items())


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param([], DECIDED, id="nothing"),
        pytest.param(["merge ad"], "a1 b1 c1 d1 e1 f3", id="merge: whole identities"),
        pytest.param(["merge df"], "a1 b1 c1 d2 e2 f2", id="merge: the lowest number"),
        pytest.param(["merge adf"], "a1 b1 c1 d1 e1 f1", id="merge: three"),
        pytest.param(["merge ab"], DECIDED, id="merge: one already"),
        pytest.param(["split a/bc"], "a11 b1 c1 d2 e2 f3", id="split: one"),
        pytest.param(["split ab/c"], "a11 b11 c1 d2 e2 f3", id="split: two, together"),
        pytest.param(["split a/d"], DECIDED, id="split: apart already"),
        pytest.param(
            ["split af/bc"], "a3 b1 c1 d2 e2 f3", id="split: one of them has left already"
        ),
        pytest.param(["confirm ad"], "a2 b1 c1 d2 e2 f3", id="confirm: it alone"),
        pytest.param(["confirm ab"], DECIDED, id="confirm: there already"),
        pytest.param(["reject a/bc"], "a11 b1 c1 d2 e2 f3", id="reject: it leaves"),
        pytest.param(["reject f/ab"], DECIDED, id="reject: a candidate only"),
        pytest.param(["merge ad", "split d/abce"], "a1 b1 c1 d12 e1 f3", id="split after merge"),
        pytest.param(["split a/bc", "merge bd"], "a11 b1 c1 d1 e1 f3", id="merge after split"),
        pytest.param(["split a/d", "merge bf"], "a1 b1 c1 d2 e2 f1", id="merge of others"),
        pytest.param(
            ["split a/d", "merge ce"], "a1 b1 c1 d2 e1 f3", id="merge leaves the rejected"
        ),
        pytest.param(
            ["confirm ad", "confirm af"], "a3 b1 c1 d3 e2 f3", id="confirmed ones go along"
        ),
        pytest.param(
            ["confirm ad", "reject d/e"], "a12 b1 c1 d12 e2 f3", id="rejected: confirmed ones, too"
        ),
        pytest.param(
            ["reject f/a", "merge cf"], "a1 b3 c3 d2 e2 f3", id="merge: not with the rejected"
        ),
        pytest.param(
            ["reject f/a", "confirm fc"], "a1 b1 c3 d2 e2 f3", id="confirm: not with the rejected"
        ),
        pytest.param(["merge az"], DECIDED, id="a sighting that is gone"),
        pytest.param(["confirm zz"], DECIDED, id="nobody is there"),
    ],
)
def test_what_corrections_make_of_identities(said, expected):
    assert result(*said) == expected


def test_no_sightings_at_all():
    assert corrected({}, [ruling(1, "merge ab")], new_identity={}) == []


def test_a_ruling_in_pairs():
    assert list(ruling(1, "split ab/dc").pairs()) == [
        (key("a"), key("b"), True),
        (key("a"), key("c"), False),
        (key("a"), key("d"), False),
        (key("b"), key("c"), False),
        (key("b"), key("d"), False),
    ]


@given(
    numbers=st.lists(st.integers(1, 5), min_size=2, max_size=8),
    truth=st.lists(st.integers(0, 3), min_size=8, max_size=8),
    order=st.randoms(use_true_random=False),
)
def test_saying_the_truth_about_every_pair_gives_the_truth(numbers, truth, order):
    names = "abcdefgh"[: len(numbers)]
    identity = {key(name): number for name, number in zip(names, numbers, strict=True)}
    vehicle = dict(zip(names, truth, strict=False))
    pairs = list(combinations(names, 2))
    order.shuffle(pairs)
    apart = [f"reject {a}/{b}" for a, b in pairs if vehicle[a] != vehicle[b]]
    joined = [f"confirm {a}{b}" for a, b in pairs if vehicle[a] == vehicle[b]]
    rulings = [ruling(n, text) for n, text in enumerate([*apart, *joined], start=1)]
    new = {one.correction_id: 100 + one.correction_id for one in rulings}
    for move in corrected(identity, rulings, new_identity=new):
        identity[move.key] = move.after
    for a, b in pairs:
        assert (identity[key(a)] == identity[key(b)]) == (vehicle[a] == vehicle[b])
