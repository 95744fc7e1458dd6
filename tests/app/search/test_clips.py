"""Clips: the right part, the right box, nothing there."""

from pathlib import Path

import numpy as np
import pytest

from app.drawing.palette import identity_color
from app.errors import OutputError, SourceError
from app.frames.recorded import RecordedSource
from app.search.clips import cut_clip, track_boxes
from tests.app.footage import grey, write_video

XYXY = np.array([[100, 100, 200, 200], [140, 100, 240, 200]], np.float32)
TIMES = np.array([1001.0, 1002.0])


@pytest.fixture
def source(tmp_path: Path) -> RecordedSource:
    """Five seconds at 10 frames per second from 1000 s on."""
    picture = grey(90, width=640, height=360)
    path = write_video(tmp_path / "a.mp4", range(0, 5000, 100), picture=picture)
    return RecordedSource("cam", path, start_timestamp=1000.0)


@pytest.mark.parametrize(
    ("first", "last", "frames"),
    [(1001.05, 1002.05, 10), (990.0, 1000.45, 5), (1004.75, 1020.0, 2), (0.0, 9999.0, 50)],
    ids=["inside", "from before", "to after", "whole"],
)
def test_the_part_is_cut(
    source: RecordedSource, tmp_path: Path, first: float, last: float, frames: int
) -> None:
    path = tmp_path / "clip.mp4"
    assert cut_clip(source, path, first=first, last=last, boxes_at=lambda _: []) == frames
    clip = list(RecordedSource("clip", path).frames())
    assert len(clip) == frames
    assert clip[-1].timestamp == pytest.approx((frames - 1) / 10, abs=1e-3)


def test_the_vehicle_is_marked(source: RecordedSource, tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    boxes_at = track_boxes(TIMES, XYXY, identity_id=4, class_name="car")
    cut_clip(source, path, first=1000.95, last=1002.05, boxes_at=boxes_at)
    frames = list(RecordedSource("clip", path).frames())
    for index, left in ((0, 100), (5, 120), (10, 140)):
        pixel = frames[index].image[150, left : left + 2].astype(int).mean(axis=0)
        assert np.abs(pixel - identity_color(4)).max() < 80  # chroma is stored at half size


@pytest.mark.parametrize(
    ("timestamp", "expected"),
    [
        (1001.0, 100),
        (1001.25, 110),
        (1002.0, 140),
        (1000.9, 100),
        (1002.1, 140),
        (1000.7, None),
        (1002.3, None),
    ],
)
def test_boxes_between_samples(timestamp: float, expected: float | None) -> None:
    found = track_boxes(TIMES, XYXY, identity_id=4, class_name="car")(timestamp)
    assert [float(box.xyxy[0]) for box in found] == ([] if expected is None else [expected])
    assert all((box.identity_id, box.class_name) == (4, "car") for box in found)


def test_a_track_of_one_sample_or_none() -> None:
    one = track_boxes(TIMES[:1], XYXY[:1], identity_id=None, class_name="car")
    assert one(1001.1)[0].xyxy.tolist() == XYXY[0].tolist()
    assert track_boxes(TIMES[:0], XYXY[:0], identity_id=1, class_name="car")(1001.0) == []


@pytest.mark.parametrize(("first", "last"), [(0.0, 10.0), (2000.0, 2010.0)])
def test_a_part_without_pictures(
    source: RecordedSource, tmp_path: Path, first: float, last: float
) -> None:
    with pytest.raises(SourceError, match=r"camera cam: .*a\.mp4: no frame between"):
        cut_clip(source, tmp_path / "clip.mp4", first=first, last=last, boxes_at=lambda _: [])
    assert not (tmp_path / "clip.mp4").exists()


def test_wrong_times_and_paths(source: RecordedSource, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="last must not be before first"):
        cut_clip(source, tmp_path / "a.mp4", first=2.0, last=1.0, boxes_at=lambda _: [])
    with pytest.raises(OutputError):
        cut_clip(source, tmp_path / "no" / "a.mp4", first=1001, last=1002, boxes_at=lambda _: [])
