"""What a maker chose for a car model, and the inks that its painters share."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from city.vehicles.canvas import CHROME, GLASS, GLOSS_BLACK, LAMP, PLASTIC, Ink, Material

if TYPE_CHECKING:
    from city.vehicles.individual import Individual
    from city.vehicles.shapes import CarShape

SHUT_LINE_M: Final = 0.013
"""Width of the gaps between panels, with the shade of their rounded edges."""
ARCH_GAP_M: Final = 0.05
"""Between tyre and wheel arch."""
SEAL: Final = Ink((13, 13, 14), GLOSS_BLACK)
TRIM: Final = Ink((27, 27, 28), PLASTIC)
BRIGHT: Final = Ink((190, 192, 194), CHROME)
GAP: Final = Ink((14, 14, 15), Material(200, 0))
RED: Final = Ink((120, 8, 10), LAMP._replace(rear_lamp=85))
RED_LIT: Final = Ink((176, 16, 16), LAMP._replace(rear_lamp=255))
AMBER: Final = Ink((190, 96, 20), LAMP)
CLEAR: Final = Ink((104, 109, 116), LAMP._replace(head_lamp=80))
CLEAR_LIT: Final = Ink((226, 230, 234), LAMP._replace(head_lamp=255))
REFLECTOR: Final = Ink((46, 49, 54), LAMP)

SEAT: Final = Ink((9, 9, 10), Material(14, 80))
SKIN: Final = Ink((66, 50, 42), Material(14, 80))
LIT: Final = Ink((92, 98, 102), Material(12, 90))
"""What is seen through both windows: the street behind."""
BLACK: Final = Ink((0, 0, 0), Material(150, 40))
WHITE: Final = Ink((255, 255, 255), Material(60, 200))


@dataclass(frozen=True, slots=True)
class Design:
    """A maker's choices; shares of the half width unless said otherwise.

    Attributes:
        grille: "slats", "mesh", "bars" or "slim".
        grille_half: Half the width of the grille.
        grille_drop: Its height in metres.
        lamp_inner: Inner end of the head lamps.
        lamp_height: Their height in metres.
        lamp_slant: How much their inner end lies lower, in metres.
        projectors: Round lights per head lamp.
        tail_inner: Inner end of the tail lamps.
        tail_height: Their height in metres.
        tail_bar: A red strip joins the tail lamps.
        crease: Height of the crease below the belt, in metres.
        crease_rise: How much it rises to the rear, in metres.
        intake: Half the width of the lower intake.
    """

    grille: str
    grille_half: float
    grille_drop: float
    lamp_inner: float
    lamp_height: float
    lamp_slant: float
    projectors: int
    tail_inner: float
    tail_height: float
    tail_bar: bool
    crease: float
    crease_rise: float
    intake: float


@cache
def design_of(seed: int) -> Design:
    """Return the choices that a model's design seed stands for."""
    rng = random.Random(seed)
    grille = rng.choice(("slats", "mesh", "bars", "slim"))
    return Design(
        grille=grille,
        grille_half=rng.uniform(0.34, 0.56),
        grille_drop=0.09 if grille == "slim" else rng.uniform(0.13, 0.22),
        lamp_inner=rng.uniform(0.50, 0.66),
        lamp_height=rng.uniform(0.10, 0.17),
        lamp_slant=rng.uniform(0.0, 0.05),
        projectors=rng.choice((1, 2, 2)),
        tail_inner=rng.uniform(0.50, 0.72),
        tail_height=rng.uniform(0.12, 0.20),
        tail_bar=rng.random() < 0.3,
        crease=rng.uniform(0.12, 0.24),
        crease_rise=rng.uniform(0.0, 0.07),
        intake=rng.uniform(0.5, 0.78),
    )


@dataclass(frozen=True, slots=True)
class CarLook:
    """A car about to be painted: shape, maker's choices, individual and its main inks."""

    shape: CarShape
    design: Design
    individual: Individual
    coat: Ink

    @property
    def shade(self) -> Ink:
        """The paint in the shade of an edge."""
        return self.coat.shaded(0.5)

    @property
    def glass(self) -> Ink:
        """Window glass above a dim interior."""
        return Ink((14, 15, 17) if self.individual.has("dark_glass") else (30, 34, 37), GLASS)

    @property
    def trim(self) -> Ink:
        """Strips around windows."""
        return BRIGHT if self.individual.has("chrome") else SEAL

    @property
    def bumper_trim(self) -> tuple[float, float]:
        """Heights up to which the rear and the front bumper are black plastic."""
        rough = self.shape.clad or self.van or self.shape.bed
        sill = self.shape.body.sill
        return sill + (0.24 if rough else 0.12), sill + (0.20 if rough else 0.05)

    @property
    def van(self) -> bool:
        """Whether its flanks are boxy and its tail has two doors."""
        return self.shape.body.tumblehome < 0.13 and not self.shape.bed and not self.shape.spare
