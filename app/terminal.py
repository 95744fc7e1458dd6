"""Shared terminal behaviour of all commands: output, log, and one line per error."""

from __future__ import annotations

import errno
import logging
import os
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any, Final, TextIO, cast

import typer
from rich.console import Console
from rich.logging import RichHandler

from app.errors import ScanTrackError
from app.running.interrupt import interrupted_by_signals
from detector.console.loading import INTERRUPTED
from detector.console.progress import LOG_TIME
from detector.console.terminal import gpu_trouble

if TYPE_CHECKING:
    from collections.abc import Iterator

_PIPE_WIDTH: Final = 160
_NOBODY_READS: Final = (errno.EIO, errno.EPIPE)
"""What writing to a terminal, or into a pipe, fails with when its other end is gone."""
_LEVELS: Final = (logging.WARNING, logging.INFO, logging.DEBUG)

Verbose = Annotated[
    int,
    typer.Option(
        "-v", "--verbose", count=True, show_default=False, help="Log more; -vv logs everything."
    ),
]

OUTPUT: Final = "Output"
"""Where the help of a search shows the options on what is written."""

SearchedRuns = Annotated[
    list[Path],
    typer.Option(
        "--run",
        "--store",
        help="Folder of a run, finished or still running, or its sightings.db; may be given "
        "several times, to search several runs at once.",
    ),
]

Reason = Annotated[
    str,
    typer.Option(
        metavar="TEXT",
        help="Reason of the search: it is shown in the page and the JSON, and kept in the search "
        "log of a run with `record_searches`, which requires it.",
        rich_help_panel=OUTPUT,
    ),
]

SearchedBy = Annotated[
    str | None,
    typer.Option(
        "--by",
        metavar="NAME",
        help="Who searches, if not the account's name.",
        rich_help_panel=OUTPUT,
    ),
]

MovedTo = Annotated[
    Path | None,
    typer.Option(
        "--recordings",
        metavar="DIR",
        help="Current folder of the recordings, if they were moved since the run.",
        show_default=False,
    ),
]

AllMovedTo = Annotated[
    list[Path] | None,
    typer.Option(
        "--recordings",
        metavar="DIR",
        help="Current folder of the recordings, from which clips are cut, if they were moved since "
        "the run; for several runs one each, in their order.",
        rich_help_panel=OUTPUT,
        show_default=False,
    ),
]

AnswerJson = Annotated[
    Path | None,
    typer.Option("--json", help="Also write the answer to this JSON file.", rich_help_panel=OUTPUT),
]

AnswerPage = Annotated[
    Path | None,
    typer.Option(
        "--report",
        help="Also write a page with images to this HTML file.",
        rich_help_panel=OUTPUT,
    ),
]


class _Stream:
    """Standard output or error, which may lose its reader: what is written then goes nowhere.

    A run must not end, nor lose its exit code, because the connection that it was started over is
    gone, nor because a name or a sign is written that the terminal's encoding lacks.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        with self._perhaps_unread():
            try:
                self._stream.write(text)
            except UnicodeEncodeError:
                encoding = self._stream.encoding
                self._stream.write(text.encode(encoding, "replace").decode(encoding))
        return len(text)

    def flush(self) -> None:
        with self._perhaps_unread():
            self._stream.flush()

    @contextmanager
    def _perhaps_unread(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno not in _NOBODY_READS:
                raise
            # Below the stream: it keeps what it could not write, and would fail again at the end.
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)


def console(*, stderr: bool = False) -> Console:
    """Return a terminal to print on; where none is attached, lines are wide enough for tables.

    Printing continues in vain when the terminal is gone, or nobody reads the pipe any more.
    """
    stream = sys.stderr if stderr else sys.stdout
    return Console(
        file=cast("IO[str]", _Stream(stream)), width=None if stream.isatty() else _PIPE_WIDTH
    )


def say(text: str) -> None:
    """Print a line as it is, however long."""
    console().print(text, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def command_frame(verbose: int = 0, *, screen: Console | None = None) -> Iterator[None]:
    """Run a command: set up its log, and end it with one line and an exit code on errors.

    SIGTERM and SIGHUP interrupt it as Ctrl-C does.

    Args:
        verbose: How often `-v` was given.
        screen: Where log and errors go; standard error if not given. A command with a progress bar
            gives the bar's console, so that they do not overwrite each other.

    Raises:
        typer.Exit: If the block raised a `ScanTrackError` or an `OSError`, a GPU failed, or it was
            interrupted.
    """
    shown = screen or console(stderr=True)
    try:
        with (
            interrupted_by_signals(),
            _log_on(shown, level=_LEVELS[min(verbose, len(_LEVELS) - 1)]),
        ):
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
    except RuntimeError as error:
        if not (trouble := gpu_trouble(error)):
            raise
        _line(shown, "error", trouble)
        raise typer.Exit(ScanTrackError.exit_code) from error
    except KeyboardInterrupt as error:
        _line(shown, "interrupted", f"stopped by {str(error) or 'Ctrl-C'}")
        raise typer.Exit(INTERRUPTED) from error


def _line(screen: Console, label: str, text: str) -> None:
    one_line = " ".join(text.split())
    screen.print(f"[bold red]{label}:[/]", end=" ", soft_wrap=True)
    screen.print(one_line, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def _log_on(screen: Console, *, level: int) -> Iterator[None]:
    handler = _terminal_handler(screen) if screen.is_terminal else _LogFile(screen)
    root = logging.getLogger()
    level_before = root.level
    root.addHandler(handler)
    root.setLevel(level)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(level_before)


def _terminal_handler(screen: Console) -> logging.Handler:
    handler = RichHandler(console=screen, show_path=False, markup=False, log_time_format="%H:%M:%S")
    handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
    return handler


class _LogFile(logging.Handler):
    """The log where nobody watches: a line for each message, with its day, as a run of weeks needs.

    Times are UTC, as they are in all results.
    """

    def __init__(self, screen: Console) -> None:
        super().__init__()
        self._screen = screen
        form = logging.Formatter(
            "%(asctime)s %(levelname)s %(name)s: %(message)s", datefmt=LOG_TIME
        )
        form.converter = time.gmtime
        self.setFormatter(form)

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record, unwrapped."""
        self._screen.print(self.format(record), markup=False, highlight=False, soft_wrap=True)
