"""Distributes tasks over processes, with one rendering context each.

The parent holds the queue; each worker has a pipe to it. Tasks leave complete files or nothing, so
stopping is simple: workers do not see Ctrl-C, and the parent ends them. For the same reason a task
whose process was killed, by a fault in a graphics driver or out of memory, is simply repeated in
another one.
"""

from __future__ import annotations

import faulthandler
import logging
import multiprocessing
import os
import signal
import traceback
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, cast

import cv2

from city.spawning import one_thread_each, uninterrupted

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess
    from pathlib import Path

TaskT = TypeVar("TaskT")
ResultT = TypeVar("ResultT")

Run = Callable[[TaskT], Generator[int, None, ResultT]]
"""Does a task: yields how many steps were done since the last time, returns the result."""

_ATTEMPTS: Final = 3
"""How often a task is begun before its process's death is taken for its own fault."""
_LOGGER: Final = logging.getLogger(__name__)


class WorkerError(Exception):
    """A worker failed; the message is one line for the user."""


@dataclass(frozen=True, slots=True)
class Progress(Generic[ResultT]):
    """News of a task.

    Attributes:
        task: Its place among the tasks.
        steps: Steps done since the last news; negative if the task is begun again.
        result: What it returned; only in the last news.
        done: Whether this is its last news.
    """

    task: int
    steps: int
    result: ResultT | None = None
    done: bool = False


@dataclass(frozen=True, slots=True)
class _Failure:
    """An error that a task raised.

    Attributes:
        reason: What it is and says, in one line.
        details: Where it came from: the traceback.
    """

    reason: str
    details: str


def available_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_tasks(
    start: Callable[[], Run[TaskT, ResultT]],
    tasks: Sequence[TaskT],
    *,
    workers: int,
    error_log: Path,
) -> Iterator[Progress[ResultT]]:
    """Do tasks in several processes, in the order given, and report on them.

    A task whose process is killed is begun again, up to twice, and a warning is logged.

    Args:
        start: Called once in each process; what it returns does the tasks. Pickled, as tasks and
            results are.
        tasks: What is to be done; the longest should come first.
        workers: Number of processes at most.
        error_log: File for the traceback of a task's error, and for where a process was when it was
            killed; it is not left empty.

    Yields:
        News as they come. Leaving the loop early, by an error or Ctrl-C, ends all workers.

    Raises:
        WorkerError: If a task raised an error, a worker ended itself, or one was killed at each
            attempt at a task; it names the log if there is anything in it.
    """
    error_log.parent.mkdir(parents=True, exist_ok=True)
    pool = _Pool(start, tasks, error_log)
    try:
        for _ in range(min(workers, len(tasks))):
            pool.employ()
        while pool.workers:
            yield from pool.wait()
    finally:
        pool.close()


@dataclass(slots=True)
class _Worker:
    """A process.

    Attributes:
        process: It.
        task: The place of what it does; None if there is nothing left to do.
        steps: Done of that.
    """

    process: SpawnProcess
    task: int | None = None
    steps: int = 0


class _Pool:
    """Processes, and the tasks that wait for them.

    Args:
        start: As of `run_tasks`.
        tasks: Likewise.
        error_log: Likewise.

    Attributes:
        workers: By their pipes.
    """

    def __init__(self, start: Callable[[], Any], tasks: Sequence[object], error_log: Path) -> None:
        self.workers: dict[Connection, _Worker] = {}
        self._start = start
        self._tasks = tasks
        self._error_log = error_log
        self._waiting = list(range(len(tasks)))[::-1]
        self._begun: Counter[int] = Counter()

    def employ(self) -> None:
        """Start a process and give it a task."""
        # Spawned, since neither OpenGL contexts nor threads survive a fork.
        context = multiprocessing.get_context("spawn")
        with one_thread_each(), uninterrupted():
            here, there = context.Pipe()
            arguments = (there, self._start, self._error_log)
            process = context.Process(target=_work, args=arguments, daemon=True)
            process.start()
            there.close()
            self.workers[here] = _Worker(process)
        self._assign(here)

    def wait(self) -> Iterator[Progress[Any]]:
        """Wait for the next news, and yield them.

        Raises:
            WorkerError: As `run_tasks`.
        """
        for connection in cast("list[Connection]", wait(list(self.workers))):
            worker, news = self.workers[connection], _receive(connection)
            if isinstance(news, _Failure):
                with self._error_log.open("a", encoding="utf-8") as file:
                    file.write(news.details)
                raise WorkerError(f"{news.reason}{self._where()}")
            if news is None:
                self._dismiss(connection)
                if worker.task is not None:
                    self._put_back(worker.task, worker.process.exitcode or 0)
                    self.employ()
                    yield Progress(worker.task, -worker.steps)
                continue
            worker.steps += news.steps
            if news.done:
                self._assign(connection)
            yield news

    def close(self) -> None:
        """End all processes."""
        for worker in self.workers.values():
            worker.process.kill()
        for connection in list(self.workers):
            self._dismiss(connection)
        if self._error_log.is_file() and not self._where():
            self._error_log.unlink()

    def _assign(self, connection: Connection) -> None:
        """Send the next task, or None if there are no more."""
        task = self._waiting.pop() if self._waiting else None
        if task is not None:
            self._begun[task] += 1
        worker = self.workers[connection]
        worker.task, worker.steps = task, 0
        with suppress(ConnectionError):  # It has just died, as the next look at it will show.
            connection.send(None if task is None else (task, self._tasks[task]))

    def _dismiss(self, connection: Connection) -> None:
        """Take leave of a process that has ended or is about to."""
        self.workers.pop(connection).process.join()
        connection.close()

    def _put_back(self, task: int, exit_code: int) -> None:
        """Have the task of a dead process begun again, unless it is to blame."""
        if exit_code >= 0:
            raise WorkerError(f"a worker process ended (exit code {exit_code}){self._where()}")
        signal_name = signal.Signals(-exit_code).name
        place, times = f"task {task + 1} of {len(self._tasks)}", self._begun[task]
        if times == _ATTEMPTS:
            raise WorkerError(
                f"a worker process was killed ({signal_name}) at each of {times} attempts at "
                f"{place}{self._where()}"
            )
        _LOGGER.warning(
            "a worker process was killed (%s); %s is begun again%s",
            *(signal_name, place, self._where()),
        )
        self._waiting.append(task)

    def _where(self) -> str:
        """Return the end of a message that sends the user to the log; empty if that is."""
        log = self._error_log
        return f"; where: {log}" if log.is_file() and log.stat().st_size else ""


def _receive(connection: Connection) -> Progress[Any] | _Failure | None:
    """Return the next news, None if the process has ended."""
    try:
        news = connection.recv()
    except (EOFError, ConnectionResetError):
        return None
    assert isinstance(news, Progress | _Failure)
    return news


def _work(connection: Connection, start: Callable[[], Run[Any, Any]], error_log: Path) -> None:
    """Do tasks until there are none; runs in the worker process."""
    cv2.setNumThreads(1)
    with error_log.open("a", encoding="utf-8") as file:
        faulthandler.enable(file)
        try:
            run = start()
            while (assigned := connection.recv()) is not None:
                index, task = assigned
                connection.send(_finish(connection, index, run(task)))
        except (EOFError, BrokenPipeError):
            return  # The parent is gone.
        except Exception as error:  # noqa: BLE001 - not swallowed: the parent raises it
            reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
            connection.send(_Failure(reason, traceback.format_exc()))
        finally:
            faulthandler.disable()


def _finish(connection: Connection, index: int, steps: Generator[int, None, Any]) -> Progress[Any]:
    while True:
        try:
            connection.send(Progress(index, next(steps)))
        except StopIteration as end:
            return Progress(index, 0, end.value, done=True)
