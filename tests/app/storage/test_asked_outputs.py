"""What commands were asked to write into a run's folder, and that it goes with the run."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app import evaluate, links, query
from app.errors import OutputError
from app.graph.camera_graph import CameraGraph, put_camera_graph
from app.storage.asked_outputs import FILE_NAME, note, unchanged
from app.storage.run_folder import RunFolder
from tests.app.footage import write_video
from tests.app.stores import START, assign, camera, city_store, tracklet, view


def write(path: Path, text: str = "x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def names(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in unchanged(folder)]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    write_video(tmp_path / "west.mp4", range(0, 3000, 100))
    with city_store(tmp_path / "run") as store:
        recording = {"source": str(tmp_path / "west.mp4"), "width": 64, "height": 48}
        store.put_camera(camera("west", frames=30, last_timestamp=START + 2.9, **recording))
        store.upsert_sighting(tracklet("west", 1), view(), first_frame=0, last_frame=20)
        assign(store, "west", 1, identity_id=4)
        put_camera_graph(store, CameraGraph())
    return tmp_path / "run"


def call(app: object, *options: object) -> None:
    result = CliRunner().invoke(app, [str(one) for one in options])
    assert result.exit_code == 0, result.output


def test_noted_files_are_known_until_they_are_changed(tmp_path):
    note(tmp_path, [write(tmp_path / "b.html"), write(tmp_path / "clips" / "a b.mp4")])
    assert names(tmp_path) == ["b.html", "clips/a b.mp4"]
    write(tmp_path / "b.html", "x, and a line by hand")
    (tmp_path / "clips" / "a b.mp4").unlink()
    assert names(tmp_path) == []
    note(tmp_path, [tmp_path / "b.html"])  # the command wrote it again
    assert names(tmp_path) == ["b.html"]


def test_the_record_is_one_that_sha256sum_checks(tmp_path):
    note(tmp_path, [write(tmp_path / "page.html", "found")])
    expected = f"{hashlib.sha256(b'found').hexdigest()}  page.html\n"
    assert (tmp_path / FILE_NAME).read_text() == expected


def test_files_elsewhere_are_nobodys_business(tmp_path):
    outside = write(tmp_path / "answers" / "page.html")
    run = tmp_path / "run"
    (run / "linked").parent.mkdir()
    (run / "linked").symlink_to(tmp_path / "answers")
    note(run, [outside, run / "linked" / "page.html", run / ".." / "answers" / "page.html"])
    assert not (run / FILE_NAME).exists()
    digest = hashlib.sha256(b"x").hexdigest()
    (run / FILE_NAME).write_text(f"{digest}  ../answers/page.html\nno such line\n")
    assert names(run) == []


def test_a_folder_that_is_no_runs_gets_no_record(tmp_path):
    RunFolder(tmp_path).note([write(tmp_path / "page.html")])
    assert not (tmp_path / FILE_NAME).exists()


def test_a_record_that_cannot_be_written_is_no_error(run):
    (run / FILE_NAME).mkdir()
    RunFolder(run).note([write(run / "page.html")])


def test_what_commands_wrote_of_a_run_goes_with_it(run, tmp_path):
    mine = [
        write(run / "corrections.yaml", "corrections: []\n"),
        write(run / "notes.html", "mine"),
        write(run / "clips" / "notes.txt", "mine"),
    ]
    elsewhere = tmp_path / "found.html"
    page, values = run / "query.html", run / "answers" / "found.json"
    search = ("--run", run, "--class", "car")
    call(query.app, *search, "--report", page, "--json", values, "--clips", run / "clips")
    assert "clips/02_west_1.mp4" in names(run)
    call(query.app, *search, "--report", elsewhere)
    edited = run / "edited.html"
    call(query.app, *search, "--report", edited)
    write(edited, edited.read_text() + "<p>this one!</p>")
    learned = run / "learned.yaml"
    call(links.app, "--run", run, "--yaml", learned, "--picture", run / "graph.svg")
    for camera_id, end in (("north", 600), ("south", 300), ("west", 30)):
        write(run / "tracks" / f"{camera_id}.txt", "1,1,10,20,30,40,1,0,-1\n")
        write(tmp_path / "truth" / f"{camera_id}.txt", f"{end},1,10,20,30,40,1,car,1\n")
    call(evaluate.app, "--run", run, "--cityflow", run / "track1.txt")
    scores = run / "scores.json"
    call(evaluate.app, "--run", run, "--truth", tmp_path / "truth", "--json", scores)
    RunFolder(run).clear()
    left = sorted(path for path in run.rglob("*") if path.is_file())
    assert left == sorted([*mine, edited])
    assert elsewhere.is_file()
    assert not values.parent.exists()


def test_a_clip_that_the_next_run_reads_is_kept(run):
    clip = write(run / "clips" / "01_north_1.mp4")
    folder = RunFolder(run)
    folder.check(overwrite=True, recordings=[clip])
    folder.note([clip])
    with pytest.raises(OutputError, match="a clip of the older run, which is replaced"):
        folder.check(overwrite=True, recordings=[clip])
