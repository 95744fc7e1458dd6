import io

import pytest
import typer
from rich.console import Console

from city.terminal import command_frame
from city.workers import WorkerError


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (ValueError("fps must be [bold]positive"), 2, "error: fps must be [bold]positive\n"),
        (ValueError("one\ntwo"), 2, "error: one\nerror: two\n"),
        (FileNotFoundError("a.yaml: no such file"), 2, "error: a.yaml: no such file\n"),
        (WorkerError("a worker died"), 1, "failed: a worker died; run the same command again"),
        (OSError("disk full"), 1, "failed: disk full; run the same command again"),
        (KeyboardInterrupt(), 130, "interrupted: finished parts are kept"),
    ],
    ids=["bad value", "two findings", "no file", "worker", "disk", "Ctrl-C"],
)
def test_errors_are_one_line_and_an_exit_code(error, code, text):
    written = io.StringIO()
    with pytest.raises(typer.Exit) as stopped, command_frame(Console(file=written)):
        raise error
    assert stopped.value.exit_code == code
    assert written.getvalue().startswith(text)


def test_programming_errors_are_not_hidden():
    with pytest.raises(AttributeError), command_frame(Console(file=io.StringIO())):
        raise AttributeError("a typo")
