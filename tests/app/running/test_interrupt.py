from __future__ import annotations

import signal
import threading

import pytest

from app.running.interrupt import StopRequest, interrupted_by_signals

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


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


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_is_a_request_and_the_second_interrupts(number, monkeypatch):
    monkeypatch.setattr("app.running.interrupt._SAME_S", 0.0)
    before = handlers()
    with StopRequest() as stop:
        signal.raise_signal(number)
        assert stop.requested
        assert handlers()[2] is signal.SIG_IGN
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
        assert handlers() == [*before[:2], signal.SIG_IGN]
    assert handlers()[:2] == before[:2]


def test_the_two_that_timeout_sends_are_one_request():
    with StopRequest() as stop:
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)
        assert stop.requested
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_a_lost_connection_is_a_request_however_often_it_is_told():
    with StopRequest() as stop:
        for _ in range(3):
            signal.raise_signal(signal.SIGHUP)
        assert stop.requested
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
    signal.raise_signal(signal.SIGHUP)


@pytest.mark.parametrize("watch", [StopRequest, interrupted_by_signals])
def test_a_run_under_nohup_is_not_stopped_by_a_lost_connection(watch):
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with watch() as stop:
        signal.raise_signal(signal.SIGHUP)
        assert not getattr(stop, "requested", False)
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


@pytest.mark.parametrize("number", SIGNALS[1:])
def test_a_command_is_interrupted_with_the_name_of_the_signal(number):
    before = handlers()
    with pytest.raises(KeyboardInterrupt, match=number.name), interrupted_by_signals():
        signal.raise_signal(number)
    assert handlers() == [*before[:2], signal.SIG_IGN]


def test_what_is_left_to_do_after_a_stop_is_not_interrupted_by_a_lost_connection():
    with interrupted_by_signals():
        with StopRequest():
            signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGHUP)
        with pytest.raises(KeyboardInterrupt, match="SIGTERM"):
            signal.raise_signal(signal.SIGTERM)


def test_a_command_that_is_not_interrupted_leaves_the_handlers():
    before = handlers()
    with interrupted_by_signals():
        assert handlers()[0] == before[0]
        assert handlers()[1:] != before[1:]
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
