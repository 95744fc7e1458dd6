from pathlib import Path

import cv2
import numpy as np
import pytest
from typer import Typer
from typer.testing import CliRunner

from reid import photographs
from reid.data.layouts import read_folder
from reid.photographs import choose, crops_of, read_labels


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two photographs of 200 × 100 with a large vehicle each, and one without labels."""
    root = tmp_path / "my_set"
    for part in ("images", "labels"):
        (root / part).mkdir(parents=True)
    for name, value in (("a", 50), ("b", 150), ("c", 250)):
        cv2.imwrite(str(root / "images" / f"{name}.png"), np.full((100, 200, 3), value, np.uint8))
    for name in "ab":
        (root / "labels" / f"{name}.txt").write_text("0 0.5 0.5 0.5 0.6\n3 0.9 0.9 0.05 0.05\n")
    return root


@pytest.mark.parametrize(
    ("boxes", "expected"),
    [
        ([], []),
        ([[0, 0, 60, 60]], [0]),
        ([[0, 0, 60, 60], [0, 0, 47, 60]], []),
        ([[0, 0, 60, 60], [100, 0, 160, 60], [0, 0, 10, 10]], [0, 1]),
    ],
    ids=["none", "one", "one hides another", "two apart, a tiny one in front"],
)
def test_choice(boxes: list[list[float]], expected: list[int]):
    given = np.array(boxes, np.float32).reshape(-1, 4)
    assert choose(given).tolist() == given[expected].tolist()


def test_smaller_vehicles_on_request():
    boxes = np.array([[0, 0, 30, 60], [100, 0, 123, 60]], np.float32)
    assert not len(choose(boxes))
    assert choose(boxes, min_side=24).tolist() == boxes[:1].tolist()


def test_labels_are_shares_of_the_picture(folder: Path):
    boxes = read_labels(folder / "labels" / "a.txt", width=200, height=100)
    assert boxes[0] == pytest.approx([50, 20, 150, 80])


def test_no_label_is_no_box(tmp_path: Path):
    (tmp_path / "empty.txt").write_text("\n")
    assert read_labels(tmp_path / "empty.txt", width=9, height=9).shape == (0, 4)


def test_shares_may_be_rounded_beyond_the_picture_but_not_be_pixels(tmp_path: Path):
    labels = tmp_path / "a.txt"
    labels.write_text("0 0.5 0.5 1.000001 1\n")
    assert read_labels(labels, width=200, height=100)[0] == pytest.approx([0, 0, 200, 100], abs=0.1)
    labels.write_text("0 0.5 0.5 200 100\n")
    with pytest.raises(ValueError, match="fractions of the image are expected"):
        read_labels(labels, width=200, height=100)


def test_outlines_are_no_boxes(tmp_path: Path):
    labels = tmp_path / "a.txt"
    labels.write_text("0 0.2 0.2 0.9 0.2 0.9 0.9 0.2 0.9\n")
    with pytest.raises(ValueError, match=r"a\.txt is not a YOLO label file: class cx cy w h"):
        read_labels(labels, width=200, height=100)
    labels.write_text("0 0.5 0.5 0.5 0.5 0.9\n")  # with a confidence
    assert len(read_labels(labels, width=200, height=100)) == 1


def test_a_crop_does_not_keep_its_photograph_in_memory(folder: Path):
    assert all(crop.base is None for _, crop in crops_of(folder))


def test_two_choices_do_not_mix_vehicles_in_one_folder(folder: Path, tmp_path: Path):
    app = Typer()
    app.command()(photographs.main)
    command, out = [str(folder), "--out", str(tmp_path / "out")], tmp_path / "out"
    assert CliRunner().invoke(app, command).exit_code == 0
    before = sorted(out.rglob("*.jpg"))
    result = CliRunner().invoke(app, [*command, "--limit", "1"])
    assert result.exit_code == 2
    assert "my-set-00000 is there already" in " ".join(result.output.split())
    assert sorted(out.rglob("*.jpg")) == before


def test_every_vehicle_is_an_identity(folder: Path, tmp_path: Path):
    assert [name for name, _ in crops_of(folder)] == ["a", "b"]
    for _, crop in crops_of(folder):
        assert crop.shape == pytest.approx((60, 100, 3), abs=1)  # cut at whole pixels
    app = Typer()
    app.command()(photographs.main)
    result = CliRunner().invoke(app, [str(folder), "--out", str(tmp_path / "out")])
    assert result.exit_code == 0
    assert "2 of 2 vehicles" in result.output
    crops = read_folder(tmp_path / "out")
    assert [(c.identity, c.camera) for c in crops] == [
        ("my-set-00000", "my-set"),
        ("my-set-00001", "my-set"),
    ]


def test_a_folder_without_usable_vehicles_is_one_line(folder: Path, tmp_path: Path):
    app = Typer()
    app.command()(photographs.main)
    command = [str(folder), "--out", str(tmp_path / "out"), "--min-side", "99"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 2
    assert "has no labelled vehicle that is 99 px" in " ".join(result.output.split())


def test_bad_folders_are_named(folder: Path, tmp_path: Path):
    with pytest.raises(FileNotFoundError, match="images is missing"):
        list(crops_of(tmp_path))
    (folder / "labels" / "a.txt").write_text("no numbers")
    with pytest.raises(ValueError, match=r"a\.txt is not a YOLO label file"):
        list(crops_of(folder))
    for row in ("0 5 5 0.5 0.5", "0 0.5 0.5 nan 0.5", "0 0.5 0.5 -0.5 0.5"):
        (folder / "labels" / "a.txt").write_text(row)
        with pytest.raises(ValueError, match=r"a\.txt is not a YOLO label file: fractions"):
            list(crops_of(folder))
    (folder / "labels" / "a.txt").write_bytes(b"\xff\xfe0")
    with pytest.raises(ValueError, match=r"a\.txt is not a YOLO label file"):
        list(crops_of(folder))
    (folder / "images" / "a.png").write_text("no picture")
    with pytest.raises(ValueError, match=r"a\.png cannot be read"):
        list(crops_of(folder))
