"""A city prepared for rendering: scenery, ground, and models of the visible actors."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from city.ground.paint import paint_ground
from city.renderer import Ground, Renderer, Rendering
from city.scenery.build import build_scenery
from city.signals import standing_plan
from city.vehicles.build import build

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from city.camera import CameraGeometry
    from city.lighting import Lighting
    from city.network import RoadNetwork
    from city.scenery.types import StaticMesh
    from city.types import ActorModel, ActorState
    from city.vehicles.individual import Individual

ACTOR_RANGE_M: Final = 200.0
"""Nobody further away is drawn: a car would be 10 pixels long in a typical camera."""
REACH_M: Final = 22.0
"""An actor this far outside of the image cannot be seen in it, nor can its shadow or lamps."""
GROUND_MARGIN_M: Final = 110.0
"""The ground is painted this far beyond the map, where roads are drawn on for 100 m."""
KEPT_MODELS: Final = 48
"""Models that stay loaded, up to 8 MB each; who returns is not built again."""
FULL_DETAIL_PX: Final = 900
"""Images of this width show models in full detail, smaller ones in less."""


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """A place: its roads, and the seed of what stands beside them.

    Attributes:
        network: The roads.
        seed: Of scenery and ground.
        cameras: Whose views the scenery keeps clear.
    """

    network: RoadNetwork
    seed: int
    cameras: tuple[CameraGeometry, ...] = ()

    def meshes(self) -> list[StaticMesh]:
        """Return all that stands beside the roads."""
        views = [(camera.eye, camera.look_at) for camera in self.cameras]
        return build_scenery(self.network, seed=self.seed, keep_clear=views)

    def ground(self) -> Ground:
        """Return the painted ground."""
        (x0, y0), (x1, y1) = (corner.tolist() for corner in self.network.bounds)
        margin = GROUND_MARGIN_M
        return Ground(
            partial(paint_ground, self.network, seed=self.seed),
            (x0 - margin, y0 - margin),
            (x1 + margin, y1 + margin),
        )


class Stage:
    """Renders views of one place; loads models when they come into view.

    Args:
        setting: The place.
        individuals: What each actor looks like, by id.
        detail: Of the models; None chooses it by the size of the image.
    """

    def __init__(
        self,
        setting: Setting,
        individuals: Mapping[int, Individual],
        *,
        detail: float | None = None,
    ) -> None:
        self._individuals = individuals
        self._fixed_detail = detail
        self._renderers: dict[tuple[int, int], Renderer] = {}
        self.move_to(setting)
        self._renderer: Renderer | None = None
        self._geometry: CameraGeometry | None = None
        self._detail = 1.0
        self._parked: frozenset[int] = frozenset()
        self.models: dict[int, ActorModel] = {}

    def move_to(self, setting: Setting) -> None:
        """Go to another place; a view has to be set again afterwards."""
        self._meshes = setting.meshes()
        self._ground = setting.ground()
        self._lit = standing_plan(setting.network).lit_at(0.0)
        self._renderer = None
        # Those of other sizes get the scenery of the new place when they are needed.
        self._furnished: set[tuple[int, int]] = set()

    def set_view(
        self,
        geometry: CameraGeometry,
        lighting: Lighting,
        *,
        parked: Sequence[ActorState] = (),
    ) -> None:
        """Turn to another view.

        Args:
            geometry: The camera.
            lighting: The light.
            parked: Actors that stand still throughout; they are drawn once.
        """
        size_wh = geometry.size_wh
        if size_wh not in self._renderers:
            self._renderers[size_wh] = Renderer(size_wh)
        if size_wh not in self._furnished:
            self._renderers[size_wh].set_scenery(self._meshes, self._ground)
            self._furnished.add(size_wh)
        self._renderer = self._renderers[size_wh]
        self._geometry = geometry
        for actor_id in self._renderer.actor_ids:
            self._renderer.remove_actor(actor_id)
        by_size = min(1.0, float(np.ceil(4 * size_wh[0] / FULL_DETAIL_PX)) / 4)
        self._use_detail(self._fixed_detail or by_size)
        near = in_view(parked, geometry)
        self._parked = frozenset(state.actor_id for state in near)
        self._load(near)
        self._renderer.set_view(geometry, lighting, parked=near)

    def render(
        self, states: Sequence[ActorState], *, time_s: float, lit: Container[str] | None = None
    ) -> Rendering:
        """Draw a frame.

        Args:
            states: Where everybody is, those that are parked included or not.
            time_s: Of the frame.
            lit: Names of the switched lamps that are on; None where no traffic was simulated.

        Raises:
            ValueError: If no view is set.
        """
        if self._renderer is None or self._geometry is None:
            raise ValueError("set a view before rendering")
        moving = [s for s in states if s.actor_id not in self._parked]
        near = in_view(moving, self._geometry)
        self._load(near)
        shining = self._lit if lit is None else lit
        return self._renderer.render(near, time_s=time_s, lit=shining)

    def _use_detail(self, detail: float) -> None:
        if detail != self._detail:
            self.models.clear()
        self._detail = detail

    def _load(self, states: Sequence[ActorState]) -> None:
        """Build and load the models of some actors; forget the oldest of the others."""
        assert self._renderer is not None
        needed = [state.actor_id for state in states]
        for actor_id in needed:
            # Put at the end, so that the first are those that were not needed for longest.
            model = self.models.pop(actor_id, None)
            self.models[actor_id] = model or build(self._individuals[actor_id], detail=self._detail)
            if actor_id not in self._renderer.actor_ids:
                self._renderer.add_actor(actor_id, self.models[actor_id])
        kept = self._parked.union(needed)
        spare = [actor_id for actor_id in self.models if actor_id not in kept]
        for actor_id in spare[: max(0, len(self.models) - KEPT_MODELS)]:
            del self.models[actor_id]
            if actor_id in self._renderer.actor_ids:
                self._renderer.remove_actor(actor_id)


def in_view(states: Sequence[ActorState], geometry: CameraGeometry) -> list[ActorState]:
    """Return the actors of which a part, the shadow or the lamps' light may be in an image."""
    if not states:
        return []
    places = np.array([(p.x, p.y, 1.0) for p in (state.poses[0] for state in states)], np.float64)
    camera = places @ geometry.rotation.T + geometry.translation
    width = geometry.size_wh[0]
    # Distance to the planes through the eye and the left and right edges of the image.
    slope = width / 2 / geometry.focal_px
    beside = (np.abs(camera[:, 0]) - slope * camera[:, 2]) / np.hypot(1.0, slope)
    distance = np.linalg.norm(camera, axis=1)
    near = (distance < ACTOR_RANGE_M) & (camera[:, 2] > -REACH_M) & (beside < REACH_M)
    return [state for state, kept in zip(states, near.tolist(), strict=True) if kept]
