"""Readers of dataset layouts; each lists `Crop`, and decodes nothing."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Final
from xml.etree import ElementTree

from reid.data.datasets import Crop

_IMAGE_SUFFIXES: Final = (".jpg", ".jpeg", ".png", ".bmp")
_VERI_NAME: Final = re.compile(r"(?P<identity>\d+)_c(?P<camera>\d+)_\d+(_\d+)?\.jpg")
_KHOA_NAME: Final = re.compile(r"(?P<identity>[a-z]+_\d+)_(?P<camera>cam\d+)\.jpg")


def read_folder(root: Path) -> list[Crop]:
    """Read `root/<identity>/<camera>_<anything>.jpg`.

    Raises:
        FileNotFoundError: If there is no such folder.
        ValueError: If it holds no images in this layout.
    """
    _check_folder(root)
    crops = [
        Crop(path, folder.name, path.stem.split("_")[0])
        for folder in sorted(root.iterdir())
        if folder.is_dir()
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in _IMAGE_SUFFIXES
    ]
    return _check_any(crops, root, "<identity>/<camera>_<anything>.jpg")


def read_veri(root: Path) -> list[Crop]:
    """Read one folder of VeRi-776, such as `image_train`: `<identity>_c<camera>_<frame>_<n>.jpg`.

    Where `identities.csv` (id, model, colour, …) lies beside the folder, as in the sets that
    `city.crops` writes, the crops know their vehicle's model and colour.

    Reference: Liu et al., "A deep learning-based approach to progressive vehicle
    re-identification for urban surveillance", ECCV 2016.

    Raises:
        FileNotFoundError: If there is no such folder.
        ValueError: If it holds no images with such names, or the table lacks a column.
    """
    _check_folder(root)
    crops = _match_names(sorted(root.iterdir()), _VERI_NAME)
    if (root.parent / "identities.csv").is_file():
        rows = _read_table(root.parent, "identities.csv", ("id", "model", "colour"))
        try:
            known = {int(row["id"]): _attributes(row) for row in rows}
        except ValueError as error:
            raise ValueError(
                f"{root.parent / 'identities.csv'}: ids are numbers: {error}"
            ) from error
        crops = [replace(c, attributes=known.get(int(c.identity), ())) for c in crops]
    return _check_any(crops, root, "0002_c002_00030600_0.jpg")


def read_vehicle_id(root: Path, *, split: str) -> list[Crop]:
    """Read VehicleID: `image/<name>.jpg`, listed in `train_test_split/*.txt` as "name id".

    Its images don't say which camera took them; each counts as taken by one of its own.

    Reference: Liu et al., "Deep relative distance learning: tell the difference between similar
    vehicles", CVPR 2016.

    Args:
        root: Its folder.
        split: "train_list", "test_list_800", "test_list_1600" or "test_list_2400".

    Raises:
        FileNotFoundError: If the folder or the list is missing.
        ValueError: If a line of the list is not "name id", or it has none.
    """
    _check_folder(root)
    listing = root / "train_test_split" / f"{split}.txt"
    if not listing.is_file():
        raise FileNotFoundError(f"{listing} is missing")
    crops = []
    for number, line in enumerate(listing.read_text().splitlines(), start=1):
        fields = line.split()
        if fields and len(fields) != 2:
            raise ValueError(f"{listing}:{number}: expected 'name id', is {line!r}")
        if fields:
            name, identity = fields
            crops.append(Crop(root / "image" / f"{name}.jpg", identity, name))
    return _check_any(crops, listing, "one 'name id' per line")


def read_city_flow(labels: Path) -> list[Crop]:
    """Read CityFlow-ReID: `<part>_label.xml` beside the folder `image_<part>`.

    Reference: Tang et al., "CityFlow: a city-scale benchmark for multi-target multi-camera vehicle
    tracking and re-identification", CVPR 2019.

    Args:
        labels: The XML file, such as `train_label.xml`.

    Raises:
        FileNotFoundError: If the file or the folder is missing.
        ValueError: If it is no such XML, or lists no images.
    """
    if not labels.is_file():
        raise FileNotFoundError(f"{labels} is missing")
    folder = labels.parent / f"image_{labels.stem.removesuffix('_label')}"
    _check_folder(folder)
    # Declared as gb2312, which the parser doesn't know; its names and numbers are ASCII.
    text = re.sub(r"^<\?xml.*?\?>", "", labels.read_text("gb2312"), flags=re.DOTALL)
    try:
        items = ElementTree.fromstring(text).iter("Item")
        crops = [
            Crop(
                folder / item.attrib["imageName"], item.attrib["vehicleID"], item.attrib["cameraID"]
            )
            for item in items
        ]
    except (ElementTree.ParseError, KeyError) as error:
        raise ValueError(f"{labels} is not a list of CityFlow-ReID: {error}") from error
    return _check_any(crops, labels, '<Item imageName="…" vehicleID="…" cameraID="…"/>')


def read_khoa(root: Path, *, split: str) -> list[Crop]:
    """Read the Khoa vehicle ReID set: `images/train/<kind>_<id>_cam<n>.jpg`, listed in a file.

    Args:
        root: Its folder.
        split: "train" or "val": which list.

    Raises:
        FileNotFoundError: If the folder or the list is missing.
        ValueError: If the list names no images in this layout.
    """
    _check_folder(root)
    listing = root / f"{split}.txt"
    if not listing.is_file():
        raise FileNotFoundError(f"{listing} is missing: the list of the images of {split!r}")
    names = sorted(set(listing.read_text().split()))
    crops = _match_names([root / "images" / "train" / name for name in names], _KHOA_NAME)
    return _check_any(crops, listing, "car_0088_cam2.jpg")


def read_rendered(root: Path) -> list[Crop]:
    """Read rendered traffic: `crops.csv` (file, id, camera, model, colour, …) beside `crops/`.

    Raises:
        FileNotFoundError: If the folder or `crops.csv` is missing.
        ValueError: If it has no rows or lacks a column.
    """
    rows = _read_table(root, "crops.csv", ("file", "id", "camera", "model", "colour"))
    crops = [
        Crop(root / "crops" / row["file"], row["id"], row["camera"], _attributes(row))
        for row in rows
    ]
    return _check_any(crops, root / "crops.csv", "one row per crop")


READERS: Final[Mapping[str, Callable[[Path], list[Crop]]]] = MappingProxyType(
    {
        "folder": read_folder,
        "veri": read_veri,
        "vehicleid_train": lambda root: read_vehicle_id(root, split="train_list"),
        "vehicleid_800": lambda root: read_vehicle_id(root, split="test_list_800"),
        "vehicleid_1600": lambda root: read_vehicle_id(root, split="test_list_1600"),
        "vehicleid_2400": lambda root: read_vehicle_id(root, split="test_list_2400"),
        "cityflow": read_city_flow,
        "khoa_train": lambda root: read_khoa(root, split="train"),
        "khoa_val": lambda root: read_khoa(root, split="val"),
        "rendered": read_rendered,
    }
)
"""All layouts by the name that configurations use."""


def _attributes(row: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return ("model", row["model"]), ("colour", row["colour"])


def _match_names(paths: Sequence[Path], pattern: re.Pattern[str]) -> list[Crop]:
    matches = [(path, pattern.fullmatch(path.name)) for path in paths]
    return [Crop(path, m["identity"], m["camera"]) for path, m in matches if m is not None]


def _read_table(root: Path, name: str, columns: Sequence[str]) -> list[dict[str, str]]:
    _check_folder(root)
    path = root / name
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing")
    rows = []
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        try:
            if missing := [c for c in columns if c not in (reader.fieldnames or ())]:
                raise ValueError(f"{path} lacks the columns {missing}")
            for row in reader:
                if missing := [c for c in columns if row[c] is None]:
                    raise ValueError(f"{path}:{reader.line_num} lacks {', '.join(missing)}")
                rows.append(row)
        except UnicodeDecodeError as error:
            raise ValueError(f"{path} is not a table: {error}") from error
    return rows


def _check_folder(root: Path) -> None:
    if not root.is_dir():
        raise FileNotFoundError(f"{root} is not a folder")


def _check_any(crops: list[Crop], where: Path, layout: str) -> list[Crop]:
    if not crops:
        raise ValueError(f"{where} holds no crops; expected {layout}")
    return crops
