from __future__ import annotations

from pathlib import Path

import pytest

from app.errors import OutputError
from app.storage.run_folder import RunFolder
from tests.app.stores import city_store


def write(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")


def files(root: Path) -> list[str]:
    return sorted(p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file())


def old_run(path: Path) -> None:
    city_store(path).close()
    write(
        path,
        "sightings.db-wal",
        "sightings.db-shm",
        "mosaic.mp4",
        "summary.json",
        "report.html",
        "videos/north.mp4",
        "videos/north_20260504T083000Z.mp4",
        "mosaic/mosaic_20260504T083000Z.mp4",
        "tracks/north.txt",
        "thumbnails/1_north_1.jpg",
    )


PICTURES_OF_IT = ("links.svg", "identity_errors.jpg")
"""By `app.links` and `app.evaluate`, which make them again."""


def test_every_output_has_its_place():
    folder = RunFolder(Path("runs/monday"))
    places = (folder.store, folder.mosaic, folder.summary, folder.report, folder.video("north"))
    assert [place.as_posix() for place in places] == [
        "runs/monday/sightings.db",
        "runs/monday/mosaic.mp4",
        "runs/monday/summary.json",
        "runs/monday/report.html",
        "runs/monday/videos/north.mp4",
    ]


def test_pieces_of_live_videos_say_when_they_begin():
    folder = RunFolder(Path("runs/monday"))
    begin = 1_777_883_400.9
    assert [
        path.as_posix() for path in (folder.video_piece("north", begin), folder.mosaic_piece(begin))
    ] == [
        "runs/monday/videos/north_20260504T083000Z.mp4",
        "runs/monday/mosaic/mosaic_20260504T083000Z.mp4",
    ]


def test_all_that_a_run_writes_is_its_own(tmp_path):
    old_run(tmp_path)
    write(tmp_path, "tracks_online/north.txt", "mosaic_online.mp4", "corrections.yaml", "notes.txt")
    own = {path.relative_to(tmp_path).as_posix() for path in RunFolder(tmp_path).own_files()}
    assert set(files(tmp_path)) - own == {"notes.txt"}


@pytest.mark.parametrize("name", ["new", "deeply/nested/new", "empty"])
@pytest.mark.parametrize("overwrite", [False, True])
def test_a_free_place_is_accepted_and_left_untouched(tmp_path, name, overwrite):
    (tmp_path / "empty").mkdir()
    RunFolder(tmp_path / name).check(overwrite=overwrite)
    assert [p.name for p in tmp_path.iterdir()] == ["empty"]
    assert files(tmp_path) == []


def test_a_place_without_parents_is_relative_to_the_working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    RunFolder(Path("runs/a")).check(overwrite=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("taken", "overwrite", "message"),
    [
        pytest.param("file", False, "is a file", id="file"),
        pytest.param("file", True, "is a file", id="file, overwrite"),
        pytest.param("run", False, "not empty.*--overwrite", id="run"),
        pytest.param("foreign", False, "not empty", id="other files"),
    ],
)
def test_a_taken_place_is_refused(tmp_path, taken, overwrite, message):
    write(tmp_path, "file", "foreign/notes.txt")
    old_run(tmp_path / "run")
    before = files(tmp_path)
    with pytest.raises(OutputError, match=message):
        RunFolder(tmp_path / taken).check(overwrite=overwrite)
    assert files(tmp_path) == before


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    write(tmp_path, "file")
    with pytest.raises(OutputError, match="file: File exists"):
        RunFolder(tmp_path / "file").clear()


def test_a_place_where_nothing_can_be_written_is_refused():
    with pytest.raises(OutputError, match=r"^/proc/runs: cannot be written to"):
        RunFolder(Path("/proc/runs")).check(overwrite=False)


@pytest.mark.parametrize(
    "name",
    ["videos/north.mp4", "mosaic.mp4", "mosaic/monday.mp4", "../run/videos_online/other.mp4"],
)
def test_a_recording_is_never_written_over(tmp_path, name):
    folder = RunFolder(tmp_path / "run")
    with pytest.raises(OutputError, match="is an input"):
        folder.check(overwrite=True, recordings=[tmp_path / "run" / name])
    folder.check(overwrite=True, recordings=[tmp_path / "run" / "north.mp4"])


def test_clearing_makes_the_folder(tmp_path):
    RunFolder(tmp_path / "a" / "b").clear()
    assert (tmp_path / "a" / "b").is_dir()


def test_clearing_removes_a_run_and_nothing_else(tmp_path):
    foreign = ["query.html", "mosaic_of_mine.mp4", "videos/notes.txt", "thumbnails/more/a.jpg"]
    old_run(tmp_path)
    write(tmp_path, *foreign, *PICTURES_OF_IT)
    RunFolder(tmp_path).clear()
    assert files(tmp_path) == sorted(foreign)
    assert sorted({p.parts[0] for p in map(Path, foreign)}) == sorted(
        p.name for p in tmp_path.iterdir()
    )


def test_what_a_killed_drawing_left_goes_with_the_run(tmp_path):
    folder = RunFolder(tmp_path)
    city_store(tmp_path).close()
    half = RunFolder(folder.aside)
    half.videos.mkdir(parents=True)
    half.video("north").write_bytes(b"half")
    folder.clear()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_a_run_loses_nothing(tmp_path):
    mine = ["mosaic/evidence.mp4", "videos/evidence.mp4", "tracks/notes.txt", "report.html"]
    mine += PICTURES_OF_IT
    write(tmp_path, *mine)
    RunFolder(tmp_path).clear()
    assert files(tmp_path) == sorted(mine)


def test_two_runs_never_write_into_one_folder(tmp_path: Path) -> None:
    with (
        RunFolder(tmp_path / "run").reserved(),
        pytest.raises(OutputError, match="another run or rendering is in progress"),
        RunFolder(tmp_path / "run").reserved(),
    ):
        pass
    with RunFolder(tmp_path / "run").reserved():
        pass
    assert not any((tmp_path / "run").iterdir())


def test_a_folder_is_in_use_while_a_run_goes_on(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    assert not folder.in_use()
    with folder.reserved():
        assert RunFolder(tmp_path / "run").in_use()
    assert not folder.in_use()
    (tmp_path / "run" / ".running").touch()  # what a killed run leaves
    assert not folder.in_use()
    with folder.reserved():
        assert folder.in_use()


def test_a_folder_that_another_run_has_reserved_is_not_free(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    with folder.reserved():
        folder.check_free(overwrite=False)  # of what it has reserved itself
        for overwrite in (False, True):
            with pytest.raises(OutputError, match="another run or rendering is in progress"):
                folder.check(overwrite=overwrite)
    folder.check(overwrite=False)
