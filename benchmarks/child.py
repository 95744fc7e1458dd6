"""Runs a command in a separate process and measures it from outside."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.errors import ScanTrackError

_SHOWN_CHARACTERS: Final = 2000
# ru_maxrss counts kibibytes on Linux and bytes on macOS.
_MAXRSS_UNIT: Final = 1 if sys.platform == "darwin" else 1024


class ChildFailedError(ScanTrackError):
    """A measured command ended with an error; the text ends with what it printed last."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process took.

    Attributes:
        seconds: Wall clock, from its start to its end.
        cpu_seconds: On all cores, in user and kernel mode; hardly depends on what else runs.
        peak_bytes: Most memory that was resident at once.
    """

    seconds: float
    cpu_seconds: float
    peak_bytes: int


def run_module(module: str, *arguments: str, threads: int) -> Usage:
    """Run `python -m MODULE ARGUMENTS…` and measure it.

    Args:
        module: A command module.
        *arguments: Its arguments.
        threads: That OpenMP, and so torch, computes with.

    Raises:
        ChildFailedError: If it fails; with the end of what it printed.
    """
    command = [sys.executable, "-m", module, *arguments]
    return run(command, environment=quiet_environment(threads))


def quiet_environment(threads: int) -> dict[str, str]:
    """Return this process's environment with a number of threads, and ultralytics kept quiet."""
    folder = Path(os.environ.get("YOLO_CONFIG_DIR", Path(tempfile.gettempdir()) / "scantrack-yolo"))
    folder.mkdir(parents=True, exist_ok=True)
    return dict(os.environ) | {
        "OMP_NUM_THREADS": str(threads),
        "YOLO_AUTOINSTALL": "false",
        "YOLO_CONFIG_DIR": str(folder),
        "YOLO_OFFLINE": "1",
        "YOLO_VERBOSE": "false",
    }


def run(command: Sequence[str], *, environment: dict[str, str]) -> Usage:
    """Run a command to its end and measure it.

    The peak also counts what this process held when it started the command (Linux hands it on), so
    that a command smaller than this process cannot be measured.

    Raises:
        ChildFailedError: If it fails; with the end of what it printed.
    """
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        child = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        # Unlike getrusage(RUSAGE_CHILDREN), which keeps the maximum over all children so far.
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            output.seek(0)
            said = output.read().decode(errors="replace").strip()[-_SHOWN_CHARACTERS:]
            raise ChildFailedError(f"{' '.join(command)} ended with {child.returncode}:\n{said}")
    return Usage(
        seconds=seconds,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        peak_bytes=usage.ru_maxrss * _MAXRSS_UNIT,
    )


@contextmanager
def busy_programs(count: int) -> Iterator[None]:
    """Keep as many cores busy as programs that have nothing to do with what is measured would.

    Args:
        count: How many processes compute until the end.
    """
    with ExitStack() as stack:
        for _ in range(count):
            program = subprocess.Popen([sys.executable, "-c", "while True: pass"])
            stack.callback(program.wait)
            stack.callback(program.kill)
        yield
