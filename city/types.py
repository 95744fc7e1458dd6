"""Data types of the city: meshes, bodies, actors and poses.

World coordinates are metres: x east, y north, z up, the ground at z = 0. A body's own coordinates
have their origin on the ground below the middle of its length: x forward, y left, z up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from detector.types import check_array

if TYPE_CHECKING:
    from numpy.typing import NDArray

VERTEX_FLOATS: Final = 9
"""Position x, y, z; normal x, y, z; texture u, v; spin (1 on wheels that turn, else 0)."""


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """Indexed triangles.

    Attributes:
        vertices: float32 (V, 9), see `VERTEX_FLOATS`.
        indices: int32 (T, 3), rows of `vertices`.

    Raises:
        ValueError: If an array has another dtype or shape.
    """

    vertices: NDArray[np.float32]
    indices: NDArray[np.int32]

    def __post_init__(self) -> None:
        check_array("vertices", self.vertices, dtype=np.float32, shape=(None, VERTEX_FLOATS))
        check_array("indices", self.indices, dtype=np.int32, shape=(None, 3))


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """One rigid part of an actor: a car, a tractor, its trailer, a person.

    Attributes:
        levels: Levels of detail, the finest first; each within the silhouette of the finest.
        hull: float32 (P, 3), corners of the convex hull of the finest level, in metres; to a
            millimetre, and around all that is drawn, roof racks, aerials and tow bars included.
    """

    levels: tuple[Mesh, ...]
    hull: NDArray[np.float32]

    def __post_init__(self) -> None:
        check_array("hull", self.hull, dtype=np.float32, shape=(None, 3))
        if not self.levels:
            raise ValueError("a body needs at least one level of detail")


@dataclass(frozen=True, slots=True, eq=False)
class ActorModel:
    """The rendered parts of one individual.

    Attributes:
        bodies: One, or two where a trailer is drawn; the leading one first.
        atlas: uint8 (h, w, 4), sRGB and opacity; below 128 the surface is cut out.
        material: uint8 (h, w, 4): roughness, clear coat, head lamp, rear lamp (0 to 255 each).
        spin_shift: Added to u where spin is 1, the atlas shows the wheels as blurred by motion.
    """

    bodies: tuple[Body, ...]
    atlas: NDArray[np.uint8]
    material: NDArray[np.uint8]
    spin_shift: float = 0.0

    def __post_init__(self) -> None:
        check_array("atlas", self.atlas, dtype=np.uint8, shape=(None, None, 4))
        check_array("material", self.material, dtype=np.uint8, shape=(*self.atlas.shape[:2], 4))
        if not self.bodies:
            raise ValueError("an actor needs at least one body")


@dataclass(frozen=True, slots=True)
class Pose:
    """Where a body stands: metres, and radians anticlockwise from east."""

    x: float
    y: float
    heading: float


@dataclass(frozen=True, slots=True)
class ActorState:
    """An actor at one moment.

    Attributes:
        actor_id: The same in every camera and at all times.
        poses: One per body of its model, in that order.
        speed_mps: Along the heading, not negative.
        braking: Whether its brake lamps are lit.
    """

    actor_id: int
    poses: tuple[Pose, ...]
    speed_mps: float = 0.0
    braking: bool = False
