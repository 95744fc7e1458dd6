"""Online identities: the state one second after each frame was seen.

The association gives a vehicle an identity within a second and may revise it when more is seen; a
run's final results use the last decision. Here each box gets the identity that an online system
would have reported.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from app.storage.records import MovedBoxes, SightingFilter
from tracking.decisions import FINAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.storage.records import BoxRow
    from app.storage.store_reader import StoreReader

ONLINE_DELAY_S: Final = 1.0
"""How long after a frame its identities are asked for: the time that the association may take to
give a new vehicle its first one."""


def boxes_as_known(
    store: StoreReader, camera_id: str, *, delay_s: float = ONLINE_DELAY_S
) -> Iterator[BoxRow]:
    """Yield a camera's boxes by frame and track, with the identities known at their time.

    What people corrected after the run was not known then, nor what the final pass over everything
    found when all frames had been seen, nor that a track would turn out to be another's: until then
    its boxes have the identity of the track that they were under. A vehicle that had no identity
    yet, or never got one, has None.

    Args:
        store: The run.
        camera_id: The camera.
        delay_s: Stream seconds after a frame at which its identities are asked for.
    """
    known = _known(store, camera_id)
    moves = _moves(store, camera_id)
    for box in store.boxes(camera_id):
        asked = box.timestamp + delay_s
        times, identities = known.get(_track_then(box, moves, asked), ([], []))
        place = bisect_right(times, asked)
        yield replace(box, identity_id=identities[place - 1] if place else None)


Moves = dict[int, list[tuple[int, MovedBoxes]]]
"""By track: the boxes that were moved to it, the last first, numbered from the last of all."""


def _moves(store: StoreReader, camera_id: str) -> Moves:
    moves: Moves = {}
    for number, one in enumerate(store.moved_boxes(camera_id)):
        moves.setdefault(one.to, []).append((number, one))
    return moves


def _track_then(box: BoxRow, moves: Moves, time: float) -> int:
    """Return the track that a box was under at a time: take back what came after it."""
    track_id, taken_back = box.track_id, -1
    while True:
        later = (
            (number, one)
            for number, one in moves.get(track_id, ())
            if number > taken_back
            and one.timestamp > time
            and one.first_frame <= box.frame <= one.last_frame
        )
        number, move = next(later, (taken_back, None))
        if move is None:
            return track_id
        track_id, taken_back = move.track_id, number


def _known(store: StoreReader, camera_id: str) -> dict[int, tuple[list[float], list[int]]]:
    """Return, by track, when identities were given, in order of time, and which."""
    tracks = {
        s.sighting_id: s.track_id
        for s in store.sightings(SightingFilter(cameras=frozenset({camera_id})))
    }
    known: dict[int, tuple[list[float], list[int]]] = {}
    for revision in store.revisions(camera_id):
        if revision.timestamp is not None and revision.cause != FINAL:
            times, identities = known.setdefault(tracks[revision.sighting_id], ([], []))
            times.append(revision.timestamp)
            identities.append(revision.after)
    return known
