"""Ground-plane evidence for two sightings while both cameras see their vehicle.

The distance between the positions is nearly decisive by itself: two vehicles cannot be in one
place, nor one vehicle in two places.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tracking.ground import SAMPLES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tracking.sightings import Sightings

LEAST_OVERLAP_S: Final = 0.2
"""Two cameras see a vehicle at the same time if both do for so long."""

PLACE_STD_M: Final = 1.2
"""Of the distance between a vehicle's places in two cameras, beside the noise of their boxes."""

CLOCK_STD_S: Final = 0.2
"""Of the difference of two clocks: vehicles continue meanwhile."""

VEHICLE_M: Final = 3.5
"""How far apart the middles of two vehicles mostly are at least."""

APART_QUANTILE: Final = 0.5
"""Of the distances at several moments, the one that counts."""

AREA_M2: Final = 1500.0
"""In which two vehicles in two views of a place may be apart."""

ASTRAY_SHARE: Final = 0.02
"""Of one vehicle's places that do not agree, whatever the reason."""

ASTRAY_M: Final = 10.0
"""By about how much they do not between two cameras, whose calibrations may both be off."""

_TIMES: Final = 8
"""Moments at which places are compared."""


def meeting_log_ratios(
    rows: Sightings,
    columns: Sightings,
    known: NDArray[np.float64] | None = None,
    done: NDArray[np.bool_] | None = None,
) -> NDArray[np.float64]:
    """Return ground-plane evidence of all pairs seen by two cameras at the same time, in any order.

    Args:
        rows: R sightings, by corrected clocks.
        columns: N sightings, likewise.
        known: float64 (R, N), what was found of them before; None for nothing.
        done: bool (R, N), of which pairs that was.

    Returns:
        float64 (R, N): log-ratio for the same vehicle; 0 where nothing is known, as for two
            sightings of one camera.
    """
    found = np.zeros((len(rows), len(columns))) if known is None else known.copy()
    placed, also_placed = (np.isfinite(some.ends[:, 0, 0]) for some in (rows, columns))
    from_ = np.maximum(rows.first[:, None], columns.first[None])
    to = np.minimum(rows.last[:, None], columns.last[None])
    across = rows.camera[:, None] != columns.camera[None]
    across &= rows.frame[:, None] == columns.frame[None]
    met = across & (to - from_ >= LEAST_OVERLAP_S)
    met &= placed[:, None] & also_placed[None]
    if done is not None:
        met &= ~(done & done.T if rows is columns else done)
    if not met.any():
        return found
    if rows is columns:
        # The other way round only the speed is another one.
        i, j = np.nonzero(np.triu(met))
        apart, speed, other_speed, noise = _meet(rows, columns, i, j)
        found[j, i] = _log_ratio(apart, other_speed, noise)
    else:
        i, j = np.nonzero(met)
        apart, speed, _, noise = _meet(rows, columns, i, j)
    found[i, j] = _log_ratio(apart, speed, noise)
    return found


def encounter_log_ratios(
    rows: Sightings, columns: Sightings, i: NDArray[np.intp], j: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return ground-plane evidence of pairs seen by two cameras at the same time.

    Args:
        rows: Sightings, by corrected clocks.
        columns: Sightings, likewise.
        i: intp (E,), the first of each pair, among the rows.
        j: intp (E,), the second, among the columns.

    Returns:
        float64 (E,): log-ratios for the same vehicle.
    """
    apart, speed, _, noise = _meet(rows, columns, i, j)
    return _log_ratio(apart, speed, noise)


def seen_by_both(
    rows: Sightings, columns: Sightings, i: NDArray[np.intp], j: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return from when and until when both cameras saw theirs; the other way round if never."""
    from_ = np.maximum(rows.first[i], columns.first[j])
    to = np.minimum(rows.last[i], columns.last[j])
    return np.asarray(from_), np.asarray(to)


def _meet(
    rows: Sightings, columns: Sightings, i: NDArray[np.intp], j: NDArray[np.intp]
) -> tuple[NDArray[np.float64], ...]:
    """Return how far apart pairs are while both cameras see theirs; float64 (E,) each.

    Returns:
        Metres apart, speed of the first and of the second in metres per second, and variance of the
        distance by the boxes.
    """
    from_, to = seen_by_both(rows, columns, i, j)
    times = np.linspace(from_, to, _TIMES, axis=1)
    at, there = places_at(rows, i, times), places_at(columns, j, times)
    apart = _length(at[0] - there[0], at[1] - there[1])
    # The edge of an image cuts boxes off for some of the time.
    apart = np.quantile(apart, APART_QUANTILE, axis=1)
    speed, other_speed = (
        _length(x[:, -1] - x[:, 0], y[:, -1] - y[:, 0]) / np.maximum(to - from_, 1e-3)
        for x, y, _ in (at, there)
    )
    noise = (at[2] ** 2 + there[2] ** 2).mean(axis=1)
    return apart, speed, other_speed, noise


def _log_ratio(
    apart: NDArray[np.float64], speed: NDArray[np.float64], noise: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the log-ratio of places while both cameras see theirs (`_meet`)."""
    variance = PLACE_STD_M**2 + noise + (np.minimum(speed, 40.0) * CLOCK_STD_S) ** 2
    same = (1 - ASTRAY_SHARE) * np.exp(-(apart**2) / (2 * variance)) / (2 * np.pi * variance)
    same += ASTRAY_SHARE * astray_density(apart)
    blurred = VEHICLE_M**2 + variance
    kept_off = VEHICLE_M**2 / blurred * np.exp(-(apart**2) / (2 * blurred))
    return np.asarray(np.log(same) - np.log((1 - kept_off) / AREA_M2))


def astray_density(apart: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how dense places of one vehicle are that do not agree, per square metre.

    A calibration may be metres off, and a box may be of half a vehicle. Nothing makes it a hundred:
    who is seen in two places of a town at the same time is two vehicles, however similar.
    """
    return np.asarray(1 / (np.pi * ASTRAY_M**2) / (1 + (apart / ASTRAY_M) ** 2) ** 2)


def places_at(
    sightings: Sightings, rows: NDArray[np.intp], times: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return places of some sightings, each at its times; (E,) and (E, T) to (3, E, T)."""
    first, last = sightings.first[rows, None], sightings.last[rows, None]
    share = (times - first) / np.maximum(last - first, 1e-6)
    place = np.clip(share, 0, 1) * (SAMPLES - 1)
    low = np.minimum(place.astype(np.intp), SAMPLES - 2)
    weight = place - low
    sample = rows[:, None] * SAMPLES + low
    rest, after = 1 - weight, sample + 1
    found = np.empty((3, *times.shape))
    # Coordinate by coordinate: all that is read is close together.
    for path, out in zip(sightings.path.reshape(-1, 3).T.copy(), found, strict=True):
        np.multiply(rest, path.take(sample), out=out)
        out += weight * path.take(after)
    return found


def _length(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.sqrt(x * x + y * y))
