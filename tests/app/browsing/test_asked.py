from __future__ import annotations

import pytest
from starlette.datastructures import QueryParams

from app.browsing.asked import MOST, PAGE, Asked
from app.errors import ConfigError

EVERYTHING = Asked(
    picture=("9f86@1,2,3,4",),
    sighting=("monday/gate:7", "gate:8"),
    identity=("12",),
    wrong=("gate:9", "40"),
    camera=("north & south", "é"),
    kind=("bus",),
    after="2026-05-04 08:30:00+02:00",
    before="08:45",
    top=48,
    latest=True,
    reload=True,
)


def test_an_address_says_all_of_it() -> None:
    assert Asked.of(QueryParams(EVERYTHING.query)) == EVERYTHING
    assert Asked.of(QueryParams("")) == Asked()
    assert Asked().query == ""


def test_what_is_given_twice_or_empty_counts_once_or_not_at_all() -> None:
    asked = Asked.of(QueryParams("sighting=gate:7&sighting=gate:7&camera=&after=&top="))
    assert asked == Asked(sighting=("gate:7",))


@pytest.mark.parametrize("top", ["0", "-1", "ten", "1.5", f"{MOST + 1}", "9" * 30, "²"])
def test_a_page_has_a_number_of_vehicles(top: str) -> None:
    with pytest.raises(
        ConfigError, match=f"top .*: expected a number of vehicles from 1 to {MOST}"
    ):
        Asked.of(QueryParams({"top": top}))


@pytest.mark.parametrize(
    ("before", "more", "after"),
    [
        (Asked(), {"sighting": "gate:7"}, Asked(sighting=("gate:7",))),
        (Asked(wrong=("gate:7", "4")), {"sighting": "gate:7"}, None),
        (Asked(sighting=("gate:7",)), {"wrong": "gate:7"}, Asked(wrong=("gate:7",))),
        (Asked(identity=("4", "5")), {"wrong": "4"}, Asked(identity=("5",), wrong=("4",))),
        (Asked(wrong=("4",)), {"identity": "4"}, Asked(identity=("4",))),
        (Asked(sighting=("gate:7",)), {"sighting": "gate:7"}, Asked(sighting=("gate:7",))),
    ],
)
def test_what_was_right_may_turn_out_wrong(
    before: Asked, more: dict[str, str], after: Asked | None
) -> None:
    expected = after or Asked(sighting=("gate:7",), wrong=("4",))
    assert before.also(**more) == expected


def test_values_can_be_taken_back() -> None:
    assert Asked(wrong=("4", "5")).without("wrong", "4") == Asked(wrong=("5",))


def test_more_are_listed_up_to_an_end() -> None:
    assert Asked().longer().top == 2 * PAGE
    assert Asked(top=MOST - 1).longer().top == MOST
