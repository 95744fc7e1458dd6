from __future__ import annotations

import math

import numpy as np
import pytest

from detector.evaluation.metrics import (
    average_precision,
    match,
    precision_recall,
    recall_at_precision,
)
from detector.truth import Truth
from detector.types import Detections

NONE = np.zeros((0, 4), np.float32)


def detections(*rows: tuple[float, ...]) -> Detections:
    """Rows of x1, y1, x2, y2, confidence, class."""
    table = np.array(rows, np.float32).reshape(-1, 6)
    return Detections(table[:, :4], table[:, 4], table[:, 5].astype(np.int64))


def truth(*rows: tuple[float, ...], ignore=NONE) -> Truth:
    """Rows of x1, y1, x2, y2, class."""
    table = np.array(rows, np.float32).reshape(-1, 5)
    return Truth(table[:, :4], table[:, 4].astype(np.int64), np.asarray(ignore, np.float32))


CAR = (0, 0, 10, 40, 0)
BUS = (50, 0, 90, 80, 2)


def test_two_vehicles_three_detections_by_hand():
    # Right at 0.9, wrong at 0.8, right at 0.7: precision 1, 1/2, 2/3 at recall 1/2, 1/2, 1.
    # Interpolated: 1 for the 51 recalls up to 0.5, 2/3 for the other 50.
    found = [
        detections((0, 0, 10, 40, 0.9, 0), (20, 0, 30, 40, 0.8, 0), (50, 0, 90, 80, 0.7, 3)),
    ]
    matches = match(found, [truth(CAR, BUS)])
    assert average_precision(matches) == pytest.approx((51 + 50 * 2 / 3) / 101)
    assert precision_recall(matches, confidence=0.75) == (0.5, 0.5)
    assert precision_recall(matches, confidence=0.5) == (pytest.approx(2 / 3), 1.0)
    assert recall_at_precision(matches, 0.9) == (0.5, pytest.approx(0.9))
    assert recall_at_precision(matches, 0.6) == (1.0, pytest.approx(0.7))


def test_classes_apart():
    found = [detections((0, 0, 10, 40, 0.9, 0), (50, 0, 90, 80, 0.7, 3))]
    real = [truth(CAR, BUS)]
    assert average_precision(match(found, real, class_id=0)) == 1.0
    assert average_precision(match(found, real, class_id=2)) == 0.0
    assert math.isnan(average_precision(match(found, real, class_id=3)))


def test_sizes_apart():
    found = [detections((0, 0, 10, 40, 0.9, 0), (200, 0, 240, 100, 0.9, 0))]
    matches = match(found, [truth(CAR, BUS)])
    assert precision_recall(matches, confidence=0.5, heights=(35, 70)) == (1.0, 1.0)
    assert precision_recall(matches, confidence=0.5, heights=(70, math.inf)) == (0.0, 0.0)
    assert all(map(math.isnan, precision_recall(matches, confidence=0.5, heights=(0, 35))))


def test_a_second_detection_of_the_same_vehicle_is_wrong():
    found = [detections((0, 0, 10, 40, 0.6, 0), (0, 0, 10, 38, 0.9, 0))]
    assert match(found, [truth(CAR)]).correct.tolist() == [True, False]


def test_the_best_overlap_is_taken_not_the_first():
    near, far = (0, 0, 10, 40, 0), (0, 0, 10, 60, 0)
    found = [detections((0, 0, 10, 58, 0.9, 0), (0, 0, 10, 41, 0.8, 0))]
    assert match(found, [truth(near, far)]).correct.tolist() == [True, True]


def test_detections_in_ignored_regions_do_not_count():
    found = [detections((0, 0, 10, 40, 0.9, 0), (100, 100, 110, 110, 0.95, 0))]
    matches = match(found, [truth(CAR, ignore=[[90, 90, 120, 120]])])
    assert average_precision(matches) == 1.0
    assert len(matches.confidence) == 1


def test_images_are_kept_apart():
    found = [detections((0, 0, 10, 40, 0.9, 0)), detections((0, 0, 10, 40, 0.8, 0))]
    assert match(found, [truth(CAR), truth(BUS)]).correct.tolist() == [True, False]


def test_nothing_at_all():
    matches = match([], [])
    assert math.isnan(average_precision(matches))
    assert recall_at_precision(matches, 0.9) == (0.0, 1.0)


def test_nothing_found_and_nothing_there():
    assert average_precision(match([detections()], [truth(CAR)])) == 0.0
    assert math.isnan(average_precision(match([detections((0, 0, 1, 1, 0.5, 0))], [truth()])))


def test_equal_to_pycocotools(capsys):
    coco_module = pytest.importorskip("pycocotools.coco", reason="pycocotools is not installed")
    from pycocotools.cocoeval import COCOeval

    rng = np.random.default_rng(3)
    found, real = [], []
    for _ in range(12):
        corner = rng.uniform(0, 200, (6, 2))
        boxes = np.concatenate([corner, corner + rng.uniform(10, 60, (6, 2))], axis=1)
        moved = boxes + rng.normal(0, 4, boxes.shape)
        keep = rng.random(6) < 0.8
        scores = rng.permutation(6)[keep] / 7 + rng.uniform(0, 0.1, keep.sum())
        real.append(truth(*((*tuple(b), 0) for b in boxes)))
        found.append(detections(*((*b, s, 0) for b, s in zip(moved[keep], scores, strict=True))))
    coco = coco_module.COCO()
    coco.dataset = {
        "images": [{"id": i} for i in range(12)],
        "categories": [{"id": 1}],
        "annotations": [
            {"id": 10 * i + k + 1, "image_id": i, "category_id": 1, "iscrowd": 0,
             "bbox": [x1, y1, x2 - x1, y2 - y1], "area": (x2 - x1) * (y2 - y1)}
            for i, t in enumerate(real) for k, (x1, y1, x2, y2) in enumerate(t.xyxy.tolist())
        ],
    }  # fmt: skip
    coco.createIndex()
    results = coco.loadRes(
        [
            {"image_id": i, "category_id": 1, "bbox": [x1, y1, x2 - x1, y2 - y1], "score": score}
            for i, d in enumerate(found)
            for (x1, y1, x2, y2), score in zip(d.xyxy.tolist(), d.confidence.tolist(), strict=True)
        ]
    )
    judge = COCOeval(coco, results, "bbox")
    judge.evaluate()
    judge.accumulate()
    judge.summarize()
    assert average_precision(match(found, real)) == pytest.approx(judge.stats[1], abs=1e-6)
    strict = average_precision(match(found, real, min_iou=0.75))
    assert strict == pytest.approx(judge.stats[2], abs=1e-6)
    capsys.readouterr()
