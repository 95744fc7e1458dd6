"""What a camera's place is good for: which vehicles pass through its picture, and how large.

Nothing is rendered: vehicles are boxes, and nothing hides them. The check is for the choice of
camera places; the truth of a rendering is exact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from city.camera import CameraGeometry
    from city.episode import Episode
    from city.population import Actor
    from city.scene import CameraSettings, Scene
    from city.types import ActorState

_NEAREST_M: Final = 2.0
"""A vehicle closer to the camera fills the picture."""
_CORNERS: Final = np.array(
    [(x, y, z) for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (0.0, 1.0)], np.float64
)
"""Of a unit box that stands on the ground."""


def height_px(camera: CameraGeometry, state: ActorState, actor: Actor) -> float:
    """Return how tall a vehicle is in a picture.

    Args:
        camera: The camera.
        state: Where the vehicle is; of several bodies the leading one counts.
        actor: The vehicle.

    Returns:
        Pixels; 0 if the middle of its box lies outside the picture.
    """
    body, pose = actor.body, state.poses[0]
    local = _CORNERS * (body.length_m, body.width_m, body.height_m)
    pixels, depths = camera.project(_placed(local, pose.x, pose.y, pose.heading))
    if depths.min() < _NEAREST_M:
        return 0.0
    low, high = pixels.min(axis=0), pixels.max(axis=0)
    middle = (low + high) / 2
    if not (np.all(middle >= 0) and np.all(middle < camera.size_wh)):
        return 0.0
    return float(high[1] - low[1])


def passes(
    episode: Episode, scene: Scene, camera: CameraSettings, *, min_height_px: float, step_s: float
) -> Mapping[int, list[tuple[float, float]]]:
    """Return when moving vehicles of the truth are in a camera's picture.

    Args:
        episode: The scene played out.
        scene: The scene.
        camera: One of its cameras.
        min_height_px: Smaller ones don't count.
        step_s: Between two moments that are looked at.

    Returns:
        By actor, the first and the last moment of each pass, in the scene's seconds; passes are
        more than three seconds apart.
    """
    found: dict[int, list[tuple[float, float]]] = {}
    geometry = camera.geometry
    for time_s in np.arange(0, scene.duration_s, step_s) + camera.start_offset_s:
        for state in episode.trajectories.states_at(float(time_s)):
            actor = episode.actors[state.actor_id]
            if actor.parked or not actor.is_vehicle:
                continue
            if height_px(geometry, state, actor) >= min_height_px:
                _extend(found.setdefault(actor.actor_id, []), float(time_s))
    return found


_NEW_PASS_AFTER_S: Final = 3.0


def _extend(times: list[tuple[float, float]], time_s: float) -> None:
    if times and time_s - times[-1][1] <= _NEW_PASS_AFTER_S:
        times[-1] = (times[-1][0], time_s)
    else:
        times.append((time_s, time_s))


def _placed(local: NDArray[np.float64], x: float, y: float, heading: float) -> NDArray[np.float64]:
    cos, sin = np.cos(heading), np.sin(heading)
    return np.stack(
        [
            x + local[:, 0] * cos - local[:, 1] * sin,
            y + local[:, 0] * sin + local[:, 1] * cos,
            local[:, 2],
        ],
        axis=1,
    )
