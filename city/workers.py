"""Spreads tasks over processes, one rendering context in each.

The parent holds the queue; each worker has a pipe to it. Tasks leave whole files or nothing, so
stopping is simple: workers don't see Ctrl-C, and the parent ends them.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import traceback
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, cast

import cv2

from city.output_folder import write_whole

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess
    from pathlib import Path

TaskT = TypeVar("TaskT")
ResultT = TypeVar("ResultT")

Run = Callable[[TaskT], Generator[int, None, ResultT]]
"""Does a task: yields how many steps were done since the last time, returns the result."""

_ONE_THREAD: Final = ("LP_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
"""What keeps the software renderer and linear algebra from using other workers' cores."""


class WorkerError(Exception):
    """A worker failed; the message is one line for the user."""


@dataclass(frozen=True, slots=True)
class Progress(Generic[ResultT]):
    """News of a task.

    Attributes:
        task: Its place among the tasks.
        steps: Steps done since the last news.
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

    Args:
        start: Called once in each process; what it returns does the tasks. Pickled, as tasks and
            results are.
        tasks: What is to be done; the longest should come first.
        workers: Number of processes at most.
        error_log: File for the traceback of a task's error.

    Yields:
        News as they come. Leaving the loop early, by an error or Ctrl-C, ends all workers.

    Raises:
        WorkerError: If a task raised an error, or a worker died; of an error it names the log.
    """
    waiting = list(range(len(tasks)))[::-1]
    pool: dict[Connection, tuple[SpawnProcess, int | None]] = {}
    try:
        with _one_thread_each(), _uninterrupted():
            for _ in range(min(workers, len(tasks))):
                connection, process = _spawn(start)
                pool[connection] = (process, _assign(connection, waiting, tasks))
        while pool:
            for connection in cast("list[Connection]", wait(list(pool))):
                process, task = pool[connection]
                news = _receive(connection, process, task)
                if isinstance(news, _Failure):
                    write_whole(error_log, news.details.encode())
                    raise WorkerError(f"{news.reason}; where: {error_log}")
                if news is None:
                    connection.close()
                    del pool[connection]
                    continue
                if news.done:
                    pool[connection] = (process, _assign(connection, waiting, tasks))
                yield news
    finally:
        for process, _ in pool.values():
            process.kill()
        for connection, (process, _) in pool.items():
            process.join()
            connection.close()


def _spawn(start: Callable[[], Any]) -> tuple[Connection, SpawnProcess]:
    # Spawned, since neither OpenGL contexts nor threads survive a fork.
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_work, args=(there, start), daemon=True)
    process.start()
    there.close()
    return here, process


def _assign(connection: Connection, waiting: list[int], tasks: Sequence[object]) -> int | None:
    """Send the next task, or None if there are no more; return its place."""
    task = waiting.pop() if waiting else None
    connection.send(None if task is None else (task, tasks[task]))
    return task


def _receive(
    connection: Connection, process: SpawnProcess, task: int | None
) -> Progress[Any] | _Failure | None:
    """Return the next news, None when a worker that has nothing more to do has ended."""
    try:
        news = connection.recv()
    except (EOFError, ConnectionResetError):
        process.join()
        if task is None and process.exitcode == 0:
            return None
        raise WorkerError(f"a worker process died (exit code {process.exitcode})") from None
    assert isinstance(news, Progress | _Failure)
    return news


def _work(connection: Connection, start: Callable[[], Run[Any, Any]]) -> None:
    """Do tasks until there are none; runs in the worker process."""
    cv2.setNumThreads(1)
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


def _finish(connection: Connection, index: int, steps: Generator[int, None, Any]) -> Progress[Any]:
    while True:
        try:
            connection.send(Progress(index, next(steps)))
        except StopIteration as end:
            return Progress(index, 0, end.value, done=True)


@contextmanager
def _uninterrupted() -> Iterator[None]:
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
def _one_thread_each() -> Iterator[None]:
    """Set what child processes inherit; a user's own settings stay."""
    added = [name for name in _ONE_THREAD if name not in os.environ]
    os.environ.update(dict.fromkeys(added, "1"))
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]
