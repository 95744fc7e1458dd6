"""The main command on small recordings, with a detector and an embedder that see colours."""

from __future__ import annotations

import re

import av
import pytest
import yaml
from typer.testing import CliRunner

from app import assembly
from app.run import app
from app.storage.store import Store
from tests.app.fakes import (
    ColourDetector,
    ColourEmbedder,
)
from tests.app.workplace import FRAMES, OUTPUTS, Workplace, errors, frame_count, read_lines

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
        "sightings",
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
    result = place.run(cams=cams)
    assert result.exit_code == 0, result.output
    frames = place.summary()["frames"]
    assert 1 <= frames <= FRAMES
    # In pieces of an hour; nobody knows on which side of one a test runs.
    pieces = list((place.out / "videos").iterdir())
    assert sum(map(frame_count, pieces)) == frames
    assert all(re.fullmatch(r"a_\d{8}T\d{6}Z\.mp4", piece.name) for piece in pieces)
    assert place.outputs() >= OUTPUTS - {"thumbnails", "mosaic.mp4"} | {"mosaic"}
    assert f"videos {place.out / 'mosaic'} and {place.out / 'videos'}" in " ".join(
        result.stdout.split()
    )
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
    assert result.stdout == f"{place.folder / 'cams.yaml'}: all checks passed, cameras: 2\n"
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
