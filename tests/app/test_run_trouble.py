"""The main command when something is in its way: older runs, bad input, Ctrl-C."""

from __future__ import annotations

import signal
from pathlib import Path

import av
import pytest
import yaml
from typer.testing import CliRunner

from app import assembly, render, run
from app.errors import ConfigError
from app.run import app
from app.storage.run_state import is_cut_short
from app.storage.store import Store
from tests.app.fakes import (
    ColourDetector,
)
from tests.app.workplace import FRAMES, OUTPUTS, errors, frame_count
from tests.little_room import little_room


def stop_at(monkeypatch, call: int) -> None:
    """Press Ctrl-C while a batch is being processed."""

    def press(now: int) -> None:
        if now == call:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(assembly, "load_detector", lambda config: ColourDetector(before=press))


# ------------------------------------------------------------------ older runs


def snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): (path.stat().st_mtime_ns, path.stat().st_size) for path in paths}


def test_an_older_run_is_not_touched(place):
    place.run("--max-frames", 5, "--no-video")
    before = snapshot(place.out)
    result = place.run()
    assert result.exit_code == 5
    assert len(result.stderr.splitlines()) == 1
    assert "--overwrite" in result.stderr
    assert result.stdout == ""
    assert snapshot(place.out) == before


def test_an_older_run_is_replaced_if_wanted(place):
    place.run(cams=place.cams("a"))
    (place.out / "query.html").write_text("mine")
    (place.out / "videos" / "notes.txt").write_text("mine")
    result = place.run("--overwrite", "--max-frames", 6, cams=place.cams("b"))
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in (place.out / "videos").iterdir()) == ["b.mp4", "notes.txt"]
    assert sorted(path.name for path in (place.out / "tracks").iterdir()) == ["b.txt"]
    assert (place.out / "query.html").read_text() == "mine"
    assert list(place.summary()["cameras"]) == ["b"]


def test_a_run_that_ended_while_this_one_began_is_not_replaced(place, monkeypatch):
    """Both found the folder empty."""

    def another_is_faster(config: object) -> ColourDetector:
        place.out.mkdir()
        (place.out / "sightings.db").write_text("the other's")
        return ColourDetector()

    monkeypatch.setattr(assembly, "load_detector", another_is_faster)
    result = place.run()
    assert result.exit_code == 5
    assert errors(result) == [result.stderr.strip()]
    assert "is not empty" in result.stderr
    assert (place.out / "sightings.db").read_text() == "the other's"
    assert place.outputs() == {"sightings.db"}


def test_an_older_run_survives_a_mistake_in_the_new_one(place, monkeypatch):
    place.run("--max-frames", 5, "--no-video")
    before = snapshot(place.out)
    monkeypatch.undo()
    result = place.run("--overwrite", cams=place.cams("a", detector={"weights": "nowhere.pt"}))
    assert result.exit_code == 2
    assert len(errors(result)) == 1
    assert "nowhere.pt" in result.stderr
    assert snapshot(place.out) == before


def test_an_older_run_survives_what_shows_when_the_parts_are_made(place, monkeypatch):
    place.run("--max-frames", 5, "--no-video")
    before = snapshot(place.out)

    def unusable(*_: object) -> None:
        raise ConfigError("reid: no calibration")

    monkeypatch.setattr(assembly, "appearance_curves", unusable)
    result = place.run("--overwrite")
    assert result.exit_code == 2
    assert errors(result) == ["error: reid: no calibration"]
    assert snapshot(place.out) == before


def test_recordings_are_never_written_over(place):
    videos = place.out / "videos"
    videos.mkdir(parents=True)
    (videos / "a.mp4").write_bytes((place.footage / "a.mp4").read_bytes())
    cams = place.folder / "own.yaml"
    cams.write_text("cameras: [{id: a, source: run/videos/a.mp4}]")
    before = snapshot(place.out)
    result = place.run("--overwrite", cams=cams)
    assert result.exit_code == 5
    assert snapshot(place.out) == before


# ------------------------------------------------------------------ bad input


def test_a_bad_recording_costs_one_warning_and_the_others_go_on(place):
    result = place.run("--no-video", cams=place.cams("a", "empty"))
    assert result.exit_code == 0
    (warning,) = place.summary()["warnings"]
    assert "empty.mp4" in warning
    assert list(place.summary()["cameras"]) == ["a"]
    assert result.stderr.count("empty.mp4") == 1
    assert result.stdout.splitlines()[-1].split(maxsplit=1) == [
        "warnings",
        f"1, see {place.out / 'summary.json'}",
    ]


def test_a_recording_that_breaks_off_costs_one_warning(place):
    # Its index, at the beginning, announces more than there is.
    whole, torn = place.folder / "whole.mp4", place.folder / "torn.mp4"
    options = {"movflags": "faststart"}
    with (
        av.open(str(place.footage / "a.mp4")) as source,
        av.open(str(whole), "w", container_options=options) as copy,
    ):
        stream = copy.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                copy.mux(packet)
    torn.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    cams = place.cams("b")
    tree = yaml.safe_load(cams.read_text())
    tree["cameras"].append({"id": "c", "source": str(torn)})
    cams.write_text(yaml.safe_dump(tree))
    result = place.run(cams=cams)
    assert result.exit_code == 0, result.output
    (warning,) = place.summary()["warnings"]
    assert warning.startswith("camera c: torn.mp4: ")
    # Although it was read twice: for tracking and for drawing.
    assert result.stderr.count("torn.mp4") == 1
    cameras = place.summary()["cameras"]
    assert cameras["b"]["frames"] == 48
    assert 0 < cameras["c"]["frames"] < FRAMES
    assert frame_count(place.out / "videos" / "c.mp4") == cameras["c"]["frames"]


def test_only_bad_recordings_are_an_error(place):
    result = place.run(cams=place.cams("empty", "torn"))
    assert result.exit_code == 3
    names = [line.split(": ")[1] for line in result.stderr.splitlines()]
    assert names == ["camera empty", "camera torn"]
    assert not place.out.exists()


def test_every_mistake_in_the_configuration_gets_its_line(place):
    cams = place.folder / "bad.yaml"
    cams.write_text(
        "cameras:\n"
        f"  - {{id: a, source: {place.footage / 'a.mp4'}}}\n"
        "  - {id: a, source: nowhere.mp4}\n"
    )
    result = place.run(cams=cams)
    assert result.exit_code == 2
    assert len(errors(result)) == len(result.stderr.splitlines()) == 2
    assert not place.out.exists()


@pytest.mark.parametrize("options", [["--max-frames", "0"], ["--frames", "3"], []])
def test_options_that_make_no_sense(options):
    result = CliRunner().invoke(app, options)
    assert result.exit_code == 2


# ------------------------------------------------------------------ Ctrl-C


def test_ctrl_c_keeps_what_was_seen(place, monkeypatch):
    stop_at(monkeypatch, 40)
    result = place.run()
    assert result.exit_code == 130
    assert place.outputs() == OUTPUTS
    summary = place.summary()
    assert summary["complete"] is False
    assert 0 < summary["frames"] < FRAMES + 48
    for name, camera in summary["cameras"].items():
        assert frame_count(place.out / "videos" / f"{name}.mp4") == camera["frames"]
    with Store.open(place.out) as store:
        assert store.totals().vehicles >= 1
        assert all(sighting.identity_id for sighting in store.sightings())
        assert is_cut_short(store)
    monkeypatch.setattr(assembly, "load_detector", lambda config: ColourDetector())
    assert place.run("--overwrite", "--no-video").exit_code == 0
    assert place.summary()["complete"] is True
    with Store.open(place.out) as store:
        assert not is_cut_short(store)


def test_ctrl_c_twice_stops_at_once(place, monkeypatch):
    def press(call: int) -> None:
        if call == 30:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(assembly, "load_detector", lambda config: ColourDetector(before=press))
    result = place.run()
    assert result.exit_code == 130
    assert "interrupted: stopped by Ctrl-C" in result.stderr
    with Store.open(place.out) as store:
        assert store.totals().frames > 0


def test_ctrl_c_while_drawing_keeps_the_results(place, monkeypatch):
    drawn = []
    write = render.AnnotatedVideos.write

    def press(self, frame, boxes):
        drawn.append(frame.index)
        if len(drawn) == 20:
            signal.raise_signal(signal.SIGINT)
        write(self, frame, boxes)

    monkeypatch.setattr(render.AnnotatedVideos, "write", press)
    assert place.run().exit_code == 130
    assert place.outputs() == OUTPUTS
    summary = place.summary()
    assert (summary["complete"], summary["frames"]) == (False, FRAMES + 48)
    assert 20 <= sum(frame_count(place.out / "videos" / f"{name}.mp4") for name in "ab") <= 21


def test_a_disk_that_is_full_when_videos_are_drawn(place, monkeypatch):
    """What has been tracked is there, and of the videos those that play."""

    def draw(*args: object, **options: object) -> bool:
        with little_room(800):
            return real(*args, **options)

    real = run._draw
    monkeypatch.setattr(run, "_draw", draw)
    result = place.run()
    assert result.exit_code == 5
    assert len(errors(result)) == 1
    assert "cannot write the video (File too large)" in result.stderr
    for video in ("videos/a.mp4", "videos/b.mp4", "mosaic.mp4"):
        assert not (place.out / video).exists()
        assert f"{video}: could not be written to its end; it is removed" in result.stderr
    assert {"sightings.db", "report.html", "tracks", "thumbnails"} <= place.outputs()
