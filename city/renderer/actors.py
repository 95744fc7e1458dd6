"""The actors: their models in the graphics card's memory, and which of them a camera sees."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Final

import numpy as np

from city.renderer.gpu import GpuMesh, upload_texture
from city.renderer.projection import Rect, body_matrix, pixel_rect, transformed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import moderngl
    from numpy.typing import NDArray

    from city.camera import CameraGeometry
    from city.types import ActorModel, ActorState

_OPAQUE: Final = 128
_HEAD_LAMP: Final = 128
_LEVEL_PX_PER_M: Final = (66.0, 22.0)
"""From the first on the finest level is drawn, from the second on the one after it."""
_MARGIN_PX: Final = 2


class GpuActor:
    """An actor's meshes and textures.

    Attributes:
        bodies: Levels of detail of each body.
        boxes: float64 (8, 3), corners of the box around each body.
        lengths_m: Extent of each body along x: rear end, front end.
        widths_m: Extent of each body along y.
        is_cut_out: Whether parts of its surface are holes.
        has_head_lamps: Whether it lights the road ahead.
    """

    def __init__(self, context: moderngl.Context, model: ActorModel) -> None:
        self.bodies = [[GpuMesh(context, level) for level in body.levels] for body in model.bodies]
        limits = [(body.hull.min(0), body.hull.max(0)) for body in model.bodies]
        self.boxes = [_corners(low, high) for low, high in limits]
        self.lengths_m = [(float(low[0]), float(high[0])) for low, high in limits]
        self.widths_m = [float(high[1] - low[1]) for low, high in limits]
        self.is_cut_out = bool((model.atlas[..., 3] < _OPAQUE).any())
        self.has_head_lamps = bool((model.material[..., 2] > _HEAD_LAMP).any())
        self.spin_shift = model.spin_shift
        self.atlas = upload_texture(context, model.atlas)
        self.material = upload_texture(context, model.material)

    def release(self) -> None:
        """Give the memory back."""
        for levels in self.bodies:
            for mesh in levels:
                mesh.release()
        self.atlas.release()
        self.material.release()


@dataclass(frozen=True, slots=True, eq=False)
class VisibleBody:
    """One body of an actor in a picture, or one whose shadow may fall into it.

    Attributes:
        state: Of its actor.
        actor: What is drawn.
        index: Number of the body in its actor.
        world_from_body: float64 (4, 4).
        box: float64 (8, 3), corners of the box around it in world coordinates.
        rect: The part of the picture that it can cover; None if it is outside.
        distance_m: From the camera.
        level: Of detail.
        lamps_on: Whether its lamps are lit where the lighting asks for it.
    """

    state: ActorState
    actor: GpuActor
    index: int
    world_from_body: NDArray[np.float64]
    box: NDArray[np.float64]
    rect: Rect | None
    distance_m: float
    level: int
    lamps_on: bool

    @property
    def mesh(self) -> GpuMesh:
        """The mesh of its level of detail."""
        return self.actor.bodies[self.index][self.level]

    @property
    def coarse_mesh(self) -> GpuMesh:
        """The coarsest mesh, for its shadow and what a wet road mirrors."""
        return self.actor.bodies[self.index][-1]


def find_bodies(
    states: Iterable[ActorState],
    actors: Mapping[int, GpuActor],
    geometry: CameraGeometry,
    *,
    range_m: float,
    lamps_on: bool,
) -> list[VisibleBody]:
    """Return the bodies within a range of the camera, the nearest first.

    Args:
        states: Where the actors are.
        actors: Their models, by id.
        geometry: The camera.
        range_m: Bodies further away are left out.
        lamps_on: Whether their lamps may be lit.

    Raises:
        ValueError: If the model of an actor is missing, or its number of poses differs.
    """
    found = []
    for state in states:
        actor = actors.get(state.actor_id)
        if actor is None:
            raise ValueError(f"actor {state.actor_id} has a state but no model")
        if len(state.poses) != len(actor.bodies):
            raise ValueError(
                f"actor {state.actor_id} has {len(actor.bodies)} bodies "
                f"but {len(state.poses)} poses"
            )
        for index in range(len(state.poses)):
            body = _place(state, actor, index, geometry, lamps_on=lamps_on)
            if body.distance_m <= range_m:
                found.append(body)
    return sorted(found, key=lambda body: body.distance_m)


def _place(
    state: ActorState, actor: GpuActor, index: int, geometry: CameraGeometry, *, lamps_on: bool
) -> VisibleBody:
    matrix = body_matrix(state.poses[index])
    box = transformed(matrix, actor.boxes[index])
    distance_m = float(np.linalg.norm(box.mean(0) - geometry.eye))
    px_per_m = geometry.focal_px / max(distance_m, 1.0)
    level = sum(px_per_m <= limit for limit in _LEVEL_PX_PER_M)
    return VisibleBody(
        state=state,
        actor=actor,
        index=index,
        world_from_body=matrix,
        box=box,
        rect=pixel_rect(box, geometry, margin=_MARGIN_PX),
        distance_m=distance_m,
        level=min(level, len(actor.bodies[index]) - 1),
        lamps_on=lamps_on,
    )


def _corners(low: NDArray[np.float32], high: NDArray[np.float32]) -> NDArray[np.float64]:
    choice = np.array(list(product((False, True), repeat=3)))
    return np.where(choice, high, low).astype(np.float64)
