"""Ground truth of an image: what detectors are trained to find, and measured by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """Ground truth of an image.

    Attributes:
        xyxy: float32 (N, 4), pixels.
        class_id: int64 (N,).
        ignore: float32 (M, 4), regions where detections are neither true nor false positives.
    """

    xyxy: NDArray[np.float32]
    class_id: NDArray[np.int64]
    ignore: NDArray[np.float32]
