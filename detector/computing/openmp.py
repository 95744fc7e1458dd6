"""How the threads that PyTorch computes with wait for each other.

A network is hundreds of short parallel loops, and at the end of each every thread waits for the
slowest. GNU OpenMP waits by spinning for milliseconds before it lets go of its core. Where other
programs want the cores, too, the thread that is waited for cannot run meanwhile, and a run beside
busy programs is several times slower than its share of the cores. With a short spin it is not, and
on an idle machine it is as fast (docs/benchmarks.md).

The packages that load PyTorch call `wait_briefly` before they do, since the setting is read once.

Reference: GNU libgomp manual, "GOMP_SPINCOUNT" and "OMP_WAIT_POLICY".
"""

from __future__ import annotations

import os
from typing import Final

SPIN_COUNT: Final = "1000"
"""What libgomp itself takes where it knows that there are more threads than cores."""


def wait_briefly() -> None:
    """Ask for short spins, unless the environment says how threads wait."""
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", SPIN_COUNT)
