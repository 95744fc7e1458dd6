"""HOTA: detection and association accuracy in one balanced measure.

Reference: Luiten et al., "HOTA: A Higher Order Metric for Evaluating Multi-Object Tracking", IJCV
2021. The numbers equal those of TrackEval.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tracking.evaluation.comparison import Comparison, alone, best_pairs, frame_groups

if TYPE_CHECKING:
    from numpy.typing import NDArray

ALPHAS: Final = np.arange(0.05, 0.99, 0.05)
"""Localisation thresholds that HOTA is averaged over (Luiten et al., Eq. 17)."""


@dataclass(frozen=True, slots=True)
class HotaScores:
    """HOTA and its parts, each averaged over the localisation thresholds, in [0, 1].

    Attributes:
        hota: Mean over the thresholds of the square root of DetA times AssA.
        deta: Detection accuracy: matched boxes over matched, missed and invented ones.
        assa: Association accuracy: how well the identities of matched boxes agree over all time.
    """

    hota: float
    deta: float
    assa: float


def hota_scores(comparison: Comparison) -> HotaScores:
    """Return HOTA, DetA and AssA (Luiten et al., Eqs. 9, 12, 16 and 17)."""
    n_truth, n_predicted = len(comparison.truth), len(comparison.predicted)
    matched = _matches(comparison)
    deta, assa = np.zeros(len(ALPHAS)), np.zeros(len(ALPHAS))
    sizes = comparison.truth_id_sizes[:, None] + comparison.predicted_id_sizes[None, :]
    for i, alpha in enumerate(ALPHAS):
        close = matched & (comparison.iou >= alpha - np.finfo(float).eps)
        tp = close.sum()
        shared = comparison.count_by_identity(close)
        deta[i] = tp / max(1, n_truth + n_predicted - tp)
        assa[i] = (shared * shared / np.maximum(1, sizes - shared)).sum() / max(1, tp)
    return HotaScores(
        hota=float(np.sqrt(deta * assa).mean()), deta=float(deta.mean()), assa=float(assa.mean())
    )


def _matches(comparison: Comparison) -> NDArray[np.bool_]:
    # (P,): in each frame the assignment of greatest IoU weighted by how well the identities of a
    # pair go together over the whole sequence (Luiten et al., Sect. 5.3).
    score = comparison.iou * _alignment(comparison)
    matched = alone(comparison, np.ones(len(score), np.bool_))
    for pairs in frame_groups(comparison, ~matched):
        t, p = comparison.truth_row[pairs], comparison.predicted_row[pairs]
        matched[pairs[best_pairs(t, p, score[pairs])]] = True
    return matched


def _alignment(comparison: Comparison) -> NDArray[np.float64]:
    # (P,): Jaccard index of each pair's identities over time. Every pair of boxes counts by its
    # share of all the overlap that its two boxes have with anything.
    t, p, iou = comparison.truth_row, comparison.predicted_row, comparison.iou
    of_truth = np.bincount(t, weights=iou, minlength=len(comparison.truth))
    of_predicted = np.bincount(p, weights=iou, minlength=len(comparison.predicted))
    together = comparison.count_by_identity(weights=iou / (of_truth[t] + of_predicted[p] - iou))
    sizes = comparison.truth_id_sizes[:, None] + comparison.predicted_id_sizes[None, :]
    jaccard = together / (sizes - together)
    return np.asarray(jaccard[comparison.truth_id[t], comparison.predicted_id[p]])
