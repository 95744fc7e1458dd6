from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.atomic import atomic_file, keep_apart, make_folder, write_bytes, write_text
from app.errors import OutputError


def test_a_file_is_written_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file.txt"
    write_bytes(path, b"old")
    write_text(path, "größer")
    assert path.read_text(encoding="utf-8") == "größer"
    assert list(path.parent.iterdir()) == [path]


def test_a_broken_off_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    write_text(path, "old")

    def break_off() -> None:
        with atomic_file(path) as file:
            file.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        break_off()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match=r"inner\.txt"):
        write_text(tmp_path / "file" / "inner.txt", "")


def test_a_folder_is_not_replaced(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="is a folder"):
        write_text(tmp_path, "")
    assert tmp_path.is_dir()


@pytest.mark.parametrize("place", [Path(), Path("/")])
def test_a_place_without_a_file_name_is_one_line(place: Path) -> None:
    with pytest.raises(OutputError, match="is a folder"):
        write_text(place, "")


def test_a_folder_is_noticed_before_anything_is_done(tmp_path: Path) -> None:
    for place in (tmp_path, Path(), Path("/")):
        with pytest.raises(OutputError, match="is a folder; give a file"):
            keep_apart((place,), ())


def test_no_device_or_pipe_is_replaced_by_a_file(tmp_path: Path) -> None:
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    for place in (pipe, link):
        for refused in (lambda path: write_text(path, ""), lambda path: keep_apart((path,), ())):
            with pytest.raises(OutputError, match="is a device or a pipe; give a file"):
                refused(place)
    assert pipe.is_fifo()
    assert link.is_fifo()


def test_standard_output_is_no_file_even_where_it_goes_to_one(tmp_path: Path) -> None:
    # `/dev/stdout` is a link then to that file, and the link would be replaced. Only checked here,
    # not written to: a fault must not break the machine that the test runs on.
    for name in ("stdout", "stderr", "fd/1"):
        with pytest.raises(OutputError, match="is a device or a pipe; give a file"):
            keep_apart((Path("/dev") / name,), ())
    keep_apart((Path("/dev/shm/found.json"),), ())


def test_what_belongs_to_a_run_is_not_made_by_another_command(tmp_path: Path) -> None:
    log = tmp_path / "searches.jsonl"
    with pytest.raises(OutputError, match="it is a run's"):
        keep_apart((tmp_path / "." / "searches.jsonl",), (log,))


def test_what_is_read_is_not_written_over(tmp_path: Path) -> None:
    picture, link = tmp_path / "suspect.jpg", tmp_path / "link.jpg"
    picture.write_bytes(b"a car")
    link.symlink_to(picture)
    keep_apart((None, tmp_path / "new.json"), (picture, None, tmp_path / "missing.db"))
    for out in (picture, link):
        with pytest.raises(OutputError, match="this command reads it"):
            keep_apart((out,), (picture,))


def test_two_outputs_are_two_files(tmp_path: Path) -> None:
    new = tmp_path / "new.json"
    keep_apart((new, None, None, tmp_path / "new.html"), ())
    with pytest.raises(OutputError, match="two outputs"):
        keep_apart((new, None, tmp_path / "." / "new.json"), ())


@pytest.mark.parametrize(
    ("files", "folder"),
    [
        pytest.param(["x", "x/y.html"], None, id="in it"),
        pytest.param(["x/a/y.html", "x"], None, id="around it"),
        pytest.param(["x"], "x", id="a folder"),
        pytest.param(["x"], "x/clips", id="a folder in it"),
    ],
)
def test_no_output_lies_in_another_that_is_a_file(
    tmp_path: Path, files: list[str], folder: str | None
) -> None:
    clips = None if folder is None else tmp_path / folder
    with pytest.raises(OutputError, match=r"x: two outputs would go there; choose another place"):
        keep_apart((tmp_path / name for name in files), (), folder=clips)
    assert list(tmp_path.iterdir()) == []


def test_outputs_may_lie_in_a_folder_of_others(tmp_path: Path) -> None:
    keep_apart((tmp_path / "x" / "found.json", tmp_path / "xy"), (), folder=tmp_path / "x")


def test_no_output_lies_in_a_file_that_is_read_or_comes_to_be_a_runs(tmp_path: Path) -> None:
    log = tmp_path / "searches.jsonl"
    for files, folder in (([log / "found.json"], None), ([], log), ([], log / "clips")):
        with pytest.raises(OutputError, match="it is a run's"):
            keep_apart(files, (log,), folder=folder)


def test_a_file_in_the_way_of_a_folder_is_noticed_before_anything_is_done(tmp_path: Path) -> None:
    (tmp_path / "a.txt").touch()
    for files, folder in (
        ([tmp_path / "a.txt" / "new" / "found.json"], None),
        ([], tmp_path / "a.txt"),
        ([], tmp_path / "a.txt" / "clips"),
    ):
        with pytest.raises(OutputError, match=r"a\.txt is a file, and no folder"):
            keep_apart(files, (), folder=folder)


def test_a_folder_is_made_once(tmp_path: Path) -> None:
    for _ in range(2):
        make_folder(tmp_path / "run" / "videos")
    assert (tmp_path / "run" / "videos").is_dir()
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="file"):
        make_folder(tmp_path / "file")
