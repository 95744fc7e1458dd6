from __future__ import annotations

import io
import logging
import os
import pty
import re
import subprocess
import sys

import pytest
import typer
from rich.console import Console

from app.errors import ConfigError, StoreError
from app.terminal import command_frame, say


def run(action, *, verbose: int = 0) -> tuple[str, int]:
    """What a command prints, and its exit code."""
    text = io.StringIO()
    screen = Console(file=text, width=40)
    try:
        with command_frame(verbose, screen=screen):
            action()
    except typer.Exit as end:
        return text.getvalue(), end.exit_code
    return text.getvalue(), 0


def fail(error: BaseException):
    def action() -> None:
        raise error

    return action


@pytest.mark.parametrize(
    ("error", "text", "code"),
    [
        pytest.param(ConfigError("cams.yaml: a: bad"), "error: cams.yaml: a: bad\n", 2, id="error"),
        pytest.param(
            ConfigError("cams.yaml: a\ncams.yaml: b"),
            "error: cams.yaml: a\nerror: cams.yaml: b\n",
            2,
            id="a line for each finding",
        ),
        pytest.param(
            StoreError("[red]" + 60 * "x"), f"error: [red]{60 * 'x'}\n", 4, id="as it is, unwrapped"
        ),
        pytest.param(
            PermissionError(13, "Permission denied", "a.jpg"),
            "error: [Errno 13] Permission denied: 'a.jpg'\n",
            1,
            id="the disk",
        ),
        pytest.param(KeyboardInterrupt(), "interrupted: stopped by Ctrl-C\n", 130, id="Ctrl-C"),
        pytest.param(
            KeyboardInterrupt("SIGTERM"), "interrupted: stopped by SIGTERM\n", 130, id="kill"
        ),
    ],
)
def test_errors_become_a_line_and_an_exit_code(error: BaseException, text: str, code: int) -> None:
    assert run(fail(error)) == (text, code)


def test_mistakes_of_ours_are_not_hidden() -> None:
    with pytest.raises(KeyError):
        run(fail(KeyError("bug")))


@pytest.mark.parametrize(
    ("verbose", "shown"),
    [
        pytest.param(0, ["late"], id="warnings"),
        pytest.param(1, ["open", "late"], id="-v"),
        pytest.param(2, ["seek", "open", "late"], id="-vv"),
        pytest.param(9, ["seek", "open", "late"], id="-vvvvvvvvv"),
    ],
)
def test_the_log_says_as_much_as_was_asked(verbose: int, shown: list[str]) -> None:
    def action() -> None:
        log = logging.getLogger("app.test")
        log.debug("seek")
        log.info("open")
        log.warning("late")

    text, code = run(action, verbose=verbose)
    assert code == 0
    assert [word for word in ("seek", "open", "late") if f"app.test: {word}" in text] == shown


def test_a_log_file_has_a_line_for_each_message_and_says_on_which_day() -> None:
    def action() -> None:
        logging.getLogger("app.test").warning("camera gate: lost [%s]", 60 * "x")

    text, _ = run(action)
    day = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
    assert re.fullmatch(rf"{day} WARNING app\.test: camera gate: lost \[x{{60}}\]\n", text), text


def test_the_log_is_left_as_it_was() -> None:
    root = logging.getLogger()
    before = (root.level, root.handlers[:])
    run(fail(ConfigError("bad")), verbose=2)
    assert (root.level, root.handlers) == before


PRINTING = """
import sys
import typer
from app import terminal
from app.running.progress import FrameProgress

app = typer.Typer()

@app.command()
def main() -> None:
    with terminal.command_frame(screen=(screen := terminal.console(stderr=True))):
        sys.stdin.readline()
        with FrameProgress(screen, "Counting", total=2) as progress:
            progress.advance(1)
        terminal.say("done")
        raise typer.Exit(7)

app()
"""


@pytest.mark.parametrize("kind", ["terminal", "pipe"])
def test_printing_goes_on_when_nobody_reads_any_more(kind: str) -> None:
    reader, writer = pty.openpty() if kind == "terminal" else os.pipe()
    with subprocess.Popen(
        [sys.executable, "-c", PRINTING], stdin=subprocess.PIPE, stdout=writer, stderr=writer
    ) as process:
        os.close(writer)
        os.close(reader)
        process.communicate(b"go on\n", timeout=60)
    assert process.returncode == 7


@pytest.mark.parametrize(
    ("encoding", "text", "expected"),
    [
        pytest.param("utf-8", "caf\udce9.html – 1", "caf?.html – 1", id="a name in Latin-1"),
        pytest.param("latin-1", "café – 1 → 2", "café ? 1 ? 2", id="a Latin-1 terminal"),
    ],
)
def test_what_a_terminal_cannot_show_ends_nothing(
    monkeypatch: pytest.MonkeyPatch, encoding: str, text: str, expected: str
) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding=encoding))
    say(text)
    sys.stdout.flush()
    assert written.getvalue().decode(encoding) == f"{expected}\n"
