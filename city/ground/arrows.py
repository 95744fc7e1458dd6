"""Direction arrows on lanes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from city.ground.polyline import cut, length_m, point_at

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from city.ground.canvas import Canvas

_PAINT: Final = 255
_SHAFT_M: Final = 0.16
_HEAD_LENGTH_M: Final = 1.5
_HEAD_WIDTH_M: Final = 0.8
_STEMS: Final[dict[str, NDArray[np.float64]]] = {
    "straight": np.array([[-2.5, 0.0], [2.5, 0.0]]),
    "left": np.array([[-2.5, 0.0], [-1.1, 0.0], [0.0, 0.45], [0.6, 1.5]]),
    "right": np.array([[-2.5, 0.0], [-1.1, 0.0], [0.0, -0.45], [0.6, -1.5]]),
}
"""Centre lines in metres: x along the lane, y to its left; the head sits at the end."""


def draw_arrow(
    canvas: Canvas, centre: NDArray[np.float64], heading: float, *, directions: Collection[str]
) -> None:
    """Paint an arrow with one head per direction.

    Args:
        canvas: Where.
        centre: (2,), the arrow's middle in metres.
        heading: Direction of travel, radians.
        directions: Some of "left", "straight", "right".

    Raises:
        ValueError: If a direction is none of these.
    """
    cos, sin = np.cos(heading), np.sin(heading)
    turn = np.array([[cos, sin], [-sin, cos]])
    for direction in sorted(directions):
        if direction not in _STEMS:
            raise ValueError(f"direction must be one of {sorted(_STEMS)}, is {direction!r}")
        stem = _STEMS[direction]
        total = length_m(stem)
        length = _HEAD_LENGTH_M if direction == "straight" else _HEAD_LENGTH_M * 0.6
        shaft = cut(stem, 0.0, total - length)
        tip, along = point_at(stem, total)
        base = tip - along * length
        side = np.array([-along[1], along[0]]) * _HEAD_WIDTH_M / 2
        canvas.strip(shaft @ turn + centre, _SHAFT_M, _PAINT)
        canvas.polygon(np.array([tip, base + side, base - side]) @ turn + centre, _PAINT)
