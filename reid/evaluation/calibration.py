"""Densities of embedding distances of the same vehicle and of different vehicles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from reid.evaluation.metrics import Gallery

_BLOCK_ELEMENTS: Final = 20_000_000
"""Pairs that are compared at a time: 80 MB of distances."""

_NONE: Final = np.zeros(0, np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class PairDistances:
    """L2 distances of pairs of embeddings from different cameras, on any scale.

    Attributes:
        same: float (S,), pairs of one vehicle.
        different: float (D,), pairs of two.
    """

    same: NDArray[np.floating]
    different: NDArray[np.floating]

    def threshold(self, false_match_rate: float) -> float:
        """Return the distance below which that share of the different pairs lies.

        Raises:
            ValueError: If the rate is not in (0, 1), or there are no different pairs.
        """
        if not 0 < false_match_rate < 1:
            raise ValueError(f"false_match_rate must be in (0, 1), is {false_match_rate}")
        if not len(self.different):
            raise ValueError("there are no pairs of different vehicles")
        return float(np.quantile(self.different, false_match_rate))

    def match_rate(self, threshold: float) -> float:
        """Return the share of same pairs below a distance; NaN without such pairs."""
        return float((self.same < threshold).mean()) if len(self.same) else float("nan")


def pair_distances(items: Gallery) -> PairDistances:
    """Return the distances of all pairs of items from different cameras."""
    same, different = [_NONE], [_NONE]
    step = max(1, _BLOCK_ELEMENTS // max(1, len(items.identity)))
    for start in range(0, len(items.identity), step):
        # Block by block: all pairs of VehicleID's 19,777 images at once would take over 8 GB.
        rows = slice(start, start + step)
        squared = np.clip(2 - 2 * items.embeddings[rows] @ items.embeddings[start:].T, 0, None)
        alike = items.identity[rows, None] == items.identity[start:]
        paired = np.triu(items.camera[rows, None] != items.camera[start:], k=1)
        same.append(np.sqrt(squared[paired & alike]))
        different.append(np.sqrt(squared[paired & ~alike]))
    return PairDistances(np.concatenate(same), np.concatenate(different))
