"""Pictures of the sample footage."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

FOOTAGE = Path(__file__).parents[2] / "sample_videos"


def two_pictures() -> list[np.ndarray]:
    """Two of different size and shape; uint8 (H, W, 3), BGR."""
    if not FOOTAGE.is_dir():
        pytest.skip("sample_videos/ is not part of an installed copy")
    frames = []
    for camera, index in (("camA2", 420), ("camA4", 480)):
        capture = cv2.VideoCapture(str(FOOTAGE / f"{camera}.mp4"))
        capture.set(cv2.CAP_PROP_POS_FRAMES, index)
        frames.append(capture.read()[1])
        capture.release()
    return [frames[0], frames[1][:, 100:]]
