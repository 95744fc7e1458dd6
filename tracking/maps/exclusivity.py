"""Pairs of sightings that can never be one vehicle, whatever their appearance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from detector.types import CLASS_NAMES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tracking.sightings import Sightings

_MOTORCYCLE: Final = CLASS_NAMES.index("motorcycle")


def conflicts(a: Sightings, b: Sightings) -> NDArray[np.bool_]:
    """Return which pairs cannot be of one vehicle; (N, M).

    Two tracks that one camera saw at the same time are two vehicles, even if their boxes crossed.
    A motorcycle does not become a car; other classes may differ, since detectors take vans for
    cars, trucks or buses. A time in two cameras at once is not ruled out here: their views may
    overlap, and clocks be wrong. That is for the travel times to judge.
    """
    at_once = (a.first[:, None] <= b.last[None]) & (b.first[None] <= a.last[:, None])
    two_wheels = (a.class_id == _MOTORCYCLE)[:, None] != (b.class_id == _MOTORCYCLE)[None]
    return np.asarray(at_once & (a.camera[:, None] == b.camera[None]) | two_wheels)
