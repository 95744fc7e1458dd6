"""Shared terminal behaviour of the networks' commands: one line per error, and exit codes."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

BAD_INPUT: Final = 2
FAILED: Final = 1

Device = Annotated[
    str, typer.Option("--device", help="Where networks compute: auto, cpu, cuda or cuda:N.")
]
"""Option of all commands that compute with networks (`detector.computing.devices`)."""


@contextmanager
def command_frame() -> Iterator[None]:
    """Run a command: end it with one line for each finding, and an exit code, on errors.

    Raises:
        typer.Exit: With 2 for bad input, 1 if the disk or a GPU failed.
    """
    try:
        yield
    except BrokenPipeError:  # whoever reads the output has gone: `| head`
        raise
    except (ValueError, OSError) as error:
        screen = Console(stderr=True)
        for line in str(error).splitlines():
            screen.print(f"error: {line}", style="red", markup=False, soft_wrap=True)
        bad_input = isinstance(error, ValueError | FileNotFoundError)
        raise typer.Exit(BAD_INPUT if bad_input else FAILED) from error
    except RuntimeError as error:
        if not (line := gpu_trouble(error)):
            raise
        Console(stderr=True).print(f"error: {line}", style="red", markup=False, soft_wrap=True)
        raise typer.Exit(FAILED) from error


def gpu_trouble(error: RuntimeError) -> str:
    """Return in one line what a GPU failed with, and what to do; empty for any other error.

    >>> gpu_trouble(RuntimeError("CUDA out of memory"))
    ''
    """
    # By name: PyTorch takes seconds to import, and most commands do without.
    kind, (first, *_) = type(error).__name__, str(error).strip().split("\n")
    if kind == "OutOfMemoryError":
        told = ". ".join(first.rstrip(".").split(". ")[:2])
        return (
            f"the GPU has too little memory left ({told}): use smaller batches or images, end "
            "what else uses it, or choose cpu as the device"
        )
    # An assertion of a kernel is a mistake of ours, such as an index that is too large.
    failed = kind == "AcceleratorError" or first.startswith(("CUDA error", "cuDNN error"))
    if failed and "device-side assert" not in first:
        return f"the GPU failed ({first}): start again, or choose cpu as the device"
    return ""


def check_outputs(
    files: Iterable[Path | None], *, inputs: Iterable[Path] = (), folder: Path | None = None
) -> None:
    """Raise before the work, rather than after it, where a result could not be written.

    Args:
        files: Files to be written; None for those that are not asked for.
        inputs: Files that are read.
        folder: Where more files go, see `check_folder`.

    Raises:
        FileNotFoundError: If the folder of a file is missing.
        ValueError: If a folder is in the way of a file, or the file of a folder, or it is read.
    """
    check_folder(folder)
    read = [path for path in inputs if path.exists()]
    for file in files:
        if file is None:
            continue
        if not file.parent.is_dir():
            raise FileNotFoundError(f"{file.parent} is not a folder")
        if file.is_dir():
            raise ValueError(f"{file} must be a file, and is a folder")
        if file.exists() and any(file.samefile(path) for path in read):
            raise ValueError(f"{file} is read by this command; choose another file to write")
        if folder is not None and folder.resolve().is_relative_to(file.resolve()):
            raise ValueError(f"{file} is a file that this command writes; choose another folder")


def check_folder(folder: Path | None) -> None:
    """Raise before the work where a folder for results cannot be one; None is not asked for.

    Raises:
        ValueError: If it is a file, or lies in one.
    """
    if folder is None:
        return
    nearest = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not nearest.is_dir():
        raise ValueError(f"{nearest} must be a folder, and is a file")
