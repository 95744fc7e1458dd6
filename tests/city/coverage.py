"""What a camera's place is good for: which vehicles pass through its picture, and how large.

Nothing is rendered: vehicles are boxes, and nothing hides them. The check is for the choice of
camera places; the truth of a rendering is exact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from city.camera import CameraGeometry
    from city.episode import Episode
    from city.population import Actor
    from city.scene import CameraSettings, Scene
    from city.types import ActorState

_NEAREST_M: Final = 2.0
"""A vehicle closer to the camera fills the picture."""
_NEW_PASS_AFTER_S: Final = 3.0
_CORNERS: Final = np.array(
    [(x, y, z) for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (0.0, 1.0)], np.float64
)
"""Of a unit box that stands on the ground."""


def heights_px(
    camera: CameraGeometry, states: Sequence[ActorState], actors: Sequence[Actor]
) -> NDArray[np.float64]:
    """Return how tall vehicles are in a picture.

    Args:
        camera: The camera.
        states: Where N vehicles are; of several bodies the leading one counts.
        actors: The vehicles, in the same order.

    Returns:
        float64 (N,), pixels; 0 where the middle of the box lies outside the picture.
    """
    poses = [(state.poses[0].x, state.poses[0].y, state.poses[0].heading) for state in states]
    bodies = [actor.body for actor in actors]
    sizes = np.array([(b.length_m, b.width_m, b.height_m) for b in bodies]).reshape(-1, 3)
    corners = _placed(_CORNERS * sizes[:, None], np.array(poses, np.float64).reshape(-1, 3))
    pixels, depths = camera.project(corners.reshape(-1, 3))
    pixels, depths = pixels.reshape(-1, len(_CORNERS), 2), depths.reshape(-1, len(_CORNERS))
    low, high = pixels.min(axis=1), pixels.max(axis=1)
    middle = (low + high) / 2
    inside = ((middle >= 0) & (middle < camera.size_wh)).all(axis=1)
    shown = inside & (depths.min(axis=1) >= _NEAREST_M)
    return np.where(shown, high[:, 1] - low[:, 1], 0.0)


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
    counted = {k: a for k, a in episode.actors.items() if a.is_vehicle and not a.parked}
    for time_s in (np.arange(0, scene.duration_s, step_s) + camera.start_offset_s).tolist():
        states = [s for s in episode.trajectories.states_at(time_s) if s.actor_id in counted]
        heights = heights_px(geometry, states, [counted[s.actor_id] for s in states])
        for state, height in zip(states, heights.tolist(), strict=True):
            if height >= min_height_px:
                _extend(found.setdefault(state.actor_id, []), time_s)
    return found


def _extend(times: list[tuple[float, float]], time_s: float) -> None:
    if times and time_s - times[-1][1] <= _NEW_PASS_AFTER_S:
        times[-1] = (times[-1][0], time_s)
    else:
        times.append((time_s, time_s))


def _placed(local: NDArray[np.float64], poses: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return world coordinates (N, P, 3) of points (N, P, 3) on bodies with poses (N, 3)."""
    x, y, heading = poses.T[..., None]
    cos, sin = np.cos(heading), np.sin(heading)
    return np.stack(
        [
            x + local[..., 0] * cos - local[..., 1] * sin,
            y + local[..., 0] * sin + local[..., 1] * cos,
            local[..., 2],
        ],
        axis=-1,
    )
