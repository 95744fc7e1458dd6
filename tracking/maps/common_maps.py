"""Joint maps of cameras with overlapping views.

If a camera of the group is calibrated, the joint map is its calibrated map, on which the others are
registered; otherwise it is the map of the first camera. Calibrated cameras stay where they are:
registrations of one calibrated map on another are ignored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tracking.ground import LEARNED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from tracking.ground import GroundPlane
    from tracking.maps.shared_views import Overlay

LEAST_STD_M: Final = 1.0
"""Of places on a common map, however well vehicles agree."""

Pair = tuple[int, int]


def on_common_maps(
    own: Mapping[int, GroundPlane],
    overlays: Mapping[Pair, Overlay],
    given: Mapping[int, GroundPlane],
) -> dict[int, GroundPlane]:
    """Return the ground planes of uncalibrated cameras with overlapping views.

    From map to map along the most certain overlays first (a spanning tree). A group that reaches
    two calibrated maps is divided where it is least certain, so that each of its cameras is on
    the more certain one.

    Args:
        own: By camera, each on a map of its own.
        overlays: Of pairs of cameras, of which one at least is not calibrated.
        given: How calibrated cameras see the ground, by camera.

    Returns:
        Of the cameras in `own`, all of them. Places on a common map are no more certain than any
        overlay of the camera on it says.
    """
    onto = {camera: np.eye(2, 3) for camera in (*own, *given)}
    made: dict[int, set[int]] = {}
    for camera, plane in given.items():
        made.setdefault(plane.frame, set()).add(camera)
    group = {camera: {camera} for camera in own}
    group.update((camera, made[plane.frame]) for camera, plane in given.items())
    followed = sorted(overlays.items(), key=lambda pair: (-pair[1].nats, pair[0]))
    for (one, other), overlay in followed:
        stays, joins = group[one], group[other]
        # From the map of the other's group over the two cameras to that of the one's.
        way = _after(onto[one], _after(overlay.affine, _inverse(onto[other])))
        if joins & given.keys():
            stays, joins, way = joins, stays, _inverse(way)
        if stays is joins or joins & given.keys():
            continue
        for camera in joins:
            onto[camera] = _after(way, onto[camera])
            group[camera] = stays
        stays |= joins
    std_m = dict.fromkeys(own, LEAST_STD_M)
    for pair, overlay in followed:
        if group[pair[0]] is group[pair[1]]:
            for camera in own.keys() & set(pair):
                std_m[camera] = max(std_m[camera], overlay.std_m)
    planes = dict(own)
    for camera, plane in own.items():
        members = group[camera]
        if len(members) > 1:
            fixed = members & given.keys()
            frame = given[min(fixed)].frame if fixed else LEARNED + min(members)
            planes[camera] = plane.moved(onto[camera], frame=frame, std_m=std_m[camera])
    return planes


def _after(second: NDArray[np.float64], first: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the affine map that does one after the other."""
    turn = second[:, :2] @ first[:, :2]
    return np.column_stack([turn, second[:, :2] @ first[:, 2] + second[:, 2]])


def _inverse(affine: NDArray[np.float64]) -> NDArray[np.float64]:
    back = np.linalg.inv(affine[:, :2])
    return np.column_stack([back, -back @ affine[:, 2]])
