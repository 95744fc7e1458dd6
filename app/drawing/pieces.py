"""An endless video in files of bounded length, which can be watched and deleted separately."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from app.drawing.video import VideoWriter


class PieceWriter:
    """Writes images into one video after the other; a context manager, as `VideoWriter` is.

    A new video begins with the first frame after each multiple of `piece_s`, so that those of all
    cameras begin together: with hours, on the hour. The one before it is finished meanwhile.

    Args:
        open_video: Begins a video; raises `OutputError` if it cannot be written.
        path_at: Where a video goes whose first frame was taken at a time, in UTC seconds.
        piece_s: Greatest length, in whole seconds: no two videos begin within the same one.
    """

    def __init__(
        self,
        open_video: Callable[[Path], VideoWriter],
        path_at: Callable[[float], Path],
        *,
        piece_s: int,
    ) -> None:
        self._open_video = open_video
        self._path_at = path_at
        self._piece_s = piece_s
        self._ends = 0.0
        self._video: VideoWriter | None = None
        self._ending: VideoWriter | None = None

    def __enter__(self) -> Self:
        """Return the writer."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the files; what was written stays, also after an error."""
        self.close()

    def write(self, image: NDArray[np.uint8], timestamp: float) -> None:
        """Append an image, to a new video if it is time for one.

        Args:
            image: As for `VideoWriter.write`.
            timestamp: UTC seconds, ascending.

        Raises:
            OutputError: If a video cannot be written, or an earlier image could not be.
            ValueError: If the image has another size, or the time doesn't ascend.
        """
        if self._ending is not None and self._ending.finished:
            self._ending.close()
            self._ending = None
        if self._video is None or timestamp >= self._ends:
            self._video = self._next_video(timestamp)
        self._video.write(image, timestamp)

    def close(self) -> None:
        """Finish the videos that are still open; closing twice does nothing.

        Raises:
            OutputError: If one could not be written.
        """
        try:
            if self._ending is not None:
                self._ending.close()
        finally:
            if self._video is not None:
                self._video.close()

    def _next_video(self, timestamp: float) -> VideoWriter:
        if self._ending is not None:
            # Where a disk needs longer for a video than the next one lasts, it sets the pace.
            self._ending.close()
        self._ending = self._video
        if self._ending is not None:
            self._ending.end()
        self._ends = (timestamp // self._piece_s + 1) * self._piece_s
        return self._open_video(self._path_at(timestamp))
