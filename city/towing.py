"""Kinematics of rear axles and trailers, towed by the front end.

A rigid body whose front is led and whose rear wheels roll without slip traces a tractrix: at each
step the rear axle moves straight towards the led point. That gives turns without sideways slip, and
a standstill without jitter.

Reference: Rajamani, "Vehicle Dynamics and Control", 2nd ed., section 2.2 (kinematic model without
slip).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from city.vehicles.catalogue import BodyModel

Point = tuple[float, float]


def drag_bodies(front: NDArray[np.float64], heading: float, body: BodyModel) -> NDArray[np.float64]:
    """Return the poses of a vehicle's bodies from the path of its front bumper.

    Args:
        front: float64 (N, 2), the middle of the front bumper, metres.
        heading: At the first point, radians; a trailer is straight behind its tractor there.
        body: The vehicle's measures.

    Returns:
        float64 (N, B, 3): x, y, heading of the middle of each body; headings don't wrap.
    """
    lead = drag(front.tolist(), heading, body.length_m - body.rear_overhang_m)
    bodies = [_middles(front, lead, -body.length_m / 2)]
    if body.trailer is not None:
        trailer = body.trailer
        # The fifth wheel hangs on the tractor, the kingpin under the trailer: one point.
        pin = _middles(bodies[0][:, :2], lead, trailer.fifth_wheel_x_m)[:, :2]
        towed = drag(pin.tolist(), heading, trailer.kingpin_x_m - trailer.axle_x_m)
        bodies.append(_middles(pin, towed, -trailer.kingpin_x_m))
    return np.stack(bodies, axis=1)


def drag(led: Iterable[Sequence[float]], heading: float, reach_m: float) -> NDArray[np.float64]:
    """Return the headings of a rod that is led at one end and rolls at the other.

    Args:
        led: N points, metres.
        heading: Of the rod at the first point, radians.
        reach_m: Length of the rod.

    Returns:
        float64 (N,), radians, without wrapping.
    """
    headings = []
    rear: Point | None = None
    for x, y in led:
        if rear is None:
            rear = (x - reach_m * math.cos(heading), y - reach_m * math.sin(heading))
        angle = math.atan2(y - rear[1], x - rear[0])
        rear = (x - reach_m * math.cos(angle), y - reach_m * math.sin(angle))
        headings.append(angle)
    return np.unwrap(np.array(headings, np.float64))


def _middles(
    points: NDArray[np.float64], headings: NDArray[np.float64], ahead_m: float
) -> NDArray[np.float64]:
    """Return poses (N, 3) of points that lie a distance ahead of others along the headings."""
    x = points[:, 0] + ahead_m * np.cos(headings)
    y = points[:, 1] + ahead_m * np.sin(headings)
    return np.stack([x, y, headings], axis=1)
