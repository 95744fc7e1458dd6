"""A progress bar that counts frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from detector.console.progress import WorkProgress

if TYPE_CHECKING:
    from rich.console import Console


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:.1f} frames/s")


class FrameProgress:
    """A bar with frames per second and time left, to be used as a context manager.

    Without a terminal it is a line now and then.

    Args:
        screen: Where the bar goes; log lines through the same console do not disturb it.
        title: What is going on.
        total: Frames to come, None if nobody knows.
    """

    def __init__(self, screen: Console, title: str, *, total: int | None) -> None:
        self._progress = WorkProgress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            _Rate(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=screen,
            speed_estimate_period=20.0,
        )
        self._task = self._progress.add_task(title, total=total)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def advance(self, frames: int) -> None:
        """Count some more frames."""
        self._progress.advance(self._task, frames)
