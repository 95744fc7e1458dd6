from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from detector.files.video_file import VideoFile
from tests.app.footage import GREY_STEP, write_video
from tests.detector.footage import damage

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """Twenty frames at 10 per second, of which every fifth stands alone."""
    return write_video(tmp_path / "08:30.mp4", range(0, 2000, 100))


def levels(video: Path, *, every: int = 1) -> dict[int, float]:
    with VideoFile(video) as file:
        frames = dict(file.frames(lambda number: number % every == 0))
    assert {image.shape for image in frames.values()} == {(48, 64, 3)}
    return {number: float(image.mean()) for number, image in frames.items()}


def test_wanted_frames_come_by_their_numbers(video: Path, caplog: pytest.LogCaptureFixture):
    found = levels(video, every=7)
    assert list(found) == [0, 7, 14]
    assert list(found.values()) == pytest.approx([20 + GREY_STEP * n for n in found], abs=3)
    with VideoFile(video) as file:
        assert (file.info.width, file.info.height, file.info.average_fps) == (64, 48, 10)
    assert not caplog.records


def test_images_are_those_of_opencv(video: Path):
    capture = cv2.VideoCapture(str(video))
    with VideoFile(video) as file:
        for _, image in file.frames(lambda _: True):
            np.testing.assert_array_equal(image, capture.read()[1])
    capture.release()


def test_damaged_frames_are_left_out_and_said_in_one_line(
    video: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
):
    damage(video, 14, 19)
    found = levels(video)
    assert list(found) == list(range(18))
    assert found[14] == pytest.approx(20 + GREY_STEP * 15, abs=4)
    line = f"{video}: 2 of 20 frames are missing or damaged"
    assert [record.getMessage() for record in caplog.records] == [line]
    assert capfd.readouterr().err == ""  # libav writes there unless silenced


def test_one_that_begins_with_damage_does_not_break_off(
    video: Path, caplog: pytest.LogCaptureFixture
):
    damage(video, *range(15))
    assert len(levels(video)) == 5
    line = f"{video}: 15 of 20 frames are missing or damaged"
    assert [record.getMessage() for record in caplog.records] == [line]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "a.mp4 not found"),
        (b"no video", r"a.mp4 is not a readable video \(Invalid data"),
        (b"", r"a.mp4 is not a readable video \("),
    ],
    ids=["missing", "text", "empty"],
)
def test_what_is_no_video_is_named(tmp_path: Path, content: bytes | None, message: str):
    if content is not None:
        (tmp_path / "a.mp4").write_bytes(content)
    error = FileNotFoundError if content is None else ValueError
    with pytest.raises(error, match=message):
        VideoFile(tmp_path / "a.mp4")


def test_a_video_without_a_frame_is_named(video: Path):
    damage(video, *range(20))
    with pytest.raises(ValueError, match=r"is not a readable video \(no frame can be decoded\)"):
        VideoFile(video)
