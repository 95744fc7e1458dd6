"""The labelling command, with the shipped detector as the only teacher."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from detector import label
from detector.dataset import Source, load_samples
from detector.yolo import DEFAULT_WEIGHTS

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


def test_two_videos_of_one_name_would_write_over_each_other(tmp_path):
    videos = [tmp_path / side / "a.mp4" for side in ("north", "south")]
    result = run(*videos, "--teacher", DEFAULT_WEIGHTS, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "several videos are called a: rename them" in result.output
