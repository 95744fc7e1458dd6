import logging
from pathlib import Path

import numpy as np
import pytest

from reid.data.datasets import (
    Crop,
    CropSet,
    check_disjoint,
    encode,
    load_images,
    with_at_least,
)
from tests.reid.pictures import write


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
    with pytest.raises(ValueError, match="none of 2 identities has 3 or more readable crops"):
        with_at_least(crops, 3)


def test_vehicles_in_training_and_validation_are_named():
    train = [Crop(Path("a"), "v1", "c"), Crop(Path("b"), "v2", "c")]
    check_disjoint(train, [Crop(Path("c"), "v3", "c")])
    with pytest.raises(ValueError, match="1 identities are in training and validation: v2"):
        check_disjoint(train, [Crop(Path("c"), "v2", "c")])


@pytest.mark.parametrize("share", [0.3, 0.9, 0.999])
def test_a_picture_that_is_cut_off_is_not_taken_for_a_grey_one(tmp_path: Path, share: float):
    whole = write(tmp_path / "a.jpg", 1, 0)
    content = whole.read_bytes()
    whole.write_bytes(content + b"\0\0")  # some cameras fill files up
    assert len(load_images([Crop(whole, "a", "c")], (32, 32))[0]) == 1
    whole.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ValueError, match="none of 1 crops is readable"):
        load_images([Crop(whole, "a", "c")], (32, 32))


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
    assert "broken.jpg is missing, not an image or cut off" in caplog.text
    assert "2 of 3 crops left out" in caplog.text
    with pytest.raises(ValueError, match="none of 1 crops is readable"):
        load_images([broken], (16, 24))
    with pytest.raises(ValueError, match="there are no crops to read"):
        load_images([], (16, 24))
