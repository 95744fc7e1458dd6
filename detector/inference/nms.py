"""Non-maximum suppression: keeps the most confident of overlapping boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from detector.boxes import iou

if TYPE_CHECKING:
    from numpy.typing import NDArray


def suppress(
    xyxy: NDArray[np.float32], confidence: NDArray[np.float32], *, max_iou: float
) -> NDArray[np.intp]:
    """Return the indices of the boxes to keep, most confident first; earlier ones win ties.

    Classes play no part: one vehicle must not come out both as a car and as a truck.

    Args:
        xyxy: float32 (N, 4).
        confidence: float32 (N,).
        max_iou: Largest overlap that two kept boxes may have, in [0, 1].
    """
    order = np.argsort(-confidence, kind="stable")
    overlaps = iou(xyxy[order], xyxy[order]) > max_iou
    alive = np.ones(len(order), bool)
    for i in range(len(order)):
        if alive[i]:
            alive[i + 1 :] &= ~overlaps[i, i + 1 :]
    return order[alive]
