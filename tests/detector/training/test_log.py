from pathlib import Path

import pytest

from detector.training import log as training_log
from detector.training.log import append, forget_after


def test_a_log_goes_on_after_a_line_that_a_full_disk_cut_off(tmp_path: Path):
    log = tmp_path / "log.csv"
    log.write_text("step,seconds,total\n10,1.5,2.0\n20,3.5,1.0\n30,5.5,0.9\n2")
    assert forget_after(log, 20) == 3.5
    assert log.read_text().split() == ["step,seconds,total", "10,1.5,2.0", "20,3.5,1.0"]
    log.write_text("step,seconds,total\n10,1.5,2.0\n20,3")
    assert forget_after(log, 20) == 1.5
    assert log.read_text().split() == ["step,seconds,total", "10,1.5,2.0"]
    log.write_text("step,sec")
    assert forget_after(log, 0) == 0
    assert log.read_text() == ""
    assert forget_after(tmp_path / "none.csv", 0) == 0


def test_other_losses_get_columns_of_their_own(tmp_path: Path):
    log = tmp_path / "log.csv"
    append(log, {"step": 10, "total": 2.0})
    append(log, {"step": 20, "total": 1.5, "features": 0.5})
    append(log, {"step": 30, "total": 1.25})
    lines = log.read_text().splitlines()
    assert lines == ["step,total,features", "10,2.0", "20,1.5,0.5", "30,1.25,"]
    assert [path.name for path in tmp_path.iterdir()] == ["log.csv"]


def test_a_line_of_the_same_columns_is_added_without_reading_all_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    log = tmp_path / "log.csv"
    append(log, {"step": 10, "total": 2.0, "features": 0.5})
    monkeypatch.delattr(training_log, "_read")
    append(log, {"step": 20, "total": 1.5, "features": 0.25})
    append(log, {"total": 1.25, "step": 30})
    assert log.read_text().splitlines() == [
        "step,total,features", "10,2.0,0.5", "20,1.5,0.25", "30,1.25,"
    ]  # fmt: skip


@pytest.mark.parametrize("content", ["", "step,tot", "\n"], ids=["empty", "cut off", "blank"])
def test_a_log_without_a_whole_header_gets_one(tmp_path: Path, content: str):
    log = tmp_path / "log.csv"
    log.write_text(content)
    append(log, {"step": 10, "total": 2.0})
    assert log.read_text().splitlines() == ["step,total", "10,2.0"]
