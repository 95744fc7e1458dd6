from __future__ import annotations

import cv2
import numpy as np
import pytest

from detector.evaluation.pictures import find_mistakes, mistake_sheet, plot_precision_recall
from detector.truth import Truth
from detector.types import Detections

IGNORED = np.array([[300, 0, 400, 100]], np.float32)
TRUTH = Truth(
    np.array([[0, 0, 10, 40], [50, 0, 90, 80]], np.float32), np.array([0, 2]), ignore=IGNORED
)
FOUND = Detections(
    np.array([[0, 0, 10, 40], [200, 0, 240, 40], [310, 0, 340, 40], [120, 0, 130, 9]], np.float32),
    np.array([0.9, 0.6, 0.8, 0.3], np.float32),
    np.zeros(4, np.int64),
)


def test_misses_come_first_then_false_alarms_that_are_not_excused():
    mistakes = find_mistakes([FOUND], [TRUTH], confidence=0.25)
    assert [(m.missed, pytest.approx(m.weight)) for m in mistakes] == [
        (True, 80.0),
        (False, 0.6),
        (False, 0.3),
    ]
    assert len(find_mistakes([FOUND], [TRUTH], confidence=0.95)) == 2


@pytest.mark.parametrize("count", [0, 1, 30])
def test_the_sheet_shows_any_number_of_mistakes(count):
    image = np.full((120, 400, 3), 128, np.uint8)
    found = [FOUND] * count
    mistakes = find_mistakes(found, [TRUTH] * count, confidence=0.25)
    sheet = mistake_sheet(mistakes, lambda _: image)
    assert sheet.dtype == np.uint8
    assert sheet.shape[1] == 8 * 160
    coloured = (sheet.max(axis=2).astype(int) - sheet.min(axis=2)) > 60
    assert coloured.any() == bool(count)


def test_the_plot_is_a_picture(tmp_path):
    plot_precision_recall({"ours": [FOUND]}, [TRUTH], tmp_path / "pr.png", title="streets")
    assert cv2.imread(str(tmp_path / "pr.png")) is not None
