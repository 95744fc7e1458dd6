"""What the scenery hands to the renderer: still meshes, their textures and kinds of surface."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np

from city.types import Mesh
from detector.types import check_array

if TYPE_CHECKING:
    from numpy.typing import NDArray

GLASS_ALPHA: Final = 230
"""Facade texels of a lower alpha are glass; the others wall."""

LIT_ALPHA: Final = 128
"""Glass texels of a lower alpha are lit at night."""


class SurfaceKind(StrEnum):
    """How a still surface answers light; says what the alpha of its texture means.

    Textures repeat in both directions. Surfaces are seen from both sides.

    Attributes:
        MATTE: Rough and opaque; alpha is 255.
        METAL: Painted or galvanised metal, half glossy; alpha is 255.
        FACADE: A rough wall where alpha is at least `GLASS_ALPHA`, elsewhere glass that mirrors
            the surroundings. Glass whose alpha is below `LIT_ALPHA` shines warm at night, with the
            strength (LIT_ALPHA - alpha) / LIT_ALPHA.
        FOLIAGE: Leaves: cut out where alpha is below half, no gloss, lets some light through.
            Normals point out of the crown and are used as they are, not turned to the eye.
        CUTOUT: As MATTE, cut out where alpha is below half: fences, gratings, far tree lines.
        LAMP: As MATTE by day; at night it adds its own colour times alpha / 255: street lamps,
            lit shop signs.
    """

    MATTE = "matte"
    METAL = "metal"
    FACADE = "facade"
    FOLIAGE = "foliage"
    CUTOUT = "cutout"
    LAMP = "lamp"


@dataclass(frozen=True, slots=True)
class SwitchedLamp:
    """What lights up now and then.

    Attributes:
        lamp_id: Lamps of one name are lit together.
        srgb: Colour of the light, 0 to 255.
    """

    lamp_id: str
    srgb: tuple[int, int, int]


@dataclass(frozen=True, slots=True, eq=False)
class StaticMesh:
    """Triangles of one texture that never move.

    Attributes:
        mesh: In world coordinates; normals have unit length, spin is 0.
        texture: uint8 (h, w, 4), sRGB, and alpha as `kind` says; row 0 lies at v = 0.
        kind: How the surface answers light.
        casts_shadow: Whether it is drawn into the shadow map.
        lamp: What its surface turns into while it is lit; None if it never is.

    Raises:
        ValueError: If the texture has another dtype or shape.
    """

    mesh: Mesh
    texture: NDArray[np.uint8]
    kind: SurfaceKind
    casts_shadow: bool = True
    lamp: SwitchedLamp | None = None

    def __post_init__(self) -> None:
        check_array("texture", self.texture, dtype=np.uint8, shape=(None, None, 4))
