"""Files are whole or absent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from detector.files.whole_file import whole_file

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_takes_its_place_when_it_is_written(tmp_path: Path) -> None:
    place = tmp_path / "log.csv"
    place.write_text("old")
    with whole_file(place) as partial:
        partial.write_text("new")
        assert place.read_text() == "old"
    assert place.read_text() == "new"
    assert list(tmp_path.iterdir()) == [place]


def test_what_breaks_off_leaves_nothing_and_the_older_file(tmp_path: Path) -> None:
    place = tmp_path / "log.csv"
    place.write_text("old")
    with pytest.raises(KeyboardInterrupt):
        _break_off(place)
    assert place.read_text() == "old"
    assert list(tmp_path.iterdir()) == [place]


def _break_off(place: Path) -> None:
    with whole_file(place) as partial:
        partial.write_text("ne")
        raise KeyboardInterrupt
