from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import ConfigError
from app.times import format_span, format_time, is_elapsed, parse_time

MONDAY = 1_777_883_400.0  # 2026-05-04 08:30:00 UTC


def lasting(start: float | None, seconds: float = 600.0) -> tuple[float, float] | None:
    return None if start is None else (start, start + seconds)


@pytest.mark.parametrize(
    ("text", "start", "expected"),
    [
        pytest.param("2026-05-04T08:30:00", None, MONDAY, id="without a zone it is UTC"),
        pytest.param("2026-05-04 08:30", None, MONDAY, id="with a blank"),
        pytest.param("2026-05-04T08:30:00Z", None, MONDAY, id="UTC"),
        pytest.param("2026-05-04T10:30:00+02:00", None, MONDAY, id="summer in Berlin"),
        pytest.param("2026-05-04", None, MONDAY - 30_600, id="a date is its midnight"),
        pytest.param("08:30:00", MONDAY + 3600, MONDAY, id="time of the day"),
        pytest.param("8:30", MONDAY, MONDAY, id="short time of the day"),
        pytest.param("08:30:00.25", MONDAY, MONDAY + 0.25, id="fraction"),
        pytest.param("10:30:00+02:00", MONDAY, MONDAY, id="time of the day with a zone"),
        pytest.param("0:01:30.5", 0.0, 90.5, id="elapsed"),
        pytest.param("0:00:02", -3.5, 2.0, id="elapsed, clock set back"),
        pytest.param("-0:00:02.5", -3.5, -2.5, id="before the start"),
        pytest.param("123:00", 0.0, 123 * 3600, id="days after the start"),
    ],
)
def test_times_are_read(text: str, start: float | None, expected: float) -> None:
    assert parse_time(text, span=lasting(start)) == expected


@pytest.mark.parametrize(
    ("text", "start"),
    [
        pytest.param("yesterday", MONDAY, id="word"),
        pytest.param("", MONDAY, id="nothing"),
        pytest.param("25:00:00", MONDAY, id="hour 25"),
        pytest.param("2026-02-30", MONDAY, id="30 February"),
        pytest.param("0001-01-01T00:00+14:00", MONDAY, id="year 0"),
        pytest.param("9999-12-31T23:59-14:00", MONDAY, id="year 10000"),
        pytest.param("08:30:00", None, id="no day known"),
        pytest.param("-8:30:00", MONDAY, id="negative"),
        pytest.param("0:61:00", 0.0, id="minute 61"),
        pytest.param("1:00:00+02:00", 0.0, id="a zone without a date"),
        pytest.param("9999999999:00", 0.0, id="endless"),
    ],
)
def test_what_is_no_time_is_named(text: str, start: float | None) -> None:
    with pytest.raises(ConfigError, match=re.escape(f"time '{text}'")):
        parse_time(text, span=lasting(start))


def test_a_time_of_day_needs_its_date_where_there_are_several() -> None:
    night = lasting(MONDAY, 86_400.0)
    with pytest.raises(ConfigError, match=r"2026-05-04 to 2026-05-05, .*\(2026-05-04T14:00\)"):
        parse_time("14:00", span=night)
    assert parse_time("2026-05-04T08:30", span=night) == MONDAY
    # 22:30 to 23:30 in UTC is one day there and two in Berlin.
    evening = lasting(MONDAY + 14 * 3600, 3600.0)
    assert parse_time("23:00", span=evening) == MONDAY + 14.5 * 3600
    with pytest.raises(ConfigError, match="2026-05-05 to 2026-05-06"):
        parse_time("00:30+02:00", span=lasting(MONDAY + 36 * 3600, 3 * 3600.0))


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (MONDAY, MONDAY + 9.96, "2026-05-04 08:30:00.0 – 08:30:09.9"),
        (MONDAY, MONDAY + 86_400, "2026-05-04 08:30:00.0 – 2026-05-05 08:30:00.0"),
        (0.0, 3661.5, "0:00:00.0 – 1:01:01.5"),
        (-0.5, 0.0, "-0:00:00.5 – 0:00:00.0"),
    ],
    ids=["same day", "overnight", "elapsed", "before the start"],
)
def test_spans_name_the_day_once(first: float, last: float, expected: str) -> None:
    assert format_span(first, last) == expected


def test_only_recordings_of_unknown_date_are_elapsed() -> None:
    assert is_elapsed(0.0)
    assert is_elapsed(86_400.0)
    assert not is_elapsed(MONDAY)


@given(st.integers(-863_999, 10**8) | st.integers(10**10, 4 * 10**10))
def test_what_is_written_can_be_read(tenths: int) -> None:
    assert parse_time(format_time(tenths / 10), span=(0.0, 1.0)) == pytest.approx(tenths / 10)
