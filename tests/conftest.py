from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _a_terminal_that_can_be_lost() -> Iterator[None]:
    """A stopped run ignores SIGHUP for good, and so do tests under `nohup`; here it begins anew."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)
