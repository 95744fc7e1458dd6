"""Colours of paint and how often they are seen.

Shares follow registrations in Europe and Asia of the last decade: white, grey, black and silver
make up seven cars in ten, blue and red most of the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

Rgb = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Paint:
    """A colour name and its usual shades.

    Attributes:
        share: Of all cars; the shares of all paints sum to about one.
        shades: sRGB.
        metallic: Share of its cars with metallic paint.
        validation: Shown in validation sets only.
    """

    share: float
    shades: tuple[Rgb, ...]
    metallic: float = 0.5
    validation: bool = False


PAINTS: Final[dict[str, Paint]] = {
    "white": Paint(0.23, ((232, 233, 232), (238, 238, 234), (222, 222, 216)), 0.3),
    "black": Paint(0.17, ((16, 16, 18), (24, 24, 27), (12, 13, 15)), 0.6),
    "grey": Paint(0.17, ((92, 95, 99), (70, 73, 77), (112, 112, 110), (56, 60, 64)), 0.8),
    "silver": Paint(0.12, ((176, 178, 180), (160, 163, 166), (188, 188, 186)), 1.0),
    "blue": Paint(0.08, ((36, 58, 104), (42, 76, 128), (58, 86, 114), (30, 66, 134)), 0.7),
    "red": Paint(0.07, ((150, 18, 20), (172, 24, 22), (128, 20, 26)), 0.5),
    "dark_blue": Paint(0.04, ((22, 30, 58), (18, 26, 46)), 0.7),
    "green": Paint(0.02, ((30, 70, 48), (52, 74, 52), (70, 92, 60)), 0.6),
    "beige": Paint(0.02, ((190, 176, 148), (172, 162, 142)), 0.7),
    "brown": Paint(0.02, ((80, 54, 38), (66, 50, 42)), 0.8),
    "yellow": Paint(0.01, ((225, 178, 30), (232, 196, 60)), 0.1),
    "orange": Paint(0.01, ((205, 90, 25), (196, 76, 28)), 0.5),
    "light_blue": Paint(0.02, ((120, 150, 176), (98, 132, 164)), 0.8),
    "burgundy": Paint(0.015, ((84, 18, 30), (70, 20, 28)), 0.8, validation=True),
    "teal": Paint(0.01, ((24, 92, 100), (32, 108, 106)), 0.6, validation=True),
    "champagne": Paint(0.015, ((204, 192, 168), (196, 180, 156)), 1.0, validation=True),
    "purple": Paint(0.005, ((72, 44, 96), (60, 40, 84)), 0.8, validation=True),
}

TRAINING_COLOURS: Final = tuple(name for name, paint in PAINTS.items() if not paint.validation)
"""Names of the colours that training sets may show."""

VALIDATION_COLOURS: Final = tuple(name for name, paint in PAINTS.items() if paint.validation)
"""Names of the colours that only validation sets show."""
