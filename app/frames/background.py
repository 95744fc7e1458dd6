"""Runs an iterator in a separate thread: a few items ahead, or keeping only the newest."""

from __future__ import annotations

import threading
import time
from queue import Empty, Queue
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Generator

T = TypeVar("T")

_PATIENCE_S: Final = 0.5
"""How long a thread is waited for that may be blocked for longer, before it is left to itself."""


class _End:
    """The last thing in a queue: the items have ended, with the error that ended them if any."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


class _Producer(Generic[T]):
    """A thread that fills a bounded queue until the items end or it is told to stop."""

    def __init__(self, items: Generator[T], *, depth: int, name: str) -> None:
        self._items = items
        self._stop = threading.Event()
        self.queue: Queue[T | _End] = Queue(maxsize=depth)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        error = None
        try:
            for item in self._items:
                self.queue.put(item)
                if self._stop.is_set():
                    break
        except BaseException as raised:  # noqa: BLE001 - not swallowed: raised in the consumer
            error = raised
        finally:
            self._items.close()
        if not self._stop.is_set():
            self.queue.put(_End(error))

    def stop(self) -> None:
        """Make the thread end and wait for it."""
        self._stop.set()
        while self._thread.is_alive():
            # The thread may be waiting for room in the queue: make some.
            try:
                self.queue.get_nowait()
            except Empty:
                self._thread.join(timeout=0.01)


def prefetch(items: Generator[T], *, depth: int, name: str) -> Generator[T]:
    """Yield the items of a generator that runs in its own thread.

    The thread starts with the first item asked for. It ends with the items, or when this
    generator is closed or dropped; the items are closed in that thread.

    Args:
        items: What to run ahead of the consumer.
        depth: How many items wait at most, so that memory stays flat.
        name: Of the thread.

    Raises:
        Exception: Whatever the items raise, after all items before it.
    """
    producer = _Producer(items, depth=depth, name=name)
    try:
        while not isinstance(item := producer.queue.get(), _End):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        producer.stop()


class Newest(Generic[T]):
    """Runs a generator in its own thread and keeps only its newest item.

    The thread starts at once. The items are closed in it.

    Args:
        items: What to run.
        name: Of the thread.

    Attributes:
        dropped: How many items were replaced by a newer one before anybody took them.
    """

    def __init__(self, items: Generator[T], *, name: str) -> None:
        self.dropped = 0
        self._items = items
        self._item: T | None = None
        self._error: BaseException | None = None
        self._ended = False
        self._stop = threading.Event()
        self._deadline: float | None = None
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def exhausted(self) -> bool:
        """Whether nothing is left to take and nothing will come."""
        with self._changed:
            return self._ended and self._item is None and self._error is None

    def take(self, *, wait: bool) -> T | None:
        """Return the newest item that has not been taken, None if there is none.

        Args:
            wait: Whether to wait for one; then None says that the items have ended.

        Raises:
            Exception: What the items raised, once, after the last item was taken.
        """
        with self._changed:
            if wait:
                self._changed.wait_for(lambda: self._item is not None or self._ended)
            item, self._item = self._item, None
            if item is None and self._error is not None:
                error, self._error = self._error, None
                raise error
            return item

    def stop(self, *, wait: bool = True) -> None:
        """Make the thread end when the items yield once more.

        Args:
            wait: Whether to wait for that, until half a second after the first call at most. A
                thread that is blocked for longer is left to itself; the process can end.
        """
        self._stop.set()
        if self._deadline is None:
            self._deadline = time.monotonic() + _PATIENCE_S
        if wait:
            self._thread.join(timeout=max(0.0, self._deadline - time.monotonic()))

    def _run(self) -> None:
        error = None
        try:
            for item in self._items:
                with self._changed:
                    self.dropped += self._item is not None
                    self._item = item
                    self._changed.notify_all()
                if self._stop.is_set():
                    break
        except BaseException as raised:  # noqa: BLE001 - not swallowed: raised in the consumer
            error = raised
        finally:
            self._items.close()
        with self._changed:
            self._error, self._ended = error, True
            self._changed.notify_all()
