"""Threads that run an iterator: order, errors, stopping, bounded memory."""

import threading
from collections.abc import Generator

import pytest

from app.frames.background import Newest, prefetch


class Counted:
    """Counts up to a limit and remembers how far it got and whether it was closed."""

    def __init__(self, limit: int, *, error: Exception | None = None) -> None:
        self.given = 0
        self.closed_in: str | None = None
        self._limit = limit
        self._error = error

    def items(self) -> Generator[int]:
        try:
            while self.given < self._limit:
                self.given += 1
                yield self.given
            if self._error:
                raise self._error
        finally:
            self.closed_in = threading.current_thread().name


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Generator[None]:
    before = threading.active_count()
    yield
    assert threading.active_count() == before


@pytest.mark.parametrize("limit", [0, 1, 50], ids=["none", "one", "many"])
def test_prefetch_gives_every_item_in_order(limit: int) -> None:
    assert list(prefetch(Counted(limit).items(), depth=2, name="t")) == list(range(1, limit + 1))


def test_prefetch_runs_only_a_few_items_ahead() -> None:
    counted = Counted(1000)
    items = prefetch(counted.items(), depth=2, name="t")
    assert next(items) == 1
    assert counted.given <= 1 + 2 + 1  # taken, waiting, in the thread's hand
    items.close()


def test_prefetch_raises_the_error_after_the_items_before_it() -> None:
    items = prefetch(Counted(2, error=OSError("cable")).items(), depth=4, name="t")
    assert [next(items), next(items)] == [1, 2]
    with pytest.raises(OSError, match="cable"):
        next(items)


def test_closing_prefetch_early_closes_the_items_in_their_thread() -> None:
    counted = Counted(10**9)
    items = prefetch(counted.items(), depth=2, name="worker")
    next(items)
    items.close()
    assert counted.closed_in == "worker"


def test_prefetch_that_is_never_started_starts_no_thread() -> None:
    prefetch(Counted(3).items(), depth=2, name="t").close()


def test_newest_drops_what_nobody_took() -> None:
    newest = Newest(Counted(100).items(), name="t")
    newest._thread.join()
    assert newest.take(wait=True) == 100
    assert newest.dropped == 99
    assert newest.exhausted
    assert newest.take(wait=True) is None


def test_newest_does_not_wait_unless_told() -> None:
    gate = threading.Event()

    def items() -> Generator[str]:
        gate.wait()
        yield "late"

    newest = Newest(items(), name="t")
    assert newest.take(wait=False) is None
    assert not newest.exhausted
    gate.set()
    assert newest.take(wait=True) == "late"
    newest.stop()


def test_newest_raises_once_after_the_last_item() -> None:
    newest = Newest(Counted(1, error=OSError("cable")).items(), name="t")
    newest._thread.join()
    assert newest.take(wait=True) == 1
    assert not newest.exhausted
    with pytest.raises(OSError, match="cable"):
        newest.take(wait=True)
    assert newest.exhausted
    assert newest.take(wait=True) is None


def test_newest_stops_early() -> None:
    counted = Counted(10**9)
    newest = Newest(counted.items(), name="worker")
    newest.stop()
    assert counted.closed_in == "worker"
