"""What a distance of appearance says: log-odds for two sightings being of one vehicle.

The densities of the L2 distance among pairs of one vehicle and among pairs of two are estimated
from labelled pairs, and their log-ratio is made monotone: a greater distance never speaks more for
one vehicle. With it appearance adds up with other evidence, such as travel times.

Reference: Ayer et al., "An empirical distribution function for sampling with incomplete
information", 1955 (pool adjacent violators); Zadrozny & Elkan, "Transforming classifier scores into
accurate multiclass probability estimates", KDD 2002, for its use in calibration.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar, Final, Self

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_LOG_RATIO: Final = 7.0
"""Greatest weight of one distance: one in a thousand pairs is not what it seems (a wrong crop)."""

_BINS: Final = 24
_PRIOR_PAIRS: Final = 1.0
"""Pairs of each kind added to every bin, so that an empty one does not decide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Log-likelihood ratio of a distance, linear between knots and constant beyond them.

    The default was fitted to the shipped network's mean embeddings of true tracks in two rendered
    validation scenes (docs/training-data.md), pairs from different cameras.

    Attributes:
        distances: L2 distances of the knots, ascending, in [0, 2].
        log_ratios: log(p(distance | one vehicle) / p(distance | two vehicles)) there, in nats,
            never ascending.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    distances: tuple[float, ...] = (0.4, 0.68, 0.8, 0.9, 1.0, 1.08, 1.15, 1.22, 1.28, 1.35)
    log_ratios: tuple[float, ...] = (5.0, 4.6, 4.0, 3.2, 2.3, 1.2, 0.5, -1.0, -2.4, -3.6)

    def __post_init__(self) -> None:
        """Check the knots."""
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
            same: (S,), pairs of one vehicle.
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
        edges = np.unique(np.quantile(np.append(same, []), quantiles))
        edges = np.unique(np.append(edges, np.quantile(different, quantiles)))
        if len(edges) < 2:
            edges = np.array([edges[0], edges[0] + 1e-3])
        counts = [np.histogram(kind, edges)[0] + _PRIOR_PAIRS for kind in (same, different)]
        shares = [count / count.sum() for count in counts]
        ratio = np.log(shares[0]) - np.log(shares[1])
        ratio = _not_ascending(ratio, counts[0] + counts[1])
        centres = (edges[:-1] + edges[1:]) / 2
        capped = np.clip(ratio, -MAX_LOG_RATIO, MAX_LOG_RATIO)
        return cls(distances=tuple(centres.tolist()), log_ratios=tuple(capped.tolist()))

    def log_ratio(self, distance: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the log-likelihood ratio of distances, of any shape, in nats."""
        return np.asarray(np.interp(distance, self.distances, self.log_ratios), np.float64)

    def probability(self, distance: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the probability of one vehicle where both cases were equally likely before."""
        return 1 / (1 + np.exp(-self.log_ratio(distance)))


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
