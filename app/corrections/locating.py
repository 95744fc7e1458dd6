"""Finds the sightings of a run that correction marks refer to.

Comparing a mark with the tracks around it takes some hundredths of a second, and corrections have
many marks; so a finished run, whose tracks no longer change, remembers the result.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final

from app.corrections.marks import SLACK_S, Path, fits
from app.storage.records import SightingFilter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.corrections.marks import Mark
    from app.storage.records import Camera
    from app.storage.store import Store
    from app.storage.store_reader import StoreReader
    from tracking.decisions import Key

_LOCATED_KEY: Final = "tracks_of_marks"
"""Where a store keeps the tracks that marks mean, by what the mark says. (`marks_located`, in
stores of before, has tracks in it that only took a marked one's place.)"""


def locate(store: StoreReader, marks: Mapping[str, Mark]) -> dict[str, tuple[Key, ...]]:
    """Return the sightings that each mark means in this run, by the mark's name.

    Where a sighting is the very one that was marked, it alone is meant. In another run, a pass that
    the tracker broke in two is two sightings; one that it never saw, none.
    """
    cameras = {camera.camera_id: camera for camera in store.cameras()}
    known = store.meta(_LOCATED_KEY, {})
    found: dict[str, tuple[Key, ...]] = {}
    for name, mark in marks.items():
        tracks = known.get(_digest(mark))
        if tracks is not None:
            found[name] = tuple((mark.camera_id, int(track_id)) for track_id in tracks)
        elif mark.camera_id in cameras:
            found[name] = _located(store, mark, cameras[mark.camera_id])
        else:
            found[name] = ()
    return found


def remember(store: Store, marks: Mapping[str, Mark], keys: Mapping[str, Sequence[Key]]) -> None:
    """Keep in a store what `locate` found there; its sightings must not change afterwards.

    Args:
        store: The run.
        marks: By name.
        keys: The sightings that each means.
    """
    found = {
        _digest(mark): [track_id for _, track_id in keys[name]] for name, mark in marks.items()
    }
    store.set_meta(_LOCATED_KEY, found)


def _digest(mark: Mark) -> str:
    # By content: a file that was edited by hand may mean something else under the same name.
    return sha256(repr(mark).encode()).hexdigest()[:32]


def _located(store: StoreReader, mark: Mark, camera: Camera) -> tuple[Key, ...]:
    near = SightingFilter(
        cameras=frozenset({mark.camera_id}),
        after=camera.beginning + mark.places[0].second - SLACK_S,
        before=camera.beginning + mark.places[-1].second + SLACK_S,
    )
    found = []
    for sighting in list(store.sightings(near)):
        path = Path.of_sighting(sighting, store.track(sighting), camera)
        if path.mark() == mark:
            return (sighting.key,)
        if fits(mark, path):
            found.append(sighting.key)
    return tuple(found)
