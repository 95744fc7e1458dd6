"""Collects what is built, by material, into one mesh each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from city.scenery.shapes import merge, placed
from city.scenery.types import StaticMesh, SurfaceKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from city.types import Mesh

Prop = dict[str, "Mesh"]
"""A thing to place: its meshes by material, in its own coordinates."""


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """A texture and how it answers light; see `StaticMesh`."""

    texture: NDArray[np.uint8]
    kind: SurfaceKind
    casts_shadow: bool = True


@dataclass(slots=True, eq=False)
class Assembly:
    """What has been built so far.

    Attributes:
        materials: All materials by name.
        parts: Meshes in world coordinates by material.
    """

    materials: Mapping[str, Material]
    parts: dict[str, list[Mesh]] = field(default_factory=dict)

    def add(
        self,
        prop: Mapping[str, Mesh],
        x: float,
        y: float,
        *,
        heading: float = 0.0,
        z: float = 0.0,
        scale: float = 1.0,
    ) -> None:
        """Place a prop.

        Raises:
            ValueError: If it needs a material that is not known.
        """
        for material, mesh in prop.items():
            if material not in self.materials:
                raise ValueError(f"no material {material!r}; known: {sorted(self.materials)}")
            where = placed(mesh, x, y, heading=heading, z=z, scale=scale)
            self.parts.setdefault(material, []).append(where)

    def merged(self) -> list[StaticMesh]:
        """Return one mesh per material that is in use."""
        return [
            StaticMesh(
                mesh=merge(self.parts[name]),
                texture=material.texture,
                kind=material.kind,
                casts_shadow=material.casts_shadow,
            )
            for name, material in self.materials.items()
            if self.parts.get(name)
        ]
