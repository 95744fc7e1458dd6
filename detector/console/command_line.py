"""What all commands of the project share: a usage error, and Ctrl-C, is one line, not a box."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar

import typer
from rich.console import Console
from typer.core import TyperCommand, TyperGroup

from detector.console.loading import INTERRUPTED, interrupt_on_ctrl_c

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

F = TypeVar("F", bound="Callable[..., Any]")

BAD_USAGE: Final = 2

_UsageError: Final[Any] = typer.BadParameter.__bases__[0]
"""Whatever can be wrong with options; Typer has no public name for it."""


class CommandLine(typer.Typer):
    """Typer, with one line on standard error and exit code 2 for a mistake in the options."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(cls=_Group, add_completion=False, **settings)

    def command(self, *args: Any, **settings: Any) -> Callable[[F], F]:
        """Make a function a command, as in Typer."""
        return super().command(*args, cls=_Command, **settings)


def run_command(function: Callable[..., Any]) -> None:
    """Run a function as the only command of a program, as `typer.run` does."""
    program = CommandLine()
    program.command()(function)
    program()


class _Command(TyperCommand):
    def make_context(self, *args: Any, **extra: Any) -> Any:
        with _one_line():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: Any) -> Any:
        with _one_line():
            return super().invoke(ctx)


class _Group(TyperGroup):
    def make_context(self, *args: Any, **extra: Any) -> Any:
        with _one_line():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: Any) -> Any:
        with _one_line():
            return super().invoke(ctx)


@contextmanager
def _one_line() -> Iterator[None]:
    """Say in one line what is wrong with the options, or that Ctrl-C has stopped it.

    Raises:
        typer.Exit: In both cases.
    """
    interrupt_on_ctrl_c()
    try:
        yield
    except _UsageError as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # its message is the help
            raise
        message = " ".join(error.format_message().split()).rstrip(".")
        _say(f"error: {message[:1].lower()}{message[1:]} (see --help)")
        raise typer.Exit(BAD_USAGE) from error
    except KeyboardInterrupt as error:
        _say("interrupted: stopped by Ctrl-C")
        raise typer.Exit(INTERRUPTED) from error


def _say(line: str) -> None:
    Console(stderr=True).print(line, style="red", markup=False, highlight=False, soft_wrap=True)
