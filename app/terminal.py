"""What all commands share on the terminal: output, log, and one line for each error."""

from __future__ import annotations

import logging
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console
from rich.logging import RichHandler

from app.errors import ScanTrackError

if TYPE_CHECKING:
    from collections.abc import Iterator

INTERRUPTED: Final = 130
"""Exit code of a command that was stopped by Ctrl-C: 128 + SIGINT, as shells have it."""

_PIPE_WIDTH: Final = 160
_LEVELS: Final = (logging.WARNING, logging.INFO, logging.DEBUG)

Verbose = Annotated[
    int,
    typer.Option(
        "-v", "--verbose", count=True, show_default=False, help="Log more; -vv logs everything."
    ),
]


def console(*, stderr: bool = False) -> Console:
    """Return a terminal to print on; where none is attached, lines are wide enough for tables."""
    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, width=None if stream.isatty() else _PIPE_WIDTH)


def say(text: str) -> None:
    """Print a line as it is, however long."""
    console().print(text, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def command_frame(verbose: int = 0, *, screen: Console | None = None) -> Iterator[None]:
    """Run a command: set up its log, and end it with one line and an exit code on errors.

    Args:
        verbose: How often `-v` was given.
        screen: Where log and errors go; standard error if not given. A command with a progress bar
            gives the bar's console, so that they do not overwrite each other.

    Raises:
        typer.Exit: If the block raised a `ScanTrackError` or an `OSError`, or was interrupted by
            Ctrl-C.
    """
    shown = screen or console(stderr=True)
    try:
        with _log_on(shown, level=_LEVELS[min(verbose, len(_LEVELS) - 1)]):
            yield
    except ScanTrackError as error:
        for finding in str(error).splitlines():
            _line(shown, "error", finding)
        raise typer.Exit(error.exit_code) from error
    except BrokenPipeError:  # whoever reads the output has gone: `| head`
        raise
    except OSError as error:
        # Whatever the disk does that nobody thought of; it names the file.
        _line(shown, "error", str(error))
        raise typer.Exit(ScanTrackError.exit_code) from error
    except KeyboardInterrupt as error:
        _line(shown, "interrupted", "stopped by Ctrl-C")
        raise typer.Exit(INTERRUPTED) from error


def _line(screen: Console, label: str, text: str) -> None:
    one_line = " ".join(text.split())
    screen.print(f"[bold red]{label}:[/]", end=" ", soft_wrap=True)
    screen.print(one_line, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def _log_on(screen: Console, *, level: int) -> Iterator[None]:
    handler = RichHandler(console=screen, show_path=False, markup=False, log_time_format="%H:%M:%S")
    handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
    root = logging.getLogger()
    level_before = root.level
    root.addHandler(handler)
    root.setLevel(level)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(level_before)
