import logging
from pathlib import Path

import numpy as np
import pytest

from reid.datasets import (
    READERS,
    Crop,
    CropSet,
    check_disjoint,
    encode,
    load_images,
    read_folder,
    read_khoa,
    read_rendered,
    read_rendered_veri,
    read_veri,
    with_at_least,
)
from tests.reid.pictures import write, write_folder, write_khoa, write_rendered


def test_folder(tmp_path: Path):
    write_folder(tmp_path, [3, 1])
    write(tmp_path / "v001" / "cam0_1.png", 1, 0)
    (tmp_path / "v001" / "notes.txt").write_text("no picture")
    crops = read_folder(tmp_path)
    assert [(c.identity, c.camera, c.path.name) for c in crops] == [
        ("v001", "cam0", "cam0_0.jpg"),
        ("v001", "cam0", "cam0_1.png"),
        ("v001", "cam1", "cam1_0.jpg"),
        ("v003", "cam0", "cam0_0.jpg"),
        ("v003", "cam1", "cam1_0.jpg"),
    ]


def test_veri_names(tmp_path: Path):
    write(tmp_path / "0002_c002_00030600_0.jpg", 2, 2)
    write(tmp_path / "0005_c011_00000001_1.jpg", 5, 11)
    write(tmp_path / "thumbnail.jpg", 0, 0)
    crops = read_veri(tmp_path)
    assert [(c.identity, c.camera) for c in crops] == [("0002", "002"), ("0005", "011")]


def test_khoa_splits(tmp_path: Path):
    write_khoa(tmp_path, {"train": [1, 2], "val": [7]})
    assert [c.identity for c in read_khoa(tmp_path, split="val")] == ["car_0007"] * 2
    assert [c.camera for c in read_khoa(tmp_path, split="train")] == ["cam1", "cam2"] * 2


def test_rendered_crops_know_their_attributes(tmp_path: Path):
    crops = read_rendered(write_rendered(tmp_path / "T1", [1, 2]))
    assert crops[0] == Crop(
        tmp_path / "T1" / "crops" / "T1_1_cam0_0001.jpg",
        "T1_1",
        "cam0",
        (("model", "bus"), ("colour", "red")),
    )


def test_rendered_crops_with_veri_names(tmp_path: Path):
    write(tmp_path / "images" / "0002_c002_00030600_0.jpg", 2, 2)
    write(tmp_path / "images" / "0003_c002_00030600_0.jpg", 3, 2)
    (tmp_path / "identities.csv").write_text("id,model,colour\n2,van,white\n")
    attributes = [c.attributes for c in read_rendered_veri(tmp_path)]
    assert attributes == [(("model", "van"), ("colour", "white")), ()]


@pytest.mark.parametrize("name", READERS)
def test_missing_folders_are_named(name: str, tmp_path: Path):
    with pytest.raises(FileNotFoundError, match="nowhere is not a folder"):
        READERS[name](tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("folder", ValueError, "holds no crops; expected <identity>"),
        ("veri", ValueError, "holds no crops; expected 0002_c002"),
        ("khoa_train", FileNotFoundError, r"train\.txt is missing"),
        ("rendered", FileNotFoundError, r"crops\.csv is missing"),
        ("rendered_veri", FileNotFoundError, r"identities\.csv is missing"),
    ],
)
def test_empty_folders_are_named(name: str, error: type[Exception], message: str, tmp_path: Path):
    with pytest.raises(error, match=message):
        READERS[name](tmp_path)


def test_missing_columns_are_named(tmp_path: Path):
    (tmp_path / "crops.csv").write_text("file,id,camera\n")
    with pytest.raises(ValueError, match=r"lacks the columns \['model', 'colour'\]"):
        read_rendered(tmp_path)


@pytest.mark.parametrize(
    ("names", "expected"), [([], []), (["x"], [0]), (["b", "a", "b"], [1, 0, 1])]
)
def test_names_are_numbered_in_order(names: list[str], expected: list[int]):
    assert encode(names).tolist() == expected


def test_a_crop_set_numbers_identities_cameras_and_attributes():
    crops = [
        Crop(Path("a"), "v2", "c1", (("colour", "red"),)),
        Crop(Path("b"), "v1", "c2"),
        Crop(Path("c"), "v2", "c2", (("colour", "blue"),)),
    ]
    crop_set = CropSet.of(crops)
    assert len(crop_set) == 3
    assert crop_set.identity.tolist() == [1, 0, 1]
    assert crop_set.camera.tolist() == [0, 1, 1]
    assert crop_set.attribute("colour").tolist() == [1, -1, 0]
    assert crop_set.attribute("model").tolist() == [-1, -1, -1]


def test_identities_with_a_single_crop_are_left_out_and_counted(caplog):
    crops = [Crop(Path(str(n)), i, "c") for n, i in enumerate(["a", "b", "a"])]
    with caplog.at_level(logging.WARNING):
        assert [c.identity for c in with_at_least(crops, 2)] == ["a", "a"]
    assert "1 of 2 identities left out: fewer than 2 crops" in caplog.text


def test_vehicles_in_training_and_validation_are_named():
    train = [Crop(Path("a"), "v1", "c"), Crop(Path("b"), "v2", "c")]
    check_disjoint(train, [Crop(Path("c"), "v3", "c")])
    with pytest.raises(ValueError, match="1 identities are in training and validation: v2"):
        check_disjoint(train, [Crop(Path("c"), "v2", "c")])


def test_unreadable_images_are_named_and_left_out(tmp_path: Path, caplog):
    good = Crop(write(tmp_path / "good.jpg", 1, 0), "a", "c")
    broken = Crop(tmp_path / "broken.jpg", "b", "c")
    broken.path.write_bytes(b"not a picture")
    missing = Crop(tmp_path / "missing.jpg", "c", "c")
    with caplog.at_level(logging.WARNING):
        crops, images = load_images([broken, good, missing], (16, 24))
    assert crops == [good]
    assert images.shape == (1, 16, 24, 3)
    assert images.dtype == np.uint8
    assert "broken.jpg is missing or not an image" in caplog.text
    assert "2 of 3 crops left out" in caplog.text
    with pytest.raises(ValueError, match="none of 1 crops is readable"):
        load_images([broken], (16, 24))
