from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import ConfigError
from app.evaluation.cityflow import camera_numbers, name_cameras, read_cityflow, write_cityflow
from tests.tracking.sequences import labelled
from tracking.evaluation.comparison import LabelledBoxes


@pytest.mark.parametrize(
    ("names", "numbers"),
    [
        pytest.param([], {}, id="none"),
        pytest.param(["c041", "c046"], {"c041": 41, "c046": 46}, id="CityFlow's own"),
        pytest.param(["S05_c10", "S05_c9"], {"S05_c10": 10, "S05_c9": 9}, id="last number counts"),
        pytest.param(["south", "north"], {"north": 1, "south": 2}, id="no numbers"),
        pytest.param(["a1", "b1"], {"a1": 1, "b1": 2}, id="the same number twice"),
        pytest.param(["a7", "b"], {"a7": 1, "b": 2}, id="one without"),
    ],
)
def test_camera_numbers(names: list[str], numbers: dict[str, int]) -> None:
    assert camera_numbers(names) == numbers


def test_cameras_get_the_names_of_the_other_side() -> None:
    empty = LabelledBoxes.empty()
    assert list(name_cameras({41: empty, 7: empty}, ["gate_041"])) == ["gate_041", "c007"]


def test_a_file_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "truth.txt"
    path.write_text("41 5 1 10 20 30 40 42.49 -90.67\n\n42 5 3 1 2 3 4 -1 -1\n", encoding="utf-8")
    found = read_cityflow(path)
    assert list(found) == [41, 42]
    assert found[41].xyxy.tolist() == [[10, 20, 40, 60]]
    assert (found[42].frame.tolist(), found[42].identity.tolist()) == ([3], [5])


def test_submission(tmp_path: Path) -> None:
    path = tmp_path / "new" / "track1.txt"
    cameras = {"gate": labelled([(2, 7, 0.4, 0, 10.6, 10), (1, 7, 0)]), "arch": labelled([])}
    assert write_cityflow(path, cameras) == {"arch": 1, "gate": 2}
    assert path.read_text(encoding="utf-8") == "2 7 1 0 0 10 10 -1 -1\n2 7 2 0 0 11 10 -1 -1\n"


@settings(max_examples=20)
@given(st.integers(0, 10**6))
def test_what_is_written_is_read_again(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    rng = np.random.default_rng(seed)
    places = rng.integers(0, 500, (6, 2))
    boxes = labelled([(f, f % 2, x, y, x + 9, y + 5) for f, (x, y) in enumerate(places, start=1)])
    path = tmp_path_factory.mktemp("cityflow") / "track1.txt"
    write_cityflow(path, {"c003": boxes})
    again = name_cameras(read_cityflow(path), ["c003"])["c003"]
    for name in ("frame", "identity", "xyxy"):
        np.testing.assert_array_equal(getattr(again, name), getattr(boxes, name))


def test_repeated_identity_keeps_its_first_box(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "track1.txt"
    path.write_text("1 5 1 10 0 9 9 -1 -1\n1 5 1 50 0 9 9 -1 -1\n", encoding="utf-8")
    assert read_cityflow(path)[1].xyxy[:, 0].tolist() == [10]
    assert "1 boxes repeat an identity" in caplog.text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "no boxes in this file", id="empty"),
        pytest.param("1,5,1,0,0,9,9\n", "truth.txt:1: expected camera_id obj_id", id="commas"),
        pytest.param("1 5 1 0 0 9 9\n1 5 2 0\n", "truth.txt:2", id="too short"),
        pytest.param("1.5 5 1 0 0 9 9\n", "truth.txt:1", id="camera is no number"),
        pytest.param("1 5 1 nan 0 9 9\n", "truth.txt:1", id="not finite"),
        pytest.param("1 5 0 0 0 9 9\n", "truth.txt:1: frames from 1", id="frame 0"),
        pytest.param("1 -1 1 0 0 9 9\n", "truth.txt:1: identities from 0", id="nobody"),
        pytest.param("1 5 1 0 0 9 9\n1 5 2 0 0 9 -9\n", "truth.txt:2: a width", id="negative"),
        pytest.param("1 5 1 0 3e7 9 9\n", "truth.txt:1: pixels up to", id="far away"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "truth.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        read_cityflow(path)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read as CityFlow text"):
        read_cityflow(tmp_path / "none.txt")
