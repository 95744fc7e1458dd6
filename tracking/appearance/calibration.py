"""Calibration of embedding distances: log-odds that two sightings are of the same vehicle.

The densities of the L2 distance among pairs of the same vehicle and among pairs of different
vehicles are estimated from labelled pairs, and their log-ratio is made monotone: a greater distance
never supports a match more. Calibrated appearance adds up with other evidence, such as travel
times.

Reference: Ayer et al., "An empirical distribution function for sampling with incomplete
information", 1955 (pool adjacent violators); Zadrozny & Elkan, "Transforming classifier scores into
accurate multiclass probability estimates", KDD 2002, for its use in calibration.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar, Final, Self

import numpy as np

from tracking.appearance.cohort import Cohort

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_LOG_RATIO: Final = 7.0
"""Greatest weight of one distance: one in a thousand pairs is not what it seems (a wrong crop)."""

FIRST_CROPS: Final = 2
"""Most crops of a first tracklet of a vehicle; with more it counts as complete."""

_LEAST_STD: Final = 0.01
"""Of the distances of different vehicles, by which others are divided."""

_BINS: Final = 24
_PRIOR_PAIRS: Final = 1.0
"""Pairs of each kind added to every bin, so that an empty one does not decide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Log-likelihood ratio of a distance, linear between knots and constant beyond them.

    The default was fitted to the shipped network's mean embeddings of true tracks in two rendered
    validation scenes (docs/training-data.md), pairs from different cameras.

    Attributes:
        stranger_mean: Mean L2 distance of two vehicles.
        stranger_std: Its standard deviation.
        distances: Standardised L2 distances (see `cohort`) of the knots, ascending.
        log_ratios: log(p(distance | one vehicle) / p(distance | two vehicles)) there, in nats,
            never ascending.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    stranger_mean: float = 1.391
    stranger_std: float = 0.14
    distances: tuple[float, ...] = (0.3, 0.5, 0.7, 0.8, 0.9, 1.0, 1.05, 1.11, 1.17, 1.22, 1.26, 1.3)
    log_ratios: tuple[float, ...] = (6.0, 5.0, 4.5, 4.0, 3.4, 2.8, 2.0, 1.4, 0.6, -0.7, -1.9, -3.6)

    def __post_init__(self) -> None:
        """Check the scale and the knots."""
        if not (math.isfinite(self.stranger_mean) and 0 < self.stranger_std < math.inf):
            raise ValueError(
                f"stranger_mean must be finite and stranger_std positive, are "
                f"{self.stranger_mean} and {self.stranger_std}"
            )
        if not self.distances or len(self.distances) != len(self.log_ratios):
            raise ValueError(
                f"distances and log_ratios must be equally many and not empty, are "
                f"{len(self.distances)} and {len(self.log_ratios)}"
            )
        if not np.isfinite([*self.distances, *self.log_ratios]).all():
            raise ValueError("distances and log_ratios must be finite")
        if any(a >= b for a, b in pairwise(self.distances)):
            raise ValueError("distances must ascend")
        if any(a < b for a, b in pairwise(self.log_ratios)):
            raise ValueError("log_ratios must not ascend")

    @classmethod
    def fit(cls, same: NDArray[np.floating], different: NDArray[np.floating]) -> Self:
        """Fit the knots to distances of labelled pairs.

        Args:
            same: (S,), pairs of one vehicle, standardised.
            different: (D,), pairs of two.

        Raises:
            ValueError: If there are no pairs of either kind.
        """
        if not len(same) or not len(different):
            raise ValueError(
                f"pairs of one and of two vehicles are expected, "
                f"there are {len(same)} and {len(different)}"
            )
        # Quantiles of both kinds, so that both tails get bins.
        quantiles = np.linspace(0, 1, _BINS // 2 + 1)
        edges = np.unique([np.quantile(kind, quantiles) for kind in (same, different)])
        if len(edges) < 2:
            edges = np.array([edges[0], edges[0] + 1e-3])
        counts = [np.histogram(kind, edges)[0] + _PRIOR_PAIRS for kind in (same, different)]
        shares = [count / count.sum() for count in counts]
        ratio = np.log(shares[0]) - np.log(shares[1])
        ratio = _not_ascending(ratio, counts[0] + counts[1])
        centres = (edges[:-1] + edges[1:]) / 2
        capped = np.clip(ratio, -MAX_LOG_RATIO, MAX_LOG_RATIO)
        return cls(
            stranger_mean=float(different.mean()),
            stranger_std=max(float(different.std()), _LEAST_STD),
            distances=tuple(centres.tolist()),
            log_ratios=tuple(capped.tolist()),
        )

    @classmethod
    def of_vehicles(
        cls, looks: NDArray[np.float32], vehicle: NDArray[np.int64], camera: NDArray[np.int64]
    ) -> Self:
        """Fit to tracklets whose vehicle is known, from all pairs of two cameras.

        Args:
            looks: float32 (N, 512), mean embeddings at unit length.
            vehicle: int64 (N,).
            camera: int64 (N,).

        Raises:
            ValueError: If there are no pairs of one vehicle or of two.
        """
        distance = np.sqrt(np.clip(2.0 - 2.0 * looks @ looks.T, 0, None)).astype(np.float64)
        across = np.triu(camera[:, None] != camera[None])
        same = vehicle[:, None] == vehicle[None]
        strangers = distance[across & ~same]
        if not len(strangers):
            raise ValueError("pairs of two vehicles are expected, there are none")
        mean, std = float(strangers.mean()), max(float(strangers.std()), _LEAST_STD)
        cohort = Cohort(mean, std)
        cohort.add(looks)
        scale = cohort.scale(looks)
        raw = cls(stranger_mean=mean, stranger_std=std)
        standard = raw.standardised(distance, scale, scale)
        fitted = cls.fit(standard[across & same], standard[across & ~same])
        return replace(fitted, stranger_mean=mean, stranger_std=std)

    def standardised(
        self,
        distance: NDArray[np.floating],
        first: NDArray[np.float64],
        second: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Return distances on the scale of the calibration.

        Args:
            distance: (N, M), L2 distances.
            first: float64 (N, 2), mean and deviation of other vehicles' distances (`Cohort.scale`).
            second: float64 (M, 2), the same of the other vehicles.
        """
        return self.standardised_pairs(distance, first[:, None], second[None])

    def standardised_pairs(
        self,
        distance: NDArray[np.floating],
        first: NDArray[np.float64],
        second: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Return the same of some pairs: distances (...), and both scales (..., 2), broadcast."""
        one = (distance - first[..., 0]) / first[..., 1]
        other = (distance - second[..., 0]) / second[..., 1]
        return np.asarray(self.stranger_mean + self.stranger_std / 2 * (one + other))

    def log_ratio(self, distance: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the log-likelihood ratio of standardised distances, of any shape, in nats."""
        return np.asarray(np.interp(distance, self.distances, self.log_ratios), np.float64)

    def probability(self, distance: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the probability of one vehicle where both cases were equally likely before."""
        return 1 / (1 + np.exp(-self.log_ratio(distance)))


@dataclass(frozen=True, slots=True)
class Curves:
    """Calibration of distances, by how much was seen of the two vehicles.

    A vehicle that has just come into view has a crop or two, often small ones, and is farther from
    its own earlier sightings than a vehicle that was seen to the end.

    Attributes:
        whole: Of two vehicles seen whole.
        young: Where one of them was seen in `FIRST_CROPS` or fewer, on the same scale; None if
            nothing is known of such looks.
    """

    whole: Calibration
    young: Calibration | None = None

    def log_ratio(
        self,
        distance: NDArray[np.floating],
        scales: tuple[NDArray[np.float64], NDArray[np.float64]],
        crops: tuple[NDArray[np.float64], NDArray[np.float64]],
    ) -> NDArray[np.float64]:
        """Return the log-likelihood ratio of distances in nats; float64 (N, M).

        Args:
            distance: (N, M), L2 distances.
            scales: Mean and deviation of other vehicles' distances (`Cohort.scale`); float64 (N, 2)
                and (M, 2).
            crops: In how many crops each was seen; float64 (N,) and (M,).
        """
        return self.log_ratio_of_pairs(
            distance, (scales[0][:, None], scales[1][None]), (crops[0][:, None], crops[1][None])
        )

    def log_ratio_of_pairs(
        self,
        distance: NDArray[np.floating],
        scales: tuple[NDArray[np.float64], NDArray[np.float64]],
        crops: tuple[NDArray[np.float64], NDArray[np.float64]],
    ) -> NDArray[np.float64]:
        """Return the same of some pairs: distances and crops (...), scales (..., 2), broadcast."""
        standard = self.whole.standardised_pairs(distance, *scales)
        ratio = self.whole.log_ratio(standard)
        if self.young is None:
            return ratio
        few = (crops[0] <= FIRST_CROPS) | (crops[1] <= FIRST_CROPS)
        ratio[few] = self.young.log_ratio(standard[few])
        return ratio

    @property
    def most(self) -> float:
        """The greatest log-likelihood ratio of any distance, in nats."""
        return max(one.log_ratios[0] for one in (self.whole, self.young) if one is not None)


def _not_ascending(
    values: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the closest sequence that never ascends, by weighted least squares."""
    blocks: list[tuple[float, float, int]] = []
    for value, weight in zip(values.tolist(), weights.tolist(), strict=True):
        block = (value, weight, 1)
        while blocks and blocks[-1][0] < block[0]:
            before = blocks.pop()
            total = before[1] + block[1]
            mean = (before[0] * before[1] + block[0] * block[1]) / total
            block = (mean, total, before[2] + block[2])
        blocks.append(block)
    return np.concatenate([np.full(length, value) for value, _, length in blocks])
