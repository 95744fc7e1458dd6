"""Boxes as actors, and pictures of them drawn point by point: what a renderer would give."""

from __future__ import annotations

import itertools

import numpy as np

from city.camera import NEAR_M, CameraGeometry
from city.types import ActorModel, ActorState, Body, Mesh, Pose

_QUADS = ((0, 1, 3, 2), (4, 5, 7, 6), (0, 1, 5, 4), (2, 3, 7, 6), (0, 2, 6, 4), (1, 3, 7, 5))


def block(length: float = 4.0, width: float = 2.0, height: float = 1.5) -> Body:
    """A box that stands on the ground with its middle at the origin."""
    corners = np.array(
        list(itertools.product((-length / 2, length / 2), (-width / 2, width / 2), (0, height))),
        np.float32,
    )
    vertices = np.zeros((8, 9), np.float32)
    vertices[:, :3] = corners
    indices = [[q[0], q[k], q[k + 1]] for q in _QUADS for k in (1, 2)]
    return Body((Mesh(vertices, np.array(indices, np.int32)),), corners)


def actor(*bodies: Body) -> ActorModel:
    """An actor of some bodies, painted grey."""
    surface = np.full((2, 2, 4), 128, np.uint8)
    return ActorModel(bodies or (block(),), surface, surface)


def standing(actor_id: int, x: float, y: float, *, heading: float = 0.0) -> ActorState:
    """An actor of one body at a place."""
    return ActorState(actor_id, (Pose(x, y, heading),))


def camera(size_wh: tuple[int, int] = (160, 90), **fields: object) -> CameraGeometry:
    """A camera 5 m up that looks east along the ground."""
    place = {"eye": (0.0, 0.0, 5.0), "look_at": (20.0, 0.0, 1.0), "fov_deg": 40.0}
    return CameraGeometry(**{**place, "size_wh": size_wh, **fields})


def draw(
    states: list[ActorState], models: dict[int, ActorModel], view: CameraGeometry
) -> np.ndarray:
    """The mask of the pictured actors, by casting a ray through each pixel's centre."""
    width, height = view.size_wh
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    rays = np.stack([x, y, np.ones_like(x)], axis=-1) @ np.linalg.inv(view.intrinsics).T
    rays = rays @ view.rotation
    nearest = np.full((height, width), np.inf)
    mask = np.full((height, width), -1, np.int32)
    for state in states:
        for body, pose in zip(models[state.actor_id].bodies, state.poses, strict=True):
            depth = _depth(body, pose, np.array(view.eye), rays)
            hit = depth < nearest
            mask[hit], nearest[hit] = state.actor_id, depth[hit]
    return mask


def _depth(body: Body, pose: Pose, eye: np.ndarray, rays: np.ndarray) -> np.ndarray:
    """Depth where rays (of depth 1) enter a block, infinite where they miss it: slab by slab."""
    cos, sin = np.cos(pose.heading), np.sin(pose.heading)
    turn = np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]])
    origin, direction = turn @ (eye - [pose.x, pose.y, 0]), rays @ turn.T
    low, high = body.hull.min(axis=0), body.hull.max(axis=0)
    with np.errstate(divide="ignore"):
        a, b = (low - origin) / direction, (high - origin) / direction
    enter, leave = np.minimum(a, b).max(axis=-1), np.maximum(a, b).min(axis=-1)
    seen = (leave > enter) & (leave > NEAR_M)
    return np.where(seen, np.maximum(enter, NEAR_M), np.inf)
