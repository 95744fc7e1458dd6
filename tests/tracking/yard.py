"""A yard that calibrated cameras see from straight above, each the other way up than the last.

Places of vehicles are exact there, up to the rounding of boxes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tracking.appearance.camera_looks import CameraLooks
from tracking.appearance.cohort import Cohort
from tracking.ground import GroundPlane
from tracking.maps.ways import Ways
from tracking.sightings import Sightings
from tracking.types import EMBEDDING_DIM, Tracklet

CAMERAS = ("a", "b", "c")
METRES_PER_PX = 0.1
HOMOGRAPHIES = {
    camera: np.diag([turn * METRES_PER_PX, turn * METRES_PER_PX, 1.0])
    for camera, turn in zip(CAMERAS, (1, -1, 1), strict=True)
}
GROUND = {camera: GroundPlane(matrix) for camera, matrix in HOMOGRAPHIES.items()}
SAMPLE_S = 0.1
Point = tuple[float, float]


def seen(
    camera: str,
    track: int,
    times: Point,
    start: Point,
    velocity: Point = (0.0, 0.0),
    *,
    look: int = 0,
    ended: bool = True,
) -> Tracklet:
    """Return what a camera sees of a vehicle that is 2 m long and wide.

    Args:
        camera: The camera.
        track: Its number there.
        times: The first and the last, in seconds.
        start: Where its middle is at first, in metres.
        velocity: In metres per second.
        look: What it looks like; others are as far away from it as can be.
        ended: Whether it has left.
    """
    stamps = np.linspace(*times, round((times[1] - times[0]) / SAMPLE_S) + 1)
    places = np.array(start) + (stamps - times[0])[:, None] * np.array(velocity)
    middle = places / HOMOGRAPHIES[camera][0, 0]
    boxes = np.column_stack([middle - 10, middle + 10]).astype(np.float32)
    embedding = np.zeros(EMBEDDING_DIM, np.float32)
    embedding[look] = 1.0
    views = np.tile(embedding, (4, 1))
    return Tracklet(camera, track, stamps, boxes, embedding, views, class_id=0, ended=ended)


def sightings(*tracklets: Tracklet, turned: NDArray[np.float64] | None = None) -> Sightings:
    """Return what is known of some tracklets.

    Args:
        *tracklets: N of them.
        turned: (3, 3), by which the plane is turned and moved; None for not at all.
    """
    ground = GROUND
    if turned is not None:
        ground = {name: GroundPlane(turned @ matrix) for name, matrix in HOMOGRAPHIES.items()}
    return Sightings.of(tracklets, CAMERAS.index, Cohort(1.4, 0.1), CameraLooks(), ground)


def uncalibrated(*tracklets: Tracklet) -> Sightings:
    """Return what is known of some tracklets without any calibration."""
    return Sightings.of(tracklets, CAMERAS.index, Cohort(1.4, 0.1), CameraLooks())


def unplaced(gap: NDArray[np.float64]) -> Ways:
    """Return pairs of sightings of which only the gap is known."""
    nothing = np.zeros(gap.shape)
    return Ways(gap, gap, nothing, nothing, np.zeros(gap.shape, np.bool_))
