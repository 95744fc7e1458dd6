"""Tasks for worker processes, which import them by name."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Generator


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


class Dies:
    """Is killed by the system."""

    def __call__(self) -> Callable[[int], Generator[int, None, None]]:
        os.kill(os.getpid(), signal.SIGKILL)
        return Halves()()


class Sleeps:
    """Never comes to an end, and says which process it is."""

    def __call__(self) -> Callable[[int], Generator[int, None, None]]:
        return self._run

    def _run(self, _task: int) -> Generator[int, None, None]:
        yield os.getpid()
        time.sleep(600)
