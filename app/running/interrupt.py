"""Stops a run between two frames on Ctrl-C, `kill` or a lost terminal."""

from __future__ import annotations

import signal
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

_Handlers = dict[signal.Signals, Any]

_STOPPING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SAME_S: Final = 1.0
"""A second SIGTERM so soon is the first one: `timeout` sends it to the command and to its group."""


class StopRequest:
    """While it is entered, the first SIGINT, SIGTERM or SIGHUP only sets `requested`.

    The loop that asks for it ends cleanly. A second SIGINT or SIGTERM interrupts at once, as usual,
    but for a SIGTERM within a second of another, which is the same request.
    SIGHUP is ignored after any of them, until the process ends: a connection that drops sends it
    more than once, and nobody is there to be impatient. Where it was ignored before (`nohup`) it
    does nothing. Outside the main thread, where Python delivers no signals, this does nothing.
    """

    def __init__(self) -> None:
        self.requested = False
        self._before: _Handlers = {}
        self._stopping = False
        self._terminated_at = float("-inf")

    def __enter__(self) -> Self:
        self._stopping = False
        self._before = _handle(_STOPPING, self._take)
        return self

    def __exit__(self, *_: object) -> None:
        _restore(self._before)

    def _take(self, number: int, _frame: FrameType | None) -> None:
        before, now = self._terminated_at, time.monotonic()
        if number == signal.SIGTERM:
            self._terminated_at = now
        if not self._stopping:
            self.requested = self._stopping = True
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
        elif number != signal.SIGTERM or now - before >= _SAME_S:
            _restore(self._before)
            signal.raise_signal(number)


@contextmanager
def interrupted_by_signals() -> Iterator[None]:
    """While it is entered, SIGTERM and SIGHUP interrupt as Ctrl-C does, instead of killing.

    What is open is closed on the way out, as for any error. SIGHUP is treated as by `StopRequest`.

    Raises:
        KeyboardInterrupt: With the signal's name, in the midst of the block.
    """
    before = _handle((signal.SIGTERM, signal.SIGHUP), _interrupt)
    try:
        yield
    finally:
        _restore(before)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    raise KeyboardInterrupt(signal.Signals(number).name)


def _handle(
    numbers: tuple[signal.Signals, ...], handler: Callable[[int, FrameType | None], None]
) -> _Handlers:
    """Set a handler and return those of before."""
    if threading.current_thread() is not threading.main_thread():
        return {}
    ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    return {
        number: signal.signal(number, handler)
        for number in numbers
        if not (number is signal.SIGHUP and ignored)
    }


def _restore(handlers: _Handlers) -> None:
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        handlers.pop(signal.SIGHUP, None)
    while handlers:
        number, handler = handlers.popitem()
        # None stands for a handler that was not set from Python, and can't be set again.
        signal.signal(number, signal.SIG_DFL if handler is None else handler)
