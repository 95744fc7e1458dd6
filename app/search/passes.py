"""Passes of a run's vehicles through its cameras, for the search of those that travel together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tracking.convoys.pairs import Passes
from tracking.maps.standing import LEAST_WAY

if TYPE_CHECKING:
    from app.storage.box_reader import Ends
    from app.storage.records import Sighting
    from app.storage.store_reader import StoreReader

REJOIN_S: Final = 10.0
"""Sightings of a vehicle in one camera that are no farther apart are one pass: its track broke."""


@dataclass(frozen=True, slots=True, eq=False)
class RunPasses:
    """The passes of a run.

    Attributes:
        passes: N of them, as arrays; cameras are indices of `cameras`.
        sightings: Of each pass, in order of time.
        cameras: Names.
    """

    passes: Passes
    sightings: tuple[tuple[Sighting, ...], ...]
    cameras: tuple[str, ...]


def read_passes(store: StoreReader) -> RunPasses:
    """Return all passes of identified vehicles that moved: who is parked passes nothing.

    Args:
        store: The run.
    """
    with store.unchanging():
        ends = dict(store.ends())
        seen = [one for one in store.sightings() if one.identity_id is not None]
    seen.sort(key=lambda one: (one.identity_id or 0, one.camera_id, one.first_timestamp))
    joined: list[list[Sighting]] = []
    until = -np.inf
    for one in seen:
        before = joined[-1][-1] if joined else None
        if (
            before is not None
            and (before.identity_id, before.camera_id) == (one.identity_id, one.camera_id)
            and one.first_timestamp - until <= REJOIN_S
        ):
            joined[-1].append(one)
            until = max(until, one.last_timestamp)
        else:
            joined.append([one])
            until = one.last_timestamp
    moves = [_move(part, ends) for part in joined]
    kept = [(part, move) for part, move in zip(joined, moves, strict=True) if move is not None]
    names = tuple(dict.fromkeys(camera.camera_id for camera in store.cameras()))
    index = {name: number for number, name in enumerate(names)}
    times = [(min(s.first_timestamp for s in p), max(s.last_timestamp for s in p)) for p, _ in kept]
    passes = Passes(
        vehicle=np.array([part[0].identity_id for part, _ in kept], np.int64),
        camera=np.array([index[part[0].camera_id] for part, _ in kept], np.int64),
        time=np.array(times, np.float64).reshape(-1, 2).mean(axis=1),
        move=np.array([move for _, move in kept], np.float64).reshape(-1, 2),
    )
    return RunPasses(passes, tuple(tuple(part) for part, _ in kept), names)


def _move(part: list[Sighting], ends: dict[int, Ends]) -> tuple[float, float] | None:
    """Return how far a vehicle got in the image, in pixels; None if it stood, or nobody knows."""
    last = max(part, key=lambda one: one.last_timestamp)
    if part[0].sighting_id not in ends or last.sighting_id not in ends:
        return None
    first_box, last_box = ends[part[0].sighting_id][0], ends[last.sighting_id][1]
    right = (last_box[0] + last_box[2] - first_box[0] - first_box[2]) / 2
    down = last_box[3] - first_box[3]
    height = (first_box[3] - first_box[1] + last_box[3] - last_box[1]) / 2
    return (right, down) if np.hypot(right, down) > LEAST_WAY * height else None
