"""The main command on small recordings, with a detector and an embedder that see colours."""

from __future__ import annotations

import json
import signal
from dataclasses import dataclass
from pathlib import Path

import av
import pytest
import yaml
from typer.testing import CliRunner

from app import assembly, render
from app.run import app
from app.store import Store
from tests.app.fakes import (
    BLUE,
    RED,
    Car,
    ColourDetector,
    ColourEmbedder,
    passing,
    write_recording,
)

FRAMES = 50
OUTPUTS = {
    "mosaic.mp4",
    "report.html",
    "sightings.db",
    "summary.json",
    "thumbnails",
    "tracks",
    "videos",
}


@pytest.fixture(scope="session")
def footage(tmp_path_factory) -> Path:
    """A red car passes camera a, then b; a blue one passes b. The latter is larger and slower."""
    folder = tmp_path_factory.mktemp("footage")
    write_recording(folder / "a.mp4", [Car(RED, passing(0))], frames=FRAMES)
    cars = [Car(RED, passing(4)), Car(BLUE, passing(0), top=4)]
    write_recording(folder / "b.mp4", cars, frames=48, fps=6, scale=2)
    (folder / "empty.mp4").touch()
    (folder / "torn.mp4").write_bytes((folder / "a.mp4").read_bytes()[:700])
    (folder / "weights.safetensors").write_bytes(b"stands for the weights of the embedder")
    return folder


@dataclass
class Workplace:
    """Where a configuration lies and where a run goes."""

    folder: Path
    footage: Path

    @property
    def out(self) -> Path:
        return self.folder / "run"

    def cams(self, *names: str, **settings: object) -> Path:
        cameras = [{"id": name, "source": str(self.footage / f"{name}.mp4")} for name in names]
        path = self.folder / "cams.yaml"
        known = {
            "reid": {"weights": str(self.footage / "weights.safetensors")},
            "output": {"preset": "ultrafast"},
        }
        path.write_text(yaml.safe_dump({"cameras": cameras} | known | settings))
        return path

    def run(self, *options: object, cams: Path | None = None):
        chosen = cams or self.cams("a", "b")
        arguments = ["--cams", chosen, "--out", self.out, *options]
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        assert result.exception is None or isinstance(result.exception, SystemExit), result
        assert "Traceback" not in result.output
        return result

    def summary(self) -> dict:
        return json.loads((self.out / "summary.json").read_text())

    def outputs(self) -> set[str]:
        return {path.name for path in self.out.iterdir()} if self.out.exists() else set()


@pytest.fixture
def place(tmp_path: Path, footage: Path, monkeypatch) -> Workplace:
    monkeypatch.setattr(assembly, "load_detector", lambda config: ColourDetector())
    monkeypatch.setattr(assembly, "load_embedder", lambda config: ColourEmbedder())
    return Workplace(tmp_path, footage)


def stop_at(monkeypatch, call: int) -> None:
    """Press Ctrl-C while a batch is being processed."""

    def press(now: int) -> None:
        if now == call:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(assembly, "load_detector", lambda config: ColourDetector(before=press))


def frame_count(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def read_lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


def errors(result) -> list[str]:
    return [line for line in result.stderr.splitlines() if line.startswith("error:")]


# ------------------------------------------------------------------ a whole run


@pytest.fixture(scope="module")
def finished(tmp_path_factory, footage):
    """One run that several tests look at; cameras of different size and rate."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assembly, "load_detector", lambda config: ColourDetector())
        patch.setattr(assembly, "load_embedder", lambda config: ColourEmbedder())
        place = Workplace(tmp_path_factory.mktemp("finished"), footage)
        result = place.run()
    assert result.exit_code == 0, result.output
    return place, result


def test_all_outputs_are_there(finished):
    place, _ = finished
    assert place.outputs() == OUTPUTS
    assert frame_count(place.out / "videos" / "a.mp4") == FRAMES
    assert frame_count(place.out / "videos" / "b.mp4") == 48
    # Five seconds at ten pictures a second, then three at six.
    assert frame_count(place.out / "mosaic.mp4") == 50 + 18
    with av.open(str(place.out / "videos" / "b.mp4")) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height, stream.codec_context.name) == (320, 192, "h264")
    page = (place.out / "report.html").read_text()
    assert "a → b" in page
    # Identity, camera and track; which number the second track got is the tracker's business.
    shown = sorted(path.stem.rpartition("_")[0] for path in (place.out / "thumbnails").iterdir())
    assert shown == ["1_a", "1_b", "2_b"]


def test_tracks_are_mot_files_with_global_identities(finished):
    place, _ = finished
    lines = {
        name: [line.split(",") for line in read_lines(place.out / "tracks" / f"{name}.txt")]
        for name in "ab"
    }
    assert all(len(line) == 9 for found in lines.values() for line in found)
    assert {name: {line[1] for line in found} for name, found in lines.items()} == {
        "a": {"1"},
        "b": {"1", "2"},
    }
    # Frames count from 1; the red car's front 36 px are visible in the second frame that shows it.
    frames = [int(line[0]) for line in lines["a"]]
    assert frames == list(range(frames[0], frames[0] + len(frames)))
    _, _, x, y, width, height, confidence, kind, last = lines["a"][14]
    assert [float(x), float(y), float(width), float(height)] == pytest.approx(
        [6 * int(lines["a"][14][0]) - 38, 36, 32, 24], abs=3
    )
    assert (float(confidence), kind, last) == (pytest.approx(0.9), "0", "-1")


def test_the_store_can_be_searched(finished):
    place, _ = finished
    with Store.open(place.out) as store:
        assert [camera.frames for camera in store.cameras()] == [FRAMES, 48]
        assert {i.identity_id: i.cameras for i in store.identities()} == {1: ("a", "b"), 2: ("b",)}
        assert store.meta("output")["preset"] == "ultrafast"
        assert len(store.meta("reid")["sha256"]) == 64


def test_the_summary_says_what_happened(finished):
    place, _ = finished
    summary = place.summary()
    expected = {
        "complete": True,
        "frames": FRAMES + 48,
        "vehicles": 3,
        "identities": 2,
        "identities_in_two_or_more_cameras": 1,
        "warnings": [],
    }
    assert {key: summary[key] for key in expected} == expected
    assert list(summary["stages"]) == [
        "read",
        "detect",
        "track",
        "embed",
        "associate",
        "store",
        "export",
        "draw",
    ]
    assert summary["stream_seconds"] == pytest.approx(47 / 6, abs=1e-3)


def test_the_terminal_says_where_the_results_are(finished):
    place, result = finished
    lines = dict(line.split(maxsplit=1) for line in result.stdout.splitlines())
    assert list(lines) == [
        "frames",
        "vehicles",
        "identities",
        "report",
        "videos",
        "tracks",
        "store",
    ]
    assert lines["identities"] == "2, of which 1 in two or more cameras"
    assert lines["report"] == str(place.out / "report.html")


def test_live_cameras_are_drawn_as_they_come(place):
    # A file by its URL is read like a stream: what is not taken in time is lost.
    cams = place.cams("a")
    tree = yaml.safe_load(cams.read_text())
    tree["cameras"][0]["source"] = (place.footage / "a.mp4").as_uri()
    cams.write_text(yaml.safe_dump(tree))
    assert place.run(cams=cams).exit_code == 0
    frames = place.summary()["frames"]
    assert 1 <= frames <= FRAMES
    assert frame_count(place.out / "videos" / "a.mp4") == frames
    assert place.outputs() >= OUTPUTS - {"thumbnails"}
    (warning,) = place.summary()["warnings"]
    assert "the stream ended" in warning


# ------------------------------------------------------------------ options


def test_no_video(place):
    assert place.run("--no-video").exit_code == 0
    assert place.outputs() == OUTPUTS - {"videos", "mosaic.mp4"}
    assert "draw" not in place.summary()["stages"]


def test_max_frames(place):
    assert place.run("--max-frames", 7).exit_code == 0
    assert [camera["frames"] for camera in place.summary()["cameras"].values()] == [7, 7]
    assert [frame_count(place.out / "videos" / f"{name}.mp4") for name in "ab"] == [7, 7]
    assert place.summary()["complete"] is True


def test_output_settings(place):
    place.run("--max-frames", 3, cams=place.cams("a", output={"mosaic": False}))
    assert place.outputs() == OUTPUTS - {"mosaic.mp4", "thumbnails"}


def test_check_writes_nothing(place):
    before = sorted(place.folder.iterdir())
    result = place.run("--check", cams=place.cams("a", "b"))
    assert result.exit_code == 0
    assert result.stdout == f"{place.folder / 'cams.yaml'}: all is well, cameras: 2\n"
    assert sorted(place.folder.iterdir()) == [*before, place.folder / "cams.yaml"]


def test_check_finds_every_recording_that_cannot_be_read(place):
    result = place.run("--check", cams=place.cams("a", "empty", "torn"))
    assert result.exit_code == 3
    found = errors(result)
    assert len(found) == 2
    assert "empty.mp4" in found[0]
    assert "torn.mp4" in found[1]


def test_help_is_worth_reading():
    result = CliRunner().invoke(app, ["--help"])
    assert result.exit_code == 0
    for option in ("--cams", "--out", "--overwrite", "--check", "--max-frames", "--no-video"):
        assert option in result.output


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


def test_an_older_run_survives_a_mistake_in_the_new_one(place, monkeypatch):
    place.run("--max-frames", 5, "--no-video")
    before = snapshot(place.out)
    monkeypatch.undo()
    result = place.run("--overwrite", cams=place.cams("a", detector={"weights": "nowhere.pt"}))
    assert result.exit_code == 2
    assert len(errors(result)) == 1
    assert "nowhere.pt" in result.stderr
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
    assert len(result.stderr.splitlines()) == 1
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
    monkeypatch.setattr(assembly, "load_detector", lambda config: ColourDetector())
    assert place.run("--overwrite", "--no-video").exit_code == 0
    assert place.summary()["complete"] is True


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
