"""Learns the ground planes of uncalibrated cameras from the vehicles that they see.

Each camera gets a map of its own (`perspective`), which predicts where a vehicle can reappear in
the same camera. Cameras with overlapping views (`shared_views`) get a joint map (`common_maps`),
that of a calibrated camera if there is one: a vehicle that both see is then matched by its
position, as between calibrated cameras.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tracking.ground import LEARNED
from tracking.maps.common_maps import on_common_maps
from tracking.maps.perspective import own_plane
from tracking.maps.shared_views import lay_over
from tracking.maps.standing import has_moved
from tracking.maps.view_lags import view_lag

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from tracking.appearance.calibration import Curves
    from tracking.ground import GroundPlane
    from tracking.maps.common_maps import Pair
    from tracking.maps.shared_views import Overlay
    from tracking.maps.view_lags import ViewLag
    from tracking.sightings import Sightings
    from tracking.slices import Steps

LATEST: Final = 80
"""Sightings of each camera that are looked at, those that move before those that stand."""

TIMED: Final = 40
"""Of these, the ones by which clocks are compared: that tries many times."""

_PLANE_WORK: Final = 0.3
_PLACES_WORK: Final = 0.15
_PAIR_WORK: Final = 0.05
"""Of a sighting: for the map of its camera, for its places on one that is given, and for laying one
map over another (`slices`)."""


class Surveyed(NamedTuple):
    """What was found of the ground.

    Attributes:
        planes: How cameras that are not calibrated see it, by index; of those of which enough was
            seen.
        overlays: Of pairs of cameras with overlapping views, the first of them with the lower
            index; at least one of the two is not calibrated.
        lags: How clocks of cameras with overlapping views differ, where that was looked for.
    """

    planes: dict[int, GroundPlane]
    overlays: dict[Pair, Overlay]
    lags: dict[Pair, ViewLag]


def survey(
    sightings: Sightings,
    cameras: Sequence[int],
    curves: Curves,
    *,
    given: Mapping[int, GroundPlane] | None = None,
    lagging: bool = False,
) -> Steps[Surveyed]:
    """Find out how cameras see the ground.

    Args:
        sightings: Of all cameras, by corrected clocks.
        cameras: Indices of those that are not calibrated.
        curves: Calibration of appearance.
        given: How calibrated cameras see the ground, by index: that stays as it is.
        lagging: Whether to look for differences of clocks, too, also of calibrated cameras, which
            takes some ten times as long where cameras are not.
    """
    own: dict[int, GroundPlane] = {}
    seen: dict[int, Sightings] = {}
    since: dict[int, float] = {}
    for camera in cameras:
        latest, since[camera] = _latest(sightings[sightings.camera == camera])
        plane = own_plane(latest, frame=LEARNED + camera)
        if plane is not None:
            own[camera] = plane
            seen[camera] = _placed(latest, camera, plane)
        yield len(latest) * _PLANE_WORK
    given = (given or {}) if own or lagging else {}
    measured = {camera for camera, plane in given.items() if plane.measured}
    for camera, plane in given.items():
        latest, since[camera] = _latest(sightings[sightings.camera == camera])
        seen[camera] = _placed(latest, camera, plane)
        yield len(latest) * _PLACES_WORK
    overlays: dict[Pair, Overlay] = {}
    lags: dict[Pair, ViewLag] = {}
    for pair in combinations(sorted(seen), 2):
        # Maps that people made are not laid over each other.
        learning, timing = bool(own.keys() & {*pair}), lagging and measured >= {*pair}
        if not learning and not timing:
            continue
        # A busy camera's latest are of a shorter time: before it, nobody could agree.
        shared_s = max(since[camera] for camera in pair)
        a, b = (seen[camera][seen[camera].last >= shared_s] for camera in pair)
        if not len(a) or not len(b):
            continue
        looks = _looks(a, b, curves)
        if learning:
            if (overlay := lay_over(a, b, looks)) is not None:
                overlays[pair] = overlay
            yield (len(a) + len(b)) * _PAIR_WORK
        few = slice(-TIMED, None)
        if lagging:
            lag = yield from view_lag(a[few], b[few], looks[few, few], placed=timing)
            if lag is not None:
                lags[pair] = lag
    return Surveyed(on_common_maps(own, overlays, given), overlays, lags)


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
    moved = np.zeros(len(sightings), np.bool_)
    for row in range(len(sightings) - 1, -1, -1):
        moved[row] = has_moved(sightings.trail[row].xyxy)
        # Those before are not looked at.
        if np.count_nonzero(moved[row:]) > LATEST:
            break
    chosen = np.concatenate([np.flatnonzero(~moved), np.flatnonzero(moved)])[-LATEST:]
    since = sightings.last[chosen[0]] if moved.sum() > LATEST else -np.inf
    return sightings[np.sort(chosen)], float(since)


def _placed(sightings: Sightings, camera: int, plane: GroundPlane) -> Sightings:
    """Return the sightings of a camera that are on the ground, at their places there."""
    placed = sightings.placed({camera: plane})
    return placed[np.flatnonzero(np.isfinite(placed.path).all(axis=(1, 2)))]


def _looks(a: Sightings, b: Sightings, curves: Curves) -> NDArray[np.float64]:
    distance = np.sqrt(np.maximum(2.0 - 2.0 * (a.embedding @ b.embedding.T), 0.0))
    return curves.log_ratio(distance, (a.scale, b.scale), (a.crops, b.crops))
