"""Number plates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from city.vehicles.canvas import Ink, Material

if TYPE_CHECKING:
    from city.vehicles.canvas import Face
    from city.vehicles.individual import Individual

LONG_M: Final = (0.52, 0.115)
"""Width and height of a European plate."""
SQUARE_M: Final = (0.33, 0.20)
"""Width and height of a plate with two lines, as Asian cars wear behind."""
FIELD: Final = Material(120, 30)
BAND: Final = Ink((22, 52, 150), FIELD)
LETTERS: Final = Ink((16, 16, 20), FIELD)


def paint_plate(face: Face, centre: tuple[float, float], individual: Individual) -> None:
    """Paint an individual's plate on an end of its vehicle."""
    if not individual.plate:
        return
    square = individual.has("square_plate") and face.view.matrix[0, 1] < 0
    (y, z), (width, height) = centre, SQUARE_M if square else LONG_M
    field = (232, 198, 60) if individual.has("yellow_plate") else (232, 232, 226)
    low, high = (y - width / 2, z - height / 2), (y + width / 2, z + height / 2)
    frame = (low[0] - 0.012, low[1] - 0.012), (high[0] + 0.012, high[1] + 0.012)
    face.rounded(*frame, LETTERS, 0.01)
    face.rectangle(low, high, Ink(field, FIELD))
    if square:
        for line, shift in zip(individual.plate.split(), (0.24, -0.24), strict=True):
            place = (y, z + shift * height)
            face.text(place, 0.38 * height, line, LETTERS, width_m=0.86 * width)
        return
    # The band lies at the reader's left, whichever end of the vehicle this is.
    sign = 1 if face.view.matrix[0, 1] > 0 else -1
    edge = y - sign * width / 2
    face.rectangle((edge, low[1]), (edge + sign * 0.045, high[1]), BAND)
    place = (y + sign * 0.022, z)
    face.text(place, height * 0.68, individual.plate, LETTERS, width_m=width - 0.08)
