"""Writes a camera's recording: H.264 in MP4, each frame with its capture time."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final, Self

import av
import cv2
import numpy as np

from detector.types import check_array

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

TIME_BASE: Final = Fraction(1, 90_000)
"""Ticks of the MPEG system clock: exact for all common frame rates."""
KEYFRAME_EVERY_S: Final = 5.0
"""As recorders of surveillance cameras are usually set."""
# Stated, because players otherwise guess the colour matrix from the size. OpenCV's conversion is
# BT.601 in limited range.
_MATRIX_SMPTE170M: Final = 6
_PRIMARIES_BT709: Final = 1
_RANGE_LIMITED: Final = 1


class VideoFile:
    """A recording that is being written; a context manager.

    x264 runs in one thread, with fixed settings and without B-frames, as in surveillance cameras:
    its decisions on B-frames depend on memory that it does not clear, and vary from run to run.

    Args:
        path: Where it goes; an older file is replaced.
        size_wh: Of the images; both sides must be even.
        frame_rate: Nominal, for rate control and keyframes.
        crf: Quality of x264, from 0 (lossless) to 51.

    Raises:
        ValueError: If a side is odd.
        OSError: If the file cannot be written.
    """

    def __init__(
        self, path: Path, size_wh: tuple[int, int], *, frame_rate: float, crf: int
    ) -> None:
        if size_wh[0] % 2 or size_wh[1] % 2:
            raise ValueError(f"size_wh must be even for H.264 in yuv420p, is {size_wh}")
        self._shape = (size_wh[1], size_wh[0], 3)
        rate = Fraction(frame_rate).limit_denominator(1001)
        self._container = av.open(
            str(path), "w", format="mp4", container_options={"movflags": "faststart"}
        )
        self._stream = self._container.add_stream("libx264", rate=rate)
        self._stream.width, self._stream.height = size_wh
        self._stream.pix_fmt = "yuv420p"
        context = self._stream.codec_context
        context.time_base = TIME_BASE
        context.options = {"preset": "medium", "crf": str(crf), "bf": "0"}
        context.gop_size = max(1, round(KEYFRAME_EVERY_S * frame_rate))
        context.thread_count = 1
        context.color_range = _RANGE_LIMITED
        context.colorspace = _MATRIX_SMPTE170M
        context.color_primaries = context.color_trc = _PRIMARIES_BT709

    def __enter__(self) -> Self:
        """Return the file."""
        return self

    def __exit__(self, *_: object) -> None:
        """Finish the file."""
        try:
            for packet in self._stream.encode():
                self._container.mux(packet)
        finally:
            self._container.close()

    def write(self, image: NDArray[np.uint8], time_s: float) -> None:
        """Append an image.

        Args:
            image: uint8 (height, width, 3), BGR.
            time_s: Seconds since the first frame, ascending.

        Raises:
            ValueError: If the image has another size.
        """
        check_array("image", image, dtype=np.uint8, shape=self._shape)
        planes = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420), np.uint8)
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts, frame.time_base = round(time_s / TIME_BASE), TIME_BASE
        for packet in self._stream.encode(frame):
            self._container.mux(packet)
