"""Small videos made for a test: every frame is grey of a known value, at a known time."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np

from detector.files.decoding import SourceInfo
from detector.types import Frame

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from app.errors import SourceError

GREY_STEP = 10
"""Difference of grey between frames: survives H.264."""


def grey(level: int, *, width: int = 64, height: int = 48) -> NDArray[np.uint8]:
    """Return an even picture."""
    return np.full((height, width, 3), level, np.uint8)


def write_video(
    path: Path,
    times_ms: Sequence[int],
    *,
    keyframe_every: int = 5,
    picture: NDArray[np.uint8] | None = None,
) -> Path:
    """Write a video with frames at given milliseconds; frame i is grey of 20 + 10 i."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        height, width = (48, 64) if picture is None else picture.shape[:2]
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        stream.codec_context.gop_size = keyframe_every
        stream.codec_context.options = {"bf": "0", "preset": "ultrafast", "crf": "8"}
        for i, time_ms in enumerate(times_ms):
            image = grey(20 + GREY_STEP * i % 230) if picture is None else picture
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            frame.pts, frame.time_base = time_ms, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


class FakeSource:
    """A camera whose frames are given; raises an error after them if one is given."""

    def __init__(
        self, camera_id: str, times: Sequence[float], *, error: SourceError | None = None
    ) -> None:
        self.camera_id = camera_id
        self.info = SourceInfo(
            width=2, height=2, average_fps=10.0, duration_s=None, frame_count=None, codec="none"
        )
        self.live = False
        self.warnings: list[str] = []
        self.given = 0
        self.stopped = False
        self._times = times
        self._error = error

    def frames(self) -> Iterator[Frame]:
        """Yield the frames."""
        try:
            for index, time in enumerate(self._times):
                self.given += 1
                yield Frame(self.camera_id, index, time, np.zeros((2, 2, 3), np.uint8))
            if self._error is not None:
                raise self._error
        finally:
            self.stopped = True

    def close(self) -> None:
        """Nothing is held."""
