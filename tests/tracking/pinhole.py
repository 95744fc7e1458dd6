"""Vehicles on level ground, filmed by pinhole cameras whose place and lens are known exactly.

The world's ground is z = 0, x to the east and y to the north, in metres. Boxes are those around the
corners of a body that drives straight on, clipped to the picture and a little off, as detected ones
are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from detector.types import CLASS_NAMES
from tracking.appearance.calibration import Calibration, Curves
from tracking.appearance.camera_looks import CameraLooks
from tracking.appearance.cohort import Cohort
from tracking.ground import GIVEN, GroundPlane
from tracking.sightings import Sightings
from tracking.types import EMBEDDING_DIM, Tracklet

PICTURE = (1280, 720)
LENS_DEG = 36.0
SAMPLE_S = 0.2
LEAST_PX = 24.0
"""Lower boxes are not detected: cars more than 70 m away by the usual lens."""

SIZES_M = {"car": (4.4, 1.8, 1.5), "truck": (8.0, 2.4, 3.2), "motorcycle": (2.1, 0.8, 1.4)}
# Strangers are at the square root of 2, look-alikes at 0.
SURE = Calibration(
    stranger_mean=2**0.5, stranger_std=0.02, distances=(1.3, 1.4), log_ratios=(3.0, -7.0)
)
LOOK_ALIKES = Curves(SURE)
Point = tuple[float, float]


@dataclass(frozen=True)
class Pinhole:
    """A camera.

    Attributes:
        name: Its name.
        at: Where it hangs, in metres.
        yaw_deg: Where it looks: 0 to the north, 90 to the east.
        pitch_deg: By how much it looks down.
        height_m: How high it hangs.
        lens_deg: The vertical field of view.
    """

    name: str = "a"
    at: Point = (0.0, 0.0)
    yaw_deg: float = 0.0
    pitch_deg: float = 15.0
    height_m: float = 7.0
    lens_deg: float = LENS_DEG

    @property
    def focal_px(self) -> float:
        """The focal length."""
        return PICTURE[1] / 2 / float(np.tan(np.radians(self.lens_deg / 2)))

    @property
    def horizon_y(self) -> float:
        """Where in the picture the horizon is."""
        return PICTURE[1] / 2 - self.focal_px * float(np.tan(np.radians(self.pitch_deg)))

    def seen(self, points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return where in the picture points of the world are; (..., 3) to (..., 2) and depths."""
        yaw, pitch = np.radians([self.yaw_deg, self.pitch_deg])
        east, north = points[..., 0] - self.at[0], points[..., 1] - self.at[1]
        right = np.cos(yaw) * east - np.sin(yaw) * north
        ahead = np.sin(yaw) * east + np.cos(yaw) * north
        down = self.height_m - points[..., 2]
        depth = np.cos(pitch) * ahead + np.sin(pitch) * down
        lower = np.cos(pitch) * down - np.sin(pitch) * ahead
        scale = self.focal_px / np.maximum(depth, 0.1)
        return np.stack(
            [PICTURE[0] / 2 + scale * right, PICTURE[1] / 2 + scale * lower], axis=-1
        ), depth

    def plane(self, *, frame: int = GIVEN, origin: Point = (0.0, 0.0)) -> GroundPlane:
        """Return how it sees the ground, exactly, on a map that is counted from an origin."""
        yaw, pitch = np.radians([self.yaw_deg, self.pitch_deg])
        onto_ground = np.array([[1, 0, -self.at[0]], [0, 1, -self.at[1]], [0, 0, 1]])
        right = np.array([np.cos(yaw), -np.sin(yaw), 0.0])
        ahead = np.array([np.sin(yaw), np.cos(yaw), 0.0])
        down = np.array([0, 0, self.height_m])
        depth = np.cos(pitch) * ahead + np.sin(pitch) * down
        lower = np.cos(pitch) * down - np.sin(pitch) * ahead
        rows = [
            PICTURE[0] / 2 * depth + self.focal_px * right,
            PICTURE[1] / 2 * depth + self.focal_px * lower,
            depth,
        ]
        from_origin = np.array([[1, 0, -origin[0]], [0, 1, -origin[1]], [0, 0, 1]])
        homography = from_origin @ np.linalg.inv(np.array(rows) @ onto_ground)
        return GroundPlane(homography, frame=frame)


@dataclass(frozen=True)
class Drive:
    """A vehicle that drives straight on.

    Attributes:
        number: Which one; its track has this number in every camera.
        from_: Where its middle is at first, in metres.
        velocity: In metres per second.
        times: When it appears and disappears, in seconds.
        kind: Of `SIZES_M`.
        along: Which way it stands, where it does not move.
    """

    number: int
    from_: Point
    velocity: Point
    times: Point
    kind: str = "car"
    along: Point = field(default=(0.0, 1.0))

    def places(self, times: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where its middle is; (T, 2)."""
        passed = (times - self.times[0])[:, None]
        return np.asarray(np.array(self.from_) + passed * np.array(self.velocity))

    def corners(self, times: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the corners of its body; (T, P, 3)."""
        heading = np.array(self.velocity if any(self.velocity) else self.along)
        heading = heading / np.linalg.norm(heading)
        across = np.array([heading[1], -heading[0]])
        length, width, height = SIZES_M[self.kind]
        # A truck is a box; the roof of anything else is highest in the middle, above its windows.
        parts = (
            [(0.5, 0.0), (0.5, height)]
            if self.kind == "truck"
            else [(0.5, 0.0), (0.5, 0.6 * height), (0.08, height)]
        )
        points = np.array(
            [
                [*(x * share * length * heading + y * width / 2 * across), z]
                for share, z in parts
                for x in (-1, 1)
                for y in (-1, 1)
            ]
        )
        middle = np.column_stack([self.places(times), np.zeros(len(times))])
        return np.asarray(middle[:, None] + points)


def film(
    camera: Pinhole,
    drives: Sequence[Drive],
    *,
    noise_px: float = 1.0,
    shift_s: float = 0.0,
    seed: int = 0,
    looks: NDArray[np.float32] | None = None,
) -> list[Tracklet]:
    """Return what a camera sees of vehicles, each without a gap.

    Args:
        camera: The camera.
        drives: The vehicles.
        noise_px: Standard deviation of the edges of boxes.
        shift_s: By how much its clock is fast.
        seed: Of the noise.
        looks: float32 (V, 512), of each; all look alike if not given.
    """
    found = []
    for row, drive in enumerate(drives):
        # Cameras do not look at the same moments.
        rng = np.random.default_rng([seed, drive.number, *camera.name.encode()])
        times = np.arange(drive.times[0] + rng.uniform(0, SAMPLE_S), drive.times[1], SAMPLE_S)
        points, depth = camera.seen(drive.corners(times))
        whole = np.concatenate([points.min(axis=1), points.max(axis=1)], axis=1)
        noisy = whole + rng.normal(0, noise_px, whole.shape)
        boxes = np.clip(noisy, 0, [*PICTURE, *PICTURE])
        size, full = boxes[:, 2:] - boxes[:, :2], whole[:, 2:] - whole[:, :2]
        visible = (size > 0.4 * full).all(axis=1) & (size[:, 1] > LEAST_PX) & (size[:, 0] > 4)
        visible &= depth.min(axis=1) > 1
        rows = np.flatnonzero(visible)
        if len(rows) < 3:
            continue
        look = np.eye(1, EMBEDDING_DIM, dtype=np.float32)[0] if looks is None else looks[row]
        found.append(
            Tracklet(
                camera.name,
                drive.number,
                times[rows] + shift_s,
                boxes[rows].astype(np.float32),
                look,
                look[None],
                CLASS_NAMES.index(drive.kind),
                ended=True,
            )
        )
    return found


def street(
    n: int = 30,
    *,
    at_x: float = 0.0,
    from_y: float = 5.0,
    to_y: float = 75.0,
    every_s: float = 2.5,
    kinds: Sequence[str] = ("car", "car", "car", "truck"),
    seed: int = 1,
) -> list[Drive]:
    """Return vehicles on a street to the north, on two lanes in each direction.

    Args:
        n: How many.
        at_x: Where the street is.
        from_y: Where it begins in the south.
        to_y: Where it ends.
        every_s: A vehicle sets out in so many seconds on average.
        kinds: Of `SIZES_M`, one after the other.
        seed: Of speeds and times.
    """
    rng = np.random.default_rng(seed)
    drives, time = [], 0.0
    for number in range(1, n + 1):
        time += float(rng.exponential(every_s))
        up = bool(rng.random() < 0.5)
        lane = float(rng.choice([1.75, 5.25])) + float(rng.normal(0, 0.3))
        speed = float(rng.uniform(7, 14))
        start = (at_x + lane if up else at_x - lane, from_y if up else to_y)
        lasting = (to_y - from_y) / speed
        velocity = (0.0, speed if up else -speed)
        kind = kinds[number % len(kinds)]
        drives.append(Drive(number, start, velocity, (time, time + lasting), kind))
    return drives


def crossing(n: int = 30, *, at_y: float = 40.0, half: float = 45.0, seed: int = 2) -> list[Drive]:
    """Return vehicles on a street to the east, numbered from 1001, as `street` otherwise."""
    return [
        Drive(
            1000 + d.number,
            (d.from_[1], at_y - d.from_[0]),
            (d.velocity[1], 0.0),
            d.times,
            d.kind,
        )
        for d in street(n, from_y=-half, to_y=half, seed=seed)
    ]


def sightings(tracklets: Sequence[Tracklet], cameras: Sequence[str] = ("a", "b", "c")) -> Sightings:
    """Return what is known of some tracklets without any calibration."""
    cohort = Cohort(SURE.stranger_mean, SURE.stranger_std)
    return Sightings.of(tracklets, list(cameras).index, cohort, CameraLooks())


def affine_between(from_: NDArray[np.float64], to: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the affine map that takes some points nearest to others; two (N, 2) to (2, 3)."""
    design = np.column_stack([from_, np.ones(len(from_))])
    return np.asarray(np.linalg.lstsq(design, to, rcond=None)[0].T)
