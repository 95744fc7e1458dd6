from __future__ import annotations

import itertools
import time

import pytest

from app.timing import StageTimer


@pytest.fixture
def timer(monkeypatch) -> StageTimer:
    """A timer on a clock that goes on by one second with each look at it."""
    seconds = itertools.count()
    monkeypatch.setattr(time, "perf_counter", lambda: float(next(seconds)))
    return StageTimer()


@pytest.mark.parametrize(
    ("stages", "expected"),
    [
        pytest.param([], {}, id="empty"),
        pytest.param(["detect"], {"detect": 1.0}, id="one"),
        pytest.param(
            ["track", "detect", "track", "track"], {"track": 3.0, "detect": 1.0}, id="many"
        ),
    ],
)
def test_seconds_add_up_by_stage_in_the_order_of_their_first_run(timer, stages, expected):
    for stage in stages:
        with timer.stage(stage):
            pass
    assert list(timer.seconds().items()) == list(expected.items())


def test_a_stage_that_fails_is_counted(timer):
    with pytest.raises(ValueError, match="bug"), timer.stage("detect"):
        raise ValueError("bug")
    assert timer.seconds() == {"detect": 1.0}


def test_what_is_returned_is_a_copy(timer):
    timer.seconds()["detect"] = 5.0
    assert timer.seconds() == {}
