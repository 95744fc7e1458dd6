import os

import pytest

from city.workers import WorkerError, available_cores, run_tasks
from tests.city.chores import Crashes, DiesAtTheEnd, Exits, Halves, IsKilled, Refuses, Sleeps


def assert_all_done(news, tasks):
    results = {n.task: n.result for n in news if n.done}
    assert results == {place: task / 2 for place, task in enumerate(tasks)}
    for place, task in enumerate(tasks):
        assert sum(n.steps for n in news if n.task == place) == task


@pytest.mark.parametrize("tasks", [[], [3], [5, 0, 2, 4]], ids=["none", "one", "many"])
def test_all_tasks_are_done(tasks, tmp_path):
    log = tmp_path / "error.log"
    assert_all_done(list(run_tasks(Halves(), tasks, workers=2, error_log=log)), tasks)
    assert not log.exists()


def test_an_error_is_one_line_and_its_traceback_is_kept(tmp_path):
    log = tmp_path / "state" / "error.log"
    with pytest.raises(WorkerError) as raised:
        list(run_tasks(Refuses(), [7], workers=1, error_log=log))
    assert str(raised.value) == f"ValueError: task 7 is impossible; where: {log}"
    text = log.read_text()
    assert text.startswith("Traceback (most recent call last):")
    assert "chores.py" in text


@pytest.mark.parametrize(("workers", "times"), [(1, 1), (2, 2)], ids=["once", "twice"])
def test_a_task_whose_process_crashes_is_begun_again(workers, times, tmp_path, caplog):
    log, folder = tmp_path / "error.log", tmp_path / "crashes"
    folder.mkdir()
    tasks = [4, 3, 2]
    work = Crashes(folder, times=times)
    assert_all_done(list(run_tasks(work, tasks, workers=workers, error_log=log)), tasks)
    line = f"a worker process was killed (SIGSEGV); task 2 of 3 is begun again; where: {log}"
    assert caplog.messages == [line] * times
    assert log.read_text().count("Fatal Python error: Segmentation fault") == times
    assert "chores.py" in log.read_text()


def test_a_task_whose_process_always_crashes(tmp_path, caplog):
    log, folder = tmp_path / "error.log", tmp_path / "crashes"
    folder.mkdir()
    with pytest.raises(WorkerError) as raised:
        list(run_tasks(Crashes(folder, times=99), [4, 3], workers=1, error_log=log))
    assert str(raised.value) == (
        f"a worker process was killed (SIGSEGV) at each of 3 attempts at task 2 of 2; where: {log}"
    )
    assert len(caplog.messages) == 2


def test_a_kill_leaves_no_log(tmp_path):
    log = tmp_path / "error.log"
    with pytest.raises(WorkerError) as raised:
        list(run_tasks(IsKilled(), [1], workers=1, error_log=log))
    assert str(raised.value) == (
        "a worker process was killed (SIGKILL) at each of 3 attempts at task 1 of 1"
    )
    assert not log.exists()


def test_a_process_that_ends_itself_is_not_started_again(tmp_path, caplog):
    with pytest.raises(WorkerError, match=r"^a worker process ended \(exit code 4\)$"):
        list(run_tasks(Exits(), [1], workers=1, error_log=tmp_path / "error.log"))
    assert not caplog.messages


def test_who_dies_after_the_last_task_takes_nothing_along(tmp_path, caplog):
    log = tmp_path / "error.log"
    assert_all_done(list(run_tasks(DiesAtTheEnd(), [2, 1], workers=1, error_log=log)), [2, 1])
    assert not caplog.messages


def test_leaving_early_ends_the_workers(tmp_path):
    running = run_tasks(Sleeps(), [1], workers=1, error_log=tmp_path / "error.log")
    worker = next(running).steps
    running.close()
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)


def test_the_environment_is_left_as_it_was(tmp_path, monkeypatch):
    monkeypatch.delenv("LP_NUM_THREADS", raising=False)
    list(run_tasks(Halves(), [1], workers=1, error_log=tmp_path / "error.log"))
    assert "LP_NUM_THREADS" not in os.environ


def test_there_is_a_core():
    assert available_cores() >= 1
