from __future__ import annotations

import math

import numpy as np
import pytest

from detector.evaluation.figures import measure
from detector.evaluation.metrics import confusion
from detector.truth import Truth
from detector.types import Detections

NONE = np.zeros((0, 4), np.float32)


def detections(*rows: tuple[float, ...]) -> Detections:
    """Rows of x1, y1, x2, y2, confidence, class."""
    table = np.array(rows, np.float32).reshape(-1, 6)
    return Detections(table[:, :4], table[:, 4], table[:, 5].astype(np.int64))


def truth(*rows: tuple[float, ...]) -> Truth:
    """Rows of x1, y1, x2, y2, class."""
    table = np.array(rows, np.float32).reshape(-1, 5)
    return Truth(table[:, :4], table[:, 4].astype(np.int64), NONE)


CAR, BUS = (0, 0, 10, 40, 0), (50, 0, 90, 80, 2)
FOUND = detections((0, 0, 10, 40, 0.9, 0), (50, 0, 90, 80, 0.7, 3))


def test_finding_and_naming_are_judged_apart():
    figures = measure([FOUND], [truth(CAR, BUS)], confidence=0.5, classes=True)
    assert figures["AP50"] == figures["AP50-95"] == figures["recall"] == 1.0
    assert figures["class_accuracy"] == 0.5
    assert (figures["AP50_car"], figures["AP50_bus"]) == (1.0, 0.0)
    assert figures["mAP50"] == figures["mAP50-95"] == 0.5  # car and bus; the others are not there
    assert (figures["named_right_car"], figures["named_right_bus"]) == (1.0, 0.0)
    assert (figures["found_35+_car"], figures["found_35+_bus"]) == (1.0, 1.0)
    assert math.isnan(figures["found_35+_truck"])


def test_without_classes_nothing_is_said_of_them():
    figures = measure([FOUND], [truth(CAR, BUS)], confidence=0.5, classes=False)
    assert not {"mAP50", "class_accuracy", "AP50_car"} & figures.keys()


def test_low_vehicles_count_neither_way_for_the_recall_of_tall_ones():
    low = (200, 0, 210, 20, 0)
    found = detections((0, 0, 10, 40, 0.9, 0), (200, 0, 210, 20, 0.95, 0))
    figures = measure([found], [truth(CAR, low)], confidence=0.5, classes=False)
    assert figures["recall_at_p90_35+"] == 1.0


def test_nothing_gives_no_figures():
    figures = measure([detections()], [truth()], confidence=0.5, classes=True)
    assert (figures["images"], figures["vehicles"]) == (1, 0)
    assert all(math.isnan(figures[name]) for name in ("AP50", "recall", "mAP50", "class_accuracy"))


def test_confusion_counts_what_found_vehicles_were_called():
    table = confusion([FOUND, FOUND], [truth(CAR, BUS), truth(BUS)], confidence=0.5)
    assert table[0, 0] == 1
    assert table[2, 3] == 2
    assert table.sum() == 3
    unsure = confusion([FOUND], [truth(CAR, BUS)], confidence=0.8)
    assert unsure.sum() == pytest.approx(1)
