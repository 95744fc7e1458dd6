from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from detector.computing.openmp import SPIN_COUNT


def spin_count(code: str, **environment: str) -> str:
    """Return how long OpenMP itself says that it spins, once the code has run."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("OMP_", "GOMP_"))}
    run = subprocess.run(
        [sys.executable, "-c", code],
        env=kept | {"OMP_DISPLAY_ENV": "verbose"} | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    said = re.search(r"GOMP_SPINCOUNT = '(\w+)'", run.stderr)
    if said is None:
        pytest.skip("PyTorch of this platform does not compute with GNU OpenMP")
    return said[1]


@pytest.mark.parametrize("package", ["app", "benchmarks", "detector", "reid"])
def test_threads_let_go_of_their_cores_soon(package):
    assert spin_count(f"import {package}, torch") == SPIN_COUNT


def test_it_is_set_before_the_main_job_loads_pytorch():
    assert spin_count("import app.run") == SPIN_COUNT


def test_the_environment_has_the_last_word():
    assert spin_count("import app, torch", GOMP_SPINCOUNT="77") == "77"
    assert spin_count("import app, torch", OMP_WAIT_POLICY="active") != SPIN_COUNT
