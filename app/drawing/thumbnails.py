"""Thumbnails of vehicles, and images made smaller."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from detector.boxes import area, clip

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_PX: Final = 160
"""Longest side: sharp at the size that pages show it, about 4 kB."""
_MARGIN: Final = 0.08
"""Surroundings shown on each side, as a share of the box."""
_JPEG_QUALITY: Final = 85


def cut_thumbnail(image: NDArray[np.uint8], xyxy: NDArray[np.float32]) -> bytes:
    """Return a vehicle cut out of a view, as a JPEG file.

    Args:
        image: uint8 (H, W, 3), BGR.
        xyxy: float32 (4,), its box; some of it, be it less than a pixel, is in the image.

    Raises:
        ValueError: If the box is outside the image.
    """
    height, width = image.shape[:2]
    if area(clip(xyxy[None], width=width, height=height))[0] <= 0:
        raise ValueError(f"xyxy must lie in the picture of {width}x{height}, is {xyxy.tolist()}")
    margin = (xyxy[2:] - xyxy[:2]) * _MARGIN
    grown = np.concatenate([xyxy[:2] - margin, xyxy[2:] + margin]).astype(np.float32)
    x1, y1, x2, y2 = clip(np.round(grown)[None], width=width, height=height)[0].astype(int)
    # Of a vehicle that has all but left the view, rounding may leave nothing.
    x1, y1 = min(x1, width - 1), min(y1, height - 1)
    crop = shrunk(image[y1 : max(y2, y1 + 1), x1 : max(x2, x1 + 1)], longest=MAX_PX)
    _, encoded = cv2.imencode(".jpg", crop, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return encoded.tobytes()


def shrunk(image: NDArray[np.uint8], *, longest: int) -> NDArray[np.uint8]:
    """Return an image whose longer side has so many pixels at most; a smaller one as it is.

    Args:
        image: uint8 (H, W, 3), BGR.
        longest: Pixels.
    """
    scale = longest / max(image.shape[:2])
    if scale >= 1:
        return image
    size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
