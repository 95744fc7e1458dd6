from __future__ import annotations

from pathlib import Path

import pytest

from app.browsing.clips import Clips
from app.errors import OutputError


def ten_bytes(path: Path) -> None:
    path.write_bytes(b"0123456789")


def names(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.iterdir())


def test_the_clips_that_were_not_used_for_longest_go(tmp_path: Path) -> None:
    clips = Clips(tmp_path, most_bytes=25)
    for name in "abab":
        clips.keep(name, ten_bytes)
    with clips.lent("a"):
        pass
    clips.keep("c", ten_bytes)
    assert names(tmp_path) == ["a", "c"]
    with clips.lent("b") as gone:
        assert gone is None


def test_a_clip_that_is_being_sent_stays(tmp_path: Path) -> None:
    clips = Clips(tmp_path, most_bytes=15)
    clips.keep("a", ten_bytes)
    with clips.lent("a") as path, clips.lent("a"):
        clips.keep("b", ten_bytes)
        clips.keep("c", ten_bytes)
        assert path == tmp_path / "a.mp4"
        assert names(tmp_path) == ["a", "c"]
    clips.keep("d", ten_bytes)
    assert names(tmp_path) == ["d"]


def test_the_newest_clip_is_there_however_large(tmp_path: Path) -> None:
    clips = Clips(tmp_path, most_bytes=5)
    clips.keep("a", ten_bytes)
    with clips.lent("a") as path:
        assert path is not None


def test_a_clip_that_cannot_be_written_is_tried_again(tmp_path: Path) -> None:
    def fail(path: Path) -> None:
        ten_bytes(path)
        raise OutputError("no space left")

    clips = Clips(tmp_path)
    with pytest.raises(OutputError):
        clips.keep("a", fail)
    assert names(tmp_path) == []
    with clips.lent("a") as path:
        assert path is None
    clips.keep("a", ten_bytes)
    assert names(tmp_path) == ["a"]
