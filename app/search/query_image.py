"""The query image: read from its file, and the vehicle that it is about."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from app.drawing.thumbnails import shrunk
from app.errors import QueryError, SourceError
from app.search.image_decoding import decode_image
from detector import boxes
from detector.types import CLASS_NAMES, Detections

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from app.pipeline import Detector

MIN_CONFIDENCE: Final = 0.25
"""Weaker detections in a query image are ignored: the usual threshold for images."""

CENTRALITY: Final = 0.5
"""How much of its weight a vehicle loses from the middle of the image to its corner."""

FILLED: Final = 0.3
"""Share of an image above which the vehicle that was found may be a part of one that fills it."""

BORDER: Final = 0.5
"""Border in which it is then looked for again, in longer sides of the image."""

BORDER_GREY: Final = 114
"""The grey that detectors of the YOLO family know beside images."""

BORDERED_PX: Final = 1280
"""Longest side of the image within that border; detectors scale it down anyway."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """An image file.

    Attributes:
        image: uint8 (H, W, 3), BGR.
        sha256: Of the file, in hexadecimal.
    """

    image: NDArray[np.uint8]
    sha256: str


def read_picture(path: Path) -> Picture:
    """Return the image in a file.

    Raises:
        SourceError: If the file is missing or no image.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror}") from error
    return picture_of(content, name=str(path))


def picture_of(content: bytes, *, name: str) -> Picture:
    """Return the image that a file contains.

    Args:
        content: All of the file.
        name: What to call it.

    Raises:
        SourceError: If it is no image.
    """
    return Picture(decode_image(content, name=name), hashlib.sha256(content).hexdigest())


def box_in(image: NDArray[np.uint8], xywh: Sequence[float]) -> NDArray[np.float32]:
    """Return a box that a user gave, cut off at the image's borders, float32 (4,).

    Raises:
        QueryError: If nothing of it is in the image.
    """
    height, width = image.shape[:2]
    xyxy = boxes.clip(boxes.xywh_to_xyxy(np.array([xywh], np.float32)), width=width, height=height)
    if not boxes.area(xyxy)[0] >= 1:
        given = ",".join(f"{value:g}" for value in xywh)
        raise QueryError(f"box {given}: it is outside the image, which is {width}x{height}")
    return np.asarray(xyxy[0])


def find_vehicle(
    image: NDArray[np.uint8], detector: Detector, *, name: str
) -> tuple[NDArray[np.float32], str]:
    """Find the vehicle that an image is about: a large one near its middle.

    Args:
        image: uint8 (H, W, 3), BGR.
        detector: Finds the vehicles.
        name: What to call the image.

    Returns:
        Its box, float32 (4,), within the image, and a description that says which it is.

    Raises:
        QueryError: If no vehicle is in the image.
    """
    vehicles = vehicles_in(image, detector)
    if not len(vehicles):
        raise QueryError(
            f"{name}: no vehicle detected in the image; give its box with --box x,y,w,h"
        )
    return vehicles.xyxy[0], _describe(vehicles, name=name)


def vehicles_in(image: NDArray[np.uint8], detector: Detector) -> Detections:
    """Return the vehicles of an image, the most prominent first: large ones near its middle.

    Where one fills the image, as in a crop, or none is found, they are looked for again within a
    border, and the more certain look counts: of a vehicle without surroundings only a part is
    found.

    Args:
        image: uint8 (H, W, 3), BGR.
        detector: Finds the vehicles.
    """
    height, width = image.shape[:2]
    vehicles = _by_prominence(_vehicles(image, detector), width=width, height=height)
    if len(vehicles) and boxes.area(vehicles.xyxy)[0] <= FILLED * width * height:
        return vehicles
    again = _by_prominence(_vehicles_within_border(image, detector), width=width, height=height)
    is_surer = len(again) and (not len(vehicles) or again.confidence[0] > vehicles.confidence[0])
    return again if is_surer else vehicles


def _vehicles(image: NDArray[np.uint8], detector: Detector) -> Detections:
    """Return the vehicles of an image, cut off at its borders."""
    (found,) = detector([image])
    sure = found[found.confidence >= MIN_CONFIDENCE]
    height, width = image.shape[:2]
    xyxy = boxes.clip(sure.xyxy, width=width, height=height)
    return Detections(xyxy, sure.confidence, sure.class_id)


def _vehicles_within_border(image: NDArray[np.uint8], detector: Detector) -> Detections:
    """Return the vehicles of an image that fill it: detectors know vehicles with surroundings."""
    height, width = image.shape[:2]
    small = shrunk(image, longest=BORDERED_PX)
    border = round(BORDER * max(small.shape[:2]))
    around = (border,) * 4
    bordered = cv2.copyMakeBorder(small, *around, cv2.BORDER_CONSTANT, value=(BORDER_GREY,) * 3)
    (found,) = detector([np.asarray(bordered, np.uint8)])
    # Back to the image, whose sides were scaled to whole pixels.
    factors = np.array([width / small.shape[1], height / small.shape[0]] * 2, np.float32)
    xyxy = boxes.clip((found.xyxy - border) * factors, width=width, height=height)
    kept = (found.confidence >= MIN_CONFIDENCE) & (boxes.area(xyxy) >= 1)
    return Detections(xyxy, found.confidence, found.class_id)[kept]


def _by_prominence(vehicles: Detections, *, width: int, height: int) -> Detections:
    prominence = _prominence(vehicles.xyxy, width=width, height=height)
    return vehicles[np.argsort(-prominence, kind="stable")]


def _prominence(xyxy: NDArray[np.float32], *, width: int, height: int) -> NDArray[np.float32]:
    """Return the area of each box, weighted by how central it is; (N, 4) -> (N,)."""
    middle = np.array([width, height], np.float32) / 2
    off = np.linalg.norm((xyxy[:, :2] + xyxy[:, 2:]) / 2 - middle, axis=1)
    return np.asarray(boxes.area(xyxy) * (1 - CENTRALITY * off / np.linalg.norm(middle)))


def _describe(vehicles: Detections, *, name: str) -> str:
    x, y, w, h = boxes.xyxy_to_xywh(vehicles.xyxy)[0].round().astype(int).tolist()
    kind = CLASS_NAMES[vehicles.class_id[0]]
    text = f"{kind} in {name} at {x},{y},{w},{h} (confidence {vehicles.confidence[0]:.2f})"
    if len(vehicles) == 1:
        return text
    return f"{text}, the most prominent of {len(vehicles)} vehicles; --box selects another"
