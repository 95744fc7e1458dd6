"""How good detections are: average precision, precision and recall, by class and by size.

Reference:
    Matching and 101-point average precision follow COCO (Lin et al., "Microsoft COCO", ECCV 2014,
    and its evaluation server), at one IoU threshold and without its limit of 100 detections.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from detector.boxes import covered, iou

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from detector.types import Detections

HEIGHT_BINS: Final = ((0.0, 35.0), (35.0, 70.0), (70.0, float("inf")))
"""Classes of size: height of a vehicle in pixels of its image, [low, high)."""

_IGNORED_SHARE: Final = 0.5
_RECALL_POINTS: Final = np.linspace(0, 1, 101)


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """What is really in an image.

    Attributes:
        xyxy: float32 (N, 4), pixels.
        class_id: int64 (N,).
        ignore: float32 (M, 4), regions where detections count neither as right nor as wrong.
    """

    xyxy: NDArray[np.float32]
    class_id: NDArray[np.int64]
    ignore: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """Detections of many images against their truth.

    Attributes:
        confidence: float32 (D,), of each detection that counts, highest first.
        correct: bool (D,), whether it found a vehicle that no better one had found.
        detected_height: float32 (D,), pixels.
        truth_confidence: float32 (T,), confidence with which each vehicle was found, -1 if not.
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
        min_iou: Smallest overlap that counts as found.
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
    overlaps = iou(found.xyxy, truth)
    taken_by = np.full(len(truth), -1.0, np.float32)
    correct = np.zeros(len(found), np.float32)
    for row in np.argsort(-found.confidence, kind="stable"):
        free = np.where(taken_by < 0, overlaps[row], -1.0)
        if len(free) and free.max() >= min_iou:
            taken_by[free.argmax()] = found.confidence[row]
            correct[row] = 1
    excused = covered(found.xyxy, ignore).max(axis=1, initial=0) >= _IGNORED_SHARE
    counts = (correct > 0) | ~excused
    return (
        found.confidence[counts],
        correct[counts],
        _height(found.xyxy)[counts],
        taken_by,
        _height(truth),
    )


def average_precision(matches: Matches) -> float:
    """Return the 101-point interpolated average precision in [0, 1]; NaN without any truth."""
    total = len(matches.truth_confidence)
    if not total:
        return float("nan")
    hits = np.cumsum(matches.correct)
    recall = hits / total
    precision = hits / np.arange(1, len(hits) + 1)
    envelope = np.append(np.maximum.accumulate(precision[::-1])[::-1], 0.0)
    return float(envelope[np.searchsorted(recall, _RECALL_POINTS, side="left")].mean())


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
