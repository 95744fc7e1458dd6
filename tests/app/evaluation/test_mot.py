from __future__ import annotations

from pathlib import Path

import pytest

from app.errors import ConfigError
from app.evaluation.mot import read_mot


def write(folder: Path, text: str) -> Path:
    path = folder / "cam.txt"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "frames", "identities", "boxes"),
    [
        pytest.param("", [], [], [], id="empty"),
        pytest.param("1,7,10,20,30,40,0.9,2,-1\n", [1], [7], [[10, 20, 40, 60]], id="a run's line"),
        pytest.param("1,7,1.5,2,3,4,1,van,0.4", [1], [7], [[1.5, 2, 4.5, 6]], id="class by name"),
        pytest.param("1,7,1,2,3,4", [1], [7], [[1, 2, 4, 6]], id="only what is needed"),
        pytest.param("\ufeff1,7,1,2,3,4", [1], [7], [[1, 2, 4, 6]], id="byte order mark"),
        pytest.param("1,7,-9,-9,99,99", [1], [7], [[-9, -9, 90, 90]], id="beyond the edge"),
        pytest.param("1.0, 7, 1, 2, 3, 4\n\n", [1], [7], [[1, 2, 4, 6]], id="spaces, blank line"),
        pytest.param(
            "2,1,0,0,1,1\n1,1,0,0,2,2\r\n", [2, 1], [1, 1], [[0, 0, 1, 1], [0, 0, 2, 2]], id="many"
        ),
    ],
)
def test_read(
    tmp_path: Path,
    text: str,
    frames: list[int],
    identities: list[int],
    boxes: list[list[float]],
) -> None:
    found = read_mot(write(tmp_path, text))
    assert found.frame.tolist() == frames
    assert found.identity.tolist() == identities
    assert found.xyxy.tolist() == boxes


@pytest.mark.parametrize(
    ("text", "place"),
    [
        pytest.param("1,1,0,0,5,5\n1,2,0,0,5\n", "cam.txt:2: expected frame", id="too short"),
        pytest.param("frame,id,x,y,w,h\n", "cam.txt:1: expected frame", id="header"),
        pytest.param("1.5,1,0,0,5,5\n", "cam.txt:1: expected frame", id="half a frame"),
        pytest.param("1,1,0,0,nan,5\n", "cam.txt:1: expected frame", id="not a number"),
        pytest.param("1,1,0,0,inf,5\n", "cam.txt:1: expected frame", id="endless"),
        pytest.param("0,1,0,0,5,5\n", "cam.txt:1: frames from 1", id="frame 0"),
        pytest.param("-3,1,0,0,5,5\n", "cam.txt:1: frames from 1", id="negative frame"),
        pytest.param("1e300,1,0,0,5,5\n", "cam.txt:1: frames from 1", id="absurd frame"),
        pytest.param("1,-1,0,0,5,5\n", "cam.txt:1: identities from 0", id="nobody"),
        pytest.param("1,1e18,0,0,5,5\n", "cam.txt:1: identities from 0", id="absurd identity"),
        pytest.param("1,1,0,0,5,5\n2,1,9,9,-5,5\n", "cam.txt:2: a width", id="negative width"),
        pytest.param("1,1,0,0,5,0\n", "cam.txt:1: a width and a height", id="no height"),
        pytest.param("1,1,-2e6,0,5,5\n", "cam.txt:1: pixels up to", id="far away"),
        pytest.param("1,1,0,0,1e9,5\n", "cam.txt:1: pixels up to", id="absurd width"),
        pytest.param(
            "1,1,0,0,5,5\n\n1,1,9,9,5,5\n",
            "cam.txt:3: identity 1 is twice in frame 1, first in line 1",
            id="twice",
        ),
    ],
)
def test_bad_text_is_named_by_line(tmp_path: Path, text: str, place: str) -> None:
    with pytest.raises(ConfigError, match=place):
        read_mot(write(tmp_path, text))


def test_missing_and_binary_files_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_mot(tmp_path / "none.txt")
    binary = tmp_path / "cam.txt"
    binary.write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_mot(binary)
