"""The labelling command, with the shipped detector as the only teacher."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from detector import label
from detector.data.dataset import Source, load_samples
from detector.data.fusion import Opinion
from detector.yolo import DEFAULT_WEIGHTS
from tests.app.footage import write_video
from tests.detector.footage import damage

FOOTAGE = Path(__file__).parents[2] / "sample_videos" / "camA3.mp4"
APP = label.typer.Typer()
APP.command()(label.main)


def run(*arguments: object):
    return CliRunner().invoke(APP, [str(a) for a in arguments])


@pytest.mark.skipif(not FOOTAGE.is_file(), reason="sample_videos/ is not part of an installed copy")
def test_labels_of_a_video_are_read_by_training(tmp_path):
    video = tmp_path / "street.mp4"
    capture = cv2.VideoCapture(str(FOOTAGE))
    frames = [capture.read()[1] for _ in range(12)]
    capture.release()
    height, width = frames[0].shape[:2]
    writer = cv2.VideoWriter(str(video), cv2.VideoWriter_fourcc(*"mp4v"), 10, (width, height))
    for frame in frames:
        writer.write(frame)
    writer.release()
    left = tmp_path / "out" / "street" / "frames.partial" / "000009.jpg"  # of a stopped run
    left.parent.mkdir(parents=True)
    left.write_bytes(b"")
    options = ("--every", 2, "--keep-every", 3, "--image-size", 320)
    result = run(video, "--teacher", DEFAULT_WEIGHTS, "--out", tmp_path / "out", *options)
    assert result.exit_code == 0, result.output
    assert "2 frames" in result.output
    samples = load_samples(
        Source(name="s", paths=("street/frames",)), [tmp_path / "out"], held_out=False
    )
    assert [s.image.name for s in samples if isinstance(s.image, Path)] == [
        "000000.jpg",
        "000003.jpg",
    ]
    assert sorted(p.name for p in (tmp_path / "out" / "street").iterdir()) == [
        "frames",
        "ignore",
        "labels",
    ]
    assert sum(len(s.xyxy) + len(s.ignore) for s in samples) > 0
    assert all(np.all(s.xyxy[:, 2:] > s.xyxy[:, :2]) for s in samples)


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "a.mp4 not found"), (b"no video", "a.mp4 is not a readable video")],
    ids=["missing", "unreadable"],
)
def test_bad_input_is_one_line(tmp_path, content, message):
    if content is not None:
        (tmp_path / "a.mp4").write_bytes(content)
    result = run(tmp_path / "a.mp4", "--teacher", DEFAULT_WEIGHTS, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert message in result.output


def test_a_damaged_video_is_named_in_one_line(tmp_path, monkeypatch, caplog, capfd):
    nothing = Opinion(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros((0, 4)))
    monkeypatch.setattr(label, "ask", lambda *_: nothing)
    video = write_video(tmp_path / "a.mp4", range(0, 1000, 100))
    damage(video, 7, 8)
    options = ("--teacher", DEFAULT_WEIGHTS, "--out", tmp_path / "out", "--every", 1)
    result = run(video, *options)
    assert result.exit_code == 0, result.output
    assert "2 frames" in result.output
    line = f"{video}: 2 of 10 frames are missing or damaged"
    assert [record.getMessage() for record in caplog.records] == [line]
    assert capfd.readouterr().err == ""  # libav writes there unless silenced


def test_two_videos_of_one_name_would_write_over_each_other(tmp_path):
    videos = [tmp_path / side / "a.mp4" for side in ("north", "south")]
    result = run(*videos, "--teacher", DEFAULT_WEIGHTS, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "several videos are called a: rename them" in result.output


def test_a_stopped_run_leaves_no_frames_without_labels(tmp_path, monkeypatch):
    def stop_at_the_second(_teachers, image):
        if image.any():
            raise KeyboardInterrupt
        return Opinion(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros((0, 4)))

    frames = [np.full((64, 64, 3), value, np.uint8) for value in (0, 255)]
    monkeypatch.setattr(label, "ask", stop_at_the_second)
    monkeypatch.setattr(label, "frames_of", lambda *_: iter(frames))
    (tmp_path / "a.mp4").write_bytes(b"video")
    options = ("--teacher", DEFAULT_WEIGHTS, "--out", tmp_path / "out", "--keep-every", 1)
    result = run(tmp_path / "a.mp4", *options)
    assert result.exit_code == 130
    everything = Source(name="s", paths=("*/frames",))
    assert load_samples(everything, [tmp_path / "out"], held_out=False) == []


def test_labels_that_may_have_been_corrected_are_not_written_over(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"video")
    (tmp_path / "out" / "a" / "frames").mkdir(parents=True)
    result = run(tmp_path / "a.mp4", "--teacher", DEFAULT_WEIGHTS, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "a is labelled already: leave it out, or remove it" in result.output
