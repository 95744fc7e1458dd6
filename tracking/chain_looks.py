"""What looks say of joining two half-chains, by all the sightings in them rather than by two.

Everything in the chain up to one sighting is compared with everything from another one on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tracking.successions import ALONE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tracking.calibration import Curves


@dataclass(frozen=True, slots=True, eq=False)
class Looks:
    """How K known identities and N sightings look, in this order, each by itself.

    Attributes:
        total: float32 (K + N, D), sum of the unit embeddings.
        count: float64 (K + N,), how many embeddings that are.
        scale: float64 (K + N, 2), mean and deviation of the distances to strangers.
        crops: float64 (K + N,), in how many crops each was seen.
    """

    total: NDArray[np.float32]
    count: NDArray[np.float64]
    scale: NDArray[np.float64]
    crops: NDArray[np.float64]


def compare_half_chains(
    looks: Looks, previous: NDArray[np.intp], curves: Curves, *, correlation: float
) -> NDArray[np.float64]:
    """Return the log-ratio of joining the half-chains up to each row and from each column on.

    The mean squared distance over all pairs of two groups of unit vectors follows from their mean
    vectors alone: 2 - 2 m.m'.

    Args:
        looks: Of K identities and N sightings.
        previous: intp (N,), the row that each sighting follows, `ALONE` for none; before its own.
        curves: What a distance says.
        correlation: Of the evidence of two pairs of the same half-chains, in [0, 1]: at 1 more
            sightings say no more than one.

    Returns:
        float64 (K + N, N).
    """
    k = len(looks.count) - len(previous)
    total, count = looks.total.copy(), looks.count.copy()
    scale, crops = looks.scale * count[:, None], looks.crops.copy()
    onward, n_onward, onward_scale = total[k:].copy(), count[k:].copy(), scale[k:].copy()
    onward_crops = crops[k:].copy()
    for column, row in enumerate(previous.tolist()):
        if row != ALONE:
            total[k + column] += total[row]
            count[k + column] += count[row]
            scale[k + column] += scale[row]
            crops[k + column] += crops[row]
    for column, row in reversed(list(enumerate(previous.tolist()))):
        if row >= k:
            onward[row - k] += onward[column]
            n_onward[row - k] += n_onward[column]
            onward_scale[row - k] += onward_scale[column]
            onward_crops[row - k] += onward_crops[column]
    mean = total / count[:, None].astype(np.float32)
    similarity = mean @ (onward / n_onward[:, None].astype(np.float32)).T
    distance = np.sqrt(np.clip(2 - 2 * similarity, 0, None))
    gain = _information(count, correlation)[:, None] * _information(n_onward, correlation)[None]
    scales = scale / count[:, None], onward_scale / n_onward[:, None]
    return np.asarray(gain * curves.log_ratio(distance, scales, (crops, onward_crops)), np.float64)


def _information(count: NDArray[np.float64], correlation: float) -> NDArray[np.float64]:
    """Return how many independent sightings some correlated ones are worth."""
    return count / (1 + correlation * (count - 1))
