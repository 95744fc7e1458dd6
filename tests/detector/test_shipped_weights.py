"""The shipped detector on the shipped footage."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest

from detector import network
from detector.evaluation.metrics import match, precision_recall
from detector.truth import Truth
from detector.types import CLASS_NAMES
from detector.yolo import DEFAULT_WEIGHTS, DetectorSettings, YoloDetector

FOOTAGE = Path(__file__).parents[2] / "sample_videos"
FRAMES = range(40, 600, 70)
LIMIT_BYTES = 12_000_000


def truth(camera: str, frame: int) -> Truth:
    """Vehicles at least 35 px high; the smaller ones are ignored."""
    with (FOOTAGE / "gt_all" / f"{camera}.txt").open(newline="") as file:
        rows = [
            [float(v) for v in row[2:6]] for row in csv.reader(file) if int(row[0]) == frame + 1
        ]
    xywh = np.array(rows, np.float32).reshape(-1, 4)
    xyxy = np.concatenate([xywh[:, :2], xywh[:, :2] + xywh[:, 2:]], axis=1)
    large = xywh[:, 3] >= 35
    return Truth(xyxy[large], np.zeros(large.sum(), np.int64), xyxy[~large])


def frame_of(camera: str, frame: int):
    capture = cv2.VideoCapture(str(FOOTAGE / f"{camera}.mp4"))
    capture.set(cv2.CAP_PROP_POS_FRAMES, frame)
    _, image = capture.read()
    capture.release()
    return image


def test_the_file_says_what_it_is():
    path = network.locate(DEFAULT_WEIGHTS)
    assert path.stat().st_size < LIMIT_BYTES
    loaded = network.load(path)
    assert loaded.names == CLASS_NAMES
    assert (path.parent / "README.md").is_file()


@pytest.mark.skipif(not FOOTAGE.is_dir(), reason="sample_videos/ is not part of an installed copy")
def test_most_vehicles_of_the_demo_footage_are_found():
    detector = YoloDetector(DetectorSettings())
    found = detector([frame_of("camA3", frame) for frame in FRAMES])
    matches = match(found, [truth("camA3", frame) for frame in FRAMES])
    precision, recall = precision_recall(matches, confidence=0.25)
    assert len(matches.truth_confidence) > 20
    assert recall > 0.75
    assert precision > 0.75
