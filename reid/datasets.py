"""Vehicle pictures with identities: readers for every layout, and pictures in memory.

A reader turns a folder into a list of `Crop`; nothing is decoded before `load_images`.
"""

from __future__ import annotations

import csv
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from reid.crops import resize

_LOG = logging.getLogger(__name__)

_IMAGE_SUFFIXES: Final = (".jpg", ".jpeg", ".png", ".bmp")
_VERI_NAME: Final = re.compile(r"(?P<identity>\d+)_c(?P<camera>\d+)_\d+(_\d+)?\.jpg")
_KHOA_NAME: Final = re.compile(r"(?P<identity>[a-z]+_\d+)_(?P<camera>cam\d+)\.jpg")


@dataclass(frozen=True, slots=True)
class Crop:
    """One picture of one vehicle.

    Attributes:
        path: The image file.
        identity: The vehicle; unique within its data set.
        camera: Where it was seen.
        attributes: What is known of the vehicle, such as ("model", "sedan") and ("colour", "red").
    """

    path: Path
    identity: str
    camera: str
    attributes: tuple[tuple[str, str], ...] = ()


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

    Reference: Liu et al., "A deep learning-based approach to progressive vehicle
    re-identification for urban surveillance", ECCV 2016.

    Raises:
        FileNotFoundError: If there is no such folder.
        ValueError: If it holds no images with such names.
    """
    _check_folder(root)
    crops = _match_names(sorted(root.iterdir()), _VERI_NAME)
    return _check_any(crops, root, "0002_c002_00030600_0.jpg")


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


def read_rendered_veri(root: Path) -> list[Crop]:
    """Read rendered crops with VeRi names: `images/` and `identities.csv` (id, model, colour, …).

    Raises:
        FileNotFoundError: If the folder, `images/` or `identities.csv` is missing.
        ValueError: If there are no crops or a column is missing.
    """
    rows = _read_table(root, "identities.csv", ("id", "model", "colour"))
    known = {int(row["id"]): _attributes(row) for row in rows}
    return [
        Crop(crop.path, crop.identity, crop.camera, known.get(int(crop.identity), ()))
        for crop in read_veri(root / "images")
    ]


READERS: Final[Mapping[str, Callable[[Path], list[Crop]]]] = MappingProxyType(
    {
        "folder": read_folder,
        "veri": read_veri,
        "khoa_train": lambda root: read_khoa(root, split="train"),
        "khoa_val": lambda root: read_khoa(root, split="val"),
        "rendered": read_rendered,
        "rendered_veri": read_rendered_veri,
    }
)
"""All layouts by the name that configurations use."""


@dataclass(frozen=True, slots=True, eq=False)
class CropSet:
    """Crops as a struct of arrays.

    Attributes:
        crops: The N crops.
        identity: int64 (N,), 0 ... number of identities - 1, in the order of their names.
        camera: int64 (N,), likewise.
    """

    crops: tuple[Crop, ...]
    identity: NDArray[np.int64]
    camera: NDArray[np.int64]

    def __len__(self) -> int:
        """Return the number of crops."""
        return len(self.crops)

    @classmethod
    def of(cls, crops: Sequence[Crop]) -> CropSet:
        """Number the identities and cameras of some crops."""
        identities = encode([crop.identity for crop in crops])
        return cls(tuple(crops), identities, encode([crop.camera for crop in crops]))

    def attribute(self, name: str) -> NDArray[np.int64]:
        """Return an attribute of each crop, numbered by name; int64 (N,), -1 where unknown."""
        values = [dict(crop.attributes).get(name, "") for crop in self.crops]
        codes = encode(values)
        return codes - 1 if "" in values else codes


def encode(names: Sequence[str]) -> NDArray[np.int64]:
    """Return the place of each name among the sorted different ones; (N,) -> int64 (N,).

    >>> encode(["b", "a", "b"]).tolist()
    [1, 0, 1]
    """
    return np.unique(np.array(names, dtype=str), return_inverse=True)[1].astype(np.int64)


def with_at_least(crops: Sequence[Crop], count: int) -> list[Crop]:
    """Return the crops of the identities that have at least so many; the others are counted."""
    sizes: dict[str, int] = {}
    for crop in crops:
        sizes[crop.identity] = sizes.get(crop.identity, 0) + 1
    if few := sum(size < count for size in sizes.values()):
        _LOG.warning("%d of %d identities left out: fewer than %d crops", few, len(sizes), count)
    return [crop for crop in crops if sizes[crop.identity] >= count]


def check_disjoint(train: Sequence[Crop], validation: Sequence[Crop]) -> None:
    """Raise if a vehicle is in both.

    Raises:
        ValueError: Naming the first identities that two sets of crops share.
    """
    shared = {crop.identity for crop in train} & {crop.identity for crop in validation}
    if shared:
        names = ", ".join(sorted(shared)[:5])
        raise ValueError(f"{len(shared)} identities are in training and validation: {names}")


def load_images(crops: Sequence[Crop], hw: tuple[int, int]) -> tuple[list[Crop], NDArray[np.uint8]]:
    """Decode all crops at one size; unreadable ones are named in the log and left out.

    Args:
        crops: What to read.
        hw: Height and width, in pixels.

    Returns:
        The M readable crops and their pictures, uint8 (M, H, W, 3), BGR.

    Raises:
        ValueError: If none is readable.
    """
    images = np.empty((len(crops), *hw, 3), np.uint8)
    readable: list[Crop] = []
    for crop in crops:
        # imread of OpenCV only warns about a missing file, so ask first.
        image = cv2.imread(str(crop.path)) if crop.path.is_file() else None
        if image is None:
            _LOG.warning("%s is missing or not an image: left out", crop.path)
            continue
        images[len(readable)] = resize(np.asarray(image, np.uint8), hw)
        readable.append(crop)
    if len(readable) < len(crops):
        _LOG.warning("%d of %d crops left out", len(crops) - len(readable), len(crops))
    if not readable:
        raise ValueError(f"none of {len(crops)} crops is readable")
    return readable, images[: len(readable)]


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
    with path.open(newline="") as file:
        reader = csv.DictReader(file)
        if missing := [c for c in columns if c not in (reader.fieldnames or ())]:
            raise ValueError(f"{path} lacks the columns {missing}")
        return list(reader)


def _check_folder(root: Path) -> None:
    if not root.is_dir():
        raise FileNotFoundError(f"{root} is not a folder")


def _check_any(crops: list[Crop], where: Path, layout: str) -> list[Crop]:
    if not crops:
        raise ValueError(f"{where} holds no crops; expected {layout}")
    return crops
