"""Fits the calibration of embedding distances to tracklets of known vehicles, and serialises it.

The pairs are made as the association meets them: two tracklets of different cameras of one scene,
their distance standardised by the other vehicles there (`tracking.appearance.cohort`). A vehicle
that has just entered the view has a crop or two, and its distances to tracklets are greater than
those between two complete ones, so such pairs get a separate curve.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from reid.evaluation.calibration import PairDistances
from reid.evaluation.metrics import Gallery, mean_per_camera
from tracking.appearance.calibration import FIRST_CROPS, Calibration, Curves
from tracking.appearance.cohort import Cohort

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

_LEAST_STD: Final = 0.01
_VERSION: Final = 1


@dataclass(frozen=True, slots=True, eq=False)
class Sides:
    """Tracklets of one scene, each of one side to be paired with each of the other.

    Attributes:
        one: Those on one side.
        other: Those on the other; the same object where all pairs of one set are meant. They are
            also the vehicles that distances are standardised by.
    """

    one: Gallery
    other: Gallery

    def distances(self) -> NDArray[np.float64]:
        """Return all L2 distances; float64 (N, M)."""
        similarity = self.one.embeddings @ self.other.embeddings.T
        return np.sqrt(np.clip(2.0 - 2.0 * similarity.astype(np.float64), 0, None))

    def same_and_different(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return which pairs of two cameras are of one vehicle, and which of two; (N, M) each."""
        across = self.one.camera[:, None] != self.other.camera[None]
        if self.one is self.other:
            across = np.triu(across)
        same = self.one.identity[:, None] == self.other.identity[None]
        return across & same, across & ~same


def halves(items: Gallery, *, seed: int) -> tuple[Gallery, Gallery]:
    """Return the crops of a random half of the vehicles, and those of the others."""
    vehicles = np.random.default_rng(seed).permutation(np.unique(items.identity))
    first = np.isin(items.identity, vehicles[: (len(vehicles) + 1) // 2])
    return items[np.flatnonzero(first)], items[np.flatnonzero(~first)]


def whole_sides(items: Gallery, *, min_crops: int) -> Sides:
    """Return tracklets, the mean of all crops of a vehicle in a camera, against each other.

    Args:
        items: Crops of one scene.
        min_crops: Tracklets with fewer crops are left out.
    """
    place = _places(items)
    size = np.bincount(place)[place]
    tracklets = mean_per_camera(items[np.flatnonzero(size >= min_crops)])
    return Sides(tracklets, tracklets)


def young_sides(items: Gallery) -> Sides:
    """Return first embeddings against tracklets of at least as many crops.

    A first embedding is the first crop of a tracklet and, once more, the mean of its first two.

    Args:
        items: Crops of one scene, those of a tracklet in order of time.
    """
    place = _places(items)
    order = np.argsort(place, kind="stable")
    starts = np.searchsorted(place[order], place[order])
    rank = np.empty(len(place), np.intp)
    rank[order] = np.arange(len(place)) - starts
    size = np.bincount(place)[place]
    looks = [
        mean_per_camera(items[np.flatnonzero((rank < crops) & (size >= crops))])
        for crops in range(1, FIRST_CROPS + 1)
    ]
    young = Gallery(
        np.concatenate([look.embeddings for look in looks]),
        np.concatenate([look.identity for look in looks]),
        np.concatenate([look.camera for look in looks]),
    )
    return Sides(young, mean_per_camera(items))


def _places(items: Gallery) -> NDArray[np.intp]:
    """Return a number for each crop's vehicle and camera; intp (N,)."""
    keys = np.stack([items.identity, items.camera], axis=1)
    return np.unique(keys, axis=0, return_inverse=True)[1].reshape(-1)


def fit(scenes: Sequence[Gallery], *, min_crops: int) -> Curves:
    """Fit both curves to the crops of some scenes.

    Args:
        scenes: Crops of each.
        min_crops: Of a whole tracklet.

    Raises:
        ValueError: If there are no pairs of one vehicle or of two across cameras.
    """
    whole = [whole_sides(items, min_crops=min_crops) for items in scenes]
    strangers = np.concatenate([s.distances()[s.same_and_different()[1]] for s in whole])
    if not len(strangers):
        raise ValueError(
            f"no two vehicles have tracklets of {min_crops} or more crops in different cameras"
        )
    base = Calibration(
        stranger_mean=float(strangers.mean()), stranger_std=max(float(strangers.std()), _LEAST_STD)
    )
    # One cohort serves all decisions, so both curves are of distances on one scale.
    return Curves(_fit_on(base, whole), _fit_on(base, [young_sides(items) for items in scenes]))


def _fit_on(base: Calibration, scenes: Iterable[Sides]) -> Calibration:
    pairs = standardise(scenes, base)
    fitted = Calibration.fit(pairs.same, pairs.different)
    return replace(fitted, stranger_mean=base.stranger_mean, stranger_std=base.stranger_std)


def standardise(scenes: Iterable[Sides], calibration: Calibration) -> PairDistances:
    """Return the labelled pairs of some scenes, each standardised by the vehicles of its own.

    Args:
        scenes: Tracklets of each.
        calibration: Says on which scale.
    """
    same, different = [np.zeros(0)], [np.zeros(0)]
    for sides in scenes:
        cohort = Cohort(calibration.stranger_mean, calibration.stranger_std)
        cohort.add(sides.other.embeddings)
        scales = cohort.scale(sides.one.embeddings), cohort.scale(sides.other.embeddings)
        standard = calibration.standardised(sides.distances(), *scales)
        one, two = sides.same_and_different()
        same.append(standard[one])
        different.append(standard[two])
    return PairDistances(np.concatenate(same), np.concatenate(different))


def as_json(curves: Curves, measured: Mapping[str, Any]) -> dict[str, Any]:
    """Return what weights carry: the curves, each with the most crops it is meant for.

    Args:
        curves: What was fitted.
        measured: How right it is, and on which data: for people to read.
    """
    known = {FIRST_CROPS: curves.young, None: curves.whole}
    return {
        "version": _VERSION,
        "curves": [
            {"max_crops": crops, **asdict(curve)} for crops, curve in known.items() if curve
        ],
        "measured": dict(measured),
    }


def from_json(values: Mapping[str, Any]) -> Curves:
    """Return the curves that weights carry.

    Raises:
        ValueError: If they are not as `as_json` writes them.
    """
    if values.get("version") != _VERSION:
        raise ValueError(
            f"calibration of version {values.get('version')!r}; {_VERSION} is expected"
        )
    try:
        curves = {entry["max_crops"]: _curve(entry) for entry in values["curves"]}
        return Curves(whole=curves[None], young=curves.get(FIRST_CROPS))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"unusable calibration: {error!r}") from error


def _curve(entry: Mapping[str, Any]) -> Calibration:
    return Calibration(
        stranger_mean=float(entry["stranger_mean"]),
        stranger_std=float(entry["stranger_std"]),
        distances=tuple(map(float, entry["distances"])),
        log_ratios=tuple(map(float, entry["log_ratios"])),
    )
