"""Computations in slices."""

from __future__ import annotations

import pytest

from tracking.slices import Steps, advance, finish


def counted(done: list[int]) -> Steps[None]:
    """Do five steps, each of more work than the one before."""
    for step in range(1, 6):
        done.append(step)
        yield float(step)


def test_all_at_once_gives_the_result() -> None:
    def steps() -> Steps[str]:
        yield 1.0
        return "found"

    assert finish(steps()) == "found"


@pytest.mark.parametrize(
    ("work", "expected"),
    [
        pytest.param(0.0, [1, 2, 3, 4, 5, 5], id="at least one step"),
        pytest.param(4.0, [3, 4, 5, 5], id="until so much work is done"),
        pytest.param(100.0, [5], id="everything"),
    ],
)
def test_a_slice_is_so_much_work(work: float, expected: list[int]) -> None:
    done: list[int] = []
    steps, after = counted(done), []
    complete = False
    while not complete:
        complete = advance(steps, work=work)
        after.append(done[-1])
    assert after == expected
    assert done == [1, 2, 3, 4, 5]
