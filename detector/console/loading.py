"""Ctrl-C while a command loads its libraries, which takes seconds: one line, not a traceback.

Every command's package imports `detector` first, long before the libraries, and every command
begins in `detector.console.command_line`, from where on Ctrl-C is its own business.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    from types import FrameType

INTERRUPTED: Final = 130
"""Exit code of a command stopped by Ctrl-C or another signal: 128 + SIGINT, as shells have it."""


def end_on_ctrl_c() -> None:
    """End the process on Ctrl-C, if it is one of `python -m` that has only begun to load.

    A program that imports a package is left alone, and so is one that ignores Ctrl-C.
    """
    # So it is called while the module is being looked for, and in no other process.
    starting = sys.argv[:1] == ["-m"]
    if starting and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end)


def interrupt_on_ctrl_c() -> None:
    """Have Ctrl-C raise `KeyboardInterrupt` again, as usual: everything is loaded."""
    if signal.getsignal(signal.SIGINT) is _end:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _end(_number: int, _frame: FrameType | None) -> NoReturn:
    # At once: an exception would come up in the midst of any library, and not all let it through.
    with suppress(OSError):
        os.write(2, b"interrupted: stopped by Ctrl-C\n")
    os._exit(INTERRUPTED)
