"""Tasks for worker processes, which import them by name."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Generator
from multiprocessing.util import Finalize
from pathlib import Path


class Halves:
    """Halves numbers, a step per unit."""

    def __call__(self) -> Callable[[int], Generator[int, None, float]]:
        return self._run

    def _run(self, task: int) -> Generator[int, None, float]:
        for _ in range(task):
            yield 1
        return task / 2


class Refuses:
    """Cannot do what it is told."""

    def __call__(self) -> Callable[[int], Generator[int, None, None]]:
        return self._run

    def _run(self, task: int) -> Generator[int, None, None]:
        yield 1
        raise ValueError(f"task {task} is\nimpossible")


class Crashes:
    """Faults at task 3, as often as it is told; leaves a file in a folder each time."""

    def __init__(self, folder: Path, *, times: int) -> None:
        self.folder = folder
        self.times = times

    def __call__(self) -> Callable[[int], Generator[int, None, float]]:
        return self._run

    def _run(self, task: int) -> Generator[int, None, float]:
        yield 1
        before = len(list(self.folder.iterdir()))
        if task == 3 and before < self.times:
            (self.folder / f"{before}").touch()
            os.kill(os.getpid(), signal.SIGSEGV)
        for _ in range(task - 1):
            yield 1
        return task / 2


class IsKilled:
    """Is killed by the system as soon as it starts."""

    def __call__(self) -> Callable[[int], Generator[int, None, float]]:
        os.kill(os.getpid(), signal.SIGKILL)
        return Halves()()


class Exits:
    """Ends its process by itself."""

    def __call__(self) -> Callable[[int], Generator[int, None, float]]:
        sys.exit(4)


class DiesAtTheEnd:
    """Does all that it is told, and is killed on the way out."""

    def __call__(self) -> Callable[[int], Generator[int, None, float]]:
        Finalize(None, os.kill, args=(os.getpid(), signal.SIGKILL), exitpriority=0)
        return Halves()()


class Sleeps:
    """Never comes to an end, and says which process it is."""

    def __call__(self) -> Callable[[int], Generator[int, None, None]]:
        return self._run

    def _run(self, _task: int) -> Generator[int, None, None]:
        yield os.getpid()
        time.sleep(600)
