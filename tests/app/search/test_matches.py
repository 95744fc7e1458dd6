from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from app.search.answer import Answer, Finding, Scope
from app.search.matches import as_lines, as_table, as_values, how_sure, in_words, more_line
from app.search.ranking import Match
from app.search.searched_runs import SearchedRun
from app.storage.coverage import Coverage
from app.storage.records import SightingFilter
from app.storage.store_reader import StoreReader
from tests.app.stores import city_store

MONDAY = 1_777_883_400.0  # 2026-05-04 08:30:00 UTC


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        pytest.param(SightingFilter(), "", id="everything"),
        pytest.param(
            SightingFilter(exclude_identities=frozenset({3})),
            "",
            id="what the subject itself is, nobody asked",
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


def run_called(name: str, *, several: bool = False) -> SearchedRun:
    """A run of which nothing but its name is asked."""
    return SearchedRun(cast(StoreReader, None), name, several)


def findings(*matches: Match) -> tuple[Finding, ...]:
    """Of one run, no one knows where they go."""
    return tuple(Finding(MONDAYS, match, None) for match in matches)


MONDAYS = run_called("monday")


def answer_of(*matches: Match, more: int = 0) -> Answer:
    """An answer without a search."""
    nothing = Coverage(first=MONDAY, last=MONDAY + 60, cameras=2, absences=())
    return Answer(
        subject=None,
        conditions="only bus",
        scope=Scope(runs=(MONDAYS,), coverage=(nothing,)),
        found=findings(*matches),
        more=more,
    )


def test_no_matches_are_an_empty_table_and_list() -> None:
    assert as_table([]).row_count == 0
    assert as_values(answer_of()) == {
        "searched_for": None,
        "conditions": "only bus",
        "by": "",
        "reason": "",
        "not_watching": [],
        "few_frames": [],
        "outages_known": True,
        "unfinished": [],
        "cut_short": [],
        "more": 0,
        "matches": [],
    }


def test_listed_vehicles_have_no_distances(tmp_path: Path) -> None:
    with city_store(tmp_path / "run") as store:
        found = Match(1, None, (store.sighting(1), store.sighting(3)), (None, None))
    table = as_table(findings(found))
    headings = [str(column.header) for column in table.columns]
    assert headings == ["no.", "identity", "sighting", "first – last", "class"]
    assert [list(column.cells) for column in table.columns][:3] == [
        ["1", ""],
        ["1", ""],
        ["north:1", "south:1"],
    ]
    (value,) = as_values(answer_of(found))["matches"]
    assert [value["distance"], *(one["distance"] for one in value["sightings"])] == [None] * 3
    assert as_lines(found, None) == [
        "2026-05-04 08:30:00.0  north:1  identity 1, car",
        "2026-05-04 08:30:10.0  south:1  identity 1, car",
    ]
    assert how_sure(findings(found, found)) == ""


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (0, ""),
        (1, "1 more vehicle passes the filter; --top 1 shows all."),
        (7, "7 more vehicles pass the filter; --top 7 shows all."),
    ],
)
def test_how_many_are_not_shown(more: int, expected: str) -> None:
    assert more_line(answer_of(more=more)) == expected


@pytest.mark.parametrize(
    ("distances", "expected"),
    [
        pytest.param([], "", id="nobody"),
        pytest.param([0.5], "", id="one"),
        pytest.param([0.5, 0.75, 0.76], "0.25: such a first match is nearly always", id="clear"),
        pytest.param([0.5, 0.625], "0.12: too little to be certain", id="some"),
        pytest.param([0.5, 0.53], "0.03: too little to be certain", id="none"),
        pytest.param([0.5, 0.5], "0.00: too little to be certain", id="equal"),
    ],
)
def test_how_sure_the_first_is(distances: list[float], expected: str) -> None:
    matches = [Match(number, distance, (), ()) for number, distance in enumerate(distances)]
    said = how_sure(findings(*matches))
    assert expected in said
    assert bool(said) == bool(expected)


@pytest.mark.parametrize(
    ("distance", "expected"),
    [
        (0.55, "too little to be certain (from two runs, they may be the same vehicle); check"),
        (0.75, "nearly always correct."),
    ],
)
def test_the_second_may_be_the_first_in_another_run(distance: float, expected: str) -> None:
    first, second = Match(3, 0.5, (), ()), Match(3, distance, (), ())
    others = run_called("monday", several=True), run_called("tuesday", several=True)
    found = [Finding(run, one, None) for run, one in zip(others, (first, second), strict=True)]
    assert expected in how_sure(found)
