"""Random views of training images: crop, zoom, flip, night, colour, blur, noise and compression.

Views are cut at about the scale at which the detector sees its cameras (640 pixels long side), so
that vehicles keep the sizes that they have in use although the views are small and cheap.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from detector.boxes import area, clip
from detector.training.nightfall import nightfall

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from detector.data.dataset import Sample

REFERENCE_SIZE: Final = 640
"""Long side in pixels that a zoom of 1 stands for: the detector's default input size."""

_PADDING: Final = 114
"""Grey of what lies beside the image, as in `detector.yolo`."""

_MIN_VISIBLE: Final = 0.25
_MIN_SIDE_PX: Final = 4.0
"""Share of a box, and pixels of its shorter side, that must be left in a view to be a label."""

_CENTERED: Final = 0.75
"""Of the views of images with labels, those that are cut around a vehicle."""

_BACKGROUND_TRIES: Final = 12
"""Cuts at random, of which the emptiest becomes a view of the background."""

_JPEG: Final = 0.3
_BLUR: Final = 0.15
_NOISE: Final = 0.15
_GRAY: Final = 0.03
"""Of the views, those that are compressed, blurred, noisy and without colour."""


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A square piece of a training image.

    Attributes:
        image: uint8 (S, S, 3), BGR.
        xyxy: float32 (N, 4), boxes in pixels of the view.
        class_id: int64 (N,).
        ignore: float32 (M, 4), regions in pixels of the view that teach nothing.
        night: Whether it was turned into a night image.
    """

    image: NDArray[np.uint8]
    xyxy: NDArray[np.float32]
    class_id: NDArray[np.int64]
    ignore: NDArray[np.float32]
    night: bool


def random_view(
    image: NDArray[np.uint8], sample: Sample, *, size: int, rng: np.random.Generator
) -> View:
    """Cut a random view out of an image.

    Boxes of which less than a quarter, or less than 4 pixels, is left become regions to ignore.

    Args:
        image: uint8 (H, W, 3), BGR, the sample's decoded image.
        sample: Its labels and the source that sets the range of the zoom.
        size: Side of the view in pixels.
        rng: Where the random numbers come from.
    """
    matrix = _random_affine(image.shape[1], image.shape[0], sample, size=size, rng=rng)
    padding = (_PADDING, _PADDING, _PADDING)
    pixels = _between_centres(matrix)
    warped = cv2.warpAffine(
        image, pixels, (size, size), flags=cv2.INTER_LINEAR, borderValue=padding
    )
    view = np.asarray(warped, np.uint8)
    wh = np.tile(np.array([image.shape[1], image.shape[0]], np.float32), 2)
    whole = _transform(sample.xyxy * wh, matrix)
    visible = clip(whole, width=size, height=size)
    share = area(visible) / np.maximum(area(whole), 1e-6)
    side = (visible[:, 2:] - visible[:, :2]).min(axis=1, initial=np.inf)
    keep = (share >= _MIN_VISIBLE) & (side >= _MIN_SIDE_PX)
    ignore = clip(_transform(sample.ignore * wh, matrix), width=size, height=size)
    ignore = np.concatenate([ignore, visible[~keep]])
    # Nothing is drawn from the generator where no night is asked for: batches stay what they were.
    night = sample.source.night > 0 and bool(rng.random() < sample.source.night)
    if night:
        view = nightfall(view, whole[share > 0], rng)
    return View(
        image=_random_colors(view, rng),
        xyxy=visible[keep],
        class_id=sample.class_id[keep],
        ignore=ignore[area(ignore) > 0],
        night=night,
    )


def _random_affine(
    width: int, height: int, sample: Sample, *, size: int, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Return a (2, 3) matrix from image to view: zoom, slight stretch, shift, flip.

    It is of places, as boxes are given: the first pixel is from 0 to 1.
    """
    zoom = float(np.exp(rng.uniform(*np.log(sample.source.scale))))
    zoom *= REFERENCE_SIZE / max(width, height)
    stretch = float(np.exp(rng.uniform(-0.1, 0.1)))
    scale = np.array([zoom * stretch, zoom / stretch])
    scaled = np.array([width, height]) * scale
    shift = _random_shift(scaled, sample, size=size, rng=rng)
    matrix = np.array([[scale[0], 0, shift[0]], [0, scale[1], shift[1]]], np.float32)
    if rng.random() < 0.5:
        matrix[0] = [-matrix[0, 0], 0, size - matrix[0, 2]]
    return matrix


def _between_centres(matrix: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a (2, 3) matrix of places as OpenCV wants it: the first pixel's centre is 0, not 0.5.

    Without this a mirrored image lies a pixel beside its boxes.
    """
    shift = matrix[:, 2] + 0.5 * matrix[:, :2].sum(axis=1) - 0.5
    return np.column_stack([matrix[:, :2], shift])


def _random_shift(
    scaled: NDArray[np.float64], sample: Sample, *, size: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return where the corner of the scaled image (width, height) comes to lie in the view."""
    slack = size - scaled
    # Where the image is larger than the view, the view stays inside it; else the other way round.
    low, high = np.minimum(slack, 0), np.maximum(slack, 0)
    shift = rng.uniform(low, high)
    if sample.source.background and rng.random() < sample.source.background:
        shifts = rng.uniform(low, high, (_BACKGROUND_TRIES, 2))
        return _emptiest(shifts, sample.xyxy * np.tile(scaled, 2), size)
    if len(sample.xyxy) and rng.random() < _CENTERED:
        # A class first, then one of its vehicles: rare ones get into view as often as cars.
        mine = sample.xyxy[sample.class_id == rng.choice(np.unique(sample.class_id))]
        box = mine[rng.integers(len(mine))]
        center = (box[:2] + box[2:]) / 2 * scaled
        wanted = rng.uniform(0.15, 0.85, 2) * size - center
        shift = wanted.clip(low, high)
    return np.asarray(shift, np.float64)


def _emptiest(
    shifts: NDArray[np.float64], xyxy: NDArray[np.floating], size: int
) -> NDArray[np.float64]:
    """Return the shift, of (T, 2), that leaves the least area of boxes (N, 4) in the view."""
    moved = xyxy[None] + np.tile(shifts, 2)[:, None]
    visible = clip(moved.reshape(-1, 4).astype(np.float32), width=size, height=size)
    covered = area(visible).reshape(len(shifts), -1).sum(axis=1)
    return np.asarray(shifts[covered.argmin()], np.float64)


def _transform(xyxy: NDArray[np.float32], matrix: NDArray[np.float32]) -> NDArray[np.float32]:
    """Move boxes by an axis-aligned affine map, flipped or not; (N, 4) -> (N, 4)."""
    scale, shift = matrix[:, :2].diagonal(), matrix[:, 2]
    first, second = xyxy[:, :2] * scale + shift, xyxy[:, 2:] * scale + shift
    moved = np.concatenate([np.minimum(first, second), np.maximum(first, second)], axis=1)
    return np.asarray(moved, np.float32)


def _random_colors(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Change exposure, gamma, tint and sharpness the way that cameras, weather and codecs do."""
    levels = np.arange(256, dtype=np.float32) / 255
    gamma = np.exp(rng.uniform(-0.5, 0.5))
    gain = np.exp(rng.uniform(-0.4, 0.3)) * np.exp(rng.uniform(-0.1, 0.1, 3))
    offset = rng.uniform(-0.06, 0.06)
    curve = (levels[:, None] ** gamma) * gain + offset
    table = (curve * 255).clip(0, 255).astype(np.uint8)
    out = cv2.LUT(image, table[None])
    saturation = 0.0 if rng.random() < _GRAY else float(rng.uniform(0.5, 1.4))
    gray = cv2.cvtColor(cv2.cvtColor(out, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    out = cv2.addWeighted(out, saturation, gray, 1 - saturation, 0)
    if rng.random() < _BLUR:
        out = _random_blur(np.asarray(out, np.uint8), rng)
    if rng.random() < _NOISE:
        noise = rng.normal(0, rng.uniform(3, 14), out.shape).astype(np.float32)
        out = (out + noise).clip(0, 255).astype(np.uint8)
    if rng.random() < _JPEG:
        out = _compress(np.asarray(out, np.uint8), int(rng.integers(25, 85)))
    return np.asarray(out, np.uint8)


def _compress(image: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    """Leave the marks of JPEG compression on an image."""
    _, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)


def _random_blur(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Blur as by a soft lens or by motion along a line."""
    if rng.random() < 0.5:
        return np.asarray(cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.5, 1.6))), np.uint8)
    length = int(rng.integers(3, 8)) | 1
    kernel = np.zeros((length, length), np.float32)
    kernel[length // 2] = 1 / length
    if rng.random() < 0.5:
        kernel = kernel.T
    return np.asarray(cv2.filter2D(image, -1, kernel), np.uint8)
