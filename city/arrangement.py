"""Places vehicles in a camera's view: at different positions, in lanes, without overlap."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from city.episode import ground_boxes
from city.network import LaneUse
from city.overlap import overlapping_pairs
from city.types import ActorState, Pose

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from city.camera import CameraGeometry
    from city.network import RoadNetwork
    from city.population import Actor

CAR_M: Final = (4.5, 1.8, 1.5)
"""Length, width and height of what a place is judged by."""
HEIGHT_PX: Final = (32.0, 330.0)
"""Smaller vehicles show too little, larger ones do not fit."""
STEP_M: Final = 1.0
"""Between two places of a lane."""
MARGIN_PX: Final = 4.0
_SIDEWAYS_M: Final = 0.35
"""Standard deviation from a lane's middle."""
_TURN_RAD: Final = 0.06
"""Standard deviation from a lane's direction."""
_TRIES: Final = 12
"""Places that are tried for a vehicle before it is left out."""


def find_slots(network: RoadNetwork, geometry: CameraGeometry) -> NDArray[np.float64]:
    """Return the places on lanes where a car is wholly in an image and of a useful size.

    Args:
        network: The roads.
        geometry: The camera.

    Returns:
        float64 (N, 4): x, y, heading, and the height of a car there in pixels.
    """
    places = [
        lane.point_at(along)
        for lane in network.lanes
        if lane.use is LaneUse.TRAFFIC
        for along in np.arange(STEP_M / 2, lane.length_m, STEP_M).tolist()
    ]
    table = np.array(places, np.float64).reshape(-1, 3)
    near = np.hypot(*(table[:, :2] - geometry.eye[:2]).T) < 90.0
    table = table[near]
    corners = np.array(
        [(x, y, z) for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (0.0, 1.0)], np.float64
    )
    corners *= CAR_M
    cos, sin = np.cos(table[:, 2])[:, None], np.sin(table[:, 2])[:, None]
    world = np.stack(
        [
            table[:, :1] + corners[:, 0] * cos - corners[:, 1] * sin,
            table[:, 1:2] + corners[:, 0] * sin + corners[:, 1] * cos,
            np.broadcast_to(corners[:, 2], (len(table), 8)),
        ],
        axis=-1,
    )
    pixels, depth = geometry.project(world.reshape(-1, 3))
    pixels, depth = pixels.reshape(-1, 8, 2), depth.reshape(-1, 8)
    low, high = pixels.min(axis=1), pixels.max(axis=1)
    height = high[:, 1] - low[:, 1]
    fits = (depth.min(axis=1) > 1.0) & (low >= MARGIN_PX).all(axis=1)
    fits &= (high <= np.array(geometry.size_wh) - MARGIN_PX).all(axis=1)
    fits &= (height >= HEIGHT_PX[0]) & (height <= HEIGHT_PX[1])
    return np.asarray(np.column_stack([table, height])[fits], np.float64)


def arrange(
    actors: Sequence[Actor], slots: NDArray[np.float64], *, rng: np.random.Generator
) -> list[ActorState]:
    """Return where vehicles stand; those for which no free place was found are left out.

    Args:
        actors: Who is to be placed, the most important first.
        slots: float64 (N, 4), as `find_slots` returns them.
        rng: Draws the places.
    """
    by_id = {actor.actor_id: actor for actor in actors}
    placed: list[ActorState] = []
    # A lane has most of its places far away; so all sizes become equally frequent.
    odds = slots[:, 3] / slots[:, 3].sum()
    for actor in actors:
        for row in rng.choice(len(slots), _TRIES, p=odds).tolist() if len(slots) else []:
            candidate = _place(actor, slots[row], rng)
            boxes, owners = ground_boxes([*placed, candidate], by_id)
            # Further apart than bumper to bumper, and than side by side in neighbouring lanes.
            boxes[:, 3:] += (0.8, 0.3)
            pairs = overlapping_pairs(boxes, tolerance_m=0.0)
            if all(owners[one] == owners[other] for one, other in pairs):
                placed.append(candidate)
                break
    return placed


def _place(actor: Actor, slot: NDArray[np.float64], rng: np.random.Generator) -> ActorState:
    x, y, heading, _ = slot.tolist()
    aside = float(rng.normal(0, _SIDEWAYS_M))
    x, y = x - aside * math.sin(heading), y + aside * math.cos(heading)
    heading += float(rng.normal(0, _TURN_RAD))
    return ActorState(
        actor.actor_id,
        straight_poses(actor, Pose(x, y, heading)),
        speed_mps=float(rng.uniform(0, 14)),
        braking=bool(rng.random() < 0.3),
    )


def straight_poses(actor: Actor, pose: Pose) -> tuple[Pose, ...]:
    """Return the poses of a vehicle's bodies, a trailer straight behind its tractor."""
    trailer = actor.body.trailer
    if trailer is None:
        return (pose,)
    behind = trailer.fifth_wheel_x_m - trailer.kingpin_x_m
    cos, sin = math.cos(pose.heading), math.sin(pose.heading)
    return pose, Pose(pose.x + behind * cos, pose.y + behind * sin, pose.heading)
