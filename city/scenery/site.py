"""Where something may stand: off the roads, off what stands already, out of the cameras' way."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from city.ground.canvas import Canvas, Tile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from city.network import RoadNetwork

View = tuple[tuple[float, float, float], tuple[float, float, float]]
"""A camera's eye and the point that it looks at, metres."""

SURROUNDINGS_M: Final = 90.0
"""How far beyond the roads things are placed."""
_PIXELS_PER_METRE: Final = 4.0
_NEAR_VIEW_M: Final = 13.0
_NEAR_VIEW_RAD: Final = 0.66
"""Half the angle that is kept clear near a camera: wider than most lenses see."""
_VIEW_RAD: Final = 0.42
_AROUND_EYE_M: Final = 2.2
_OVERHEAD_M: Final = 45.0
"""Gantries this far behind what a camera looks at may still hide the road beyond."""


@dataclass(frozen=True, slots=True)
class Footprint:
    """A rectangle on the ground: middle, heading of its length in radians, length and width."""

    x: float
    y: float
    heading: float
    length_m: float
    width_m: float

    def corners(self) -> NDArray[np.float64]:
        """Return the corners, float64 (4, 2)."""
        return self._at(np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) / 2)

    def grid(self, step_m: float) -> NDArray[np.float64]:
        """Return points that cover it at most a step apart, float64 (N, 2)."""
        u = np.linspace(-0.5, 0.5, max(2, math.ceil(self.length_m / step_m) + 1))
        v = np.linspace(-0.5, 0.5, max(2, math.ceil(self.width_m / step_m) + 1))
        return self._at(np.stack(np.meshgrid(u, v), axis=-1).reshape(-1, 2))

    def _at(self, shares: NDArray[np.float64]) -> NDArray[np.float64]:
        cos, sin = math.cos(self.heading), math.sin(self.heading)
        local = shares * (self.length_m, self.width_m)
        return np.asarray(local @ np.array([[cos, sin], [-sin, cos]]) + (self.x, self.y))


class Site:
    """A map's free ground; what is placed takes its place."""

    def __init__(self, network: RoadNetwork, views: Sequence[View] = ()) -> None:
        """Measure a network.

        Args:
            network: The roads.
            views: Cameras whose near view stays clear.
        """
        low, high = network.bounds
        self.low, self.high = low - SURROUNDINGS_M, high + SURROUNDINGS_M
        size = np.ceil((self.high - self.low) * _PIXELS_PER_METRE).astype(int)
        self._tile = Tile(
            float(self.low[0]), float(self.low[1]), _PIXELS_PER_METRE, int(size[0]), int(size[1])
        )
        road = Canvas(self._tile)
        for lane in network.lanes:
            road.strip(lane.shape, lane.width_m, 255)
        for junction in network.junctions:
            if junction.has_area:
                road.polygon(junction.shape, 255)
        free = (road.pixels < 128).astype(np.uint8)
        self._road_m = cv2.distanceTransform(free, cv2.DIST_L2, 5) / _PIXELS_PER_METRE
        self._taken = Canvas(self._tile)
        self._views = [_View.of(view) for view in views]

    def road_distance(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return metres from points (N, 2) to the nearest carriageway, right to about 0.15 m."""
        rows, columns = self._pixels(points)
        return np.asarray(self._road_m[rows, columns] - 0.5 / _PIXELS_PER_METRE, np.float64)

    def take(self, footprint: Footprint, *, road_m: float) -> bool:
        """Take a place if it is free.

        Args:
            footprint: The place.
            road_m: Smallest distance from the carriageway.

        Returns:
            Whether it was free; it is taken now.
        """
        points = footprint.grid(0.7 if max(footprint.length_m, footprint.width_m) < 8 else 1.5)
        inside = ((points > self.low) & (points < self.high)).all()
        if not inside or self.road_distance(footprint.grid(1.0)).min() < road_m:
            return False
        rows, columns = self._pixels(points)
        if self._taken.pixels[rows, columns].any():
            return False
        if any(view.is_blocked_by(footprint) for view in self._views):
            return False
        self._taken.polygon(footprint.corners(), 255)
        return True

    def in_view(self, footprint: Footprint) -> bool:
        """Tell whether something overhead would hide what a camera looks at."""
        return any(view.is_crossed_by(footprint) for view in self._views)

    def take_spot(self, x: float, y: float, *, radius_m: float, road_m: float) -> bool:
        """Take a small square place if it is free."""
        return self.take(Footprint(x, y, 0.0, 2 * radius_m, 2 * radius_m), road_m=road_m)

    def _pixels(self, points: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        pixels = np.round(self._tile.to_pixels(points)).astype(np.intp)
        limits = (self._tile.width - 1, self._tile.height - 1)
        columns, rows = np.clip(pixels, 0, limits).T
        return rows, columns


@dataclass(frozen=True, slots=True)
class _View:
    """What must stay clear of one camera."""

    eye: NDArray[np.float64]
    heading: float
    reach_m: float

    @classmethod
    def of(cls, view: View) -> _View:
        eye, target = np.array(view[0][:2]), np.array(view[1][:2])
        ahead = target - eye
        return cls(eye, math.atan2(ahead[1], ahead[0]), float(np.linalg.norm(ahead)))

    def is_blocked_by(self, footprint: Footprint) -> bool:
        """Tell whether a place is around the eye, near before it, or hides what it looks at."""
        distance, angle = self._polar(footprint)
        near = (distance < _NEAR_VIEW_M) & (angle < _NEAR_VIEW_RAD)
        wide = max(footprint.length_m, footprint.width_m) > 1.5
        hides = (distance < self.reach_m) & (angle < _VIEW_RAD) if wide else near
        return bool((near | hides | (distance < _AROUND_EYE_M)).any())

    def is_crossed_by(self, footprint: Footprint) -> bool:
        """Tell whether something overhead reaches into the view, up to a little behind the aim."""
        distance, angle = self._polar(footprint)
        return bool(((distance < self.reach_m + _OVERHEAD_M) & (angle < _NEAR_VIEW_RAD)).any())

    def _polar(self, footprint: Footprint) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return distances from the eye and angles off the line of sight, over a footprint."""
        offset = footprint.grid(0.7) - self.eye
        angle = np.arctan2(offset[:, 1], offset[:, 0]) - self.heading
        return np.linalg.norm(offset, axis=1), np.abs((angle + np.pi) % (2 * np.pi) - np.pi)
