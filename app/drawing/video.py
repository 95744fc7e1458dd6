"""Writes H.264 that a browser plays at true speed, and that survives a killed run."""

from __future__ import annotations

import logging
import threading
from contextlib import suppress
from fractions import Fraction
from queue import Queue
from typing import TYPE_CHECKING, Final, Self

import av
import cv2
import numpy as np
from av.video.frame import PictureType

from app.errors import OutputError
from detector.files.decoding import file_location, reason
from detector.types import check_array

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_log = logging.getLogger(__name__)

TIME_BASE: Final = Fraction(1, 90_000)
"""Ticks of the MPEG system clock: exact for all common frame rates."""
KEYFRAME_EVERY_S: Final = 2.0
"""Every keyframe starts a fragment, so this is what a killed run loses at most."""
MAX_GAP_S: Final = 60.0
"""Longest time without a frame that a video shows as it was: nobody watches a still for longer,
and MP4 holds no frame for more than 6.6 h (2^31 ticks)."""
CUT_GAP_S: Final = 1.0
"""How long a longer one lasts in the video."""
PRESET: Final = "veryfast"
"""The fastest of x264's presets whose files are not much larger than those of slow ones."""
CRF: Final = 23
"""x264's own default quality."""
QUEUE_FRAMES: Final = 4
"""Images that wait for the encoder: 25 MB at 1080p."""

# While it is written the file consists of fragments, each readable by itself, so that what a
# killed run leaves behind plays up to the last fragment. Closing turns it into a plain MP4 with
# one index, in which every player can seek. Both hold under the final name; a temporary name
# would hide what a killed run has saved.
_MUXER: Final = {
    "movflags": "hybrid_fragmented+frag_keyframe+empty_moov+default_base_moof",
    "flush_packets": "1",
}
# No B-frames: what leaves the encoder late has to be shifted by an edit list, which libav doesn't
# write into such files, and the video would begin a few frames late. They would save 4% of the
# file on the demo footage.
_ENCODER: Final = {"bf": "0"}
# Stated, because players otherwise guess the colour matrix from the size. OpenCV's conversion is
# BT.601 in limited range.
_MATRIX_SMPTE170M: Final = 6
_PRIMARIES_BT709: Final = 1
_RANGE_LIMITED: Final = 1


class VideoWriter:
    """Encodes images with their timestamps, in a thread of its own.

    More than a minute without a frame (`MAX_GAP_S`) is cut to a second, so that recordings of a
    morning and an afternoon follow each other. Use it as a context manager, or call `close`.

    Args:
        path: The file, replaced if it exists.
        width: Pixels; an odd one is filled up to even, which yuv420p requires.
        height: Pixels, likewise.
        fps: Nominal frames per second, for rate control and the distance of keyframes; the true
            times come with the frames.
        preset: Of x264: faster ones make larger files.
        crf: Quality of x264, from 0 (lossless) to 51.
        threads: That x264 encodes with; one is best where several videos are written at once.

    Raises:
        OutputError: If the file cannot be written.
        ValueError: If size or rate are not positive.
    """

    def __init__(
        self,
        path: Path,
        width: int,
        height: int,
        *,
        fps: float,
        preset: str = PRESET,
        crf: int = CRF,
        threads: int = 1,
    ) -> None:
        if min(width, height) < 1 or not fps > 0:
            raise ValueError(f"size and fps must be positive, are {width}x{height}, {fps}")
        self.path = path
        self._shape = (height, width, 3)
        self._first: float | None = None
        self._last: float | None = None
        self._cut_s = 0.0
        self._last_pts = -1
        self._keyframe_pts: int | None = None
        self._error: Exception | None = None
        self._ended = False
        self._queue: Queue[tuple[NDArray[np.uint8], int] | None] = Queue(QUEUE_FRAMES)
        self._thread: threading.Thread | None = None
        rate = max(Fraction(fps).limit_denominator(1001), Fraction(1, 1001))
        try:
            self._container = av.open(
                file_location(path), "w", format="mp4", container_options=_MUXER
            )
            self._stream = self._container.add_stream("libx264", rate=rate)
            self._stream.width, self._stream.height = width + width % 2, height + height % 2
            self._stream.pix_fmt = "yuv420p"
            context = self._stream.codec_context
            context.time_base = TIME_BASE
            context.options = {"preset": preset, "crf": str(crf), **_ENCODER}
            context.gop_size = max(1, round(KEYFRAME_EVERY_S * fps))
            context.thread_count = threads
            context.color_range = _RANGE_LIMITED
            context.colorspace = _MATRIX_SMPTE170M
            context.color_primaries = context.color_trc = _PRIMARIES_BT709
            self._container.start_encoding()
        except av.FFmpegError as error:
            raise OutputError(f"{path}: cannot write a video ({reason(error)})") from error
        self._thread = threading.Thread(target=self._run, name=f"encode-{path.name}", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        """Return the writer."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file; what was written stays, also after an error."""
        self.close()

    def write(self, image: NDArray[np.uint8], timestamp: float) -> None:
        """Append an image.

        Args:
            image: uint8 (height, width, 3), BGR. The writer keeps it: don't draw on it any more.
            timestamp: Seconds on any clock, ascending; the first is where the video begins.

        Raises:
            OutputError: If an earlier image could not be written.
            ValueError: If the image has another size, or the time doesn't ascend.
        """
        check_array("image", image, dtype=np.uint8, shape=self._shape)
        if self._ended:
            raise ValueError(f"{self.path} is closed")
        self._raise_failure()
        if self._first is None:
            self._first = timestamp
        if self._last is not None and timestamp <= self._last:
            raise ValueError(f"timestamp must ascend, is {timestamp} after {self._last}")
        if self._last is not None and timestamp - self._last > MAX_GAP_S:
            self._cut_s += timestamp - self._last - CUT_GAP_S
        self._last = timestamp
        # Some recorders stamp two frames a few microseconds apart: less than a tick.
        position_s = timestamp - self._first - self._cut_s
        pts = max(round(position_s / TIME_BASE), self._last_pts + 1)
        self._last_pts = pts
        self._queue.put((image, pts))

    def end(self) -> None:
        """Take no more images; the file is finished in the thread, and is still to be closed."""
        if not self._ended:
            self._queue.put(None)
            self._ended = True

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do in the thread, so that closing takes no time."""
        return self._thread is None or not self._thread.is_alive()

    def close(self) -> None:
        """Encode what waits and finish the file; closing twice does nothing.

        A file to which nothing was written is removed, since nothing plays it. So is one of which
        nothing plays because writing failed; else it stays, as far as it goes, and the log says so.

        Raises:
            OutputError: If it could not be written.
        """
        if self._thread is None:
            return
        self.end()
        self._thread.join()
        self._thread = None
        self._raise_failure()
        if self._first is None:
            self.path.unlink(missing_ok=True)

    def _raise_failure(self) -> None:
        if isinstance(self._error, av.FFmpegError):
            why = reason(self._error)
            raise OutputError(f"{self.path}: cannot write the video ({why})") from self._error
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        told_to_close = False
        try:
            with self._container:
                while (item := self._queue.get()) is not None:
                    self._encode(*item)
                told_to_close = True
                for packet in self._stream.encode():
                    self._container.mux(packet)
        except Exception as error:  # noqa: BLE001 - not swallowed: raised by write and close
            if isinstance(error, av.FFmpegError):
                self._keep_if_it_plays()
            self._error = error
            # The caller must not wait for room in the queue.
            while not told_to_close:
                told_to_close = self._queue.get() is None

    def _keep_if_it_plays(self) -> None:
        """Remove the file, which could not be written to its end, if nothing of it plays."""
        plays = False
        with suppress(av.FFmpegError, IndexError), av.open(file_location(self.path)) as container:
            plays = next(container.decode(video=0), None) is not None
        if not plays:
            with suppress(OSError):
                self.path.unlink(missing_ok=True)
        fate = (
            "is kept, and plays as far as it goes" if plays else "is removed: nothing of it plays"
        )
        _log.warning("%s: could not be written to its end; it %s", self.path, fate)

    def _is_keyframe_due(self, pts: int) -> bool:
        """Return whether it is time for a keyframe; the encoder itself only counts frames.

        Live cameras drop many, and are far slower than they say.
        """
        last = self._keyframe_pts
        due = last is None or (pts - last) * TIME_BASE >= KEYFRAME_EVERY_S
        if due:
            self._keyframe_pts = pts
        return due

    def _encode(self, image: NDArray[np.uint8], pts: int) -> None:
        height, width = image.shape[:2]
        if height % 2 or width % 2:
            image = np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
        planes = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420), np.uint8)
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts, frame.time_base = pts, TIME_BASE
        if self._is_keyframe_due(pts):
            frame.pict_type = PictureType.I
        for packet in self._stream.encode(frame):
            self._container.mux(packet)
