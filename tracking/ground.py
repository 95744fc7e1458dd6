"""Ground positions of vehicles: boxes of a calibrated camera in metres, on a plane common to all.

The middle of a box's lower edge is where the near side of a vehicle meets the road; the middle of
the vehicle lies behind it, as seen from the camera. Without a correction, two cameras on opposite
sides would disagree by the vehicle's length or width. The correction goes in the ground direction
that corresponds to "up" in the image, by half the width of the box in metres.

On the ground truth of two rendered validation scenes, the positions of a vehicle in two cameras at
the same time were 1.0 m apart (median; 95 %: 4.0 m), and 2.8 m (6.2 m) without that correction.

Reference: Hartley & Zisserman, "Multiple view geometry in computer vision", 2nd ed. 2004, Sect.
13.1 (a plane induces a homography).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

GIVEN: Final = 0
"""The map of `ground_points` and `ground_homography` in `cams.yaml`, if nothing else is said."""

LEARNED: Final = 1_000
"""Learned maps are numbered from here; calibrated ones have lower numbers."""

NOWHERE: Final = -1
"""The map of a camera of which nothing is known."""

SAMPLES: Final = 32
"""Places kept of a path, evenly spaced in time."""

SPEED_SPAN_S: Final = 1.5
"""The speed at an end of a path is that over this time, which is less noisy than an instant's."""

LEAST_SPAN_S: Final = 0.3
"""Over less it is not known."""

BOX_NOISE_PX: Final = 2.0
"""Standard deviation of the lower edge of a detected box."""

MOST_DEPTH_M: Final = 3.0
"""From the near side to the middle of a vehicle at most: a long one is seen from its end."""

_FARTHEST_M_PER_PX: Final = 10.0
"""Places with fewer pixels are not known: they are next to the horizon, or above it."""

_TALLEST_PX: Final = 10_000.0
"""No image is taller."""


class GroundPlane:
    """One camera's view of the ground.

    Args:
        homography: float64 (3, 3), from pixels (x, y, 1) to metres on the ground, up to a factor.
        frame: Which map the metres are on: places on two maps cannot be compared.
        std_m: Standard deviation of its places, beside the noise of the boxes.

    Raises:
        ValueError: If the matrix is not of this shape, not finite or not invertible, or has its
            horizon upright, so that ground and sky cannot be distinguished.
    """

    def __init__(
        self, homography: NDArray[np.float64], *, frame: int = GIVEN, std_m: float = 0.0
    ) -> None:
        matrix = np.asarray(homography, np.float64)
        if matrix.shape != (3, 3) or not np.isfinite(matrix).all():
            raise ValueError("a homography of 3 x 3 finite numbers is expected")
        # Rows and columns differ in scale by orders of magnitude: that is not the rank.
        scaled = matrix / np.maximum(np.abs(matrix).max(axis=1, keepdims=True), 1e-300)
        scaled /= np.maximum(np.abs(scaled).max(axis=0, keepdims=True), 1e-300)
        if abs(float(np.linalg.det(scaled))) < 1e-12:
            raise ValueError("a homography that can be inverted is expected")
        if not matrix[2, 1:].any():
            raise ValueError("a homography whose horizon is not upright is expected")
        # Of both sides of the horizon, the lower one of the image is the ground; all of it, where
        # a camera looks straight down or nearly, and its horizon is far away on whichever side.
        tilted = abs(matrix[2, 1]) * _TALLEST_PX > abs(matrix[2, 2])
        self._matrix = matrix * np.sign(matrix[2, 1] if tilted else matrix[2, 2])
        self.frame = frame
        self.std_m = std_m

    @property
    def homography(self) -> NDArray[np.float64]:
        """From pixels (x, y, 1) to metres, scaled so that the last row's greatest number is 1."""
        return np.asarray(self._matrix / np.abs(self._matrix[2]).max())

    @property
    def measured(self) -> bool:
        """Whether people measured its places.

        They are on the map that has no name, for one with a name may be a learned one that was
        adopted, and nothing says by how much they are off, as it does where they were learned.
        """
        return self.frame == GIVEN and self.std_m == 0

    def moved(self, affine: NDArray[np.float64], *, frame: int, std_m: float) -> GroundPlane:
        """Return the same view of the ground on another map.

        Args:
            affine: float64 (2, 3), from metres (x, y, 1) on this map to metres on that.
            frame: Which map that is.
            std_m: As of `GroundPlane`.
        """
        return GroundPlane(np.vstack([affine, [0, 0, 1]]) @ self._matrix, frame=frame, std_m=std_m)

    def places(self, xyxy: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return where vehicles are.

        Args:
            xyxy: (N, 4), boxes in pixels.

        Returns:
            float64 (N, 3): x and y of the vehicle's middle in metres, and the standard deviation of
            that; NaN above the horizon.
        """
        boxes = np.asarray(xyxy, np.float64)
        foot = np.stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]], axis=1)
        at, behind = self._onto_ground(foot), self._onto_ground(foot - (0.0, 1.0))
        sides = [self._onto_ground(boxes[:, [column, 3]]) for column in (0, 2)]
        width = np.linalg.norm(sides[1] - sides[0], axis=1)
        up = behind - at
        per_px = np.linalg.norm(up, axis=1)
        depth = np.minimum(width / 2, MOST_DEPTH_M)
        middle = at + up * (depth / np.maximum(per_px, 1e-9))[:, None]
        found = np.column_stack([middle, np.hypot(BOX_NOISE_PX * per_px, self.std_m)])
        with np.errstate(invalid="ignore"):
            far = ~(per_px < _FARTHEST_M_PER_PX)
        found[far] = np.nan
        return found

    def _onto_ground(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        mapped = np.column_stack([points, np.ones(len(points))]) @ self._matrix.T
        weight = np.where(mapped[:, 2:] > 0, mapped[:, 2:], np.nan)
        return np.asarray(mapped[:, :2] / weight)


def paths_on_ground(
    plane: GroundPlane | None,
    trails: Sequence[tuple[NDArray[np.float64], NDArray[np.floating]]],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return paths of one camera on the ground, and how they begin and end.

    Args:
        plane: Of the camera; None if it is not calibrated.
        trails: N of them: float64 (T,), seconds, ascending, and (T, 4), boxes; at least one each.

    Returns:
        float64 (N, `SAMPLES`, 3): places (`GroundPlane.places`), evenly spaced from the first to
        the last time; and float64 (N, 2, 4): place and velocity (x, y in metres, and per second) at
        both ends. NaN where nothing is known; a velocity can be unknown where the place is not.
    """
    paths, ends = np.full((len(trails), SAMPLES, 3), np.nan), np.full((len(trails), 2, 4), np.nan)
    if plane is None or not len(trails):
        return paths, ends
    # All boxes at once: a trail has few, and there are hundreds of trails.
    all_places = plane.places(np.concatenate([xyxy for _, xyxy in trails]))
    until = np.cumsum([len(timestamps) for timestamps, _ in trails]).tolist()
    for row, (timestamps, _) in enumerate(trails):
        places = all_places[until[row] - len(timestamps) : until[row]]
        known = np.isfinite(places[:, 0])
        times, places = timestamps[known], places[known]
        if not len(times):
            continue
        wanted = np.linspace(timestamps[0], timestamps[-1], SAMPLES)
        for column in range(3):
            paths[row, :, column] = np.interp(wanted, times, places[:, column])
        early, late = times <= times[0] + SPEED_SPAN_S, times >= times[-1] - SPEED_SPAN_S
        ends[row, 0] = _motion(times[early], places[early, :2], at=float(timestamps[0]))
        ends[row, 1] = _motion(times[late], places[late, :2], at=float(timestamps[-1]))
    return paths, ends


def _motion(
    times: NDArray[np.float64], places: NDArray[np.float64], *, at: float
) -> NDArray[np.float64]:
    """Return place and velocity at a time, by a straight line through some places; (4,)."""
    middle, mean = np.add.reduce(times) / len(times), np.add.reduce(places) / len(times)
    if times[-1] - times[0] < LEAST_SPAN_S:
        return np.array([*mean, np.nan, np.nan])
    lag = times - middle
    velocity = lag @ (places - mean) / (lag @ lag)
    return np.array([*(mean + velocity * (at - middle)), *velocity])
