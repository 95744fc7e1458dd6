"""What is said of long work where no bar can be drawn."""

from __future__ import annotations

import io
import time

import pytest
from rich.console import Console

from detector.console.progress import EVERY_S, WorkProgress

NOW = "2026-05-04T08:30:00Z"


@pytest.fixture(autouse=True)
def now(monkeypatch) -> None:
    moment = time.gmtime(1_777_883_400)
    monkeypatch.setattr(time, "gmtime", lambda *_: moment)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def lines_of(steps: int, *, total: int | None, apart_s: float, terminal: bool = False) -> list[str]:
    """Take steps so far apart, by both ways of counting; return what was printed."""
    text, clock = io.StringIO(), Clock()
    screen = Console(file=text, width=100, force_terminal=terminal)
    options = {"console": screen, "get_time": clock, "speed_estimate_period": 1e6}
    progress = WorkProgress(**options, auto_refresh=False)
    task = progress.add_task("training [loss 2]", total=total)
    for step in range(steps):
        progress.update(task, completed=step)
        clock.now += apart_s
        progress.advance(task)
    return text.getvalue().splitlines()


def test_a_line_a_minute_without_a_terminal():
    lines = lines_of(12, total=12, apart_s=EVERY_S / 4)
    assert lines == [
        f"{NOW} training [loss 2]: 4 of 12, 0:02:00 left",
        f"{NOW} training [loss 2]: 8 of 12, 0:01:00 left",
    ]


def test_nothing_of_work_that_is_soon_done():
    assert lines_of(10, total=10, apart_s=EVERY_S / 11) == []


def test_nobody_knows_how_many():
    assert lines_of(2, total=None, apart_s=EVERY_S) == [
        f"{NOW} training [loss 2]: 1",
        f"{NOW} training [loss 2]: 2",
    ]


def test_no_lines_on_a_terminal():
    assert lines_of(3, total=9, apart_s=2 * EVERY_S, terminal=True) == []


def test_two_tasks_have_lines_of_their_own():
    text, clock = io.StringIO(), Clock()
    progress = WorkProgress(console=Console(file=text, width=100), get_time=clock)
    tasks = [progress.add_task(name, total=100) for name in ("one", "two")]
    for task in tasks:
        progress.advance(task)
    clock.now += EVERY_S
    for task in tasks:
        progress.advance(task, 9)
    starts = [line.partition(",")[0] for line in text.getvalue().splitlines()]
    assert starts == [f"{NOW} one: 10 of 100", f"{NOW} two: 10 of 100"]


@pytest.mark.parametrize("total", [0, 3])
def test_a_bar_at_the_end_as_ever(total):
    text = io.StringIO()
    with WorkProgress(console=Console(file=text, width=100)) as progress:
        task = progress.add_task("frames", total=total)
        progress.advance(task, total)
    assert text.getvalue().startswith("frames")
