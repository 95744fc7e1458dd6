"""Blank images: a camera that sends black, or one colour, is there and sees nothing."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from app.storage.outages import OutageTally
from app.times import format_second

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from detector.types import Frame

_log = logging.getLogger(__name__)

LEAST_VARIATION: Final = 1.0
"""Standard deviation of the grey levels (0 to 255) of an image's blocks below which it is blank.

Black, or an even colour, has 0 to 0.5 after H.264, and up to 1.0 with noise of 5 levels. The least
of 4,160 photographs of traffic by day and at night was 7.0: unlit but for one lamp, with a mean of
4 levels. The least of the frames of 12 clips was 4.6, of bare tarmac by day, and 24 at night."""
_EDGE: Final = 0.15
"""Share of the rows at the top, and at the bottom, where cameras draw clocks and captions."""
_SAMPLES: Final = 90
"""Rows, or columns if those are fewer, that are looked at."""
_BLOCK: Final = 5
"""Rows and columns of a block, of which the mean counts: so noise does not."""
_BLANK: Final = "black, or of one colour"
NO_PICTURE_AT_TIMES: Final = f"no picture at times: its images were {_BLANK}"
"""What was wrong with a camera that sent such images for a while."""


def is_blank(image: NDArray[np.uint8]) -> bool:
    """Return whether an image shows nothing: it is black, or has one colour.

    A clock or a caption at the upper or lower edge is no picture. One in the middle is taken for
    something that is seen: no bound tells it from a lamp in the dark.

    Args:
        image: uint8 (H, W, 3). It takes less than 0.1 ms, whatever its size.
    """
    edge = round(_EDGE * len(image))
    step = max(min(image.shape[:2]) // _SAMPLES, 1)
    samples = image[edge : len(image) - edge : step, ::step, 1]
    rows, columns = (max(size // _BLOCK, 1) for size in samples.shape)
    samples = np.ascontiguousarray(samples[: rows * _BLOCK, : columns * _BLOCK])
    blocks = cv2.resize(samples, (columns, rows), interpolation=cv2.INTER_AREA)
    return bool(cv2.meanStdDev(blocks)[1][0, 0] < LEAST_VARIATION)


class Watch(OutageTally):
    """Notes the outages of a camera by its frames, and logs when they are blank.

    Args:
        camera_id: The camera.
        interval_s: Between two images, in the mean.
        quiet: Whether nothing is logged, since it was when the same frames were read before.
    """

    def __init__(self, camera_id: str, interval_s: float, *, quiet: bool = False) -> None:
        super().__init__(interval_s)
        self._camera_id = camera_id
        self._quiet = quiet

    def look(self, frame: Frame) -> None:
        """Take note of a frame; each is later than the one before."""
        before, blank = self.blank_since, is_blank(frame.image)
        self.see(frame.timestamp, blank=blank)
        if self._quiet or self.blank_since == before:
            return
        if self.blank_since is not None:
            news = f"no picture since {format_second(self.blank_since)}: its images are {_BLANK}"
        elif not blank:
            news = f"a picture again since {format_second(frame.timestamp)}"
        else:  # still blank, after a time without any image
            return
        _log.warning("camera %s: %s", self._camera_id, news)
