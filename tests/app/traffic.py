"""Stores of traffic: vehicles that pass cameras one after the other, some of them together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from app.storage.records import BoxRow
from app.storage.run_state import mark_tracked
from app.storage.store import Store
from tests.app.stores import START, assign, camera, jpeg, tracklet, view

CAMERAS = ("north", "east", "south", "west", "roof")

Pass = tuple[int, str, float] | tuple[int, str, float, float]
"""Identity, camera, seconds after the start, and how far it moves in the image, in pixels."""


def background(vehicles: int = 60, *, first: int = 100) -> list[Pass]:
    """Passes of vehicles from `first` on, each of which takes its own time through all cameras."""
    rng = np.random.default_rng(1)
    passes: list[Pass] = []
    for number in range(vehicles):
        at = rng.uniform(0, 300)
        for name in CAMERAS:
            passes.append((first + number, name, at))
            at += rng.uniform(20, 120)
    return passes


def convoy(leader: int, follower: int, *, gap_s: float = 2.0, at: float = 100.0) -> list[Pass]:
    """Passes of two vehicles that stay together through all cameras."""
    times = [at + 50 * number for number in range(len(CAMERAS))]
    passes: list[Pass] = []
    for name, time in zip(CAMERAS, times, strict=True):
        passes += [(leader, name, time), (follower, name, time + gap_s)]
    return passes


def traffic_store(path: Path, passes: Iterable[Pass], *, start: float = START) -> Store:
    """A finished run of 10 frames per second, in which each pass takes two seconds."""
    store = Store.create(path)
    for name in CAMERAS:
        last = start + 2_000.0
        store.put_camera(camera(name, frames=20_000, first_timestamp=start, last_timestamp=last))
    tracks: Counter[str] = Counter()
    picture = jpeg(40)
    for identity, name, after, *far in passes:
        tracks[name] += 1
        track, at, frame = tracks[name], start + after, round(10 * after)
        moved = far[0] if far else 200.0
        store.upsert_sighting(
            tracklet(name, track, at=at),
            view(at=at, thumbnail=picture),
            first_frame=frame,
            last_frame=frame + 20,
        )
        store.append_boxes(
            BoxRow(
                camera_id=name,
                frame=frame + later,
                track_id=track,
                timestamp=at + later / 10,
                xyxy=(300.0 + x, 100.0, 350.0 + x, 140.0),
                confidence=0.9,
                class_id=0,
            )
            for later, x in ((0, 0.0), (20, moved))
        )
        assign(store, name, track, identity_id=identity)
    mark_tracked(store)
    store.commit()
    return store
