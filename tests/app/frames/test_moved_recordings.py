"""Recordings that lie elsewhere than where the run read them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

from app.errors import ConfigError, SourceError
from app.frames.moved_recordings import find_moved, tails
from app.frames.run_recordings import Recordings
from app.storage.records import Camera
from app.storage.store import Store
from tests.app.footage import write_video

SIZE = {"width": 64, "height": 48}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.create(tmp_path / "run") as created:
        yield created


def put(store: Store, camera_id: str, source: str, **facts: object) -> Camera:
    camera = Camera(camera_id=camera_id, source=source, **SIZE | {"frames": 10} | facts)
    store.put_camera(camera)
    return camera


def files(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


@pytest.mark.parametrize(
    ("path", "others", "expected"),
    [
        pytest.param("/a/b/1.mp4", [], ["1.mp4", "b/1.mp4", "a/b/1.mp4"], id="alone"),
        pytest.param("/a/1.mp4", ["/a/2.mp4", "/a/1.mp4"], ["1.mp4", "a/1.mp4"], id="own name"),
        pytest.param("/a/b/1.mp4", ["/a/c/1.mp4"], ["b/1.mp4", "a/b/1.mp4"], id="shared name"),
        pytest.param("/a/b/1.mp4", ["/a/c/1.mp4", "/x/b/1.mp4"], ["a/b/1.mp4"], id="shared folder"),
        pytest.param("/b/1.mp4", ["/a/b/1.mp4"], [], id="the end of another"),
    ],
)
def test_the_ends_that_tell_a_path_apart(path: str, others: list[str], expected: list[str]) -> None:
    found = tails(PurePosixPath(path), [PurePosixPath(other) for other in others])
    assert [tail.as_posix() for tail in found] == expected


@pytest.mark.parametrize(
    ("there", "gate", "bridge", "roof"),
    [
        pytest.param(
            ["gate/0830.mp4", "bridge/0830.mp4", "roof.mp4"],
            *("gate/0830.mp4", "bridge/0830.mp4", "roof.mp4"),
            id="the files",
        ),
        pytest.param(
            ["may/gate/0830.mp4", "may/bridge/0830.mp4", "may/roof/roof.mp4"],
            *("may/gate/0830.mp4", "may/bridge/0830.mp4", "may/roof/roof.mp4"),
            id="the folders",
        ),
        pytest.param(
            ["0830.mp4", "elsewhere/roof.mp4"],
            "gate/0830.mp4 is not in",
            "bridge/0830.mp4 is not in",
            "roof.mp4 is not in",
            id="nothing that can be told",
        ),
        pytest.param(
            ["gate/0830.mp4", "roof.mp4", "roof/roof.mp4"],
            "gate/0830.mp4",
            "bridge/0830.mp4 is not in",
            "roof.mp4 may both be /cases/may/roof/roof.mp4",
            id="one twice",
        ),
    ],
)
def test_recordings_are_found_by_what_tells_them_apart(
    store: Store, tmp_path: Path, there: list[str], gate: str, bridge: str, roof: str
) -> None:
    cameras = {
        "gate": put(store, "gate", "/cases/may/gate/0830.mp4"),
        "bridge": put(store, "bridge", "/cases/may/bridge/0830.mp4"),
        "roof": put(store, "roof", "/cases/may/roof/roof.mp4"),
    }
    put(store, "live", "rtsp://10.0.0.7/roof.mp4", live=True)
    folder = tmp_path / "disk"
    files(folder, *there)
    for camera_id, expected in {"gate": gate, "bridge": bridge, "roof": roof}.items():
        try:
            found = str(find_moved(store, cameras[camera_id], folder).relative_to(folder))
        except SourceError as error:
            found = str(error)
            assert "\n" not in found
            assert found.startswith(f"camera {camera_id}: ")
        assert expected in found


def test_a_camera_that_could_not_be_read_may_have_had_that_file(
    store: Store, tmp_path: Path
) -> None:
    gate = put(store, "gate", "/cases/gate/0830.mp4")
    put(store, "bridge", "/cases/bridge/0830.mp4", frames=0)
    files(tmp_path, "0830.mp4")
    with pytest.raises(SourceError, match=r"gate/0830\.mp4 is not in"):
        find_moved(store, gate, tmp_path)


def test_two_cameras_may_have_one_recording(store: Store, tmp_path: Path) -> None:
    cameras = [put(store, name, "/cases/gate/0830.mp4") for name in ("left", "right")]
    files(tmp_path, "0830.mp4")
    assert [find_moved(store, one, tmp_path).name for one in cameras] == ["0830.mp4"] * 2


@pytest.mark.parametrize("given", ["videos", "."])
def test_annotated_videos_are_no_recordings(store: Store, tmp_path: Path, given: str) -> None:
    run = tmp_path / "run"
    gate = put(store, "gate", "/cases/videos/gate.mp4")
    files(run, "videos/gate.mp4")
    with pytest.raises(SourceError, match=r"gate\.mp4 is an annotated video of the run"):
        find_moved(store, gate, run / given)
    files(run, "gate.mp4")
    assert find_moved(store, gate, run) == run / "gate.mp4"


def test_a_moved_recording_is_opened_as_it_was(store: Store, tmp_path: Path) -> None:
    put(store, "gate", "/cases/gate.mp4", start_time=50.0)
    put(store, "bridge", "/cases/bridge.mp4")
    put(store, "roof", "/cases/roof.mp4", width=128)
    for name in ("gate", "roof"):
        write_video(tmp_path / f"{name}.mp4", range(0, 1000, 100))
    (source,), failures = Recordings(store, moved_to=tmp_path).open_all()
    assert (source.camera_id, source.path) == ("gate", tmp_path / "gate.mp4")
    assert next(source.frames()).timestamp == pytest.approx(50.0)
    source.close()
    assert [str(failure) for failure in failures] == [
        f"camera bridge: bridge.mp4 is not in {tmp_path}; the run read /cases/bridge.mp4",
        f"camera roof: {tmp_path / 'roof.mp4'} is not the recording that the run read",
    ]


def test_where_they_were_is_not_looked_at(store: Store, tmp_path: Path) -> None:
    old = write_video(tmp_path / "gate.mp4", range(0, 1000, 100))
    put(store, "gate", os.fspath(old))
    (tmp_path / "disk").mkdir()
    sources, failures = Recordings(store, moved_to=tmp_path / "disk").open_all()
    assert not sources
    assert "is not in" in str(failures[0])


def test_a_folder_that_is_not_there_is_said(store: Store, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"--recordings .*nowhere: no such folder"):
        Recordings(store, moved_to=tmp_path / "nowhere")
