"""Shared terminal behaviour of the package's commands: progress, one line per error, exit codes."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from city.workers import WorkerError
from detector.console.loading import INTERRUPTED
from detector.console.progress import WorkProgress
from detector.console.terminal import BAD_INPUT, FAILED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console


def progress_bars(screen: Console) -> WorkProgress:
    """Return a display of bars with the time left; without a terminal lines tell of them."""
    return WorkProgress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=screen,
        speed_estimate_period=60.0,
    )


@contextmanager
def command_frame(screen: Console) -> Iterator[None]:
    """Run a command: end it with one line for each finding, and an exit code, on errors.

    Raises:
        typer.Exit: With 2 for bad input, 1 if something failed on the way, 130 on Ctrl-C.
    """
    try:
        yield
    except (ValueError, FileNotFoundError) as error:
        for line in str(error).splitlines():
            _line(screen, "error", line)
        raise typer.Exit(BAD_INPUT) from error
    except (WorkerError, OSError) as error:
        _line(screen, "failed", f"{error}; run the same command again to go on")
        raise typer.Exit(FAILED) from error
    except KeyboardInterrupt as error:
        _line(screen, "interrupted", "finished parts are kept; run the same command to continue")
        raise typer.Exit(INTERRUPTED) from error


def _line(screen: Console, label: str, text: str) -> None:
    screen.print(f"[bold red]{label}:[/]", end=" ", soft_wrap=True)
    screen.print(" ".join(text.split()), markup=False, highlight=False, soft_wrap=True)
