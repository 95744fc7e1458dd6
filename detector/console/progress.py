"""Progress of long tasks: bars in a terminal, a line from time to time in a log file."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from rich.progress import Progress, TaskID

if TYPE_CHECKING:
    from rich.progress import Task

EVERY_S: Final = 60.0
"""Between two lines about one task, where no bar can be drawn."""
LOG_TIME: Final = "%Y-%m-%dT%H:%M:%SZ"
"""How lines of a log file begin, as `time.strftime` has it: with day and time, in UTC."""


class WorkProgress(Progress):
    """Rich's bars, which say something without a terminal, too: under nohup, or as a service.

    There they state each task's count and the time that is left, once in `EVERY_S` seconds, each
    line with its time as those of the log beside it; Rich would be silent to the end.
    """

    def __init__(self, *columns: Any, **options: Any) -> None:
        super().__init__(*columns, **options)
        self._stated: dict[TaskID, float] = {}

    def update(self, task_id: TaskID, **changes: Any) -> None:
        """Change a task, as in Rich."""
        super().update(task_id, **changes)
        self._state(task_id)

    def advance(self, task_id: TaskID, advance: float = 1) -> None:
        """Count some more steps, as in Rich."""
        super().advance(task_id, advance)
        self._state(task_id)

    def _state(self, task_id: TaskID) -> None:
        """Print how far a task is, if nobody sees its bar and it is time to."""
        if self.console.is_terminal:
            return
        task = next(task for task in self.tasks if task.id == task_id)
        now = self.get_time()
        last = self._stated.setdefault(task_id, now)
        if not task.finished and now - last >= EVERY_S:
            self._stated[task_id] = now
            line = f"{time.strftime(LOG_TIME, time.gmtime())} {_in_words(task)}"
            self.console.print(line, markup=False, highlight=False, soft_wrap=True)


def _in_words(task: Task) -> str:
    total = "" if task.total is None else f" of {task.total:.0f}"
    left = task.time_remaining
    remaining = "" if left is None else f", {timedelta(seconds=round(left))} left"
    return f"{task.description.strip()}: {task.completed:.0f}{total}{remaining}"
