"""Limits the number of frames read from each camera."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from app.frames.sources import Source
    from detector.types import Frame


def limit_frames(
    batches: Iterable[list[Frame]], sources: Sequence[Source], limits: Mapping[str, int]
) -> Iterator[list[Frame]]:
    """Yield each camera's first frames, and close the camera when it has given them.

    A closed camera drops out of the merge, so that nothing is decoded in vain.

    Args:
        batches: Merged frames of the sources.
        sources: The cameras; more may be appended meanwhile.
        limits: How many frames are wanted of each camera, from 1.
    """
    taken: Counter[str] = Counter()
    for batch in batches:
        wanted = [frame for frame in batch if taken[frame.camera_id] < limits[frame.camera_id]]
        for frame in wanted:
            taken[frame.camera_id] += 1
            if taken[frame.camera_id] == limits[frame.camera_id]:
                next(s for s in sources if s.camera_id == frame.camera_id).close()
        if wanted:
            yield wanted
