"""Small stores for the tests: two cameras, a few vehicles whose vectors a hand can check."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from app.storage.records import BestView, BoxRow, Camera
from app.storage.store import Store
from tracking.decisions import Assignment
from tracking.types import Tracklet

START = 1_777_883_400.0  # 2026-05-04 08:30:00 UTC


def axis(*shares: float) -> np.ndarray:
    """A unit vector with these shares on the first axes."""
    vector = np.zeros(512, np.float32)
    vector[: len(shares)] = shares
    return vector / np.linalg.norm(vector)


def tracklet(
    camera_id: str,
    track_id: int,
    *,
    at: float = START,
    embedding: np.ndarray | None = None,
    exemplars: np.ndarray | None = None,
    class_id: int = 0,
) -> Tracklet:
    return Tracklet(
        camera_id=camera_id,
        track_id=track_id,
        timestamps=np.array([at, at + 2.0]),
        xyxy=np.zeros((2, 4), np.float32),
        embedding=axis(1) if embedding is None else embedding,
        exemplars=np.zeros((0, 512), np.float32) if exemplars is None else exemplars,
        class_id=class_id,
        ended=True,
    )


def view(*, at: float = START, width: int = 40, thumbnail: bytes | None = None) -> BestView:
    return BestView(
        timestamp=at + 1.0,
        xyxy=(10.0, 20.0, 50.0, 45.5),
        confidence=0.875,
        thumbnail=jpeg(width) if thumbnail is None else thumbnail,
    )


def jpeg(width: int, height: int = 30) -> bytes:
    image = np.full((height, width, 3), (40, 90, 200), np.uint8)
    return bytes(cv2.imencode(".jpg", image)[1])


def camera(camera_id: str, **fields: object) -> Camera:
    known = {
        "source": f"{camera_id}.mp4",
        "width": 640,
        "height": 360,
        "start_time": START,
        "frames": 600,
        "first_timestamp": START,
        "last_timestamp": START + 60.0,
    }
    return Camera(camera_id=camera_id, **(known | fields))


def box(frame: int, track_id: int, *, camera_id: str = "north", x: float = 10.0) -> BoxRow:
    return BoxRow(
        camera_id=camera_id,
        frame=frame,
        track_id=track_id,
        timestamp=START + frame / 10,
        xyxy=(x, 20.0, x + 30.0, 60.0),
        confidence=0.5,
        class_id=0,
    )


def assign(
    store: Store, camera_id: str, track_id: int, *, identity_id: int, distance: float | None = None
) -> None:
    """Say which vehicle a sighting shows, without reasons."""
    decision = Assignment(identity_id, distance)
    store.put_assignment((camera_id, track_id), decision, timestamp=START, cause="evidence")


def city_store(path: Path) -> Store:
    """Three vehicles: 1 in both cameras, 2 (a truck) in the north, 3 in the south only.

    | sighting | camera | track | identity | first | vector        |
    |----------|--------|-------|----------|-------|---------------|
    | 1        | north  | 1     | 1        | + 0 s | (1, 0)        |
    | 2        | north  | 2     | 2        | + 5 s | (0, 1)        |
    | 3        | south  | 1     | 1        | +10 s | (4, 3) / 5    |
    | 4        | south  | 2     | 3        | +20 s | (-1, 0)       |
    """
    store = Store.create(path)
    store.put_camera(camera("north"))
    store.put_camera(camera("south", frames=300))
    passes = [
        ("north", 1, 1, 0.0, axis(1), 0, None),
        ("north", 2, 2, 5.0, axis(0, 1), 3, None),
        ("south", 1, 1, 10.0, axis(4, 3), 0, 0.6325),
        ("south", 2, 3, 20.0, axis(-1), 0, None),
    ]
    for camera_id, track_id, identity_id, after, vector, class_id, distance in passes:
        at = START + after
        seen = tracklet(camera_id, track_id, at=at, embedding=vector, class_id=class_id)
        store.upsert_sighting(seen, view(at=at), first_frame=3, last_frame=23)
        assign(store, camera_id, track_id, identity_id=identity_id, distance=distance)
    store.commit()
    return store
