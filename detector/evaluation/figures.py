"""Metrics by which detectors are compared on a set of images."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from detector.evaluation.metrics import (
    HEIGHT_BINS,
    assign,
    average_precision,
    confusion,
    match,
    mean_average_precision,
    precision_recall,
    recall_at_precision,
)
from detector.truth import Truth
from detector.types import CLASS_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from detector.types import Detections

COUNTS = frozenset({"images", "vehicles"})
"""Figures that are whole numbers."""

_AIM_PRECISION = 0.9
"""At which recall is compared."""


def measure(
    detections: Sequence[Detections],
    truths: Sequence[Truth],
    *,
    confidence: float,
    classes: bool,
) -> dict[str, float]:
    """Return every figure of one detector on one set; NaN where there is nothing to measure.

    Localisation and classification are measured separately: `AP50`, `AP50-95`, precision and
    recall are class-agnostic; `class_accuracy` is the share of correctly classified vehicles among
    those detected; `mAP50` and `mAP50-95` are COCO's, means over classes, and measure both.

    Args:
        detections: Of each image.
        truths: Of each image.
        confidence: Threshold for precision, recall and class accuracy.
        classes: Whether the truth has classes.
    """
    figures = _finding(detections, truths, confidence=confidence)
    if classes:
        figures |= _naming(detections, truths, confidence=confidence)
    return figures


def _finding(
    detections: Sequence[Detections], truths: Sequence[Truth], *, confidence: float
) -> dict[str, float]:
    matches = match(detections, truths)
    precision, recall = precision_recall(matches, confidence=confidence)
    best_recall, threshold = recall_at_precision(matches, _AIM_PRECISION)
    figures = {
        "images": float(len(truths)),
        "vehicles": float(len(matches.truth_confidence)),
        "AP50": average_precision(matches),
        "AP75": average_precision(match(detections, truths, min_iou=0.75)),
        "AP50-95": mean_average_precision(detections, truths),
        "precision": precision,
        "recall": recall,
        "recall_at_p90": best_recall,
        "threshold_at_p90": threshold,
    }
    for low, high in HEIGHT_BINS:
        span = f"{low:.0f}-{high:.0f}" if math.isfinite(high) else f"{low:.0f}+"
        precision, recall = precision_recall(matches, confidence=confidence, heights=(low, high))
        figures |= {f"precision_{span}": precision, f"recall_{span}": recall}
    tall = [_at_least(truth, HEIGHT_BINS[1][0]) for truth in truths]
    figures["recall_at_p90_35+"], _ = recall_at_precision(match(detections, tall), _AIM_PRECISION)
    return figures


def _at_least(truth: Truth, height: float) -> Truth:
    """Return the truth with lower vehicles as regions to ignore."""
    tall = truth.xyxy[:, 3] - truth.xyxy[:, 1] >= height
    ignore = np.concatenate([truth.ignore, truth.xyxy[~tall]])
    return Truth(truth.xyxy[tall], truth.class_id[tall], ignore)


def _naming(
    detections: Sequence[Detections], truths: Sequence[Truth], *, confidence: float
) -> dict[str, float]:
    table = confusion(detections, truths, confidence=confidence)
    figures = {"class_accuracy": _share(table.trace(), table.sum())}
    at_half, at_all = [], []
    for class_id, name in enumerate(CLASS_NAMES):
        matches = match(detections, truths, class_id=class_id)
        at_half.append(average_precision(matches))
        at_all.append(mean_average_precision(detections, truths, class_id=class_id))
        precision, recall = precision_recall(matches, confidence=confidence)
        figures |= {
            f"AP50_{name}": at_half[-1],
            f"precision_{name}": precision,
            f"recall_{name}": recall,
            f"found_35+_{name}": _found(detections, truths, class_id, confidence=confidence),
            f"named_right_{name}": _share(table[class_id, class_id], table[class_id].sum()),
        }
    return figures | {"mAP50": _mean(at_half), "mAP50-95": _mean(at_all)}


def _found(
    detections: Sequence[Detections], truths: Sequence[Truth], class_id: int, *, confidence: float
) -> float:
    """Return the share of a class's vehicles of 35 px or more that were detected, as any class."""
    confidences = [np.zeros(0, np.float32)]
    for found, truth in zip(detections, truths, strict=True):
        best = np.full(len(truth.xyxy), -1.0, np.float32)
        vehicle = assign(found, truth.xyxy)
        best[vehicle[vehicle >= 0]] = found.confidence[vehicle >= 0]
        tall = truth.xyxy[:, 3] - truth.xyxy[:, 1] >= HEIGHT_BINS[1][0]
        confidences.append(best[tall & (truth.class_id == class_id)])
    every = np.concatenate(confidences)
    return _share(int((every >= confidence).sum()), len(every))


def _share(part: int, whole: int) -> float:
    return float(part / whole) if whole else float("nan")


def _mean(values: Sequence[float]) -> float:
    """Return the mean of those that are not NaN; NaN if none is left."""
    real = [value for value in values if not math.isnan(value)]
    return float(np.mean(real)) if real else float("nan")
