"""Connects to a live camera until it answers: at the start of a run, and when it was lost."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

from app.errors import AccessError, SourceError
from app.frames.background import Newest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

T = TypeVar("T")

_log = logging.getLogger(__name__)

_FIRST_WAIT_S: Final = 1.0
"""Before the first of several calls; every further wait is twice as long."""
_LONGEST_WAIT_S: Final = 30.0


def call_again(
    call: Callable[[], T], *, camera_id: str, within_s: float, hung_up: threading.Event
) -> T | None:
    """Call a camera that did not answer just now until it does, less and less often.

    A password that was refused once is not tried again.

    Args:
        call: One call; raises `SourceError` if the camera does not answer.
        camera_id: Named in the log.
        within_s: No call begins later than this from now on; 0 for none at all, infinity for no
            end.
        hung_up: Ends the calls when it is set, but not one that is going on.

    Returns:
        What the call gave; None if none did in time, or it was hung up.

    Raises:
        AccessError: As soon as a call does.
    """
    began = time.monotonic()
    wait_s = min(_FIRST_WAIT_S, within_s)
    while wait_s > 0 and not hung_up.wait(wait_s):
        try:
            return call()
        except AccessError:
            raise
        except SourceError as error:
            _log.debug("camera %s: still not answering: %s", camera_id, error)
        left_s = began + within_s - time.monotonic()
        wait_s = min(2 * wait_s, _LONGEST_WAIT_S, left_s)
    return None


class _Answered(Protocol):
    def close(self) -> None: ...


S = TypeVar("S", bound=_Answered)


class Calling(Generic[S]):
    """A live camera that is called for the first time, in a thread of its own, from now on.

    Args:
        camera_id: The camera.
        call: One call; raises `SourceError` if the camera does not answer.
        reconnect_s: How long it is called again if it does not answer at once; 0 for not at all,
            infinity for ever.
    """

    def __init__(self, camera_id: str, call: Callable[[], S], *, reconnect_s: float) -> None:
        self._camera_id = camera_id
        self._call = call
        self._reconnect_s = reconnect_s
        self._hung_up = threading.Event()
        self._outcomes = Newest(self._run(), name=f"call-{camera_id}")

    def first_outcome(self) -> S:
        """Wait until the camera has answered or failed once, and return it; Ctrl-C interrupts.

        Raises:
            AccessError: If it refused name and password; it is called no more.
            SourceError: If it failed otherwise; it is called again meanwhile.
        """
        outcome = self._outcomes.take(wait=True)
        assert outcome is not None
        if isinstance(outcome, SourceError):
            raise outcome
        return outcome

    def answer(self) -> S | None:
        """Return the camera once it has answered, else None; never waits.

        It is given once, and is the caller's to close.

        Raises:
            AccessError: Once, if it refused name and password; it is called no more.
        """
        outcome = self._outcomes.take(wait=False)
        return None if isinstance(outcome, SourceError) else outcome

    def hang_up(self) -> None:
        """Call no more; never waits. A camera that answers all the same is closed."""
        self._hung_up.set()
        self._outcomes.stop(wait=False)

    def close(self) -> None:
        """Hang up, and wait for that half a second at most, from the first call of either on."""
        self._hung_up.set()
        self._outcomes.stop()
        answered = None
        with suppress(AccessError):
            answered = self.answer()
        if answered is not None:
            answered.close()

    def _run(self) -> Generator[S | SourceError]:
        """Yield the camera; before it why it failed at first, if it did.

        Raises:
            AccessError: If it refuses name and password.
        """
        source = failure = None
        try:
            source = self._call()
        except AccessError:
            raise
        except SourceError as error:
            failure = error
        if failure is not None:
            yield failure
            source = call_again(
                self._call,
                camera_id=self._camera_id,
                within_s=self._reconnect_s,
                hung_up=self._hung_up,
            )
        if self._hung_up.is_set():
            if source is not None:
                source.close()
        elif source is not None:
            yield source
        elif self._reconnect_s > 0:
            _log.warning("camera %s: never answered; no longer retried", self._camera_id)
