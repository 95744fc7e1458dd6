import os
import subprocess
import sys

import pytest

from benchmarks.child import (
    ChildFailedError,
    busy_programs,
    quiet_environment,
    run,
    run_module,
)

MEBIBYTE = 2**20


def python(code: str):
    return run([sys.executable, "-c", code], environment=dict(os.environ))


def test_the_peak_counts_what_a_process_held_for_a_moment():
    usage = python(f"held = bytearray({300 * MEBIBYTE}); held[::4096] = b'1' * len(held[::4096])")
    assert usage.peak_bytes >= 300 * MEBIBYTE


def test_cpu_seconds_are_those_of_work_not_of_waiting():
    asleep = python("import time; time.sleep(0.3)")
    awake = python("import time\nwhile time.process_time() < 0.3: pass")
    assert asleep.seconds >= 0.3
    assert awake.cpu_seconds >= 0.3


def test_a_failure_shows_the_end_of_what_was_printed():
    with pytest.raises(ChildFailedError, match=r"ended with 3:\n(.*\n)*no such camera"):
        python(
            "import sys; print('x' * 9000); print('no such camera', file=sys.stderr); sys.exit(3)"
        )


def test_a_module_that_is_missing_is_a_failure():
    with pytest.raises(ChildFailedError, match="No module named"):
        run_module("benchmarks.absent", threads=1)


def test_threads_and_quiet_are_passed_on(tmp_path, monkeypatch):
    monkeypatch.setenv("YOLO_CONFIG_DIR", str(tmp_path / "settings"))
    environment = quiet_environment(3)
    assert environment["OMP_NUM_THREADS"] == "3"
    assert environment["YOLO_OFFLINE"] == "1"
    assert (tmp_path / "settings").is_dir()


def test_busy_programs_compute_until_the_end(monkeypatch):
    started = []
    popen = subprocess.Popen

    def start(*arguments, **options):
        started.append(popen(*arguments, **options))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", start)
    with busy_programs(2):
        assert [program.poll() for program in started] == [None, None]
    assert all(program.poll() is not None for program in started)
