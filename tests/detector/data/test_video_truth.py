from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from detector.data.dataset import Source, load_samples
from detector.data.video_truth import read_video_truth

LINES = """1,7,10,20,30,40,1,car,1
1,8,0,0,20,30,1,truck,0.1
3,7,12,20,30,5,1,car,0.9
3,9,50,20,10,12,1,bus,0.5
3,4,80,20,10,12,1,hovercraft,0.5
"""


def write(folder: Path, lines: str) -> Path:
    (folder / "gt_all").mkdir(parents=True)
    (folder / "gt_all" / "cam.txt").write_text(lines)
    return folder / "cam.mp4"


def test_hidden_low_and_unknown_ones_are_ignored(tmp_path):
    truths = read_video_truth(write(tmp_path, LINES), min_visibility=0.2)
    assert truths is not None
    assert sorted(truths) == [0, 2]
    assert truths[0].xyxy.tolist() == [[10, 20, 40, 60]]
    assert truths[0].ignore.tolist() == [[0, 0, 20, 30]]
    assert truths[2].class_id.tolist() == [2]
    assert len(truths[2].ignore) == 2
    hidden_too = read_video_truth(tmp_path / "cam.mp4", min_visibility=0.05)
    assert hidden_too is not None
    assert len(hidden_too[0].xyxy) == 2


def test_no_file_no_truth(tmp_path):
    assert read_video_truth(tmp_path / "cam.mp4", min_visibility=0.2) is None
    assert read_video_truth(write(tmp_path, ""), min_visibility=0.2) == {}


IMPOSSIBLE = [
    "0,7,10,20,30,40,1,car,1",
    "1,7,10,20,-30,40,1,car,1",
    "1,7,10,20,30,nan,1,car,1",
]


@pytest.mark.parametrize(
    "line", ["1,2,3", "x,7,10,20,30,40,1,car,1", "1,7,a,20,30,40,1,car,1", *IMPOSSIBLE]
)
def test_bad_lines_are_named(tmp_path, line):
    video = write(tmp_path, LINES + line + "\n")
    with pytest.raises(ValueError, match=r"cam\.txt:6: expected 'frame,id,x,y"):
        read_video_truth(video, min_visibility=0.2)


def test_training_reads_the_frames_with_their_boxes(tmp_path):
    video = write(tmp_path / "V1", LINES)
    writer = cv2.VideoWriter(str(video), cv2.VideoWriter_fourcc(*"mp4v"), 10, (100, 80))
    for _ in range(4):
        writer.write(np.full((80, 100, 3), 90, np.uint8))
    writer.release()
    source = Source(name="s", paths=("V*/*.mp4",), every_s=0.2)
    samples = load_samples(source, [tmp_path], held_out=False)
    assert len(samples) == 2
    assert samples[0].xyxy.tolist() == [pytest.approx([0.1, 0.25, 0.4, 0.75])]
    assert samples[1].class_id.tolist() == [2]
