"""A browser that looks at a small run with a recording."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import cv2
import numpy as np
import pytest
from starlette.testclient import TestClient

from app.browsing.desk import Desk
from app.browsing.server import application
from app.drawing.video import VideoWriter
from app.running import models
from app.search.query_options import recordings_of
from app.search.searched_runs import open_runs
from app.storage.run_state import mark_tracked
from app.storage.store import Store
from detector.types import Detections
from tests.app.stores import START, assign, axis, box, camera, city_store, tracklet, view
from tracking.decisions import Assignment, Candidate

KEY = "the-key"
FRAMES = 80


class OneVehicle:
    """Finds the same vehicles in every picture; all look like the first one of the store."""

    apart = True

    def __init__(self, *xyxy: Sequence[float]) -> None:
        self.xyxy = np.array(xyxy, np.float32).reshape(-1, 4)

    def __call__(
        self, images: Sequence[np.ndarray], xyxy: Sequence[np.ndarray] | None = None
    ) -> object:
        if xyxy is not None:
            return np.stack([axis(1)] * sum(map(len, xyxy)))
        count = len(self.xyxy)
        found = Detections(self.xyxy, np.full(count, 0.9, np.float32), np.zeros(count, np.int64))
        return [found for _ in images]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Identity 1 twice in the north, with a recording, and identity 2 once, live, in the south."""
    path = tmp_path / "north.mp4"
    with VideoWriter(path, 64, 64, fps=10) as writer:
        for frame in range(FRAMES):
            writer.write(np.full((64, 64, 3), 3 * frame, np.uint8), frame / 10)
    size = {"width": 64, "height": 64, "frames": FRAMES, "last_timestamp": START + 7.9}
    with Store.create(tmp_path / "run") as store:
        store.put_camera(camera("north", source=str(path), **size))
        store.put_camera(camera("south", source="rtsp://10.0.0.7/main", live=True, **size))
        for camera_id, track_id, identity_id, look in (
            ("north", 1, 1, axis(1)),
            ("north", 2, 1, axis(4, 3)),
            ("south", 1, 2, axis(0, 1)),
        ):
            at = START + 3.0 + track_id
            seen = tracklet(camera_id, track_id, at=at, embedding=look)
            store.upsert_sighting(seen, view(at=at), first_frame=30, last_frame=50)
            assign(store, camera_id, track_id, identity_id=identity_id)
        store.append_boxes(box(frame, 1) for frame in range(30, 51))
        store.commit()
    return tmp_path / "run"


@pytest.fixture
def monday(tmp_path: Path) -> Path:
    """A finished run; of south:2, identity 3, it is said that it may be identity 2."""
    with city_store(tmp_path / "monday") as store:
        maybe = Assignment(3, None, 0.7, candidates=(Candidate(2, 0.3),))
        store.put_assignment(("south", 2), maybe, timestamp=START, cause="final")
        store.set_meta(models.REID_KEY, {"weights": "x", "sha256": "y"})
        mark_tracked(store)
    return tmp_path / "monday"


@pytest.fixture
def tuesday(monday: Path) -> Path:
    return shutil.copytree(monday, monday.with_name("tuesday"))


Browse = Callable[..., TestClient]


@pytest.fixture
def browse(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Browse]:
    """Return a browser that looks at runs; options are those of `Desk`."""
    with ExitStack() as opened:

        def start(*paths: Path, vehicles: Sequence[Sequence[float]] = (), **options: str):
            network = OneVehicle(*vehicles)
            monkeypatch.setattr(models, "load_detector", lambda *_, **__: network)
            monkeypatch.setattr(models, "load_embedder", lambda *_, **__: network)
            thread = opened.enter_context(ThreadPoolExecutor(max_workers=1))
            own = ExitStack()

            def open_desk() -> Desk:
                runs = open_runs(paths, own)
                footage = recordings_of(runs, None, clips=None)
                scratch = tmp_path / "scratch"
                scratch.mkdir(exist_ok=True)
                return own.enter_context(Desk(runs, footage, scratch=scratch, **options))

            desk = thread.submit(open_desk).result()
            opened.callback(lambda: thread.submit(own.close).result())
            site = application(desk, thread=thread, key=KEY, cookie="key")
            client = TestClient(
                site, base_url="http://127.0.0.1:8484", raise_server_exceptions=False
            )
            client.cookies.set("key", KEY)
            return client

        yield start


@pytest.fixture
def picture() -> bytes:
    """A picture of 200 x 100, as a file."""
    return bytes(cv2.imencode(".png", np.full((100, 200, 3), 90, np.uint8))[1])
