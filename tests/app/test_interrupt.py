from __future__ import annotations

import signal
import threading

import pytest

from app.interrupt import StopRequest

SIGNALS = [signal.SIGINT, signal.SIGTERM]


def handlers() -> list[object]:
    return [signal.getsignal(number) for number in SIGNALS]


@pytest.fixture(autouse=True)
def own_handlers():
    """Signals that would end the tests raise an error instead."""

    def interrupt(number, frame):
        raise KeyboardInterrupt

    before = [signal.signal(number, interrupt) for number in SIGNALS]
    yield
    for number, handler in zip(SIGNALS, before, strict=True):
        signal.signal(number, handler)


def test_without_a_signal_nothing_is_requested_and_nothing_changed():
    before = handlers()
    with StopRequest() as stop:
        assert not stop.requested
        assert handlers() != before
    assert handlers() == before


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_signal_is_a_request_and_the_second_interrupts(number):
    before = handlers()
    with StopRequest() as stop:
        signal.raise_signal(number)
        assert stop.requested
        assert handlers() == before
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
    assert handlers() == before


def test_handlers_come_back_after_an_error():
    before = handlers()
    with pytest.raises(ValueError, match="bug"), StopRequest():
        raise ValueError("bug")
    assert handlers() == before


def test_one_object_can_be_entered_again():
    stop = StopRequest()
    for _ in range(2):
        with stop:
            signal.raise_signal(signal.SIGINT)
    assert stop.requested


def test_outside_the_main_thread_it_does_nothing():
    before, requested = handlers(), []

    def work() -> None:
        with StopRequest() as stop:
            requested.append(stop.requested)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert requested == [False]
    assert handlers() == before
