"""A town that fits on a stamp: coloured boxes drive through small pictures.

Detector and embedder see the colours, so that everything between them and the store can be checked
by hand: one colour is one vehicle.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from app.drawing.video import VideoWriter
from detector.types import Detections, Frame
from tests.app.stores import axis

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from tracking.types import Tracklet

WIDTH, HEIGHT = 160, 96
CAR_WH = 32, 24
FPS = 10
# The bits stand for blue, green and red.
BLUE, GREEN, CYAN, RED, MAGENTA, YELLOW = range(1, 7)
_BITS = np.array([1, 2, 4])
_ROAD, _KERB = 60, 90
_KERB_PX = 20
_LEAST_PX = 100


@dataclass(frozen=True)
class Car:
    """A coloured box.

    Attributes:
        colour: 1 to 6.
        left: Its left edge in pixels at a time in seconds, None while it is out of sight.
        top: Its upper edge in pixels.
    """

    colour: int
    left: Callable[[float], float | None]
    top: int = 36


def passing(enters: float, *, speed: float = 60.0) -> Callable[[float], float | None]:
    """Drive through from the left; in sight for (160 + 32) / 60 = 3.2 s from `enters` on."""

    def left(at: float) -> float | None:
        return speed * (at - enters) - CAR_WH[0] if at >= enters else None

    return left


def standing(x: float, *, since: float = 0.0, until: float = np.inf) -> Callable[[float], float]:
    """Stand at a place for some time."""
    return lambda at: x if since <= at < until else None


def picture(cars: Sequence[Car], at: float, *, scale: int = 1) -> np.ndarray:
    """What a camera sees; `scale` gives a larger picture of the same street."""
    image = np.full((HEIGHT * scale, WIDTH * scale, 3), _ROAD, np.uint8)
    image[-_KERB_PX * scale :] = _KERB
    for car in cars:
        left = car.left(at)
        if left is not None:
            x1, x2 = (max(0, round(x) * scale) for x in (left, left + CAR_WH[0]))
            color = [255 * (car.colour >> bit & 1) for bit in range(3)]
            image[car.top * scale : (car.top + CAR_WH[1]) * scale, x1:x2] = color
    return image


def frame(camera_id: str, index: int, cars: Sequence[Car], *, start: float = 0.0) -> Frame:
    """A camera's frame at 10 fps."""
    return Frame(camera_id, index, start + index / FPS, picture(cars, index / FPS))


def write_recording(
    path: Path, cars: Sequence[Car], *, frames: int, fps: int = FPS, scale: int = 1
) -> Path:
    """Record the street."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with VideoWriter(path, WIDTH * scale, HEIGHT * scale, fps=fps, crf=12) as writer:
        for index in range(frames):
            writer.write(picture(cars, index / fps, scale=scale), index / fps)
    return path


class ColourDetector:
    """Finds every coloured box.

    Attributes:
        batches: Number of images in each call.
    """

    apart = False

    def __init__(
        self,
        confidence: Mapping[int, float] | None = None,
        *,
        before: Callable[[int], None] = lambda call: None,
    ) -> None:
        """Take the confidence of some colours (0.9 else) and what to do at each call, from 1."""
        self.batches: list[int] = []
        self._confidence = confidence or {}
        self._before = before

    def __call__(self, images: Sequence[np.ndarray]) -> list[Detections]:
        self.batches.append(len(images))
        self._before(len(self.batches))
        return [self._find(image) for image in images]

    def _find(self, image: np.ndarray) -> Detections:
        codes = colours(image)
        boxes, confidence = [], []
        for colour in range(BLUE, YELLOW + 1):
            mask = (codes == colour).astype(np.uint8)
            _, _, stats, _ = cv2.connectedComponentsWithStats(mask)
            for x, y, width, height, area in stats[1:].tolist():
                if area >= _LEAST_PX:
                    boxes.append((x, y, x + width, y + height))
                    confidence.append(self._confidence.get(colour, 0.9))
        xyxy = np.array(boxes, np.float32).reshape(-1, 4)
        return Detections(xyxy, np.array(confidence, np.float32), np.zeros(len(xyxy), np.int64))


class ColourEmbedder:
    """Gives every colour an axis of its own: 0 apart from itself, 1.41 from the others.

    Attributes:
        crops: Colour of each crop, in the order in which they came.
        calls: Number of calls that had crops.
        calibration: As of a network that nobody has measured.
    """

    calibration = None

    def __init__(self) -> None:
        self.crops: list[int] = []
        self.calls = 0

    def __call__(self, images: Sequence[np.ndarray], xyxy: Sequence[np.ndarray]) -> np.ndarray:
        found = [
            int(colours(image)[int((y1 + y2) / 2), int((x1 + x2) / 2)])
            for image, boxes in zip(images, xyxy, strict=True)
            for x1, y1, x2, y2 in boxes.tolist()
        ]
        self.crops += found
        self.calls += bool(found)
        vectors = [axis(*([0] * colour), 1) for colour in found]
        return np.stack(vectors) if vectors else np.zeros((0, 512), np.float32)


def colours(image: np.ndarray) -> np.ndarray:
    """The colour of every pixel: 0 for the road."""
    return (image > 128) @ _BITS


def colour_of(tracklet: Tracklet) -> int:
    """The colour that a tracklet was embedded as."""
    return int(tracklet.embedding.argmax())


class CountedFrames:
    """Stands for a progress bar."""

    def __init__(self) -> None:
        self.frames = 0

    def advance(self, frames: int) -> None:
        self.frames += frames
