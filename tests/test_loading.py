"""Ctrl-C while a command still loads its libraries."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_architecture import PACKAGES, ROOT, modules

COMMANDS = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for package in PACKAGES
    for path in modules(package)
    if '__name__ == "__main__"' in path.read_text()
]
CTRL_C = "import os, signal; os.kill(os.getpid(), signal.SIGINT); raise SystemExit('went on')"


@pytest.fixture
def loading(tmp_path: Path) -> dict[str, str]:
    """An environment in which the user presses Ctrl-C while the first library is loaded."""
    for library in ("av", "cv2", "moderngl", "numpy", "torch", "typer", "yaml"):
        (tmp_path / f"{library}.py").write_text(CTRL_C)
    return os.environ | {"PYTHONPATH": os.pathsep.join((str(tmp_path), str(ROOT)))}


def test_there_are_commands_of_all_packages_that_have_some() -> None:
    assert {name.partition(".")[0] for name in COMMANDS} == set(PACKAGES) - {"tracking"}


@pytest.mark.parametrize("command", COMMANDS)
def test_ctrl_c_while_a_command_loads_is_one_line(command: str, loading: dict[str, str]) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", command], env=loading, capture_output=True, text=True, timeout=60
    )
    assert ended.stderr == "interrupted: stopped by Ctrl-C\n"
    assert (ended.returncode, ended.stdout) == (130, "")


def test_a_program_that_imports_a_package_keeps_its_own_way(loading: dict[str, str]) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", "import app.run"], env=loading, capture_output=True, timeout=60
    )
    assert b"KeyboardInterrupt" in ended.stderr


def test_ctrl_c_that_is_ignored_stays_ignored(loading: dict[str, str]) -> None:
    ended = subprocess.run(
        ["sh", "-c", "trap '' INT; exec \"$0\" -m app.run", sys.executable],
        env=loading,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.stderr == "went on\n"


def test_later_it_is_one_line_too(tmp_path: Path) -> None:
    (tmp_path / "late.py").write_text(
        "import os, signal\n"
        "from detector.console.command_line import run_command\n"
        "if __name__ == '__main__':\n"
        "    run_command(lambda: os.kill(os.getpid(), signal.SIGINT))\n"
    )
    ended = subprocess.run(
        [sys.executable, "-m", "late"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join((str(tmp_path), str(ROOT)))},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (ended.returncode, ended.stderr) == (130, "interrupted: stopped by Ctrl-C\n")
