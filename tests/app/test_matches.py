from __future__ import annotations

import pytest

from app.matches import as_table, as_values, in_words
from app.records import SightingFilter

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


def test_no_matches_are_an_empty_table_and_list() -> None:
    assert as_table([]).row_count == 0
    assert as_values([], searched_for="car") == {"searched_for": "car", "matches": []}
