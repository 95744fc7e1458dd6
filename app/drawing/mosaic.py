"""All cameras in one image, and in one video."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import cv2
import numpy as np

from app.drawing.labels import draw_text, text_mask
from app.drawing.palette import GREY, WHITE, Color

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from app.drawing.pieces import PieceWriter
    from app.drawing.video import VideoWriter

MAX_WH: Final = (1280, 720)
MAX_WH_OF_MANY: Final = (1920, 1080)
"""Of more than four cameras, whose labels could not be read in smaller cells."""
STALE_S: Final = 3.0
"""A camera that has been silent for so long has ended or is down: its last frame is history."""
_CELL_ASPECT: Final = 16 / 9
_GAP_PX: Final = 2
_AREA_BELOW_SCALE: Final = 0.5
"""Below it bilinear scaling skips pixels, and thin lines flicker; above, averaging over areas
looks hardly better and takes seven times as long (2.4 ms instead of 0.35 from 540p)."""
_DARK: Final[Color] = (24, 22, 20)
_TEXT_HEIGHT: Final = 1 / 12
"""Of a cell without a frame."""


def grid_shape(cells: int) -> tuple[int, int]:
    """Return columns and rows of the most square grid, rather wide than high.

    >>> [grid_shape(cells) for cells in (1, 2, 4, 5, 7)]
    [(1, 1), (2, 1), (2, 2), (3, 2), (3, 3)]
    """
    columns = math.ceil(math.sqrt(cells))
    return columns, math.ceil(cells / columns)


@dataclass(slots=True)
class _Cell:
    """One camera's place: the newest frame, and whether it has been drawn."""

    origin_xy: tuple[int, int]
    image: NDArray[np.uint8] | None = None
    timestamp: float = -math.inf
    drawn: bool = False
    blank: bool = False
    picture_wh: tuple[int, int] = (0, 0)


class Mosaic:
    """The newest frame of every camera, side by side.

    Cells are wide (16:9); images of another shape keep it between dark margins. A camera that
    has not begun, or is silent for `STALE_S`, shows its name and "no image".

    Args:
        camera_names: In reading order.
        max_wh: Width and height of the whole image in pixels at most, both even; None for
            `MAX_WH`, or `MAX_WH_OF_MANY`.

    Raises:
        ValueError: If there is no camera, or one twice.
    """

    def __init__(
        self, camera_names: Sequence[str], *, max_wh: tuple[int, int] | None = None
    ) -> None:
        if not camera_names or len(set(camera_names)) < len(camera_names):
            raise ValueError(f"camera_names must differ and not be empty, are {camera_names}")
        columns, rows = grid_shape(len(camera_names))
        max_width, max_height = max_wh or (MAX_WH if len(camera_names) <= 4 else MAX_WH_OF_MANY)
        width = min(max_width / columns, max_height / rows * _CELL_ASPECT)
        self._cell_wh = int(width) // 2 * 2, int(width / _CELL_ASPECT) // 2 * 2
        cell_w, cell_h = self._cell_wh
        self._canvas = np.full((rows * cell_h, columns * cell_w, 3), _DARK, np.uint8)
        self._cells = {
            name: _Cell((place % columns * cell_w, place // columns * cell_h))
            for place, name in enumerate(camera_names)
        }

    @property
    def size_wh(self) -> tuple[int, int]:
        """Width and height of the image in pixels; both even."""
        return self._canvas.shape[1], self._canvas.shape[0]

    def update(self, camera_name: str, image: NDArray[np.uint8], timestamp: float) -> None:
        """Take a camera's newest frame; it is scaled only if it is still the newest when shown.

        Args:
            camera_name: One of the mosaic's cameras.
            image: uint8 (H, W, 3), BGR; kept, so don't draw on it any more.
            timestamp: Seconds, when it was taken.
        """
        cell = self._cells[camera_name]
        cell.image, cell.timestamp, cell.drawn = image, timestamp, False

    def compose(self, timestamp: float) -> NDArray[np.uint8]:
        """Return the whole image as of a time; uint8 (H, W, 3), BGR, the caller's own."""
        for name, cell in self._cells.items():
            if timestamp - cell.timestamp > STALE_S:
                # An image that is no longer shown need not be kept.
                cell.image = None
            if cell.image is None and not cell.blank:
                self._draw_blank(cell, name)
            elif cell.image is not None and not cell.drawn:
                self._draw_picture(cell, cell.image)
        return self._canvas.copy()

    def _region(self, cell: _Cell) -> NDArray[np.uint8]:
        (x, y), (width, height) = cell.origin_xy, self._cell_wh
        region: NDArray[np.uint8] = self._canvas[y : y + height, x : x + width]
        return region[_GAP_PX:-_GAP_PX, _GAP_PX:-_GAP_PX]

    def _draw_picture(self, cell: _Cell, image: NDArray[np.uint8]) -> None:
        region = self._region(cell)
        height, width = image.shape[:2]
        scale = min(region.shape[1] / width, region.shape[0] / height)
        size_wh = max(1, round(width * scale)), max(1, round(height * scale))
        method = cv2.INTER_AREA if scale < _AREA_BELOW_SCALE else cv2.INTER_LINEAR
        small = cv2.resize(image, size_wh, interpolation=method)
        if cell.blank or size_wh != cell.picture_wh:
            # Else it covers the image before it: filling takes three times as long as scaling.
            region[:] = _DARK
        x, y = (region.shape[1] - size_wh[0]) // 2, (region.shape[0] - size_wh[1]) // 2
        region[y : y + size_wh[1], x : x + size_wh[0]] = small
        cell.drawn, cell.blank, cell.picture_wh = True, False, size_wh

    def _draw_blank(self, cell: _Cell, name: str) -> None:
        region = self._region(cell)
        region[:] = _DARK
        height = max(12, round(_TEXT_HEIGHT * len(region)))
        for row, (text, color) in enumerate(((name, WHITE), ("no image", GREY))):
            width = text_mask(text, height).shape[1]
            corner = max(0, (region.shape[1] - width) // 2), len(region) // 2 + (row - 1) * height
            draw_text(region, text, corner, height=height, color=color, background=_DARK)
        cell.blank = True


class MosaicWriter:
    """Writes the mosaic of several cameras at a steady rate of stream time.

    Time is cut into intervals; each one gets one image, with the newest of every camera in it.
    Intervals in which no camera has anything are left out: the video shows the last frame for
    as long as they last, a second if that is more than a minute (`VideoWriter`).

    Args:
        video: Where the images go; of the mosaic's size, and the caller's to close afterwards.
        mosaic: What it shows.
        fps: Pictures per second at most; the fastest camera's rate is enough.
    """

    def __init__(self, video: VideoWriter | PieceWriter, mosaic: Mosaic, *, fps: float) -> None:
        self._video = video
        self._mosaic = mosaic
        self._fps = fps
        self._start: float | None = None
        self._tick = 0

    def __enter__(self) -> Self:
        """Return the writer."""
        return self

    def __exit__(self, *_: object) -> None:
        """Write the last frame, also after an error."""
        self.close()

    def write(self, camera_name: str, image: NDArray[np.uint8], timestamp: float) -> None:
        """Take a camera's image.

        Args:
            camera_name: One of the mosaic's cameras.
            image: uint8 (H, W, 3), BGR; kept, so don't draw on it any more.
            timestamp: Seconds; about ascending over all cameras.

        Raises:
            OutputError: If the video could not be written.
        """
        if self._start is None:
            self._start = timestamp
        # A thousandth of an interval of tolerance: 0.3 / 0.1 is just under 3.
        tick = math.floor((timestamp - self._start) * self._fps + 1e-3)
        if tick > self._tick:
            self._show(self._start)
            self._tick = tick
        self._mosaic.update(camera_name, image, timestamp)

    def close(self) -> None:
        """Write the last frame; closing twice does nothing.

        Raises:
            OutputError: If the video could not be written.
        """
        if self._start is not None:
            start, self._start = self._start, None
            self._show(start)

    def _show(self, start: float) -> None:
        moment = start + self._tick / self._fps
        self._video.write(self._mosaic.compose(moment), moment)
