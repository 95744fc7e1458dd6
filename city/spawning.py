"""Settings of worker processes: their share of the cores, and no part in Ctrl-C."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_ONE_THREAD: Final = ("LP_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
"""What keeps the software renderer and linear algebra from using other workers' cores."""


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Put Ctrl-C off until the end: half a process is worse than none.

    Processes that are started meanwhile inherit the mask and never see Ctrl-C.
    """
    asked: list[int] = []
    handler = signal.signal(signal.SIGINT, lambda number, _frame: asked.append(number))
    # The mask alone would not do: another thread, such as that of a progress bar, may be hit.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        signal.signal(signal.SIGINT, handler)
    if asked:
        raise KeyboardInterrupt


@contextmanager
def one_thread_each() -> Iterator[None]:
    """Set what child processes inherit; a user's own settings stay."""
    added = [name for name in _ONE_THREAD if name not in os.environ]
    os.environ.update(dict.fromkeys(added, "1"))
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]
