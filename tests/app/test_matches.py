from __future__ import annotations

import pytest

from app.matches import as_table, as_values, how_sure, in_words
from app.records import SightingFilter
from app.search import Match

MONDAY = 1_777_883_400.0  # 2026-05-04 08:30:00 UTC


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        pytest.param(SightingFilter(), "", id="everything"),
        pytest.param(
            SightingFilter(exclude_identity=3), "", id="what the subject itself is, nobody asked"
        ),
        pytest.param(
            SightingFilter(cameras=frozenset({"south", "north"})), "only in north, south", id="two"
        ),
        pytest.param(
            SightingFilter(class_ids=frozenset({3, 2}), after=MONDAY, before=MONDAY + 60.5),
            "only bus, truck, after 2026-05-04 08:30:00.0, before 2026-05-04 08:31:00.5",
            id="class and time",
        ),
    ],
)
def test_a_filter_in_words(where: SightingFilter, expected: str) -> None:
    assert in_words(where) == expected
    nearer = in_words(where, nearer_than=0.9)
    assert nearer == ", ".join(filter(None, [expected, "only nearer than 0.9"]))


def test_no_matches_are_an_empty_table_and_list() -> None:
    assert as_table([]).row_count == 0
    assert as_values([], [], searched_for="car") == {"searched_for": "car", "matches": []}


@pytest.mark.parametrize(
    ("distances", "expected"),
    [
        pytest.param([], "", id="nobody"),
        pytest.param([0.5], "", id="one"),
        pytest.param([0.5, 0.75, 0.76], "0.25: a first like this is nearly always", id="clear"),
        pytest.param([0.5, 0.625], "0.12: a first like this is right more often", id="some"),
        pytest.param([0.5, 0.53], "0.03: too little to tell by", id="none"),
        pytest.param([0.5, 0.5], "0.00: too little to tell by", id="equal"),
    ],
)
def test_how_sure_the_first_is(distances: list[float], expected: str) -> None:
    matches = [Match(number, distance, (), ()) for number, distance in enumerate(distances)]
    assert expected in how_sure(matches)
    assert bool(how_sure(matches)) == bool(expected)
