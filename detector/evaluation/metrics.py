"""Detection metrics: average precision, precision and recall, by class and by size.

Reference:
    Matching and 101-point average precision follow COCO (Lin et al., "Microsoft COCO", ECCV 2014,
    and its evaluation server) without its limit of 100 detections; our regions to ignore are its
    crowds, except that a detection is ignored when half of it lies in one, whatever the threshold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from detector.boxes import covered, iou
from detector.types import CLASS_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from detector.truth import Truth
    from detector.types import Detections

HEIGHT_BINS: Final = ((0.0, 35.0), (35.0, 70.0), (70.0, float("inf")))
"""Classes of size: height of a vehicle in pixels of its image, [low, high)."""

IOU_THRESHOLDS: Final = tuple(float(t) for t in np.linspace(0.5, 0.95, 10))
"""Over which COCO's mAP50-95 averages."""

_IGNORED_SHARE: Final = 0.5
RECALL_POINTS: Final = np.linspace(0, 1, 101)
"""Of COCO's interpolation."""


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """Detections of many images against their truth.

    Attributes:
        confidence: float32 (D,), of each detection that counts, highest first.
        correct: bool (D,), whether it is a true positive: of a vehicle that no better one has.
        detected_height: float32 (D,), pixels.
        truth_confidence: float32 (T,), confidence with which each vehicle was detected, -1 if not.
        truth_height: float32 (T,), pixels.
    """

    confidence: NDArray[np.float32]
    correct: NDArray[np.bool_]
    detected_height: NDArray[np.float32]
    truth_confidence: NDArray[np.float32]
    truth_height: NDArray[np.float32]


def match(
    detections: Sequence[Detections],
    truths: Sequence[Truth],
    *,
    class_id: int | None = None,
    min_iou: float = 0.5,
) -> Matches:
    """Match detections to the truth, image by image, the most confident detection first.

    Args:
        detections: Of each image.
        truths: Of each image.
        class_id: Consider only this class; None matches boxes whatever their classes.
        min_iou: Smallest overlap that counts as detected.
    """
    parts = []
    for found, truth in zip(detections, truths, strict=True):
        mine = np.ones(len(found), bool) if class_id is None else found.class_id == class_id
        real = np.ones(len(truth.xyxy), bool) if class_id is None else truth.class_id == class_id
        parts.append(_match_image(found[mine], truth.xyxy[real], truth.ignore, min_iou=min_iou))
    none = np.zeros(0, np.float32)
    columns = [np.concatenate([none, *column]) for column in zip(*parts, strict=True)]
    confidence, correct, height, truth_confidence, truth_height = columns or [none] * 5
    order = np.argsort(-confidence, kind="stable")
    return Matches(
        confidence=confidence[order],
        correct=correct[order].astype(bool),
        detected_height=height[order],
        truth_confidence=truth_confidence,
        truth_height=truth_height,
    )


def _match_image(
    found: Detections, truth: NDArray[np.float32], ignore: NDArray[np.float32], *, min_iou: float
) -> tuple[NDArray[np.float32], ...]:
    """Return the columns of `Matches` for one image."""
    vehicle = assign(found, truth, min_iou=min_iou)
    hit = vehicle >= 0
    taken_by = np.full(len(truth), -1.0, np.float32)
    taken_by[vehicle[hit]] = found.confidence[hit]
    counts = hit | ~excused(found.xyxy, ignore)
    return (
        found.confidence[counts],
        hit[counts].astype(np.float32),
        _height(found.xyxy)[counts],
        taken_by,
        _height(truth),
    )


def assign(
    found: Detections, truth: NDArray[np.float32], *, min_iou: float = 0.5
) -> NDArray[np.intp]:
    """Give each vehicle of an image to the most confident detection that overlaps it enough.

    Args:
        found: D detections.
        truth: float32 (N, 4), the vehicles.
        min_iou: Smallest overlap that counts as detected.

    Returns:
        (D,), the vehicle that each detection matches; -1 for none, or for one already taken.
    """
    overlaps = iou(found.xyxy, truth)
    vehicle = np.full(len(found), -1)
    free = np.ones(len(truth), bool)
    for row in np.argsort(-found.confidence, kind="stable"):
        candidates = np.where(free, overlaps[row], -1.0)
        if len(candidates) and candidates.max() >= min_iou:
            vehicle[row] = candidates.argmax()
            free[vehicle[row]] = False
    return vehicle


def excused(xyxy: NDArray[np.float32], ignore: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which boxes lie mostly in a region to ignore; (D, 4), (M, 4) -> (D,)."""
    return np.asarray(covered(xyxy, ignore).max(axis=1, initial=0) >= _IGNORED_SHARE)


def precision_curve(matches: Matches) -> NDArray[np.float64]:
    """Return the interpolated precision at recall 0, 0.01, … 1, float64 (101,); NaN without truth.

    Interpolated: the best precision at this recall or a higher one, 0 where it is out of reach.
    """
    total = len(matches.truth_confidence)
    if not total:
        return np.full(len(RECALL_POINTS), np.nan)
    hits = np.cumsum(matches.correct)
    precision = hits / np.arange(1, len(hits) + 1)
    envelope = np.append(np.maximum.accumulate(precision[::-1])[::-1], 0.0)
    return np.asarray(envelope[np.searchsorted(hits / total, RECALL_POINTS, side="left")])


def average_precision(matches: Matches) -> float:
    """Return the 101-point interpolated average precision in [0, 1]; NaN without any truth."""
    return float(precision_curve(matches).mean())


def mean_average_precision(
    detections: Sequence[Detections], truths: Sequence[Truth], *, class_id: int | None = None
) -> float:
    """Return the mean of the average precision over `IOU_THRESHOLDS`; NaN without any truth.

    Args:
        detections: Of each image.
        truths: Of each image.
        class_id: Consider only this class; None compares boxes whatever their classes.
    """
    every = [match(detections, truths, class_id=class_id, min_iou=t) for t in IOU_THRESHOLDS]
    return float(np.mean([average_precision(matches) for matches in every]))


def confusion(
    detections: Sequence[Detections], truths: Sequence[Truth], *, confidence: float
) -> NDArray[np.int64]:
    """Return the confusion matrix of detected vehicles, int64 (classes, classes): rows are true.

    Boxes are matched class-agnostically, so that classification is measured separately.

    Args:
        detections: Of each image.
        truths: Of each image.
        confidence: Lowest confidence that counts as a detection.
    """
    table = np.zeros((len(CLASS_NAMES), len(CLASS_NAMES)), np.int64)
    for found, truth in zip(detections, truths, strict=True):
        sure = found[found.confidence >= confidence]
        vehicle = assign(sure, truth.xyxy)
        hit = vehicle >= 0
        np.add.at(table, (truth.class_id[vehicle[hit]], sure.class_id[hit]), 1)
    return table


def precision_recall(
    matches: Matches, *, confidence: float, heights: tuple[float, float] = (0.0, float("inf"))
) -> tuple[float, float]:
    """Return precision and recall at a threshold; NaN where there is nothing to divide by.

    Args:
        matches: From `match`.
        confidence: Lowest confidence that counts as a detection.
        heights: Range [low, high) in pixels: of the detections for precision, of the vehicles for
            recall.
    """
    low, high = heights
    height = matches.detected_height
    sure = (matches.confidence >= confidence) & (height >= low) & (height < high)
    real = (matches.truth_height >= low) & (matches.truth_height < high)
    precision = matches.correct[sure].mean() if sure.any() else float("nan")
    recall = (matches.truth_confidence[real] >= confidence).mean() if real.any() else float("nan")
    return float(precision), float(recall)


def recall_at_precision(matches: Matches, precision: float) -> tuple[float, float]:
    """Return the best recall at this precision, and the threshold; (0, 1) if out of reach."""
    hits = np.cumsum(matches.correct)
    good = np.flatnonzero(hits / np.arange(1, len(hits) + 1) >= precision)
    if not len(good) or not len(matches.truth_confidence):
        return 0.0, 1.0
    last = good[-1]
    return float(hits[last] / len(matches.truth_confidence)), float(matches.confidence[last])


def _height(xyxy: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the height of each box in pixels; (N, 4) -> (N,)."""
    return np.asarray(xyxy[:, 3] - xyxy[:, 1])
