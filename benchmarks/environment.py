"""Environment of a measurement: commit, hardware, versions, and load of the machine."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

PACKAGES: Final = (
    "scantrack",
    "torch",
    "ultralytics",
    "opencv-python",
    "numpy",
    "av",
    "filterpy",
    "lap",
    "moderngl",
    "openvino",
)
"""Those on whose speed a run depends."""

_ROOT: Final = Path(__file__).parents[1]
_CPUINFO: Final = Path("/proc/cpuinfo")


def describe() -> dict[str, Any]:
    """Return all that a reader of a measurement needs to judge it, ready for JSON.

    The load average is the one of the last minute: above about half a process, something else was
    running, and times are worth little.
    """
    return {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "hardware": {
            "machine": platform.machine(),
            "processor": _processor(),
            "cores": cores(),
            "memory_gib": round(
                os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1
            ),
            "gpu": _gpu(),
        },
        "versions": {"python": platform.python_version()} | versions(),
        "load_average": round(os.getloadavg()[0], 2),
    }


def versions() -> dict[str, str]:
    """Return the versions of those of `PACKAGES` that are installed."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def commit() -> str | None:
    """Return the commit that is checked out, with "+" if files differ from it; None if unknown."""
    head = _output("git", "-C", str(_ROOT), "rev-parse", "HEAD")
    if head is None:
        return None
    changes = _output("git", "-C", str(_ROOT), "status", "--porcelain", "--untracked-files=no")
    return head + "+" * bool(changes)


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _processor() -> str:
    if _CPUINFO.exists():
        for line in _CPUINFO.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()


def _gpu() -> str | None:
    found = _output("nvidia-smi", "--query-gpu=name", "--format=csv,noheader")
    return found.splitlines()[0] if found else None


def _output(*command: str) -> str | None:
    """Return what a command prints, None if it is missing or fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
