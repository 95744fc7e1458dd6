from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from app.browsing.stills import still
from app.errors import SourceError
from app.frames.run_recordings import Recordings
from app.storage.store import Store
from tests.app.browsing.conftest import FRAMES
from tests.app.stores import START, box, camera


@pytest.mark.parametrize(
    ("at", "frame", "tracks"),
    [
        pytest.param(3.0, 30, [1], id="a frame with boxes"),
        pytest.param(3.02, 31, [1], id="between two"),
        pytest.param(2.5, 30, [1], id="soon before the first boxes"),
        pytest.param(1.0, 10, [], id="long before them"),
        pytest.param(5.0, 50, [1], id="the last boxes"),
        pytest.param(5.05, 51, [], id="after them"),
        pytest.param(7.9, FRAMES - 1, [], id="the last frame"),
        pytest.param(-5.0, 0, [], id="before the beginning"),
    ],
)
def test_the_frame_at_a_time_or_soon_after(
    run: Path, at: float, frame: int, tracks: list[int]
) -> None:
    with Store.open(run) as store, closing(Recordings(store).open(store.cameras()[0])) as source:
        shown = still(store, source, START + at)
    assert shown.timestamp == pytest.approx(START + frame / 10, abs=1e-3)
    assert shown.image.mean() == pytest.approx(3 * frame, abs=4)
    assert [one.track_id for one in shown.boxes] == tracks


def test_after_the_end_there_is_none(run: Path) -> None:
    with (
        Store.open(run) as store,
        closing(Recordings(store).open(store.cameras()[0])) as source,
        pytest.raises(SourceError, match="camera north: its recording has no frame"),
    ):
        still(store, source, START + 60)


def test_the_first_frame_with_boxes_from_a_time_on(tmp_path: Path) -> None:
    numbers = [3, 4, 9, 10, 400, 401, 5000]
    with Store.create(tmp_path / "run") as store:
        store.put_camera(camera("north"))
        store.put_camera(camera("south"))
        store.append_boxes(box(number, 1) for number in numbers)
        store.append_boxes([box(number, 2) for number in numbers])
        store.append_boxes([box(7, 1, camera_id="south")])
        for asked in (-1, 0, 3, 3.5, 4, 5, 9, 10, 11, 399.9, 401, 402, 5000):
            found = store.frame_from("north", START + asked / 10 - 1e-4)
            expected = min(number for number in numbers if number >= asked)
            assert found == (expected, pytest.approx(START + expected / 10))
        assert store.frame_from("north", START + 501) is None
        assert store.frame_from("elsewhere", START) is None
