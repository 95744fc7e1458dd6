"""Finds and runs the tools of SUMO, the traffic simulator.

Reference: Lopez et al., "Microscopic Traffic Simulation using SUMO", ITSC 2018.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def run_tool(name: str, arguments: Sequence[str]) -> None:
    """Run `sumo` or `netconvert` to its end.

    Args:
        name: The tool; looked for beside the running interpreter, then along the PATH.
        arguments: Its options.

    Raises:
        FileNotFoundError: If it is not installed.
        ValueError: If it refuses its input; carries its first error.
    """
    beside = Path(sys.executable).with_name(name)
    tool = str(beside) if beside.exists() else shutil.which(name)
    if tool is None:
        raise FileNotFoundError(
            f"{name}: not found beside {sys.executable} nor along the PATH; the city needs SUMO: "
            "pip install -e '.[city]'"
        )
    done = subprocess.run([tool, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if "Error" in line]
        reason = lines[0] if lines else f"exit code {done.returncode}"
        raise ValueError(f"{name}: {reason}")
