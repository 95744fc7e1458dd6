"""Sightings of an earlier run of the same cameras, with which a new run starts (`--learn-from`).

Cameras are static from day to day. What a run learns about them (links, travel times, ground
planes, clocks, camera bias) follows from the sightings in its store, so these are all that the next
run needs.
"""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from app.errors import StoreError
from app.running.models import check_made_with
from app.storage.store import Store
from app.storage.stored_tracklets import stored_tracklets
from tracking.learning.learner import SIGHTINGS
from tracking.learning.recollection import recollect

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from app.storage.store_reader import StoreReader
    from reid.embedder import EmbedderSettings
    from tracking.learning.recollection import Recollection

_log = logging.getLogger(__name__)

LEARNED_FROM_KEY: Final = "learned_from"
"""Fact of a run in its store: the folder of the run that it began with, None for none."""


def recall_run(
    run: Path,
    offsets_s: Mapping[str, float],
    sizes: Mapping[str, tuple[int, int]],
    *,
    embedder: EmbedderSettings,
) -> Recollection:
    """Return what an earlier run saw of some cameras: its latest sightings of them.

    Args:
        run: Its folder, or the store in it.
        offsets_s: By each camera of the new run, what is added to its clock now.
        sizes: Width and height of their images in pixels, where known already.
        embedder: Of the new run.

    Raises:
        StoreError: If there is no such run, its vectors are of another network, or it has none of
            these cameras.
    """
    # It may still be written: what is read must belong together.
    with Store.open(run) as store, store.unchanging():
        check_made_with(store, embedder)
        shifts_s = _shifts_s(store, offsets_s, sizes)
        own = (s for s in store.sightings() if s.camera_id in shifts_s)
        found = list(stored_tracklets(store, deque(own, maxlen=SIGHTINGS)))
        if not found:
            _log.warning("%s: it contains no vehicle: nothing is learned", store.path)
    tracklets = [
        replace(tracklet, timestamps=tracklet.timestamps + shifts_s[tracklet.camera_id])
        for _, tracklet in found
    ]
    vehicles = {s.key: s.identity_id for s, _ in found if s.identity_id is not None}
    return recollect(tracklets, vehicles)


def _shifts_s(
    store: StoreReader, offsets_s: Mapping[str, float], sizes: Mapping[str, tuple[int, int]]
) -> dict[str, float]:
    """Return what is to be added to the times of each camera that can be learned of."""
    earlier = store.cameras()
    known = [camera for camera in earlier if camera.camera_id in offsets_s]
    if not known:
        raise StoreError(
            f"{store.path}: it has none of this run's cameras ({', '.join(offsets_s)}), but "
            f"{', '.join(c.camera_id for c in earlier) or 'none'}; "
            "learn from a run of the same cameras"
        )
    then = {camera.camera_id for camera in known}
    for new in (name for name in offsets_s if name not in then):
        _log.warning("camera %s: not in %s: nothing is learned for it", new, store.path)
    shifts_s = {}
    for camera in known:
        was = camera.width, camera.height
        now = sizes.get(camera.camera_id, was)
        if now != was:
            _log.warning(
                "camera %s: its image is %dx%d, and was %dx%d in %s: nothing is learned for it",
                camera.camera_id,
                *(*now, *was, store.path),
            )
            continue
        shifts_s[camera.camera_id] = offsets_s[camera.camera_id] - camera.clock_offset_s
    return shifts_s
