from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmarks import detector
from tests.app.footage import GREY_STEP, write_video
from tests.detector.footage import damage

SAMPLE = Path("sample_videos/camA1.mp4")
APP = detector.typer.Typer()
APP.command()(detector.main)


def test_the_table_has_a_row_for_each_and_a_column_for_each_case():
    spread = {"median": 20.0, "least": 18.0, "greatest": 30.0}
    figures = {"ms_per_frame": spread, "speed_ratio": spread}
    table = detector.table_of({"640 px, batch 1": {"torch": figures, "OpenVINO": figures}})
    assert table.row_count == 2
    assert [str(column.header) for column in table.columns] == ["", "640 px, batch 1"]


def test_frames_are_from_the_middle_and_upright(tmp_path: Path):
    video = write_video(tmp_path / "08:30.mp4", range(0, 2000, 100))
    (image,) = detector.frames_of([video])
    assert image.shape == (48, 64, 3)
    assert image.mean() == pytest.approx(20 + 10 * GREY_STEP, abs=3)
    # A stream whose header says nothing of frames.
    (image,) = detector.frames_of([write_video(tmp_path / "a.mkv", range(0, 2000, 100))])
    assert image.mean() == pytest.approx(20 + 10 * GREY_STEP, abs=3)


def test_damage_before_the_middle_is_passed_over_and_no_video_refused(tmp_path: Path):
    video = write_video(tmp_path / "a.mp4", range(0, 2000, 100))
    damage(video, 3, 4)
    (image,) = detector.frames_of([video])
    assert image.mean() == pytest.approx(20 + 12 * GREY_STEP, abs=3)
    damage(video, *range(2, 20))
    with pytest.raises(ValueError, match=r"a\.mp4 breaks off before its middle"):
        detector.frames_of([video])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([str(SAMPLE), "--weights", "gone.safetensors"], "'gone.safetensors' not found"),
        (["gone.mp4"], "gone.mp4 not found"),
    ],
)
def test_bad_arguments_are_one_line(arguments, message):
    result = CliRunner().invoke(APP, arguments)
    assert result.exit_code == 2
    assert message in result.output


def test_the_load_in_the_report_is_that_of_before_the_measurement(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    done: list[str] = []
    monkeypatch.setattr(detector, "describe", lambda: done.append("described") or {"load": 0.1})
    monkeypatch.setattr(detector, "frames_of", lambda _: [])
    monkeypatch.setattr(detector, "contestants", lambda *_: {})
    monkeypatch.setattr(detector, "measure", lambda *_, **__: done.append("measured") or {"": {}})
    report = tmp_path / "report.json"
    result = CliRunner().invoke(APP, [str(SAMPLE), "--json", str(report)])
    assert result.exit_code == 0, result.output
    assert done == ["described", "measured"]
    assert json.loads(report.read_text()) == {"environment": {"load": 0.1}, "results": {"": {}}}
