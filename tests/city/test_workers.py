import os
from pathlib import Path

import pytest

from city.workers import WorkerError, available_cores, run_tasks
from tests.city.chores import Dies, Halves, Refuses, Sleeps

NO_LOG = Path("/nowhere/worker-error.log")


@pytest.mark.parametrize("tasks", [[], [3], [5, 0, 2, 4]], ids=["none", "one", "many"])
def test_all_tasks_are_done(tasks):
    news = list(run_tasks(Halves(), tasks, workers=2, error_log=NO_LOG))
    results = {n.task: n.result for n in news if n.done}
    assert results == {place: task / 2 for place, task in enumerate(tasks)}
    for place, task in enumerate(tasks):
        assert sum(n.steps for n in news if n.task == place) == task


def test_an_error_is_one_line_and_its_traceback_is_kept(tmp_path):
    log = tmp_path / "state" / "error.log"
    with pytest.raises(WorkerError) as raised:
        list(run_tasks(Refuses(), [7], workers=1, error_log=log))
    assert str(raised.value) == f"ValueError: task 7 is impossible; where: {log}"
    text = log.read_text()
    assert text.startswith("Traceback (most recent call last):")
    assert "chores.py" in text


def test_a_worker_that_dies():
    with pytest.raises(WorkerError, match=r"worker process died \(exit code -9\)"):
        list(run_tasks(Dies(), [1], workers=1, error_log=NO_LOG))


def test_leaving_early_ends_the_workers():
    running = run_tasks(Sleeps(), [1], workers=1, error_log=NO_LOG)
    worker = next(running).steps
    running.close()
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)


def test_the_environment_is_left_as_it_was(monkeypatch):
    monkeypatch.delenv("LP_NUM_THREADS", raising=False)
    list(run_tasks(Halves(), [1], workers=1, error_log=NO_LOG))
    assert "LP_NUM_THREADS" not in os.environ


def test_there_is_a_core():
    assert available_cores() >= 1
