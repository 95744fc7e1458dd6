"""Learns the ground under cameras that are not calibrated, from the vehicles that they see.

Each camera gets a map of its own (`perspective`), which tells where in the same camera a vehicle
can be again. Cameras that share a view get a common one (`shared_views`): a vehicle that both see
is then known by its place, as between calibrated cameras.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tracking.ground import LEARNED
from tracking.perspective import own_plane
from tracking.shared_views import lay_over
from tracking.standing import has_moved
from tracking.view_lags import view_lag

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from tracking.calibration import Curves
    from tracking.ground import GroundPlane
    from tracking.shared_views import Overlay
    from tracking.sightings import Sightings
    from tracking.view_lags import ViewLag

LATEST: Final = 80
"""Sightings of each camera that are looked at, those that move before those that stand."""

LEAST_STD_M: Final = 1.0
"""Of places on a common map, however well vehicles agree."""

TIMED: Final = 40
"""Of these, the ones by which clocks are compared: that tries many times."""

Pair = tuple[int, int]


class Surveyed(NamedTuple):
    """What was found of the ground.

    Attributes:
        planes: How cameras see it, by index; of those of which enough was seen.
        overlays: Of pairs of cameras that share a view, the first of them with the lower index.
        lags: How their clocks differ, where that was looked for.
    """

    planes: dict[int, GroundPlane]
    overlays: dict[Pair, Overlay]
    lags: dict[Pair, ViewLag]


def survey(
    sightings: Sightings, cameras: Sequence[int], curves: Curves, *, lagging: bool = False
) -> Surveyed:
    """Find out how cameras see the ground.

    Args:
        sightings: Of all cameras, by clocks put right.
        cameras: Indices of those that are not calibrated.
        curves: What appearance says.
        lagging: Whether to look for differences of clocks, too, which takes some ten times as long.
    """
    own: dict[int, GroundPlane] = {}
    seen: dict[int, Sightings] = {}
    since: dict[int, float] = {}
    for camera in cameras:
        latest, since[camera] = _latest(sightings[sightings.camera == camera])
        plane = own_plane(latest, frame=LEARNED + camera)
        if plane is not None:
            own[camera] = plane
            placed = latest.placed({camera: plane})
            seen[camera] = placed[np.flatnonzero(np.isfinite(placed.path).all(axis=(1, 2)))]
    overlays: dict[Pair, Overlay] = {}
    lags: dict[Pair, ViewLag] = {}
    for pair in combinations(sorted(own), 2):
        # A busy camera's latest are of a shorter time: before it, nobody could agree.
        shared_s = max(since[camera] for camera in pair)
        a, b = (seen[camera][seen[camera].last >= shared_s] for camera in pair)
        looks = _looks(a, b, curves)
        if (overlay := lay_over(a, b, looks)) is not None:
            overlays[pair] = overlay
        few = slice(-TIMED, None)
        if lagging and (lag := view_lag(a[few], b[few], looks[few, few])) is not None:
            lags[pair] = lag
    return Surveyed(_on_common_maps(own, overlays), overlays, lags)


def _latest(sightings: Sightings) -> tuple[Sightings, float]:
    """Return the latest sightings of one camera, and since when none that move are missing.

    Who stands is seen all the time, and would be all that is left where many are parked.
    """
    # Many were last seen in the newest frame: their order must not depend on how they were given.
    sightings = sightings[
        np.lexsort((*sightings.entry[:, :2].T, sightings.first, sightings.last)).astype(np.intp)
    ]
    if len(sightings) <= LATEST:
        return sightings, -np.inf
    moved = np.array([has_moved(trail.xyxy) for trail in sightings.trail.tolist()], np.bool_)
    chosen = np.concatenate([np.flatnonzero(~moved), np.flatnonzero(moved)])[-LATEST:]
    since = sightings.last[chosen[0]] if moved.sum() > LATEST else -np.inf
    return sightings[np.sort(chosen)], float(since)


def _looks(a: Sightings, b: Sightings, curves: Curves) -> NDArray[np.float64]:
    distance = np.sqrt(np.maximum(2.0 - 2.0 * (a.embedding @ b.embedding.T), 0.0))
    return curves.log_ratio(distance, (a.scale, b.scale), (a.crops, b.crops))


def _on_common_maps(
    own: Mapping[int, GroundPlane], overlays: Mapping[Pair, Overlay]
) -> dict[int, GroundPlane]:
    """Return all planes, those of cameras that share views on the map of one of them.

    From map to map along the surest overlays first (a spanning tree).
    """
    planes = dict(own)
    onto = {camera: np.eye(2, 3) for camera in own}
    std_m = dict.fromkeys(own, LEAST_STD_M)
    group = {camera: {camera} for camera in own}
    for (one, other), overlay in sorted(
        overlays.items(), key=lambda pair: (-pair[1].nats, pair[0])
    ):
        for camera in (one, other):
            std_m[camera] = max(std_m[camera], overlay.std_m)
        root, joined = group[one], group[other]
        if root is joined:
            continue
        # From the map of the other's group over the two cameras to that of the one's.
        way = _after(onto[one], _after(overlay.affine, _inverse(onto[other])))
        for camera in joined:
            onto[camera] = _after(way, onto[camera])
            group[camera] = root
        root |= joined
    for camera, members in group.items():
        if len(members) > 1:
            frame = LEARNED + min(members)
            planes[camera] = own[camera].moved(onto[camera], frame=frame, std_m=std_m[camera])
    return planes


def _after(second: NDArray[np.float64], first: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the affine map that does one after the other."""
    turn = second[:, :2] @ first[:, :2]
    return np.column_stack([turn, second[:, :2] @ first[:, 2] + second[:, 2]])


def _inverse(affine: NDArray[np.float64]) -> NDArray[np.float64]:
    back = np.linalg.inv(affine[:, :2])
    return np.column_stack([back, -back @ affine[:, 2]])
