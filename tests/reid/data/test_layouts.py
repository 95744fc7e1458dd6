from pathlib import Path

import pytest

from reid.data.datasets import Crop
from reid.data.layouts import (
    READERS,
    read_city_flow,
    read_folder,
    read_khoa,
    read_rendered,
    read_vehicle_id,
    read_veri,
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


def test_veri_names_beside_a_table_of_identities(tmp_path: Path):
    write(tmp_path / "image_train" / "0002_c002_00030600_0.jpg", 2, 2)
    write(tmp_path / "image_train" / "0003_c002_00030600_0.jpg", 3, 2)
    (tmp_path / "identities.csv").write_text("id,model,colour\n2,van,white\n")
    attributes = [c.attributes for c in read_veri(tmp_path / "image_train")]
    assert attributes == [(("model", "van"), ("colour", "white")), ()]


def test_vehicle_id_lists(tmp_path: Path):
    for name, split in (
        ("train_list", "0000001 7\n0000002 7\n"),
        ("test_list_800", "0000003 9\n\n"),
    ):
        path = tmp_path / "train_test_split" / f"{name}.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_text(split)
    crops = READERS["vehicleid_train"](tmp_path)
    assert [(c.identity, c.path) for c in crops] == [
        ("7", tmp_path / "image" / "0000001.jpg"),
        ("7", tmp_path / "image" / "0000002.jpg"),
    ]
    assert len({c.camera for c in crops}) == 2
    assert [c.identity for c in READERS["vehicleid_800"](tmp_path)] == ["9"]


def test_a_bad_line_of_vehicle_id_is_named(tmp_path: Path):
    path = tmp_path / "train_test_split" / "train_list.txt"
    path.parent.mkdir()
    path.write_text("0000001 7\n0000002\n")
    with pytest.raises(ValueError, match=r"train_list\.txt:2: expected 'name id', is '0000002'"):
        read_vehicle_id(tmp_path, split="train_list")


CITY_FLOW = """<?xml version="1.0" encoding="gb2312"?>
<TrainingImages Version="1.0"><Items number="2">
<Item imageName="000001.jpg" vehicleID="0001" cameraID="c001" />
<Item imageName="000002.jpg" vehicleID="0001" cameraID="c002" />
</Items></TrainingImages>"""


def test_city_flow_lists(tmp_path: Path):
    (tmp_path / "image_train").mkdir()
    (tmp_path / "train_label.xml").write_text(CITY_FLOW)
    crops = read_city_flow(tmp_path / "train_label.xml")
    assert [(c.identity, c.camera, c.path.name) for c in crops] == [
        ("0001", "c001", "000001.jpg"),
        ("0001", "c002", "000002.jpg"),
    ]
    (tmp_path / "train_label.xml").write_text("<Items><Item imageName='a.jpg'/></Items>")
    with pytest.raises(ValueError, match="is not a list of CityFlow-ReID: 'vehicleID'"):
        read_city_flow(tmp_path / "train_label.xml")
    with pytest.raises(FileNotFoundError, match=r"test_label\.xml is missing"):
        read_city_flow(tmp_path / "test_label.xml")


@pytest.mark.parametrize("name", READERS)
def test_missing_folders_are_named(name: str, tmp_path: Path):
    with pytest.raises(FileNotFoundError, match=r"nowhere is (not a folder|missing)"):
        READERS[name](tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("folder", ValueError, "holds no crops; expected <identity>"),
        ("veri", ValueError, "holds no crops; expected 0002_c002"),
        ("khoa_train", FileNotFoundError, r"train\.txt is missing"),
        ("rendered", FileNotFoundError, r"crops\.csv is missing"),
        ("vehicleid_train", FileNotFoundError, r"train_list\.txt is missing"),
    ],
)
def test_empty_folders_are_named(name: str, error: type[Exception], message: str, tmp_path: Path):
    with pytest.raises(error, match=message):
        READERS[name](tmp_path)


def test_missing_columns_are_named(tmp_path: Path):
    (tmp_path / "crops.csv").write_text("file,id,camera\n")
    with pytest.raises(ValueError, match=r"lacks the columns \['model', 'colour'\]"):
        read_rendered(tmp_path)


def test_half_a_row_is_named(tmp_path: Path):
    (tmp_path / "crops.csv").write_text("file,id,camera,model,colour\na.jpg,1\n")
    with pytest.raises(ValueError, match=r"crops\.csv:2 lacks camera, model, colour"):
        read_rendered(tmp_path)
