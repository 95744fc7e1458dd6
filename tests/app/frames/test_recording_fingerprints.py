"""A recording that another one has taken the place of, however alike, is noticed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.errors import SourceError
from app.frames.recording_fingerprints import (
    drop_changed,
    fingerprint,
    is_unchanged,
    keep_fingerprints,
)
from app.frames.run_recordings import Recordings
from app.storage.records import Camera
from app.storage.store import Store
from tests.app.footage import grey, write_video

PART = 1 << 16


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.create(tmp_path / "run") as created:
        yield created


@pytest.mark.parametrize("size", [0, 1, PART, 3 * PART + 5, 16 * PART])
@pytest.mark.parametrize("place", [0.0, 0.37, 1.0])
def test_every_byte_of_a_small_file_counts(tmp_path: Path, size: int, place: float) -> None:
    path = tmp_path / "a.mp4"
    content = bytearray(os.urandom(size))
    path.write_bytes(content)
    before = fingerprint(path)
    assert fingerprint(path) == before
    if size:
        content[int(place * (size - 1))] ^= 1
        path.write_bytes(content)
        assert fingerprint(path) != before
    path.write_bytes(content + b"0")
    assert fingerprint(path) != before


def test_of_a_large_file_only_parts_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with path.open("wb") as file:
        file.truncate(1 << 40)  # takes no room on the disk
    before = fingerprint(path)
    for place in (0, -1):
        with path.open("r+b") as file:
            file.seek(place, os.SEEK_SET if place == 0 else os.SEEK_END)
            file.write(b"x")
        assert fingerprint(path) != before
        before = fingerprint(path)


def recorded(path: Path, level: int) -> Path:
    """A second of an even picture."""
    return write_video(path, range(0, 1000, 100), picture=grey(level))


def test_another_day_of_the_same_name_size_and_length_is_not_opened(
    store: Store, tmp_path: Path
) -> None:
    day, other = (
        recorded(tmp_path / f"{level}.mp4", level).read_bytes().ljust(9999, b"\0")
        for level in (90, 91)
    )
    assert len(day) == len(other)
    path = tmp_path / "a.mp4"
    path.write_bytes(day)
    camera = Camera(camera_id="a", source=str(path), width=64, height=48, frames=10)
    store.put_camera(camera)
    keep_fingerprints(store, {"a": path})
    Recordings(store).open(camera).close()
    path.write_bytes(other)
    with pytest.raises(SourceError, match=r"camera a: .*a\.mp4 is not the recording that the run"):
        Recordings(store).open(camera)
    # A copy elsewhere is what counts there.
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "a.mp4").write_bytes(day)
    Recordings(store, moved_to=tmp_path / "disk").open(camera).close()


def test_runs_of_before_kept_none(store: Store, tmp_path: Path) -> None:
    assert is_unchanged(store, "a", recorded(tmp_path / "a.mp4", 90))


def test_what_changes_while_it_is_read_is_not_held_to_it(store: Store, tmp_path: Path) -> None:
    files = {name: recorded(tmp_path / f"{name}.mp4", 90) for name in "abc"}
    keep_fingerprints(store, files)
    with files["b"].open("ab") as file:
        file.write(b"more")
    files["c"].unlink()
    drop_changed(store, files)
    recorded(files["a"], 91)
    recorded(files["b"], 91)
    recorded(files["c"], 91)
    assert [is_unchanged(store, name, path) for name, path in files.items()] == [False, True, True]


def test_a_run_keeps_what_its_recordings_are_like(place) -> None:
    (place.folder / "a.mp4").write_bytes((place.footage / "a.mp4").read_bytes())
    cams = place.folder / "own.yaml"
    cams.write_text(
        place.cams("a").read_text().replace(str(place.footage / "a.mp4"), "a.mp4"), encoding="utf-8"
    )
    assert place.run("--no-video", cams=cams).exit_code == 0
    with Store.open(place.out) as store:
        assert is_unchanged(store, "a", place.footage / "a.mp4")
        assert not is_unchanged(store, "a", place.footage / "b.mp4")
