"""Ground truth of an image: every actor's whole box, visible box and visibility.

Coordinates are pixels with the origin at the upper left corner; pixel i reaches from i to i + 1, so
a box of whole numbers holds whole pixels. Boxes are half-open `xyxy`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from scipy import ndimage
from scipy.spatial import ConvexHull

from city.camera import NEAR_M
from city.silhouette import covered_area

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from city.camera import CameraGeometry
    from city.types import ActorModel, ActorState, Pose


@dataclass(frozen=True, slots=True)
class ActorTruth:
    """One actor in one image, of which at least one pixel is visible.

    Attributes:
        actor_id: The same in every camera and at all times.
        whole_xyxy: Around the whole actor, also where something hides it; clipped to the image.
        visible_xyxy: Around its visible pixels; whole numbers, within `whole_xyxy`.
        visible_pixels: How many there are.
        visibility: Their share of all pixels that it would cover if nothing hid it and the image
            were large enough.
    """

    actor_id: int
    whole_xyxy: tuple[float, float, float, float]
    visible_xyxy: tuple[int, int, int, int]
    visible_pixels: int
    visibility: float


class FrameTruth:
    """Finds the ground truth in the images of one static camera.

    Args:
        geometry: The camera.
    """

    def __init__(self, geometry: CameraGeometry) -> None:
        self._projection = projection(geometry)
        self._size_wh = geometry.size_wh
        self._silhouettes: dict[int, tuple[tuple[Pose, ...], float]] = {}

    def __call__(
        self,
        states: Sequence[ActorState],
        models: Mapping[int, ActorModel],
        actor_mask: NDArray[np.int32],
    ) -> list[ActorTruth]:
        """Return the truth of the actors that are visible, in order of their ids.

        Args:
            states: Where everybody is; ids that nobody asks for are simply left out.
            models: Of each actor in `states`.
            actor_mask: int32 (H, W), the actor that each pixel shows, -1 where there is none.

        Raises:
            ValueError: If the mask is of another size.
        """
        if actor_mask.shape != self._size_wh[::-1]:
            raise ValueError(f"actor_mask must be {self._size_wh[::-1]}, is {actor_mask.shape}")
        visible = visible_parts(actor_mask)
        return [
            self._actor(state, models[state.actor_id], *visible[state.actor_id])
            for state in sorted(states, key=lambda s: s.actor_id)
            if state.actor_id in visible
        ]

    def _actor(
        self, state: ActorState, model: ActorModel, box: tuple[int, int, int, int], pixels: int
    ) -> ActorTruth:
        silhouette = self._silhouette(state, model)
        whole = whole_box(model, state.poses, self._projection, self._size_wh).tolist()
        # A pixel is covered if its centre is, so the visible part may reach out by half a pixel.
        x0, y0 = (min(a, float(b)) for a, b in zip(whole[:2], box[:2], strict=True))
        x1, y1 = (max(a, float(b)) for a, b in zip(whole[2:], box[2:], strict=True))
        return ActorTruth(
            actor_id=state.actor_id,
            whole_xyxy=(x0, y0, x1, y1),
            visible_xyxy=box,
            visible_pixels=pixels,
            visibility=pixels / max(silhouette, pixels),
        )

    def _silhouette(self, state: ActorState, model: ActorModel) -> float:
        """Return the pixels of the whole actor; that of one that stands still is known already."""
        known = self._silhouettes.get(state.actor_id)
        if known is not None and known[0] == state.poses:
            return known[1]
        area = covered_area(_triangles(model, state.poses, self._projection))
        self._silhouettes[state.actor_id] = (state.poses, area)
        return area


def visible_parts(
    actor_mask: NDArray[np.int32],
) -> dict[int, tuple[tuple[int, int, int, int], int]]:
    """Return box (xyxy) and number of pixels of each actor in a mask.

    >>> visible_parts(np.array([[-1, 4, 4], [-1, -1, 4]], np.int32))
    {4: ((1, 0, 3, 2), 3)}
    """
    # Most of an image shows nobody.
    left, top, width, height = cv2.boundingRect((actor_mask >= 0).view(np.uint8))
    labels = actor_mask[top : top + height, left : left + width] + 1
    if not labels.size:
        return {}
    counts = np.bincount(labels.ravel())
    return {
        actor_id: (
            (left + part[1].start, top + part[0].start, left + part[1].stop, top + part[0].stop),
            int(counts[actor_id + 1]),
        )
        for actor_id, part in enumerate(ndimage.find_objects(labels))
        if part is not None
    }


def projection(geometry: CameraGeometry) -> NDArray[np.float64]:
    """Return K [R | t], float64 (3, 4): world to pixels, times the depth in metres."""
    return np.asarray(geometry.intrinsics @ geometry.view_matrix()[:3], np.float64)


def whole_box(
    model: ActorModel,
    poses: Sequence[Pose],
    to_pixels: NDArray[np.float64],
    size_wh: tuple[int, int],
) -> NDArray[np.float64]:
    """Return the box of what of an actor's hulls lies in the image, float64 (4,).

    Args:
        model: With the hulls of its bodies.
        poses: One per body.
        to_pixels: float64 (3, 4), as `projection` returns it.
        size_wh: Of the image.

    Returns:
        The box, empty (x1 < x0) if the actor lies wholly outside of the image.
    """
    outlines = []
    for body, pose in zip(model.bodies, poses, strict=True):
        corners = _cut_hull(_project(body.hull, pose, to_pixels))
        outlines.append(clip_hull(corners[:, :2] / corners[:, 2:], size_wh))
    points = np.concatenate(outlines)
    if not len(points):
        return np.array([np.inf, np.inf, -np.inf, -np.inf])
    return np.concatenate([points.min(axis=0), points.max(axis=0)])


def clip_hull(points: NDArray[np.float64], size_wh: tuple[int, int]) -> NDArray[np.float64]:
    """Return points whose convex hull is that of some points, within the image.

    Args:
        points: float64 (N, 2), pixels.
        size_wh: Of the image.

    Reference: Sutherland & Hodgman, "Reentrant polygon clipping", CACM 1974.
    """
    limits = np.array(size_wh, np.float64)
    if not len(points) or ((points >= 0) & (points <= limits)).all():
        return points
    polygon = np.asarray(cv2.convexHull(points.astype(np.float32)), np.float64)[:, 0]
    for axis in range(2):
        for sign, limit in ((1.0, 0.0), (-1.0, -limits[axis])):
            polygon = _cut_polygon(polygon, sign * polygon[:, axis] - limit)
    return polygon


def _cut_polygon(
    corners: NDArray[np.float64], distance: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the part of a convex polygon (n, k) whose distance (n,) to a line is not negative."""
    following, beyond = np.roll(corners, -1, axis=0), np.roll(distance, -1)
    inside = distance >= 0
    crosses = inside != (beyond >= 0)
    share = np.where(crosses, distance / np.where(crosses, distance - beyond, 1.0), 0.0)
    cut = corners + share[:, None] * (following - corners)
    both = np.stack([corners, cut], axis=1).reshape(-1, corners.shape[1])
    return np.asarray(both[np.stack([inside, crosses], axis=1).ravel()], np.float64)


def _project(
    points: NDArray[np.float32], pose: Pose, to_pixels: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the homogeneous pixels (N, 3) of a body's points (N, 3)."""
    cos, sin = np.cos(pose.heading), np.sin(pose.heading)
    to_world = np.array([[cos, -sin, 0, pose.x], [sin, cos, 0, pose.y], [0, 0, 1, 0], [0, 0, 0, 1]])
    matrix = to_pixels @ to_world
    return np.asarray(points.astype(np.float64) @ matrix[:, :3].T + matrix[:, 3], np.float64)


def _cut_hull(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return points in front of the near plane that span the same as a convex hull does there.

    These are the hull's corners in front, and where its edges pierce the plane.
    """
    front = points[:, 2] >= NEAR_M
    if front.all() or not front.any():
        return points[front]
    faces = ConvexHull(points).simplices
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    crossing = edges[front[edges[:, 0]] & ~front[edges[:, 1]]]
    a, b = points[crossing[:, 0]], points[crossing[:, 1]]
    share = (a[:, 2:] - NEAR_M) / (a[:, 2:] - b[:, 2:])
    return np.concatenate([points[front], a + share * (b - a)])


def _triangles(
    model: ActorModel, poses: Sequence[Pose], to_pixels: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the triangles of the coarsest level in pixels, (T, 3, 2), cut at the near plane."""
    parts = [
        _project(body.levels[-1].vertices[:, :3], pose, to_pixels)[body.levels[-1].indices]
        for body, pose in zip(model.bodies, poses, strict=True)
    ]
    corners = np.concatenate(parts)
    front = (corners[..., 2] >= NEAR_M).sum(axis=1)
    whole = corners[front == 3]
    cut = [_cut_polygon(t, t[:, 2] - NEAR_M) for t in corners[(front > 0) & (front < 3)]]
    fans = [[(p[0], p[k], p[k + 1]) for k in range(1, len(p) - 1)] for p in cut]
    kept = np.concatenate([whole, *(np.array(fan) for fan in fans)])
    return np.asarray(kept[..., :2] / kept[..., 2:], np.float64)
