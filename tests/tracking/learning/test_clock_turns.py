"""When clocks are compared, and whose."""

from __future__ import annotations

from tracking.learning.clock_turns import CLOCKS_EVERY, FIRST_CLOCKS, ClockTurns
from tracking.learning.recollection import OWN_GROUND
from tracking.maps.view_lags import in_turns


def compared(turns: ClockTurns, seen: int, cameras: int) -> int:
    """Take all turns that are due, and return how many that are."""
    count = 0
    while turn := turns.due(seen, cameras):
        turns.done(turn)
        count += 1
    return count


def test_each_turn_comes_once_and_stays_until_it_is_done() -> None:
    turns = ClockTurns()
    seen = 6 * FIRST_CLOCKS
    assert turns.due(seen - 1, 6) == ()
    first = turns.due(seen, 6)
    assert first == turns.due(seen + 1, 6) == in_turns(range(6))[0]
    assert compared(turns, seen, 6) == len(in_turns(range(6)))


def test_it_is_time_when_there_are_twice_as_many_or_many_more() -> None:
    turns = ClockTurns()
    assert compared(turns, CLOCKS_EVERY - 1, 2) == 1
    assert compared(turns, 2 * CLOCKS_EVERY - 3, 2) == 0
    assert compared(turns, 2 * CLOCKS_EVERY - 2, 2) == 1
    assert compared(turns, 3 * CLOCKS_EVERY - 3, 2) == 0
    assert compared(turns, 3 * CLOCKS_EVERY - 2, 2) == 1


def test_what_an_earlier_run_saw_does_not_count() -> None:
    turns = ClockTurns()
    turns.recall(1000)
    assert compared(turns, 1000 + 2 * OWN_GROUND - 1, 2) == 0
    assert compared(turns, 1000 + 2 * OWN_GROUND, 2) == 1
