from __future__ import annotations

import pytest

from app.frames.steady_clock import SteadyClock


class Machine:
    """A computer whose clock can be set."""

    def __init__(self) -> None:
        self.utc, self.passing = 1_800_000_000.0, 50.0

    def wait(self, seconds: float, *, clock: float | None = None) -> None:
        self.passing += seconds
        self.utc += seconds if clock is None else clock


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def clock(machine: Machine) -> SteadyClock:
    return SteadyClock(lambda: machine.utc, lambda: machine.passing)


def test_it_tells_the_time(machine: Machine, clock: SteadyClock) -> None:
    assert clock() == 1_800_000_000.0
    machine.wait(3.5)
    assert clock() == 1_800_000_003.5


def test_it_goes_on_evenly_when_the_clock_is_set_back(machine: Machine, clock: SteadyClock) -> None:
    machine.wait(1.0, clock=-3600.0)
    assert clock() == 1_800_000_001.0
    machine.wait(1.0)
    assert clock() == 1_800_000_002.0


def test_it_follows_a_leap_forward_and_not_a_nudge(machine: Machine, clock: SteadyClock) -> None:
    machine.wait(1.0, clock=1.5)
    assert clock() == 1_800_000_001.0
    machine.wait(1.0, clock=600.0)
    assert clock() == machine.utc
