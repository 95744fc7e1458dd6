"""Ground plane of an uncalibrated camera, estimated from the sizes of vehicles.

On level ground, in a camera without roll, the height of an upright board is proportional to the
distance of its lower edge below the horizon; a vehicle also shows some of its length above its near
side. So every vehicle that approaches or moves away is evidence about the horizon, whatever its own
height; and the size of cars gives the height of the camera. The focal length is not estimated, but
assumed: an error of it stretches the map along the viewing direction, and the map remains usable
(`shared_views` corrects the stretch between two cameras).

On ten rendered development scenes, maps estimated from the vehicles of one minute differ from the
true ones, after the best affine map between the two, by 0.04 to 1.4 m (medians of 49 cameras, whose
median is 0.23 m).

Reference: Hoiem, Efros & Hebert, "Putting objects in perspective", IJCV 2008 (the horizon from the
heights of objects); Dubska, Herout & Sochor, "Automatic camera calibration for traffic
understanding", BMVC 2014 (the scale from the usual size of vehicles).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from detector.types import CLASS_NAMES
from tracking.ground import GroundPlane

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tracking.sightings import Sightings, Trail

LEAST_VEHICLES: Final = 6
"""With fewer vehicles that come nearer or go away the horizon is not looked for."""

FIELD_OF_VIEW_DEG: Final = 36.0
"""Vertical, assumed of every camera: lenses of 2.8 to 12 mm have 60 to 15 degrees."""

CAR_M: Final = (4.4, 1.8, 1.5)
"""Length, width and height of the usual car."""

_CAR: Final = CLASS_NAMES.index("car")
_SAMPLES: Final = 12
"""Boxes of a vehicle that are looked at."""

_LEAST_DEPTH: Final = 0.05
"""Share of the image's height that its lower edge must travel;"""

_FULL_DEPTH: Final = 0.2
"""from this on it counts in full."""

_HORIZONS: Final = np.geomspace(0.02, 8.0, 120)
"""Candidates: image heights above the farthest vehicles."""

_HEIGHTS_M: Final = np.geomspace(1.5, 40.0, 48)
"""Candidates for the camera's height."""

_OUTLINE: Final = ((0.0, 0.6), (0.5, 1.0), (1.0, 0.6))
"""Of a car: how far behind its near side, and how high, what may be seen highest of it: shares of
length and height. Bonnet and boot are lower than the roof, whose middle is highest.

That its middle is half-way was picked on the true boxes of the sample videos. On the development
scenes 0.4, 0.5, 0.6 and 0.7 leave errors of 0.27, 0.23, 0.18 and 0.20 m (medians of the cameras),
and IDF1 of nine of them does not tell 0.5 from 0.6."""

_ROUNDS: Final = 2
"""The horizon tells the camera's height, and this what a car looks like below the horizon: the
second round does what more of them would."""

_EDGE_PX: Final = 2.0
"""Boxes nearer to the image's edge may be of a part of the vehicle."""

_MOVED: Final = 0.3
"""Heights of its box that a vehicle must have moved for its heading to be known."""


def own_plane(sightings: Sightings, *, frame: int) -> GroundPlane | None:
    """Return how a camera sees the ground, in metres from the point below it.

    Args:
        sightings: N of one camera.
        frame: Names the map (`GroundPlane`).

    Returns:
        x to the right, y away from the camera; None where too few vehicles come nearer or go away.
    """
    trails: list[Trail] = sightings.trail.tolist()
    paths = [_sensible_boxes(trail.xyxy) for trail in trails]
    if not any(map(len, paths)):
        return None
    # Boxes are clipped to the image, whose size is not known here.
    size = np.concatenate(paths)[:, 2:].max(axis=0)
    whole = [_whole_boxes(boxes, size) for boxes in paths]
    focal = float(size[1]) / 2 / np.tan(np.radians(FIELD_OF_VIEW_DEG / 2))
    cars = [boxes for boxes, kind in zip(whole, sightings.class_id, strict=True) if kind == _CAR]
    height_m = None
    for _ in range(_ROUNDS):
        horizon_y = _horizon(whole, size, focal, height_m)
        if horizon_y is None:
            return None
        view = _View(size, focal, horizon_y)
        height_m = _camera_height(cars, view)
        if height_m is None:
            height_m = _camera_height(whole, view)
        if height_m is None:
            return None
    return GroundPlane(np.diag([height_m, height_m, 1.0]) @ view.onto_ground, frame=frame)


class _View:
    """A camera of height 1 that looks down by the angle at which the horizon shows."""

    def __init__(self, size: NDArray[np.float64], focal: float, horizon_y: float) -> None:
        self._focal, self._centre = focal, size / 2
        angle = np.arctan2(self._centre[1] - horizon_y, focal)
        self._sin, self._cos = np.sin(angle), np.cos(angle)
        rays = np.array(
            [
                [1 / focal, 0, -self._centre[0] / focal],
                [0, 1 / focal, -self._centre[1] / focal],
                [0, 0, 1],
            ]
        )
        # Rows: to the right, ahead, down.
        turn = [[1, 0, 0], [0, -self._sin, self._cos], [0, self._cos, self._sin]]
        self.onto_ground: NDArray[np.float64] = np.array(turn) @ rays

    def places(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where on the ground points of the image are; (N, 2) to (N, 2)."""
        mapped = np.column_stack([points, np.ones(len(points))]) @ self.onto_ground.T
        return np.asarray(mapped[:, :2] / np.maximum(mapped[:, 2:], 1e-6))

    def sizes(
        self, right: NDArray[np.float64], ahead: NDArray[np.float64], down: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return width and height in the image of bodies given by points; float64 (N, 2).

        Args:
            right: float64 (P, N), how far each point of each body is to the right,
            ahead: float64 (P, N), ahead,
            down: float64 (P, 1), and below the camera.
        """
        depth = np.maximum(self._cos * ahead + self._sin * down, 0.05)
        x, y = right / depth, (self._cos * down - self._sin * ahead) / depth
        return np.asarray(self._focal * np.stack([np.ptp(x, axis=0), np.ptp(y, axis=0)], axis=1))


def _sensible_boxes(xyxy: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the boxes that are finite and have an area; (S, 4)."""
    boxes = xyxy[np.isfinite(xyxy).all(axis=1)].astype(np.float64)
    return np.asarray(boxes[(boxes[:, 2:] - boxes[:, :2] >= 1).all(axis=1)])


def _whole_boxes(boxes: NDArray[np.float64], size: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return some boxes of a vehicle that no edge of the image cuts off; (S, 4)."""
    inside = (boxes[:, :2] > _EDGE_PX).all(axis=1) & (boxes[:, 2:] < size - _EDGE_PX).all(axis=1)
    boxes = boxes[inside]
    return boxes[np.linspace(0, len(boxes) - 1, _SAMPLES).astype(np.intp)] if len(boxes) else boxes


def _horizon(
    vehicles: list[NDArray[np.float64]],
    size: NDArray[np.float64],
    focal: float,
    height_m: float | None,
) -> float | None:
    """Return the height of the horizon in the image, usually above it; None if it is not clear.

    It is where the sizes of each vehicle, divided by how high a body would look there, differ
    least.

    Args:
        vehicles: (S, 4) each, boxes.
        size: float64 (2,), of the image.
        focal: The focal length in pixels.
        height_m: How high the camera hangs; as long as that is not known bodies are upright boards.
    """
    kept = [b for b in vehicles if len(b) and np.ptp(b[:, 3]) >= _LEAST_DEPTH * size[1]]
    if len(kept) < LEAST_VEHICLES:
        return None
    boxes = np.stack(kept)
    foot, tall = boxes[..., 3], np.log(np.maximum(boxes[..., 3] - boxes[..., 1], 1.0))
    weight = np.minimum(np.ptp(foot, axis=1) / (_FULL_DEPTH * size[1]), 1.0)
    candidates = float(np.quantile(foot, 0.02)) - size[1] * _HORIZONS
    if height_m is None:
        expected = foot - candidates[:, None, None]
    else:
        expected = _body_heights(foot, candidates, size[1] / 2, focal, height_m)
    ratio = tall - np.log(np.maximum(expected, 1.0))
    off = np.abs(ratio - np.median(ratio, axis=2, keepdims=True)).mean(axis=2)
    return float(candidates[(off @ weight).argmin()])


def _body_heights(
    foot: NDArray[np.float64],
    horizons: NDArray[np.float64],
    middle_y: float,
    focal: float,
    height_m: float,
) -> NDArray[np.float64]:
    """Return the image heights of cars that approach or move away.

    The nearer a car and the higher a camera, the more of its roof shows above its near side.

    Args:
        foot: float64 (K, S), lower edges of boxes.
        horizons: float64 (C,), where the horizon may be.
        middle_y: Of the image.
        focal: The focal length in pixels.
        height_m: How high the camera hangs.

    Returns:
        float64 (C, K, S), in pixels.
    """
    angle = np.arctan2(middle_y - horizons, focal)[:, None, None]
    sin, cos = np.sin(angle), np.cos(angle)
    low = (foot - middle_y) / focal
    near = height_m * (cos - sin * low) / np.maximum(sin + cos * low, 1e-3)
    length, _, high = CAR_M
    tops = []
    for share, height in _OUTLINE:
        ahead, down = near + share * length, height_m - height * high
        depth = np.maximum(cos * ahead + sin * down, 0.05)
        tops.append((cos * down - sin * ahead) / depth)
    top = np.min(tops, axis=0)
    return np.asarray(focal * (low - top))


def _camera_height(vehicles: list[NDArray[np.float64]], view: _View) -> float | None:
    """Return the camera height, in metres, at which typical cars appear as large as these."""
    kept = [boxes for boxes in vehicles if len(boxes)]
    if not kept:
        return None
    boxes = np.stack(kept)
    foot = np.stack([(boxes[..., 0] + boxes[..., 2]) / 2, boxes[..., 3]], axis=2)
    before, after = (np.roll(foot, step, axis=1) for step in (1, -1))
    before[:, 0], after[:, -1] = foot[:, 0], foot[:, -1]
    tall = boxes[..., 3] - boxes[..., 1]
    moved = np.linalg.norm(after - before, axis=2) > _MOVED * tall
    if not moved.any():
        return None
    seen = np.log(np.stack([(boxes[..., 2] - boxes[..., 0])[moved], tall[moved]], axis=1))
    at = view.places(foot[moved])
    way = view.places(after[moved]) - view.places(before[moved])
    heading = way / np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-9)
    away = at / np.maximum(np.linalg.norm(at, axis=1, keepdims=True), 1e-9)
    length, width, high = CAR_M
    along = np.abs((heading * away).sum(axis=1))
    depth = (along * length + np.sqrt(np.maximum(1 - along**2, 0)) * width) / 2
    across = np.stack([-heading[:, 1], heading[:, 0]], axis=1)
    outline = [(0.0, 0.0), *_OUTLINE, (1.0, 0.0)]
    corners = np.array([[x - 0.5, y, z] for x, z in outline for y in (-0.5, 0.5)])
    # Points first: some ten of a thousand boxes each.
    right, ahead = (
        corners[:, :1] * length * along_way + corners[:, 1:2] * width * beside
        for along_way, beside in zip(heading.T, across.T, strict=True)
    )
    off = []
    for height_m in _HEIGHTS_M.tolist():
        x, y = (at * height_m + away * depth[:, None]).T
        found = view.sizes(x + right, y + ahead, height_m - corners[:, 2:] * high)
        off.append(np.abs(np.log(found) - seen).mean())
    return float(_HEIGHTS_M[int(np.argmin(off))])
