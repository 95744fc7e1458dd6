from __future__ import annotations

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
def _signals_as_usual() -> Iterator[None]:
    """A stopped run ignores SIGHUP for good, and so do tests under `nohup`; here it begins anew.

    In the background of a shell, processes ignore SIGINT, and would pass that on.
    """
    usual = {signal.SIGHUP: signal.SIG_DFL, signal.SIGINT: signal.default_int_handler}
    before = {number: signal.signal(number, handler) for number, handler in usual.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


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
