"""Pictures of the sample footage, and damaged videos."""

from __future__ import annotations

from pathlib import Path

import av
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


def damage(video: Path, *packets: int) -> None:
    """Fill some packets of a video with what no decoder understands."""
    with av.open(str(video)) as container:
        places = [(one.pos, one.size) for one in container.demux(video=0) if one.size]
    content = bytearray(video.read_bytes())
    for number in packets:
        start, size = places[number]
        content[start : start + size] = b"\xff" * size
    video.write_bytes(content)
