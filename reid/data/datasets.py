"""Labelled vehicle crops: their metadata, and the decoded images in memory."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from reid.crops import resize

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Crop:
    """One image of one vehicle.

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
    """Return the crops of the identities that have at least so many; the others are counted.

    Raises:
        ValueError: If no identity has.
    """
    sizes: dict[str, int] = {}
    for crop in crops:
        sizes[crop.identity] = sizes.get(crop.identity, 0) + 1
    if few := sum(size < count for size in sizes.values()):
        _LOG.warning("%d of %d identities left out: fewer than %d crops", few, len(sizes), count)
    if few == len(sizes):
        raise ValueError(f"none of {len(sizes)} identities has {count} or more readable crops")
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
        The M readable crops and their images, uint8 (M, H, W, 3), BGR.

    Raises:
        ValueError: If none is readable, or there are none.
    """
    if not crops:
        raise ValueError("there are no crops to read")
    images = np.empty((len(crops), *hw, 3), np.uint8)
    readable: list[Crop] = []
    with ThreadPoolExecutor() as pool:  # OpenCV decodes without Python's lock
        for crop, image in zip(crops, pool.map(partial(_read, hw=hw), crops), strict=True):
            if image is None:
                _LOG.warning("%s is missing, not an image or cut off: left out", crop.path)
                continue
            images[len(readable)] = image
            readable.append(crop)
    if len(readable) < len(crops):
        _LOG.warning("%d of %d crops left out", len(crops) - len(readable), len(crops))
    if not readable:
        raise ValueError(f"none of {len(crops)} crops is readable")
    return readable, images[: len(readable)]


def _read(crop: Crop, *, hw: tuple[int, int]) -> NDArray[np.uint8] | None:
    # imread of OpenCV only warns about a missing file, so ask first.
    if not crop.path.is_file():
        return None
    encoded = crop.path.read_bytes()
    image = None
    if encoded and not _is_cut_off(encoded):
        image = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR)
    return None if image is None else resize(np.asarray(image, np.uint8), hw)


def _is_cut_off(encoded: bytes) -> bool:
    """Tell whether a JPEG ends before its end is marked: OpenCV makes what is missing grey."""
    is_jpeg = encoded.startswith(b"\xff\xd8")
    return is_jpeg and encoded.rfind(b"\xff\xd9") < encoded.rfind(b"\xff\xda")
