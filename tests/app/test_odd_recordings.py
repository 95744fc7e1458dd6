"""Recordings with unusual names, streams and containers."""

from pathlib import Path

import pytest

from app.recorded import RecordedSource
from app.video import VideoWriter
from tests.app.footage import grey, write_video


@pytest.mark.parametrize("name", ["2026-05-04T08:30:00.mp4", "cam%03d.mp4", "rue d'été #1?.mp4"])
def test_any_name_is_a_file_also_without_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    write_video(tmp_path / "a.mp4", [0, 100]).rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert len(list(RecordedSource("cam", Path(name)).frames())) == 2


def test_a_video_is_written_under_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path("08:30") / "gate.mp4"
    path.parent.mkdir()
    with VideoWriter(path, 64, 48, fps=10) as video:
        video.write(grey(0), 0.0)
    assert path.stat().st_size > 0
