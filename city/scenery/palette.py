"""Plain colours of street furniture and buildings in one small texture."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_COLUMNS: Final = 8
_CELL_PX: Final = 8


class Paint(IntEnum):
    """Colours; the number is the cell in the texture."""

    GALVANISED = 0
    DARK_METAL = 1
    GREEN_METAL = 2
    WHITE_METAL = 3
    BLACK = 4
    BARK = 5
    PALE_BARK = 6
    WOOD = 7
    CONCRETE = 8
    PALE_CONCRETE = 9
    ROOF_GREY = 10
    ROOF_DARK = 11
    ROOF_RED = 12
    ROOF_BROWN = 13
    RED = 14
    YELLOW = 15
    BLUE = 16
    ORANGE = 17
    RUST = 18
    STONE = 19
    BRICK = 20
    PLASTIC_GREY = 21
    GLASS = 22
    SOIL = 23
    WIRE = 24
    TURQUOISE = 25
    CREAM = 26

    @property
    def swatch(self) -> tuple[float, float]:
        """Texture coordinates of the cell's middle."""
        rows = -(-len(Paint) // _COLUMNS)
        return ((self % _COLUMNS + 0.5) / _COLUMNS, (self // _COLUMNS + 0.5) / rows)


_COLOURS: Final = {
    Paint.GALVANISED: (132, 136, 138),
    Paint.DARK_METAL: (54, 58, 62),
    Paint.GREEN_METAL: (46, 66, 52),
    Paint.WHITE_METAL: (196, 198, 196),
    Paint.BLACK: (26, 26, 28),
    Paint.BARK: (78, 66, 54),
    Paint.PALE_BARK: (124, 116, 102),
    Paint.WOOD: (132, 102, 70),
    Paint.CONCRETE: (142, 140, 134),
    Paint.PALE_CONCRETE: (176, 172, 164),
    Paint.ROOF_GREY: (112, 112, 110),
    Paint.ROOF_DARK: (66, 64, 66),
    Paint.ROOF_RED: (126, 78, 64),
    Paint.ROOF_BROWN: (96, 74, 62),
    Paint.RED: (168, 36, 34),
    Paint.YELLOW: (206, 170, 44),
    Paint.BLUE: (40, 76, 136),
    Paint.ORANGE: (214, 106, 36),
    Paint.RUST: (122, 76, 52),
    Paint.STONE: (158, 148, 130),
    Paint.BRICK: (132, 82, 66),
    Paint.PLASTIC_GREY: (92, 94, 96),
    Paint.GLASS: (92, 106, 112),
    Paint.SOIL: (84, 70, 54),
    Paint.WIRE: (40, 40, 42),
    Paint.TURQUOISE: (62, 128, 126),
    Paint.CREAM: (206, 196, 170),
}


def palette_texture() -> NDArray[np.uint8]:
    """Return the texture that the swatches point into, uint8 (h, w, 4)."""
    rows = -(-len(Paint) // _COLUMNS)
    cells = np.full((rows, _COLUMNS, 4), 255, np.uint8)
    for paint, colour in _COLOURS.items():
        cells[paint // _COLUMNS, paint % _COLUMNS] = (*colour, 255)
    return np.ascontiguousarray(cells.repeat(_CELL_PX, axis=0).repeat(_CELL_PX, axis=1))
