"""The lock of a run's folder, where others come and go at the same moment."""

from __future__ import annotations

import fcntl
from collections.abc import Callable
from pathlib import Path

import pytest

from app.storage import folder_lock
from app.storage.folder_lock import held, is_held

FLOCK = fcntl.flock


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    return tmp_path / ".running"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_lock, "_WAIT_S", 0.001)


def just_before_it_is_locked(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], None]) -> None:
    """Have something happen once, when the file is open and not locked yet."""
    left = [happens]

    def flock(file: object, operation: int) -> None:
        if left:
            left.pop()()
        FLOCK(file, operation)

    monkeypatch.setattr(fcntl, "flock", flock)


def test_it_is_held_once(lock: Path) -> None:
    assert not is_held(lock)
    with held(lock):
        assert is_held(lock)
        with pytest.raises(BlockingIOError), held(lock):
            pass
        assert is_held(lock)
    assert not lock.exists()


def test_one_that_a_killed_process_left_is_taken_over(lock: Path) -> None:
    lock.touch()
    assert not is_held(lock)
    with held(lock):
        assert is_held(lock)


def test_what_the_holder_before_removes_meanwhile_is_no_lock(lock: Path, monkeypatch) -> None:
    lock.touch()
    just_before_it_is_locked(monkeypatch, lock.unlink)
    with held(lock):
        assert is_held(lock)


def test_nor_where_the_next_one_has_made_another(lock: Path, monkeypatch) -> None:
    lock.touch()
    with lock.open("a") as other:

        def replace() -> None:
            lock.with_name("new").touch()
            lock.with_name("new").replace(lock)

        just_before_it_is_locked(monkeypatch, replace)
        with held(lock):
            FLOCK(other, fcntl.LOCK_EX | fcntl.LOCK_NB)  # the old file is nobody's
            assert is_held(lock)


def test_who_only_asks_keeps_nobody_out(lock: Path, monkeypatch) -> None:
    lock.touch()
    asked = lock.open("rb")
    FLOCK(asked, fcntl.LOCK_SH | fcntl.LOCK_NB)
    monkeypatch.setattr("time.sleep", lambda _: asked.close())
    with held(lock):
        assert is_held(lock)


def test_a_drive_without_locks_is_no_obstacle(lock: Path, monkeypatch) -> None:
    def flock(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", flock)
    with held(lock):
        assert is_held(lock)  # as far as anybody can tell
    assert not lock.exists()
