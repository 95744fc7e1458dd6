"""A single frame of a recording, with the vehicles that the run found in it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2

from app.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from app.frames.recorded import RecordedSource
    from app.storage.records import BoxRow
    from app.storage.store_reader import StoreReader
    from detector.types import Frame

WITHIN_S: Final = 1.0
"""If the next frame with vehicles is so near, it is the one that is shown."""

_SAME_S: Final = 0.002
"""By how much times of one frame may differ: addresses give milliseconds."""

_BACK_S: Final = 2.0
_QUALITY: Final = 90


@dataclass(frozen=True, slots=True)
class Still:
    """A frame of a camera.

    Attributes:
        timestamp: UTC seconds.
        image: uint8 (H, W, 3), BGR.
        boxes: Of the vehicles in it, by track.
    """

    timestamp: float
    image: NDArray[np.uint8]
    boxes: tuple[BoxRow, ...]

    @property
    def jpeg(self) -> bytes:
        """The image as a JPEG file."""
        return bytes(cv2.imencode(".jpg", self.image, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1])


def still(store: StoreReader, source: RecordedSource, at: float) -> Still:
    """Return the first frame with vehicles at a time or soon after, else the first of any.

    Args:
        store: The run's.
        source: The recording of one of its cameras.
        at: UTC seconds.

    Raises:
        SourceError: If the recording has no frame there.
    """
    found: tuple[BoxRow, ...] = ()
    nearest = store.frame_from(source.camera_id, at - _SAME_S)
    if nearest is not None and nearest[1] - at <= WITHIN_S:
        number, at = nearest
        boxes = store.boxes(source.camera_id, first_frame=number, last_frame=number)
        found = tuple(boxes)
    frame = _frame_at(source, at)
    return Still(frame.timestamp, frame.image, found)


def _frame_at(source: RecordedSource, at: float) -> Frame:
    """Return the first frame at a time or after it; after the end, the last one."""
    for first, last in ((at - _SAME_S, float("inf")), (at - _BACK_S, at)):
        with closing(source.frames_between(first, last)) as frames:
            frame = next(frames, None) if last > at else _last(frames)
        if frame is not None:
            return frame
    raise SourceError(f"camera {source.camera_id}: its recording has no frame at that time")


def _last(frames: Iterator[Frame]) -> Frame | None:
    found = None
    for found in frames:  # noqa: B007  # the last one is wanted
        pass
    return found
