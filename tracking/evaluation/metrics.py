"""Identity metrics: IDF1 and the CLEAR measures.

Reference: Ristani et al., "Performance Measures and a Data Set for Multi-Target, Multi-Camera
Tracking", 2016 (IDF1); Bernardin and Stiefelhagen, "Evaluating Multiple Object Tracking
Performance: The CLEAR MOT Metrics", 2008.

The numbers equal those of TrackEval, and IDF1, IDP and IDR those of motmetrics too. In the CLEAR
measures the two differ: for TrackEval a match continues only from the previous frame, motmetrics
keeps a vehicle's last partner over any gap, so that it may match other boxes and count other
switches. MOTChallenge scores by TrackEval, and so do we.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tracking.assignment import match
from tracking.evaluation.comparison import Comparison, alone, best_pairs, frame_groups

if TYPE_CHECKING:
    from numpy.typing import NDArray

MIN_IOU: Final = 0.5
"""Least overlap of a true and a predicted box that show the same vehicle (MOTChallenge)."""

CONTINUITY_BONUS: Final = 1000.0
"""Score of keeping the previous frame's partner; above the total IoU of any frame's pairs."""


@dataclass(frozen=True, slots=True)
class IdentityScores:
    """The identity measures of Ristani et al.

    Attributes:
        idtp: Boxes on which truth and prediction agree when every true identity is given its best
            predicted one, one to one, over the whole sequence.
        idfp: The other predicted boxes.
        idfn: The other true boxes.
    """

    idtp: int
    idfp: int
    idfn: int

    @property
    def idf1(self) -> float:
        """Harmonic mean of IDP and IDR, 0 for nothing at all."""
        return self.idtp / max(1.0, self.idtp + 0.5 * (self.idfp + self.idfn))

    @property
    def idp(self) -> float:
        """Share of the predicted boxes that are right."""
        return self.idtp / max(1, self.idtp + self.idfp)

    @property
    def idr(self) -> float:
        """Share of the true boxes that are found under the right identity."""
        return self.idtp / max(1, self.idtp + self.idfn)


@dataclass(frozen=True, slots=True)
class ClearScores:
    """The CLEAR measures: boxes found, missed and invented, and identities switched.

    Attributes:
        tp: Matched boxes.
        fp: Predicted boxes without a true one.
        fn: True boxes without a predicted one.
        id_switches: Matches under another predicted identity than the vehicle's last match.
    """

    tp: int
    fp: int
    fn: int
    id_switches: int

    @property
    def mota(self) -> float:
        """1 - (FP + FN + switches) / true boxes; may be negative."""
        return (self.tp - self.fp - self.id_switches) / max(1, self.tp + self.fn)


def identity_scores(comparison: Comparison) -> IdentityScores:
    """Return IDTP, IDFP and IDFN at IoU 0.5 (Ristani et al., Sect. 3.1)."""
    shared = comparison.count_by_identity(comparison.iou >= MIN_IOU)
    # Least IDFP + IDFN is greatest IDTP, since the three are tied by the numbers of boxes.
    pairs = match(-shared, max_cost=0.0)
    idtp = int(shared[pairs[:, 0], pairs[:, 1]].sum())
    return IdentityScores(
        idtp=idtp, idfp=len(comparison.predicted) - idtp, idfn=len(comparison.truth) - idtp
    )


def clear_scores(comparison: Comparison) -> ClearScores:
    """Return the CLEAR counts at IoU 0.5, matched as TrackEval does.

    A match of the previous frame is kept wherever possible; apart from that the matches of a frame
    have the greatest total IoU.
    """
    matched = clear_matches(comparison)
    tp = int(matched.sum())
    return ClearScores(
        tp=tp,
        fp=len(comparison.predicted) - tp,
        fn=len(comparison.truth) - tp,
        id_switches=_count_switches(comparison, matched),
    )


def clear_matches(comparison: Comparison) -> NDArray[np.bool_]:
    """Return which touching pairs are matched, frame by frame, by the CLEAR rules; (P,)."""
    candidates = comparison.iou >= MIN_IOU - np.finfo(float).eps
    matched = alone(comparison, candidates)
    t, p = comparison.truth_row, comparison.predicted_row
    # Predicted identity that each true box is matched with, -1 while there is none.
    partner = np.full(len(comparison.truth) + 1, -1, np.intp)
    partner[t[matched]] = comparison.predicted_id[p[matched]]
    before = _previous_rows(comparison)
    for pairs in frame_groups(comparison, candidates & ~matched):
        kept = partner[before[t[pairs]]] == comparison.predicted_id[p[pairs]]
        score = comparison.iou[pairs] + CONTINUITY_BONUS * kept
        chosen = pairs[best_pairs(t[pairs], p[pairs], score)]
        matched[chosen] = True
        partner[t[chosen]] = comparison.predicted_id[p[chosen]]
    return matched


def _previous_rows(comparison: Comparison) -> NDArray[np.intp]:
    # (N,): the row of the same vehicle in the previous frame that has both true and predicted
    # boxes, else -1. TrackEval passes over frames that lack either.
    frames = np.intersect1d(comparison.truth.frame, comparison.predicted.frame)
    before = np.full(len(comparison.truth), -1, np.intp)
    rows = np.flatnonzero(np.isin(comparison.truth.frame, frames))
    step = np.searchsorted(frames, comparison.truth.frame[rows])
    identity = comparison.truth_id[rows]
    order = np.lexsort((step, identity))
    a, b = order[:-1], order[1:]
    follows = (identity[a] == identity[b]) & (step[a] + 1 == step[b])
    before[rows[b[follows]]] = rows[a[follows]]
    return before


def _count_switches(comparison: Comparison, matched: NDArray[np.bool_]) -> int:
    vehicle = comparison.truth_id[comparison.truth_row[matched]]
    partner = comparison.predicted_id[comparison.predicted_row[matched]]
    order = np.lexsort((comparison.frame[matched], vehicle))
    vehicle, partner = vehicle[order], partner[order]
    return int(((vehicle[1:] == vehicle[:-1]) & (partner[1:] != partner[:-1])).sum())
