"""Reads video files: the frames that are wanted, in order."""

from __future__ import annotations

import logging
import math
from itertools import chain
from typing import TYPE_CHECKING, Self

import av

from detector.files.decoding import (
    METADATA_ERRORS,
    DecodeTally,
    ImageConverter,
    damage,
    decode,
    describe,
    file_location,
    reason,
    video_stream,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

_LOG = logging.getLogger(__name__)


class VideoFile:
    """A video file that is read once; a context manager that closes it.

    Frames that cannot be decoded are left out and not counted, as in a run, so that frame numbers
    are those of a run's tracks.

    Args:
        path: The file.

    Attributes:
        info: Size, rate and length, as the file states them.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If no frame of it can be decoded.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise FileNotFoundError(f"{path} not found")
        self._path = path
        self._tally = DecodeTally()
        try:
            self._container = av.open(file_location(path), metadata_errors=METADATA_ERRORS)
        except av.FFmpegError as error:
            raise ValueError(f"{path} is not a readable video ({reason(error)})") from error
        try:
            stream = video_stream(self._container)
            # As in a run: with several threads a damaged frame takes others with it.
            stream.codec_context.thread_count = 1
            decoded = decode(self._container, stream, self._tally)
            first = next(decoded, None)
            if first is None:
                raise ValueError("no frame can be decoded")
        except ValueError as error:
            self._container.close()
            raise ValueError(f"{path} is not a readable video ({error})") from error
        self.info = describe(self._container, stream, first)
        self._pictures = chain([first], decoded)
        # Its first frames may be damaged: it begins before the first that can be decoded.
        begin = stream.start_time
        self._begin_s = first.time if begin is None else float(begin * (stream.time_base or 0))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._container.close()

    def frames(self, wanted: Callable[[int], bool]) -> Iterator[tuple[int, NDArray[np.uint8]]]:
        """Yield the number (from 0) and the image, uint8 (H, W, 3) BGR, of each wanted frame.

        At the end one line is logged if the file is damaged or breaks off.

        Args:
            wanted: Tells by its number whether a frame is wanted; others are not converted.
        """
        convert = ImageConverter((self.info.width, self.info.height))
        last_s = math.inf  # of streams without timestamps
        for number, picture in enumerate(self._pictures):
            if picture.time is not None:
                last_s = picture.time - (self._begin_s or 0.0)
            if wanted(number):
                yield number, convert(picture)
        if found := damage(self.info, self._tally, last_s):
            _LOG.warning("%s: %s", self._path, found)
