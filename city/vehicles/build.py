"""From an individual to what is drawn of it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.spatial import ConvexHull

from city.types import ActorModel, Body, Mesh
from city.vehicles.accessories import accessory_patches
from city.vehicles.bodies import KEPT_BODIES, layout_of, patches_of
from city.vehicles.loft import LEVELS
from city.vehicles.painting import paint_atlas
from city.vehicles.patch import join
from city.vehicles.variants import body_of

if TYPE_CHECKING:
    from city.vehicles.catalogue import BodyModel
    from city.vehicles.individual import Individual
    from city.vehicles.loft import Fineness

HULL_TOLERANCE_M: Final = 0.0005
"""What a hull may lack: less than 0.1 pixels in pictures of this package, but on rounded bodies it
takes a tenth of the corners."""


def build(individual: Individual, *, detail: float = 1.0) -> ActorModel:
    """Return meshes and textures of an individual.

    Args:
        individual: Whom to build.
        detail: Resolution of the atlas; 1 gives a car 768 pixels along its length.

    Raises:
        ValueError: If the model is unknown or detail is not positive.
    """
    if detail <= 0:
        raise ValueError(f"detail must be positive, is {detail}")
    model = body_of(individual)
    layout = layout_of(model)
    atlas, material = paint_atlas(individual, model, layout, detail=detail)
    count = 2 if model.trailer else 1
    bodies = tuple(_body(individual, model, part) for part in range(count))
    return ActorModel(bodies, atlas, material, layout.spin_shift)


def _body(individual: Individual, model: BodyModel, part: int) -> Body:
    layout, middle = layout_of(model), _length(model, part) / 2
    levels, hull = [], _hull(model, part)
    for level in LEVELS:
        mesh = _shared(model, level, part)
        extra = [] if part else accessory_patches(individual, model, layout, level)
        if extra:
            added = join(extra, layout, middle_x=middle)
            if level is LEVELS[0]:
                hull = _convex(np.concatenate([hull, added.vertices[:, :3]]))
            mesh = Mesh(
                np.concatenate([mesh.vertices, added.vertices]),
                np.concatenate([mesh.indices, added.indices + np.int32(len(mesh.vertices))]),
            )
        levels.append(mesh)
    return Body(tuple(levels), hull)


def _length(model: BodyModel, part: int) -> float:
    return model.trailer.shape.length if part and model.trailer else model.length_m


@lru_cache(maxsize=2 * KEPT_BODIES)
def _shared(model: BodyModel, level: Fineness, part: int) -> Mesh:
    """Return the mesh that all individuals of a model share."""
    patches = patches_of(model, level)[part]
    return join(patches, layout_of(model), middle_x=_length(model, part) / 2)


@lru_cache(maxsize=2 * KEPT_BODIES)
def _hull(model: BodyModel, part: int) -> np.ndarray:
    return _convex(_shared(model, LEVELS[0], part).vertices[:, :3])


def _convex(points: np.ndarray) -> np.ndarray:
    """Return corners whose convex hull is that of float32 (N, 3) points, to the tolerance.

    Qhull's option W leaves out what lies less far outside of the hull found so far; the box around
    them stays exact, since lamps and shadows are placed by it.
    """
    hull = ConvexHull(points, qhull_options=f"W{HULL_TOLERANCE_M}")
    outermost = np.concatenate([points.argmin(axis=0), points.argmax(axis=0)])
    return np.ascontiguousarray(points[np.union1d(hull.vertices, outermost)])
