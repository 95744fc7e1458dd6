"""Long computations in slices, so that no update of a live run waits for all of one.

Such a computation is a generator: after every step it yields how much work that was, in about
milliseconds of one core. This is estimated from counts, and no clock is looked at: a recording
gives the same results on any machine, at any speed.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

T = TypeVar("T")

Steps = Generator[float, None, T]
"""A computation of a T, with the work of each of its steps."""


def finish(steps: Steps[T]) -> T:
    """Do at once all that is left of a computation, and return its result."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            result: T = done.value
            return result


def advance(steps: Steps[None], *, work: float) -> bool:
    """Do so much of a computation, at least one step, and return whether it is complete."""
    done = 0.0
    for step in steps:
        done += step
        if done >= work:
            return False
    return True
