"""Fusion of detections of several detectors and views of one image.

Reference:
    Solovyev, Wang, Gabruseva, "Weighted boxes fusion", Image and Vision Computing 2021. Departures:
    boxes are clustered class-agnostically, and the class is voted on by confidence, since
    detectors agree on where a vehicle is far more often than on what it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from detector.boxes import iou
from detector.types import CLASS_NAMES, Detections

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from detector.yolo import YoloDetector


MIN_IOU: Final = 0.55
"""Overlap from which boxes are one vehicle, as in the paper."""


@dataclass(frozen=True, slots=True, eq=False)
class Opinion:
    """Fused detections of one image.

    Attributes:
        xyxy: float32 (N, 4), means weighted by confidence.
        confidence: float32 (N,), sum of the confidences over the number of teachers and views:
            one that detected nothing counts as 0.
        votes: float32 (N, classes), confidence given to each class by those that detected it.
    """

    xyxy: NDArray[np.float32]
    confidence: NDArray[np.float32]
    votes: NDArray[np.float32]


def fuse(found: Sequence[Detections]) -> Opinion:
    """Fuse detections of one image.

    Args:
        found: One per detector and view, in the same pixels; each gives at most one box to a
            vehicle.
    """
    boxes: list[NDArray[np.float64]] = []
    weights: list[float] = []
    votes: list[NDArray[np.float64]] = []
    seen: list[set[int]] = []
    rows = [(-float(d.confidence[i]), s, i) for s, d in enumerate(found) for i in range(len(d))]
    for negative, source, i in sorted(rows):
        box, confidence = found[source].xyxy[i].astype(np.float64), -negative
        cluster = _cluster(box, boxes, [source in each for each in seen])
        if cluster is None:
            boxes.append(box)
            weights.append(confidence)
            votes.append(np.zeros(len(CLASS_NAMES)))
            seen.append({source})
            cluster = len(boxes) - 1
        else:
            total = weights[cluster] + confidence
            boxes[cluster] = (boxes[cluster] * weights[cluster] + box * confidence) / total
            weights[cluster] = total
            seen[cluster].add(source)
        votes[cluster][found[source].class_id[i]] += confidence
    return Opinion(
        xyxy=np.array(boxes, np.float32).reshape(-1, 4),
        confidence=np.array([w / max(1, len(found)) for w in weights], np.float32),
        votes=np.array(votes, np.float32).reshape(-1, len(CLASS_NAMES)),
    )


def _cluster(
    box: NDArray[np.float64],
    boxes: Sequence[NDArray[np.float64]],
    taken: Sequence[bool],
) -> int | None:
    """Return the fused box that a box belongs to, None if to none."""
    if not boxes:
        return None
    overlaps = iou(box[None].astype(np.float32), np.array(boxes, np.float32))[0]
    overlaps[np.array(taken)] = -1.0
    best = int(overlaps.argmax())
    return best if overlaps[best] >= MIN_IOU else None


def mirrored(detector: YoloDetector, image: NDArray[np.uint8]) -> list[Detections]:
    """Return what a detector finds in an image and in its mirror image, in the image's pixels."""
    plain, flipped = detector([image, np.ascontiguousarray(image[:, ::-1])])
    width = image.shape[1]
    xyxy = flipped.xyxy[:, [2, 1, 0, 3]]
    xyxy[:, [0, 2]] = width - xyxy[:, [0, 2]]
    return [plain, Detections(xyxy, flipped.confidence, flipped.class_id)]
