"""Text in images: rendered once, and placed where it occludes least."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from detector.boxes import area, intersection

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from app.drawing.palette import Color

_FONT: Final = cv2.FONT_HERSHEY_DUPLEX
_PADDING: Final = 0.3
"""Space left and right of a text, as a share of its height."""
_SUPERSAMPLING: Final = 4
"""Drawn larger and scaled down, small text gets even strokes and spaces."""
_CACHED: Final = 512
"""Labels repeat from frame to frame; at 1080p this many take about 10 MB."""


@lru_cache(maxsize=_CACHED)
def text_mask(text: str, height: int) -> NDArray[np.uint8]:
    """Return a text as coverage, ready to be blended.

    Args:
        text: One line; characters that OpenCV's fonts lack become question marks.
        height: Pixels of the whole line, with room for descenders.

    Returns:
        uint8 (height, W), read-only: 255 where there is text, 0 where there is none.
    """
    tall = _SUPERSAMPLING * height
    # Of the line, capitals take half and descenders a fifth, with room around them.
    scale = 0.5 * tall / cv2.getTextSize("X", _FONT, 1.0, 1)[0][1]
    thickness = max(1, round(tall / 18))
    text_width = cv2.getTextSize(text, _FONT, scale, thickness)[0][0]
    width = round(text_width / _SUPERSAMPLING + 2 * _PADDING * height)
    large = np.zeros((tall, _SUPERSAMPLING * width), np.uint8)
    origin = round(_PADDING * tall), round(0.75 * tall)
    cv2.putText(large, text, origin, _FONT, scale, 255, thickness, cv2.LINE_AA)
    mask = np.asarray(cv2.resize(large, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    mask.flags.writeable = False
    return mask


@lru_cache(maxsize=_CACHED)
def _strip(text: str, height: int, *, color: Color, background: Color) -> NDArray[np.uint8]:
    mask = text_mask(text, height)
    strip = _blend(np.broadcast_to(np.array(background, np.float32), (*mask.shape, 3)), mask, color)
    strip.flags.writeable = False
    return strip


def _blend(strip: NDArray[np.float32], mask: NDArray[np.uint8], color: Color) -> NDArray[np.uint8]:
    coverage = mask[:, :, None] / np.float32(255)
    return np.asarray(
        strip + (np.array(color, np.float32) - strip) * coverage + np.float32(0.5), np.uint8
    )


def draw_text(
    image: NDArray[np.uint8],
    text: str,
    corner_xy: tuple[int, int],
    *,
    height: int,
    color: Color,
    background: Color,
    opacity: float = 1.0,
) -> None:
    """Draw a line of text on a coloured strip, cut off at the image's borders.

    Args:
        image: uint8 (H, W, 3), BGR; drawn on.
        text: One line.
        corner_xy: Left and top edge of the strip, not negative.
        height: Of the strip, in pixels.
        color: Of the text.
        background: Of the strip.
        opacity: Of the strip, from 0 (invisible) to 1.
    """
    x, y = corner_xy
    width = text_mask(text, height).shape[1]
    region = image[y : y + height, x : x + width]
    rows, columns = region.shape[:2]
    if opacity == 1:
        strip = _strip(text, height, color=color, background=background)
        region[:] = strip[:rows, :columns]
        return
    tinted = region + (np.array(background, np.float32) - region) * np.float32(opacity)
    region[:] = _blend(tinted, text_mask(text, height)[:rows, :columns], color)


def place_label(
    xyxy: NDArray[np.float32],
    size_wh: tuple[int, int],
    *,
    occupied: NDArray[np.float32],
    image_wh: tuple[int, int],
) -> tuple[int, int]:
    """Return where a box's label hides least of what is already there.

    It goes above the box if that is free, else below, else inside at the top or the bottom; in
    any case it stays in the image.

    Args:
        xyxy: float32 (4,), the labelled box.
        size_wh: Of the label, in pixels.
        occupied: float32 (M, 4), what should stay visible: other boxes and labels.
        image_wh: Of the image.

    Returns:
        Left and top edge of the label.
    """
    height = size_wh[1]
    x1, y1, _, y2 = (float(edge) for edge in xyxy)
    corners = np.array([(x1, y1 - height), (x1, y2), (x1, y1), (x1, y2 - height)], np.float32)
    size = np.array(size_wh, np.float32)
    limit = np.array(image_wh, np.float32) - size
    inside = np.clip(corners, 0, np.maximum(limit, 0)).round()
    labels = np.concatenate([inside, inside + size], axis=1)
    hidden = intersection(labels, occupied).sum(axis=1) / area(labels)
    # Hiding a part of the labelled vehicle itself counts, but less than hiding another one.
    own = intersection(labels, np.asarray(xyxy, np.float32)[None])[:, 0] / area(labels)
    x, y = inside[int(np.argmin(hidden + 0.3 * own))]
    return int(x), int(y)
