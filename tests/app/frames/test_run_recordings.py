"""Opening the recordings of a finished run again."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.frames.run_recordings import Recordings
from app.storage.records import Camera
from app.storage.store import Store
from tests.app.footage import grey, write_video

WIDTH, HEIGHT = 64, 48


@pytest.fixture
def store(tmp_path: Path):
    with Store.create(tmp_path / "run") as created:
        yield created


def put(store: Store, source: object, **facts: object) -> None:
    camera = {"camera_id": "a", "width": WIDTH, "height": HEIGHT, "frames": 10} | facts
    store.put_camera(Camera(source=str(source), **camera))


def test_what_is_there_is_opened_and_what_is_not_is_said(store: Store, tmp_path: Path) -> None:
    there = write_video(tmp_path / "a.mp4", range(0, 1000, 100))
    put(store, there, start_time=50.0, clock_offset_s=2.0)
    put(store, tmp_path / "gone.mp4", camera_id="b")
    put(store, tmp_path / "unread.mp4", camera_id="c", frames=0)
    put(store, "rtsp://d", camera_id="d", live=True)
    (source,), failures = Recordings(store).open_all()
    assert source.camera_id == "a"
    assert next(source.frames()).timestamp == pytest.approx(52.0)
    gone, live = map(str, failures)
    assert gone.startswith(f"camera b: {tmp_path / 'gone.mp4'}: no such file")
    assert live == "camera d: was live, and has no recording"
    source.close()


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param({"width": 2 * WIDTH}, id="another size"),
        pytest.param({"frames": 90, "first_timestamp": 0.0, "last_timestamp": 8.9}, id="shorter"),
    ],
)
def test_a_recording_that_was_replaced_is_not_opened(
    store: Store, tmp_path: Path, facts: dict[str, object]
) -> None:
    put(store, write_video(tmp_path / "a.mp4", range(0, 1000, 100)), **facts)
    sources, (failure,) = Recordings(store).open_all()
    assert not sources
    assert "not the recording that the run read" in str(failure)


def test_frames_are_found_where_times_begin_again(store: Store, tmp_path: Path) -> None:
    # A stream that was joined byte by byte is as long as its times say that one part is.
    first, second = (
        write_video(tmp_path / f"{name}.ts", range(0, 6000, 100), picture=grey(level))
        for name, level in (("first", 60), ("second", 180))
    )
    both = tmp_path / "both.ts"
    both.write_bytes(first.read_bytes() + second.read_bytes())
    put(store, both, frames=120, first_timestamp=0.0, last_timestamp=11.9)
    (source,), _ = Recordings(store).open_all()
    for begin, levels in ((2.0, [60, 60]), (5.9, [60, 180]), (8.0, [180, 180])):
        found = list(source.frames_between(begin - 0.05, begin + 0.15))
        assert [frame.timestamp for frame in found] == pytest.approx([begin, begin + 0.1])
        assert [frame.image.mean() for frame in found] == pytest.approx(levels, abs=4)
