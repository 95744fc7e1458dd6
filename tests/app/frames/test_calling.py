"""A live camera is called until it answers."""

from __future__ import annotations

import logging
import threading
import time

import pytest

from app.errors import SourceError
from app.frames.calling import Calling

FOR_EVER = float("inf")
FAILURE = SourceError("camera north: switched off")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch) -> None:
    monkeypatch.setattr("app.frames.calling._FIRST_WAIT_S", 0.01)


@pytest.fixture(autouse=True)
def _no_thread_is_left():
    before = threading.active_count()
    yield
    assert threading.active_count() == before


class Answered:
    """Stands for a live source."""

    def __init__(self) -> None:
        self.closed = False

    def close(self) -> None:
        self.closed = True


class Line:
    """A call that gives one outcome after the other, the last one again and again.

    Attributes:
        calls: How often it was called.
        free: Calls wait for it.
    """

    def __init__(self, *outcomes: Answered | SourceError) -> None:
        self.calls = 0
        self.free = threading.Event()
        self.free.set()
        self._outcomes = outcomes

    def __call__(self) -> Answered:
        self.calls += 1
        self.free.wait()
        outcome = self._outcomes[min(self.calls, len(self._outcomes)) - 1]
        if isinstance(outcome, SourceError):
            raise outcome
        return outcome


def end_of(calling: Calling) -> None:
    """Wait for the thread."""
    calling._outcomes._thread.join()


def test_one_that_answers_at_once():
    source = Answered()
    calling = Calling("north", Line(source), reconnect_s=FOR_EVER)
    assert calling.first_outcome() is source
    assert calling.answer() is None
    calling.close()
    assert not source.closed


def test_one_that_fails_is_called_until_it_answers():
    source = Answered()
    line = Line(FAILURE, FAILURE, FAILURE, source)
    calling = Calling("north", line, reconnect_s=FOR_EVER)
    with pytest.raises(SourceError, match="switched off"):
        calling.first_outcome()
    while (answer := calling.answer()) is None:
        time.sleep(0.001)
    assert answer is source
    assert line.calls == 4
    end_of(calling)
    calling.close()
    assert not source.closed


def test_one_that_answers_before_its_failure_was_asked_for():
    source = Answered()
    calling = Calling("north", Line(FAILURE, source), reconnect_s=FOR_EVER)
    end_of(calling)
    assert calling.first_outcome() is source


@pytest.mark.parametrize(
    ("reconnect_s", "calls", "told"),
    [
        pytest.param(0, range(1, 2), 0, id="not retried"),
        pytest.param(0.05, range(2, 99), 1, id="given up"),
    ],
)
def test_one_that_never_answers(reconnect_s, calls, told, caplog):
    line = Line(FAILURE)
    with caplog.at_level(logging.WARNING):
        calling = Calling("north", line, reconnect_s=reconnect_s)
        with pytest.raises(SourceError, match="switched off"):
            calling.first_outcome()
        end_of(calling)
    assert line.calls in calls
    assert calling.answer() is None
    assert [record.getMessage() for record in caplog.records] == [
        "camera north: never answered; no longer retried"
    ] * told


def test_hanging_up_ends_the_calls(monkeypatch):
    monkeypatch.setattr("app.frames.calling._FIRST_WAIT_S", 3600.0)
    line = Line(FAILURE)
    calling = Calling("north", line, reconnect_s=FOR_EVER)
    with pytest.raises(SourceError):
        calling.first_outcome()
    calling.hang_up()
    calling.close()
    end_of(calling)
    assert line.calls == 1


def test_hanging_up_does_not_wait_for_the_call_that_is_going_on():
    line = Line(source := Answered())
    line.free.clear()
    calling = Calling("north", line, reconnect_s=FOR_EVER)
    calling.hang_up()
    calling.close()
    line.free.set()
    end_of(calling)
    # It answered nobody.
    assert source.closed


def test_an_answer_that_nobody_took_is_closed():
    source = Answered()
    calling = Calling("north", Line(FAILURE, source), reconnect_s=FOR_EVER)
    end_of(calling)
    calling.close()
    assert source.closed


def test_a_mistake_of_ours_is_no_silent_camera():
    def call() -> Answered:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Calling("north", call, reconnect_s=FOR_EVER).first_outcome()
