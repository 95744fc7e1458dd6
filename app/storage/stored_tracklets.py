"""Tracklets of a run restored from its store, as the association received them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from app.storage.records import SightingFilter
from tracking.single_camera.tracklet import TrackletSettings
from tracking.types import Tracklet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from app.storage.records import Sighting
    from app.storage.store_reader import StoreReader

_READ_WHOLE: Final = 4
"""Tracks of up to so many times as many frames as boxes are kept of them are read whole: thinning
them out does not pay."""


def stored_tracklets(
    run: StoreReader, sightings: Iterable[Sighting]
) -> Iterator[tuple[Sighting, Tracklet]]:
    """Yield the tracklets of some sightings, as they were when they ended.

    Args:
        run: The store.
        sightings: Of that run; one whose boxes or vectors are not there is left out.
    """
    most = TrackletSettings().max_samples
    for one in sightings:
        long = one.last_frame - one.first_frame > _READ_WHOLE * most
        boxes = list(run.thinned_track(one, most=most) if long else run.track(one))
        blocks = list(run.vectors(SightingFilter(sighting_id=one.sighting_id)))
        if not boxes or not blocks:
            continue
        vectors = blocks[0][1]
        chosen = np.unique(np.linspace(0, len(boxes) - 1, most).round().astype(np.intp))
        path = [boxes[row] for row in chosen.tolist()]
        yield (
            one,
            Tracklet(
                one.camera_id,
                one.track_id,
                np.array([box.timestamp for box in path], np.float64),
                np.array([box.xyxy for box in path], np.float32),
                vectors[0],
                vectors[1:],
                one.class_id,
                ended=True,
            ),
        )
