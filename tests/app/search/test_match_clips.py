"""Clips of what a query found."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from typer.testing import CliRunner

from app.drawing.video import VideoWriter
from app.query import app
from app.search.match_clips import clip_span
from app.storage.records import Sighting
from app.storage.store import Store
from tests.app.stores import START, box, camera, city_store, tracklet, view


def query(run: Path, *options: object):
    return CliRunner().invoke(app, ["--store", str(run), *map(str, options)])


def write_video(path: Path, *, frames: int = 80) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with VideoWriter(path, 64, 48, fps=10) as writer:
        for frame in range(frames):
            writer.write(np.full((48, 64, 3), frame, np.uint8), frame / 10)


def test_clips_are_cut_where_there_is_a_recording(tmp_path: Path, caplog) -> None:
    write_video(tmp_path / "north.mp4")
    size = {"width": 64, "height": 48}
    with Store.create(tmp_path / "run") as store:
        whole = {"frames": 80, "last_timestamp": START + 7.9}
        store.put_camera(camera("north", source=str(tmp_path / "north.mp4"), **size, **whole))
        store.put_camera(camera("gone", source=str(tmp_path / "gone.mp4"), **size))
        store.put_camera(camera("live", source="rtsp://10.0.0.7/main", live=True, **size))
        for camera_id in ("north", "gone", "live"):
            seen = tracklet(camera_id, 1, at=START + 3)
            store.upsert_sighting(seen, view(at=START + 3), first_frame=30, last_frame=50)
        store.append_boxes(box(frame, 1) for frame in range(30, 51))
        store.upsert_sighting(tracklet("north", 2), view(), first_frame=0, last_frame=20)
    result = query(tmp_path / "run", "--sighting", 4, "--clips", tmp_path / "clips")
    assert result.exit_code == 0, result.output
    (clip,) = (tmp_path / "clips").iterdir()
    assert clip.name == "01_north_1.mp4"
    with av.open(clip) as container:
        # From 2 s before it came at 3 s until 2 s after it went at 5 s, both ends included.
        assert len(list(container.decode(video=0))) == 61
    gone, live = sorted(record.getMessage() for record in caplog.records)
    assert gone.startswith(f"camera gone: {tmp_path / 'gone.mp4'}: no such file; if it was moved, ")
    assert live == "camera live: was live, and has no recording; it has no clips"


@pytest.mark.parametrize("given", [True, False], ids=["where they are now", "nothing"])
def test_clips_are_cut_out_of_moved_recordings(tmp_path: Path, caplog, given: bool) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    write_video(disk / "north.mp4")
    with Store.create(tmp_path / "run") as store:
        facts = {"width": 64, "height": 48, "frames": 80, "last_timestamp": START + 7.9}
        store.put_camera(camera("north", source="/cases/north.mp4", **facts))
        for track_id in (1, 2, 3):
            seen = tracklet("north", track_id, at=START + 3)
            store.upsert_sighting(seen, view(at=START + 3), first_frame=30, last_frame=50)
    options = ["--recordings", disk] if given else []
    result = query(tmp_path / "run", "--camera", "north", "--clips", tmp_path / "clips", *options)
    assert result.exit_code == 0, result.output
    assert len(list((tmp_path / "clips").iterdir())) == (3 if given else 0)
    # A camera without its recording is said once, not for each of its sightings.
    assert len(caplog.records) == (0 if given else 1)


@pytest.mark.parametrize("moved", [False, True], ids=["where they were", "moved"])
def test_clips_of_several_runs_are_cut_out_of_the_recordings_of_each(
    tmp_path: Path, caplog, moved: bool
) -> None:
    asked: list[object] = ["--class", "car", "--clips", tmp_path / "clips"]
    for day, frames in (("monday", 80), ("tuesday", 70)):
        # Of one name, and of one size: only the folder tells them apart.
        folder = tmp_path / "disk" / day
        write_video(folder / "north.mp4", frames=frames)
        source = "/cases/north.mp4" if moved else str(folder / "north.mp4")
        with Store.create(tmp_path / day) as store:
            facts = {"width": 64, "height": 48, "frames": frames}
            last = START + (frames - 1) / 10
            store.put_camera(camera("north", source=source, **facts, last_timestamp=last))
            store.put_camera(camera("live", source="rtsp://10.0.0.7/main", live=True))
            for camera_id in ("north", "live"):
                seen = tracklet(camera_id, 1, at=START + 4)
                store.upsert_sighting(seen, view(at=START + 4), first_frame=40, last_frame=60)
        asked += ["--run", tmp_path / day]
        asked += ["--recordings", folder] if moved else []
    result = CliRunner().invoke(app, [str(one) for one in asked])
    assert result.exit_code == 0, result.output
    lengths = {}
    for clip in (tmp_path / "clips").iterdir():
        with av.open(clip) as container:
            lengths[clip.name] = len(list(container.decode(video=0)))
    # From 2 s on until 2 s after it went at 6 s, or the end.
    assert lengths == {"01_monday_north_1.mp4": 60, "03_tuesday_north_1.mp4": 50}
    said = [record.getMessage() for record in caplog.records]
    assert [line.partition(": was live")[0] for line in said] == [
        "monday: camera live",
        "tuesday: camera live",
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param(["--recordings", "."], "--clips", id="for nothing"),
        pytest.param(["--recordings", "nowhere", "--clips", "x"], "no such folder", id="nowhere"),
    ],
)
def test_recordings_that_are_no_help(
    tmp_path: Path, monkeypatch, options: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    city_store(tmp_path / "run").close()
    result = query(tmp_path / "run", "--sighting", 1, *options)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert message in result.stderr


@pytest.mark.parametrize("name", ["found.txt", "found.txt/clips"], ids=["it", "in it"])
def test_a_file_in_the_way_of_the_clips_is_said_before_the_search(
    tmp_path: Path, name: str
) -> None:
    city_store(tmp_path / "run").close()
    (tmp_path / "found.txt").write_text("mine")
    asked = ("--sighting", 1, "--clips", tmp_path / name)
    result = query(tmp_path / "run", *asked)
    assert (result.exit_code, result.stdout) == (5, "")
    place, file = tmp_path / name, tmp_path / "found.txt"
    assert result.stderr == f"error: {place}: {file} is a file, and no folder\n"
    assert file.read_text() == "mine"


@pytest.mark.parametrize("place", ["new", "new/clips", "run/searches.jsonl"])
def test_clips_do_not_go_where_another_file_comes_to_be(tmp_path: Path, place: str) -> None:
    city_store(tmp_path / "run").close()
    asked = ("--sighting", 1, "--json", tmp_path / "new", "--clips", tmp_path / place)
    result = query(tmp_path / "run", *asked)
    assert (result.exit_code, result.stdout) == (5, "")
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / "new").exists()
    assert not (tmp_path / "run" / "searches.jsonl").exists()


def test_no_clip_is_cut_out_of_another_recording(tmp_path: Path, caplog) -> None:
    write_video(tmp_path / "north.mp4")
    with Store.create(tmp_path / "run") as store:
        # The run read a minute of it.
        replaced = {"source": str(tmp_path / "north.mp4"), "width": 64, "height": 48}
        store.put_camera(camera("north", **replaced))
        for track_id in (1, 2):
            seen = tracklet("north", track_id, at=START + 3)
            store.upsert_sighting(seen, view(at=START + 3), first_frame=30, last_frame=50)
    result = query(tmp_path / "run", "--sighting", 1, "--clips", tmp_path / "clips")
    assert result.exit_code == 0, result.output
    assert "wrote 0 clips to" in result.output
    assert not list((tmp_path / "clips").iterdir())
    (message,) = [record.getMessage() for record in caplog.records]
    assert "is not the recording that the run read" in message


def test_clips_of_an_earlier_search_are_not_taken_for_those_of_this_one(
    tmp_path: Path, caplog
) -> None:
    write_video(tmp_path / "north.mp4")
    with Store.create(tmp_path / "run") as store:
        facts = {"width": 64, "height": 48, "frames": 80, "last_timestamp": START + 7.9}
        store.put_camera(camera("north", source=str(tmp_path / "north.mp4"), **facts))
        for track_id in (1, 2):
            seen = tracklet("north", track_id, at=START + 3 * track_id)
            store.upsert_sighting(seen, view(at=START + 3), first_frame=30, last_frame=50)
    clips = tmp_path / "clips"
    clips.mkdir()
    (clips / "holiday.mp4").touch()
    first = ("--camera", "north", "--clips", clips)
    assert query(tmp_path / "run", *first).exit_code == 0
    assert query(tmp_path / "run", *first).exit_code == 0
    assert caplog.records == []
    result = query(tmp_path / "run", "--sighting", "north:1", "--clips", clips)
    assert result.exit_code == 0
    (line,) = [record.getMessage() for record in caplog.records]
    assert line == f"{clips}: also contains clips of another search: 01_north_1.mp4, 02_north_2.mp4"
    assert len(list(clips.iterdir())) == 4


def test_clips_of_vehicles_that_stay_are_short() -> None:
    parked = Sighting(
        sighting_id=1,
        camera_id="north",
        track_id=1,
        identity_id=None,
        match_distance=None,
        class_id=0,
        first_timestamp=0.0,
        last_timestamp=3600.0,
        first_frame=0,
        last_frame=36_000,
        best_timestamp=100.0,
        best_xyxy=(0.0, 0.0, 1.0, 1.0),
        best_confidence=0.5,
    )
    assert clip_span(parked) == (90.0, 110.0)
