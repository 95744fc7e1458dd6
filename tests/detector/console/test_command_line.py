"""A mistake in the options of a command is answered in one line."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from app import identities, query
from detector.console import command_line
from detector.console.command_line import CommandLine, run_command


class Side(StrEnum):
    LEFT = "left"
    RIGHT = "right"


def main(
    video: Annotated[Path, typer.Argument(help="What is read.")],
    side: Side,
    top: Annotated[int, typer.Option(min=1, help="How many.")] = 10,
) -> None:
    """Do something."""
    if top == 9:
        raise typer.BadParameter("nine is too many")
    typer.echo(f"{video} {side} {top}")


ONE = CommandLine()
ONE.command()(main)
MANY = CommandLine(no_args_is_help=True)
MANY.command("work")(main)
MANY.command("rest")(lambda: None)

MISTAKES = [
    pytest.param("a.mp4 left --top x", "invalid value for '--top': ", id="type"),
    pytest.param("a.mp4 left --top 0", "invalid value for '--top': ", id="range"),
    pytest.param("a.mp4 left --tpo 3", "no such option: --tpo", id="option"),
    pytest.param("a.mp4 left --top", "option '--top' requires an argument", id="no value"),
    pytest.param("a.mp4 up", "invalid value for 'side': ", id="choice"),
    pytest.param("a.mp4", "missing argument 'side'", id="argument"),
    pytest.param("a.mp4 left b.mp4", "got unexpected extra argument", id="one too many"),
    pytest.param("a.mp4 left --top 9", "invalid value: nine is too many", id="found later"),
]


def answer(command: CommandLine, line: str) -> str:
    """Make a mistake; return the one line that comes."""
    result = CliRunner().invoke(command, line.split())
    assert (result.exit_code, result.stdout) == (2, "")
    (said,) = result.stderr.splitlines()
    return said


@pytest.mark.parametrize(("options", "expected"), MISTAKES)
def test_a_mistake_is_one_line(options: str, expected: str) -> None:
    for said in (answer(ONE, options), answer(MANY, f"work {options}")):
        assert said.startswith(f"error: {expected}")
        assert said.endswith(" (see --help)")
        assert ". (" not in said


def test_an_unknown_command_is_one_line() -> None:
    assert answer(MANY, "wrok a.mp4").startswith("error: no such command 'wrok'")


def test_the_lines_of_real_commands() -> None:
    assert "'--top'" in answer(query.app, "--store run --top 0")
    assert "'--store'" in answer(query.app, "--image a.jpg")
    assert "'IDENTITY'" in answer(identities.app, "show x --run run")


def test_without_a_mistake_all_is_as_ever() -> None:
    assert CliRunner().invoke(ONE, ["a.mp4", "left"]).stdout == "a.mp4 left 10\n"
    for command, options in ((ONE, ["--help"]), (MANY, ["work", "--help"])):
        result = CliRunner().invoke(command, options)
        assert result.exit_code == 0
        assert "How many." in result.stdout
    # The help, as it was asked for nothing.
    result = CliRunner().invoke(MANY, [])
    assert result.exit_code == 2
    assert "work" in result.output
    assert "error:" not in result.output


def test_a_function_is_run_as_a_command(monkeypatch, capsys) -> None:
    monkeypatch.setattr("sys.argv", ["work", "a.mp4", "left", "--top", "x"])
    with pytest.raises(SystemExit) as ended:
        run_command(main)
    assert ended.value.code == command_line.BAD_USAGE
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith("error: invalid value for '--top'")
