"""Average precision against pycocotools, the field's reference, on the same input."""

from __future__ import annotations

import contextlib
import io

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from detector.boxes import xyxy_to_xywh
from detector.evaluation.metrics import average_precision, match, mean_average_precision
from detector.truth import Truth
from detector.types import Detections

CLASSES = 3


def scene(rng: np.random.Generator, images: int) -> tuple[list[Detections], list[Truth]]:
    """Vehicles, and detections of them that are shifted, doubled, missing or made up."""
    found, truths = [], []
    for _ in range(images):
        count = int(rng.integers(0, 7))
        top_left = rng.uniform(0, 400, (count, 2))
        xyxy = np.hstack([top_left, top_left + rng.uniform(8, 120, (count, 2))])
        truths.append(
            Truth(
                xyxy.astype(np.float32),
                rng.integers(0, CLASSES, count),
                np.zeros((0, 4), np.float32),
            )
        )
        again = xyxy[rng.integers(0, count, int(rng.integers(0, 10)))] if count else xyxy
        boxes = again + rng.normal(0, 6, again.shape)
        boxes[:, 2:] = np.maximum(boxes[:, 2:], boxes[:, :2] + 1)
        total = len(boxes)
        found.append(
            Detections(
                boxes.astype(np.float32),
                rng.permutation(np.linspace(0.05, 0.95, 500))[:total].astype(np.float32),
                rng.integers(0, CLASSES, total),
            )
        )
    return found, truths


def coco_figures(found: list[Detections], truths: list[Truth]) -> tuple[float, float]:
    """mAP50-95 and mAP50 of pycocotools."""
    reference = COCO()
    annotations = [
        {"image_id": i, "category_id": int(c), "bbox": b.tolist(), "area": float(b[2] * b[3])}
        for i, truth in enumerate(truths)
        for b, c in zip(xyxy_to_xywh(truth.xyxy), truth.class_id, strict=True)
    ]
    reference.dataset = {
        "info": {},
        "images": [{"id": i} for i in range(len(truths))],
        "categories": [{"id": c, "name": str(c)} for c in range(CLASSES)],
        "annotations": [a | {"id": i + 1, "iscrowd": 0} for i, a in enumerate(annotations)],
    }
    results = [
        {"image_id": i, "category_id": int(c), "bbox": b.tolist(), "score": float(p)}
        for i, each in enumerate(found)
        for b, c, p in zip(xyxy_to_xywh(each.xyxy), each.class_id, each.confidence, strict=True)
    ]
    with contextlib.redirect_stdout(io.StringIO()):
        reference.createIndex()
        evaluation = COCOeval(reference, reference.loadRes(results), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return float(evaluation.stats[0]), float(evaluation.stats[1])


@pytest.mark.parametrize("seed", range(8))
def test_map_equals_pycocotools(seed):
    found, truths = scene(np.random.default_rng(seed), images=20)
    per_class = [
        (
            mean_average_precision(found, truths, class_id=c),
            average_precision(match(found, truths, class_id=c)),
        )
        for c in range(CLASSES)
    ]
    assert np.mean(per_class, axis=0) == pytest.approx(coco_figures(found, truths), abs=1e-6)
