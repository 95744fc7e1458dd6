from __future__ import annotations

import resource
import signal
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    import torch

# How long an example takes says how busy the machine is.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")


@pytest.fixture(autouse=True)
def _a_terminal_that_can_be_lost() -> Iterator[None]:
    """A stopped run ignores SIGHUP for good, and so do tests under `nohup`; here it begins anew."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.fixture(params=[100_000])
def little_room(request: pytest.FixtureRequest) -> Iterator[None]:
    """No file of this process may grow beyond 100 kB, or as many bytes as the test says."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (request.param, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def gpu() -> Iterator[torch.device]:
    """A GPU: the machine's own if it has one, otherwise a simulated one."""
    import torch  # takes seconds, and most tests do without

    from tests.simulated_gpu import simulated_gpu

    if torch.cuda.is_available():
        yield torch.device("cuda")
        return
    with simulated_gpu() as device:
        yield device
