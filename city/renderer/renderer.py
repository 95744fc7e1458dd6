"""Draws what a camera in the city sees, and which actor each of its pixels shows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from city.renderer.actor_pass import BACKGROUND_ID, ActorPass
from city.renderer.actors import GpuActor, VisibleBody, find_bodies
from city.renderer.background import Background, BackgroundPass, covered
from city.renderer.beams import lights_road
from city.renderer.composite import lay_over, light_up, mirror_in_ground, relight_ground
from city.renderer.context import shared_context
from city.renderer.environment import Environment, load_environment
from city.renderer.gpu import upload_levels
from city.renderer.ground_pass import GroundPass, beam_outline, shadow_outline, sun_points
from city.renderer.projection import Rect, merge_rects, pixel_rect, tight_rects
from city.renderer.rain import RainSheet
from city.renderer.scenery import Ground, Scenery
from city.renderer.switched_lamps import LitLamp
from city.renderer.targets import Targets
from city.renderer.view import View, level_direction

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

    import moderngl
    from numpy.typing import NDArray

    from city.camera import CameraGeometry
    from city.lighting import Lighting
    from city.scenery.types import StaticMesh
    from city.types import ActorModel, ActorState

_RANGE_M: Final = 250.0
"""Actors further away are not drawn: a car is then less than 10 pixels long."""
_SHADOW_RANGE_M: Final = 160.0
"""Nor are shadows from here on."""
_KEPT_ENVIRONMENTS: Final = 16
"""Each takes half a megabyte; cameras of one scene share few."""


@dataclass(frozen=True, slots=True, eq=False)
class Rendering:
    """A picture and its truth.

    Attributes:
        linear: float32 (H, W, 3), RGB, light that falls on the sensor.
        actor_mask: int32 (H, W), id of the actor at the centre of each pixel, -1 where none is.
    """

    linear: NDArray[np.float32]
    actor_mask: NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class _Still:
    """All of a view that does not move."""

    view: View
    background: Background
    mask: NDArray[np.int32]
    environment: moderngl.Texture
    rain: RainSheet | None
    lamps: tuple[LitLamp, ...] = ()


class Renderer:
    """Renders views of one map, one at a time.

    Args:
        size_wh: Of the pictures, pixels.

    Raises:
        ValueError: If the size is not positive, or EGL is missing.
    """

    def __init__(self, size_wh: tuple[int, int]) -> None:
        if min(size_wh) < 2:
            raise ValueError(f"size_wh must be at least 2 each, is {size_wh}")
        self.size_wh = size_wh
        self._context = shared_context()
        self._targets = Targets(self._context, size_wh)
        self._background_pass = BackgroundPass(self._context)
        self._actor_pass = ActorPass(self._context)
        self._ground_pass = GroundPass(self._context)
        self._scenery = Scenery(self._context, [], None)
        self._actors: dict[int, GpuActor] = {}
        self._environments: dict[Lighting, tuple[Environment, moderngl.Texture]] = {}
        self._still: _Still | None = None

    def set_scenery(self, meshes: Iterable[StaticMesh], ground: Ground | None = None) -> None:
        """Replace the still scene; a view has to be set anew afterwards."""
        self._scenery.release()
        self._scenery = Scenery(self._context, meshes, ground)
        self._still = None

    def add_actor(self, actor_id: int, model: ActorModel) -> None:
        """Load the model of an actor.

        Raises:
            ValueError: If there is one of that id already, or the id is negative.
        """
        if actor_id < 0:
            raise ValueError(f"actor_id must not be negative, is {actor_id}")
        if actor_id in self._actors:
            raise ValueError(f"actor {actor_id} has a model already")
        self._actors[actor_id] = GpuActor(self._context, model)

    def remove_actor(self, actor_id: int) -> None:
        """Forget the model of an actor.

        Raises:
            ValueError: If there is none of that id.
        """
        if actor_id not in self._actors:
            raise ValueError(f"there is no actor {actor_id}")
        self._actors.pop(actor_id).release()

    @property
    def actor_ids(self) -> frozenset[int]:
        """Ids of the actors whose models are loaded."""
        return frozenset(self._actors)

    def set_view(
        self,
        geometry: CameraGeometry,
        lighting: Lighting,
        *,
        parked: Sequence[ActorState] = (),
    ) -> None:
        """Draw all that stands still, once for all the frames of a view.

        Args:
            geometry: The camera; its picture has the renderer's size.
            lighting: The light.
            parked: Actors that never move while this view is set; they cost nothing per frame.

        Raises:
            ValueError: If the camera has another size.
        """
        if geometry.size_wh != self.size_wh:
            raise ValueError(f"the camera must have size {self.size_wh}, has {geometry.size_wh}")
        view = View.of(geometry, lighting)
        environment, texture = self._environment(lighting)
        self._scenery.paint_near(np.array(geometry.eye, np.float64), level_direction(geometry))
        uniforms = view.uniforms(environment, self._scenery.lamps)
        background = self._background_pass.draw(
            self._targets, self._scenery, view, environment=texture, uniforms=uniforms
        )
        self._actor_pass.set_view(uniforms)
        width, height = self.size_wh
        mask = np.full((height, width), BACKGROUND_ID, np.int32)
        self._still = _Still(view, background, mask, texture, _rain(self.size_wh, lighting))
        if parked:
            self._park(parked)
        lamps = tuple(self._scenery.switched.draw(self._targets, view))
        self._still = replace(self._still, lamps=lamps)

    def render(
        self, states: Sequence[ActorState], *, time_s: float = 0.0, lit: Container[str] = ()
    ) -> Rendering:
        """Draw one frame.

        Args:
            states: Where the actors are; those that are parked in the view left out.
            time_s: Of the frame; moves the rain.
            lit: Names of the switched lamps that are on.

        Raises:
            ValueError: If no view is set, or a state does not fit its actor's model.
        """
        still = self._require_view()
        rendering, _ = self._draw(still, states, lit=lit)
        if still.rain is not None:
            still.rain.draw(rendering.linear, time_s)
        return rendering

    def _require_view(self) -> _Still:
        if self._still is None:
            raise ValueError("set a view before rendering")
        return self._still

    def _environment(self, lighting: Lighting) -> tuple[Environment, moderngl.Texture]:
        if lighting not in self._environments:
            if len(self._environments) >= _KEPT_ENVIRONMENTS:
                self._environments.pop(next(iter(self._environments)))
            environment = load_environment(lighting)
            texture = upload_levels(self._context, environment.levels)
            self._environments[lighting] = environment, texture
        return self._environments[lighting]

    def _draw(
        self,
        still: _Still,
        states: Iterable[ActorState],
        *,
        parked: bool = False,
        lit: Container[str] = (),
    ) -> tuple[Rendering, NDArray[np.float32]]:
        """Return a frame, and the share of each of its pixels that actors cover.

        Args:
            still: The view.
            states: Who is drawn.
            parked: Their lamps are off, and depths are drawn in the whole picture.
            lit: Names of the switched lamps that are on.
        """
        view, targets = still.view, self._targets
        linear, mask = still.background.linear.copy(), still.mask.copy()
        light_up(linear, still.lamps, lit)
        cover = np.zeros(mask.shape, np.float32)
        bodies = find_bodies(
            states, self._actors, view.geometry, range_m=_RANGE_M, lamps_on=not parked
        )
        near = [body for body in bodies if body.distance_m < _SHADOW_RANGE_M]
        if near:
            self._relight(still, near, linear)
        if near and view.lighting.wetness > 0:
            self._mirror(still, near, linear)
        seen = [body for body in bodies if body.rect is not None]
        rects = tight_rects([body.rect for body in seen if body.rect is not None])
        if parked:
            rects = [Rect(0, 0, *self.size_wh)]
        for rect, layer in self._actor_pass.draw_layer(
            targets, view, seen, rects=rects, environment=still.environment
        ):
            cover[rect.slices] = lay_over(linear, rect, layer)
        self._actor_pass.draw_mask(targets, view, seen, rects=rects, mask=mask)
        return Rendering(linear, mask), cover

    def _relight(
        self, still: _Still, bodies: Sequence[VisibleBody], linear: NDArray[np.float32]
    ) -> None:
        """Draw what actors do to the ground's light into a picture."""
        view = still.view
        strength = view.lighting.shadow
        directions = sun_points(view) if strength > 0 else []
        outlines = [shadow_outline(body, directions) for body in bodies]
        if view.lighting.vehicle_lamps > 0:
            outlines += [beam_outline(body, view) for body in bodies if lights_road(body)]
        touched = [pixel_rect(outline, view.geometry, margin=6) for outline in outlines]
        halves = merge_rects(rect.halved() for rect in touched if rect is not None)
        if not halves:
            return
        lights = self._ground_pass.draw_light(self._targets, view, bodies, halves)
        shades = (
            self._ground_pass.draw_shade(self._targets, view, bodies, halves)
            if strength > 0
            else [None] * len(halves)
        )
        for half, light, shade in zip(halves, lights, shades, strict=True):
            relight_ground(
                linear,
                still.background,
                half.doubled(self.size_wh),
                shade=shade,
                light=light,
                strength=strength,
            )

    def _mirror(
        self, still: _Still, bodies: Sequence[VisibleBody], linear: NDArray[np.float32]
    ) -> None:
        """Draw actors' reflections in a wet road into a picture."""
        view = still.view
        upside_down = [body.box * (1.0, 1.0, -1.0) for body in bodies]
        touched = [pixel_rect(box, view.geometry, margin=16) for box in upside_down]
        halves = merge_rects(rect.halved() for rect in touched if rect is not None)
        for half, layer in self._actor_pass.draw_mirrored(
            self._targets, view, bodies, rects=halves, environment=still.environment
        ):
            mirror_in_ground(linear, still.background, half.doubled(self.size_wh), layer)

    def _park(self, states: Sequence[ActorState]) -> None:
        """Make actors a part of what stands still."""
        still = self._require_view()
        rendering, cover = self._draw(still, states, parked=True)
        self._actor_pass.keep_depth(self._targets)
        self._still = replace(
            still,
            background=covered(still.background, rendering.linear, cover),
            mask=rendering.actor_mask,
        )


def _rain(size_wh: tuple[int, int], lighting: Lighting) -> RainSheet | None:
    if lighting.rain == 0:
        return None
    return RainSheet(size_wh, lighting.rain, lighting.fog_rgb)
