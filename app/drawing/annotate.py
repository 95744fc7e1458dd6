"""Draws boxes, labels and trails on an image."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from app.drawing.labels import draw_text, place_label, text_mask
from app.drawing.palette import BLACK, GREY, WHITE, identity_color, text_color
from app.times import format_time, is_elapsed
from detector.types import check_array

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from app.drawing.palette import Color

_LABEL_HEIGHT: Final = 1 / 27
"""Of the picture: 20 pixels at 540p."""
_MIN_LABEL_PX: Final = 15
_LINE_WIDTH: Final = 1 / 300
"""Of the image's height: 2 pixels at 540p."""
_SUBPIXEL_BITS: Final = 4


def _no_trail() -> NDArray[np.float32]:
    return np.zeros((0, 2), np.float32)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class AnnotatedBox:
    """A vehicle to draw.

    Attributes:
        xyxy: float32 (4,), its box.
        identity_id: Its identity; None draws a thin grey box without a label.
        class_name: Written behind the identity; empty for none.
        confidence: Written behind the class; None for none.
        trail: float32 (K, 2), points it came along, oldest first; may be empty.
    """

    xyxy: NDArray[np.float32]
    identity_id: int | None = None
    class_name: str = ""
    confidence: float | None = None
    trail: NDArray[np.float32] = field(default_factory=_no_trail)

    def __post_init__(self) -> None:
        """Check shapes and dtypes."""
        check_array("xyxy", self.xyxy, dtype=np.float32, shape=(4,))
        check_array("trail", self.trail, dtype=np.float32, shape=(None, 2))

    @property
    def label(self) -> str:
        """The text beside the box, empty without an identity."""
        if self.identity_id is None:
            return ""
        confidence = "" if self.confidence is None else f"{self.confidence:.2f}"
        return " ".join(filter(None, (f"#{self.identity_id}", self.class_name, confidence)))


def clock_text(timestamp: float) -> str:
    """Return UTC date and time with tenths; elapsed time where there is no date.

    >>> clock_text(1777883412.34)
    '2026-05-04 08:30:12.3 UTC'
    >>> clock_text(72.95)
    '0:01:12.9'
    """
    return format_time(timestamp) + ("" if is_elapsed(timestamp) else " UTC")


def annotate(
    image: NDArray[np.uint8],
    boxes: Sequence[AnnotatedBox],
    *,
    camera_name: str,
    timestamp: float,
) -> NDArray[np.uint8]:
    """Return a copy of an image with its vehicles, camera and time drawn in.

    Args:
        image: uint8 (H, W, 3), BGR.
        boxes: The vehicles, in any order.
        camera_name: Shown in the upper left corner.
        timestamp: UTC seconds, shown beside it.

    Returns:
        uint8 (H, W, 3), BGR.
    """
    canvas = image.copy()
    # Far vehicles first, so that near ones, lower in the image, lie over them.
    ordered = sorted(boxes, key=lambda box: float(box.xyxy[3]))
    for box in ordered:
        _draw_trail(canvas, box)
    for box in ordered:
        _draw_box(canvas, box)
    caption = f"{camera_name}  {clock_text(timestamp)}"
    height = _label_height(canvas, scale=1.15)
    mark = np.array([[0, 0, text_mask(caption, height).shape[1], height]], np.float32)
    _draw_labels(canvas, ordered, keep_free=mark)
    draw_text(canvas, caption, (0, 0), height=height, color=WHITE, background=BLACK, opacity=0.55)
    return canvas


def _label_height(canvas: NDArray[np.uint8], *, scale: float = 1.0) -> int:
    return max(_MIN_LABEL_PX, round(scale * _LABEL_HEIGHT * len(canvas)))


def _line_width(canvas: NDArray[np.uint8]) -> int:
    return max(2, round(_LINE_WIDTH * len(canvas)))


def _color(box: AnnotatedBox) -> Color:
    return GREY if box.identity_id is None else identity_color(box.identity_id)


def _draw_trail(canvas: NDArray[np.uint8], box: AnnotatedBox) -> None:
    """Draw the way a vehicle came: thin where it is old."""
    if len(box.trail) < 2 or box.identity_id is None:
        return
    points = np.round(box.trail * (1 << _SUBPIXEL_BITS)).astype(np.int32)
    width = _line_width(canvas)
    middle = len(points) // 2
    for part, thickness in ((points[: middle + 1], width), (points[middle:], width + 1)):
        cv2.polylines(
            canvas, [part], False, _color(box), thickness, cv2.LINE_AA, shift=_SUBPIXEL_BITS
        )


def _draw_box(canvas: NDArray[np.uint8], box: AnnotatedBox) -> None:
    x1, y1, x2, y2 = (round(float(edge)) for edge in box.xyxy)
    if box.identity_id is None:
        _draw_frame(canvas, (x1, y1, x2, y2), width=1, color=_color(box))
        return
    width = _line_width(canvas)
    # A dark rim keeps the colour apart from a background of the same colour.
    _draw_frame(canvas, (x1 - 1, y1 - 1, x2 + 1, y2 + 1), width=width + 2, color=BLACK)
    _draw_frame(canvas, (x1, y1, x2, y2), width=width, color=_color(box))


def _draw_frame(
    canvas: NDArray[np.uint8], xyxy: tuple[int, int, int, int], *, width: int, color: Color
) -> None:
    """Draw a border inside a half-open box; cv2.rectangle would make even widths odd."""
    x1, y1, x2, y2 = xyxy
    sides = (
        (x1, y1, x2, y1 + width),
        (x1, y2 - width, x2, y2),
        (x1, y1, x1 + width, y2),
        (x2 - width, y1, x2, y2),
    )
    for left, top, right, bottom in sides:
        canvas[max(0, top) : max(0, bottom), max(0, left) : max(0, right)] = color


def _draw_labels(
    canvas: NDArray[np.uint8], boxes: Sequence[AnnotatedBox], *, keep_free: NDArray[np.float32]
) -> None:
    """Label the identified boxes, each where it covers the others least."""
    height = _label_height(canvas)
    image_wh = canvas.shape[1], canvas.shape[0]
    identified = [box for box in boxes if box.identity_id is not None]
    occupied = np.concatenate([*(box.xyxy[None] for box in identified), keep_free])
    for row, box in enumerate(identified):
        size_wh = text_mask(box.label, height).shape[1], height
        others = np.delete(occupied, row, axis=0)
        x, y = place_label(box.xyxy, size_wh, occupied=others, image_wh=image_wh)
        color = _color(box)
        draw_text(
            canvas, box.label, (x, y), height=height, color=text_color(color), background=color
        )
        taken = np.array([[x, y, x + size_wh[0], y + height]], np.float32)
        occupied = np.concatenate([occupied, taken])
