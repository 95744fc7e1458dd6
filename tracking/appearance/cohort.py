"""Score normalisation: distances are read on the scale of a vehicle's distances to other vehicles.

A white saloon has many near look-alikes, a yellow van has none; a blurred crop is far from
everything, even from its own vehicle; and a network sees less variety at night. So distances are
standardised by those to a cohort of other vehicles, from both sides, before they are calibrated: d'
= m + s/2 ((d - m_i) / s_i + (d - m_j) / s_j), with the mean m and the standard deviation s of the
pairs of different vehicles on which the calibration was fitted.

Reference: Auckenthaler, Carey & Lloyd-Thomas, "Score normalization for text-independent speaker
verification systems", Digital Signal Processing 2000; symmetric form (S-norm): Kenny, "Bayesian
speaker verification with heavy-tailed priors", Odyssey 2010.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING, Final

import numpy as np

from tracking.types import EMBEDDING_DIM

if TYPE_CHECKING:
    from numpy.typing import NDArray

COHORT: Final = 400
"""Latest vehicles that distances are compared with."""

PRIOR_VEHICLES: Final = 50
"""Weight of what the calibration was fitted on, in vehicles: a few say little about a scale."""

LEAST_SPREAD: Final = 0.02
"""Of distances; keeps standardised ones finite."""

_QUANTILES: Final = (0.16, 0.5)
"""Of a normal distribution these are a standard deviation apart. Quantiles, since the vehicle's own
sightings are among the cohort; the lower half, since look-alikes are to be distinguished."""


class Cohort:
    """The latest vehicles, and how far they are from others.

    Args:
        mean: Mean distance of different vehicles where the calibration was fitted.
        std: Its standard deviation.
    """

    def __init__(self, mean: float, std: float) -> None:
        shares = (np.arange(PRIOR_VEHICLES) + 0.5) / PRIOR_VEHICLES
        normal = NormalDist(mean, std)
        self._assumed = np.array([normal.inv_cdf(share) for share in shares.tolist()])
        self._looks = np.zeros((COHORT, EMBEDDING_DIM), np.float32)
        self._seen = 0

    def add(self, looks: NDArray[np.float32]) -> None:
        """Take in embeddings; float32 (N, 512)."""
        for look in looks:
            self._looks[self._seen % COHORT] = look
            self._seen += 1

    def forget(self) -> None:
        """Forget all vehicles."""
        self._seen = 0

    def scale(self, looks: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return location and spread of the distances to other vehicles.

        Args:
            looks: float32 (N, 512), unit length.

        Returns:
            float64 (N, 2).
        """
        known = self._looks[: min(self._seen, COHORT)]
        distance = np.sqrt(np.clip(2.0 - 2.0 * (looks @ known.T), 0, None)).astype(np.float64)
        assumed = np.broadcast_to(self._assumed, (len(looks), PRIOR_VEHICLES))
        low, middle = np.quantile(np.concatenate([distance, assumed], axis=1), _QUANTILES, axis=1)
        return np.stack([middle, np.maximum(middle - low, LEAST_SPREAD)], axis=1)
