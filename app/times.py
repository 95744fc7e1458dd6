"""Points in time as text, formatted and parsed.

Cameras with a known start time count UTC seconds; recordings of unknown date start at 0, and then
only elapsed time has a meaning.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, time, timedelta
from typing import Final

from app.errors import ConfigError

_YEAR_S: Final = 365 * 86_400.0
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_CLOCK: Final = re.compile(r"-?\d{1,6}:")


def is_elapsed(timestamp: float) -> bool:
    """Return whether a timestamp counts from the start of a recording of unknown date.

    No camera recorded in the first year after 1970.
    """
    return abs(timestamp) < _YEAR_S


def format_time(timestamp: float, *, date: bool = True) -> str:
    """Return a time as text, to a tenth of a second: UTC, or as time passed since the start.

    >>> format_time(1_777_883_400.25)
    '2026-05-04 08:30:00.2'
    >>> format_time(1_777_883_400.25, date=False)
    '08:30:00.2'
    >>> format_time(61.0)
    '0:01:01.0'
    """
    # Cut off like any clock, but by way of whole milliseconds: 12.3 may be 12.299999 in binary.
    tenths = round(timestamp * 1000) // 100
    if is_elapsed(timestamp):
        minutes, rest = divmod(abs(tenths), 600)
        sign = "-" if tenths < 0 else ""
        return f"{sign}{minutes // 60}:{minutes % 60:02}:{rest // 10:02}.{rest % 10}"
    day = f"{format_date(timestamp)} " if date else ""
    return f"{day}{datetime.fromtimestamp(tenths // 10, UTC):%H:%M:%S}.{tenths % 10}"


def format_second(timestamp: float, *, date: bool = True) -> str:
    """Return a time as text, to the nearest second; else as `format_time`.

    >>> format_second(1_777_883_400.75)
    '2026-05-04 08:30:01'
    """
    return format_time(round(timestamp), date=date).removesuffix(".0")


def format_date(timestamp: float) -> str:
    """Return the day of a time in UTC, empty where only the time that has passed is known.

    >>> format_date(1_777_883_400.25)
    '2026-05-04'
    """
    if is_elapsed(timestamp):
        return ""
    return f"{datetime.fromtimestamp(round(timestamp * 1000) // 1000, UTC):%Y-%m-%d}"


def format_stamp(timestamp: float) -> str:
    """Return the whole second of a time in UTC, for names of files: as text it sorts by time.

    >>> format_stamp(1_777_883_400.75)
    '20260504T083000Z'
    """
    return f"{datetime.fromtimestamp(math.floor(timestamp), UTC):%Y%m%dT%H%M%SZ}"


def format_span(first: float, last: float) -> str:
    """Return a stretch of time, the day written once.

    >>> format_span(0.0, 12.34)
    '0:00:00.0 – 0:00:12.3'
    """
    same_day = first // 86_400 == last // 86_400
    return f"{format_time(first)} – {format_time(last, date=not same_day)}"


def parse_time(text: str, *, span: tuple[float, float] | None) -> float:
    """Return the UTC seconds of a time in ISO 8601; without a zone it is UTC.

    Args:
        text: A date and time, a date, or a time of the recordings' day; where their date is
            unknown, the time since their start.
        span: First and last time of the recordings, None if that is unknown.

    Raises:
        ConfigError: If the text is neither, or names no day where none is known, or several are.

    >>> parse_time("1970-01-02T00:00:01Z", span=None)
    86401.0
    >>> late = 1_800_052_200.0  # 22:30 UTC, which is after midnight elsewhere
    >>> parse_time("01:35:00+02:00", span=(late, late + 60)) - late
    3900.0
    >>> parse_time("26:01:30", span=(5.0, 100_000.0))
    93690.0
    """
    try:
        if not _CLOCK.match(text):
            moment = datetime.fromisoformat(text)
        elif span is None:
            raise ConfigError(f"time {text!r}: the store contains no recording, so it needs a date")
        elif is_elapsed(span[0]):
            return _elapsed(text)
        else:
            moment = _on_the_day(text, span)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return (aware.astimezone(UTC) - _EPOCH) / timedelta(seconds=1)
    except (ValueError, OverflowError) as error:  # the latter: in UTC it is in the year 0 or 10000
        raise ConfigError(
            f"time {text!r}: expected ISO 8601 (2026-05-04T08:30:00) or a time of day (08:30:00)"
        ) from error


def _elapsed(text: str) -> float:
    """Return the seconds of a time since the start, which may be days, or before it."""
    hours, _, rest = text.removeprefix("-").partition(":")
    since = time.fromisoformat(f"00:{rest}")
    if since.tzinfo:
        raise ConfigError(f"time {text!r}: the date is unknown, so a zone cannot be applied")
    moment = datetime.combine(_EPOCH, since, UTC) - _EPOCH + timedelta(hours=int(hours))
    return moment / timedelta(seconds=-1 if text.startswith("-") else 1)


def _on_the_day(text: str, span: tuple[float, float]) -> datetime:
    """Return the moment of a time of day on the one day of the recordings."""
    # As `format_time` writes it, an hour may have one digit.
    clock = time.fromisoformat(f"0{text}" if text[1] == ":" else text)
    # Which day it is depends on the zone.
    first, last = (datetime.fromtimestamp(t, clock.tzinfo or UTC).date() for t in span)
    if first != last:
        raise ConfigError(
            f"time {text!r}: the recordings span several days, {first} to {last}, so it needs "
            f"a date ({first}T{text})"
        )
    return datetime.combine(first, clock)
