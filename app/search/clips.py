"""Cuts a short clip around a sighting from a recording, with the vehicle marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from app.drawing.annotate import AnnotatedBox, annotate
from app.drawing.video import VideoWriter
from app.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from app.frames.recorded import RecordedSource

HOLD_S: Final = 0.2
"""How long before the first and after the last sample of a track its box is shown."""


def cut_clip(
    source: RecordedSource,
    path: Path,
    *,
    first: float,
    last: float,
    boxes_at: Callable[[float], Sequence[AnnotatedBox]],
) -> int:
    """Write the part of a recording between two times as H.264, with boxes drawn in.

    Only the part from the keyframe before `first` is decoded.

    Args:
        source: The recording.
        path: Where the clip goes; replaced if it exists.
        first: UTC seconds; cut off where the recording begins.
        last: UTC seconds, at least `first`; cut off where the recording ends.
        boxes_at: What to draw in the frame taken at a time.

    Returns:
        The number of frames written, at least 1.

    Raises:
        SourceError: If the recording has no frame between these times.
        OutputError: If the clip cannot be written.
        ValueError: If `last` is before `first`.
    """
    if last < first:
        raise ValueError(f"last must not be before first, is {last} < {first}")
    frames = 0
    info = source.info
    with VideoWriter(path, info.width, info.height, fps=info.average_fps) as writer:
        for frame in source.frames_between(first, last):
            image = annotate(
                frame.image,
                boxes_at(frame.timestamp),
                camera_name=frame.camera_id,
                timestamp=frame.timestamp,
            )
            writer.write(image, frame.timestamp)
            frames += 1
    if not frames:
        raise SourceError(
            f"camera {source.camera_id}: {source.path}: no frame between {first:.1f} s and "
            f"{last:.1f} s; is this the recording, and the start time, of the run?"
        )
    return frames


def track_boxes(
    timestamps: NDArray[np.float64],
    xyxy: NDArray[np.float32],
    *,
    identity_id: int | None,
    class_name: str,
) -> Callable[[float], list[AnnotatedBox]]:
    """Return a function that gives the box of one track at any time, interpolated.

    Args:
        timestamps: float64 (T,), ascending UTC seconds.
        xyxy: float32 (T, 4), the boxes at these times.
        identity_id: Whose track it is.
        class_name: Of the vehicle.
    """
    samples = np.asarray(xyxy, np.float64)

    def boxes_at(timestamp: float) -> list[AnnotatedBox]:
        if not len(timestamps):
            return []
        if not timestamps[0] - HOLD_S <= timestamp <= timestamps[-1] + HOLD_S:
            return []
        edges = [np.interp(timestamp, timestamps, samples[:, edge]) for edge in range(4)]
        box = np.array(edges, np.float32)
        return [AnnotatedBox(xyxy=box, identity_id=identity_id, class_name=class_name)]

    return boxes_at
