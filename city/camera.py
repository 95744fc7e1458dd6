"""A pinhole camera in the city: pose, field of view and projection.

Pixels are those of the project's boxes: absolute, origin at the top left corner of the image, so
that the first pixel's centre lies at (0.5, 0.5). Camera axes are OpenCV's: x right, y down, z
forward; `x_cam = rotation @ x_world + translation`.

Reference: Hartley & Zisserman, "Multiple View Geometry", 2nd ed., equations 6.8 (projection) and
8.1 (the homography of a plane).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from detector.types import check_array

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEAR_M: Final = 0.3
"""Nothing closer to the camera is drawn."""
FAR_M: Final = 900.0
"""Nothing further away is drawn."""


# Without slots, for what is computed once: every body of every frame is projected.
@dataclass(frozen=True, kw_only=True)
class CameraGeometry:
    """Position, direction and lens of a camera with square pixels and no distortion.

    Attributes:
        eye: World coordinates of the optical centre, metres.
        look_at: World coordinates of a point in the middle of the image, metres.
        fov_deg: Vertical field of view, degrees.
        size_wh: Of the image, pixels.

    Raises:
        ValueError: If a field is out of its range or the camera looks straight up or down.
    """

    eye: tuple[float, float, float]
    look_at: tuple[float, float, float]
    fov_deg: float
    size_wh: tuple[int, int]

    def __post_init__(self) -> None:
        """Check every field; whole numbers become floats."""
        for name in ("eye", "look_at"):
            point = getattr(self, name)
            if len(point) != 3 or not all(math.isfinite(value) for value in point):
                raise ValueError(f"{name} must be three finite numbers, is {point}")
            object.__setattr__(self, name, tuple(float(value) for value in point))
        if not 0 < self.fov_deg < 180:
            raise ValueError(f"fov_deg must lie between 0 and 180, is {self.fov_deg}")
        if len(self.size_wh) != 2 or min(self.size_wh) < 1:
            raise ValueError(f"size_wh must be two positive integers, is {self.size_wh}")
        if math.dist(self.eye[:2], self.look_at[:2]) < 1e-6:
            raise ValueError(f"look_at must not lie straight above or below eye, is {self.look_at}")

    @property
    def focal_px(self) -> float:
        """Focal length in pixels, the same along both axes."""
        return self.size_wh[1] / 2 / math.tan(math.radians(self.fov_deg) / 2)

    @property
    def intrinsics(self) -> NDArray[np.float64]:
        """K, (3, 3)."""
        width, height = self.size_wh
        focal = self.focal_px
        return np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1]])

    @cached_property
    def rotation(self) -> NDArray[np.float64]:
        """R, (3, 3), from world to camera axes; read-only."""
        towards = np.subtract(self.look_at, self.eye)
        forward = towards / np.linalg.norm(towards)
        right = np.cross(forward, (0.0, 0.0, 1.0))
        right /= np.linalg.norm(right)
        rotation = np.stack([right, np.cross(forward, right), forward])
        rotation.flags.writeable = False
        return rotation

    @cached_property
    def translation(self) -> NDArray[np.float64]:
        """t, (3,), metres; read-only."""
        translation = -self.rotation @ np.array(self.eye, np.float64)
        translation.flags.writeable = False
        return np.asarray(translation, np.float64)

    def view_matrix(self) -> NDArray[np.float64]:
        """Return (4, 4) from homogeneous world to homogeneous camera coordinates."""
        matrix = np.eye(4)
        matrix[:3, :3] = self.rotation
        matrix[:3, 3] = self.translation
        return matrix

    def clip_matrix(self) -> NDArray[np.float64]:
        """Return (4, 4) from camera coordinates to OpenGL's clip coordinates.

        The y axis of clip space points down the image, so that the first row in the memory of a
        framebuffer is the top row of the image and nothing has to be flipped.
        """
        width, height = self.size_wh
        focal = self.focal_px
        depth = (FAR_M + NEAR_M) / (FAR_M - NEAR_M)
        return np.array(
            [
                [2 * focal / width, 0, 0, 0],
                [0, 2 * focal / height, 0, 0],
                [0, 0, depth, -2 * FAR_M * NEAR_M / (FAR_M - NEAR_M)],
                [0, 0, 1, 0],
            ]
        )

    def project(
        self, points: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return where world points fall in the image.

        Args:
            points: float64 (N, 3), metres.

        Returns:
            Pixels (N, 2) and depths (N,) in metres along the optical axis. Where the depth is not
            positive, the point lies behind the camera and its pixel means nothing.
        """
        check_array("points", points, dtype=np.float64, shape=(None, 3))
        camera = points @ self.rotation.T + self.translation
        depth = camera[:, 2]
        safe = np.where(np.abs(depth) < 1e-9, 1e-9, depth)
        centre = np.array(self.size_wh) / 2
        return camera[:, :2] / safe[:, None] * self.focal_px + centre, depth

    def ground_homography(self) -> NDArray[np.float64]:
        """Return (3, 3) from homogeneous pixels to homogeneous ground coordinates (x, y) at z = 0.

        Raises:
            ValueError: If the camera stands on the ground, which it then sees as a line.
        """
        if self.eye[2] == 0:
            raise ValueError("the camera must not stand on the ground: eye has z = 0")
        to_image = self.intrinsics @ np.column_stack([self.rotation[:, :2], self.translation])
        to_ground = np.linalg.inv(to_image)
        return np.asarray(to_ground / to_ground[2, 2], np.float64)
