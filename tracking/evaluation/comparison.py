"""Comparison of ground truth and prediction of a sequence: overlapping boxes and their matching.

The measures in `tracking.evaluation.metrics` and `tracking.evaluation.hota` are computed from this.
Everything is a flat table per sequence, so that Python loops only over frames whose assignment is
ambiguous.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from detector.types import check_array
from tracking.assignment import match

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class LabelledBoxes:
    """The boxes of one sequence, each with its frame and its identity, in any order.

    Attributes:
        frame: int64 (N,), number of the frame; frames without boxes do not occur.
        identity: int64 (N,), any numbers; an identity is at most once in a frame.
        xyxy: float64 (N, 4), corners in pixels.
    """

    frame: NDArray[np.int64]
    identity: NDArray[np.int64]
    xyxy: NDArray[np.float64]

    def __post_init__(self) -> None:
        """Check shapes, dtypes and that no identity is twice in a frame."""
        check_array("frame", self.frame, dtype=np.int64, shape=(None,))
        n = len(self.frame)
        check_array("identity", self.identity, dtype=np.int64, shape=(n,))
        check_array("xyxy", self.xyxy, dtype=np.float64, shape=(n, 4))
        order = np.lexsort((self.identity, self.frame))
        frame, identity = self.frame[order], self.identity[order]
        twice = np.flatnonzero((frame[1:] == frame[:-1]) & (identity[1:] == identity[:-1]))
        if len(twice):
            row = twice[0]
            raise ValueError(f"identity {identity[row]} is twice in frame {frame[row]}")

    def __len__(self) -> int:
        """Return the number of boxes."""
        return len(self.frame)

    def __getitem__(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> LabelledBoxes:
        """Return the chosen rows (a mask or an index array), in that order."""
        return LabelledBoxes(self.frame[rows], self.identity[rows], self.xyxy[rows])

    @classmethod
    def empty(cls) -> LabelledBoxes:
        """Return a sequence without boxes."""
        return cls(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, 4)))


@dataclass(frozen=True, eq=False)
class Comparison:
    """Truth and prediction of a sequence, and every pair of their boxes that touch.

    Attributes:
        truth: The true boxes.
        predicted: The predicted boxes.
        frame: int64 (P,), frame of each touching pair, ascending.
        truth_row: intp (P,), row of its true box.
        predicted_row: intp (P,), row of its predicted box.
        iou: float64 (P,), intersection over union, above 0.
    """

    truth: LabelledBoxes
    predicted: LabelledBoxes
    frame: NDArray[np.int64]
    truth_row: NDArray[np.intp]
    predicted_row: NDArray[np.intp]
    iou: NDArray[np.float64]

    @cached_property
    def truth_id(self) -> NDArray[np.intp]:
        """Identity of each true box, numbered from 0 without gaps; (N,)."""
        return np.unique(self.truth.identity, return_inverse=True)[1]

    @cached_property
    def predicted_id(self) -> NDArray[np.intp]:
        """Identity of each predicted box, numbered from 0 without gaps; (M,)."""
        return np.unique(self.predicted.identity, return_inverse=True)[1]

    @cached_property
    def truth_id_sizes(self) -> NDArray[np.intp]:
        """Number of boxes of each true identity; (T,)."""
        return np.bincount(self.truth_id)

    @cached_property
    def predicted_id_sizes(self) -> NDArray[np.intp]:
        """Number of boxes of each predicted identity; (K,)."""
        return np.bincount(self.predicted_id)

    def count_by_identity(
        self,
        pairs: NDArray[np.bool_] | slice = slice(None),
        *,
        weights: NDArray[np.float64] | None = None,
    ) -> NDArray[np.float64]:
        """Return how many of the chosen pairs each true and predicted identity share; (T, K).

        Args:
            pairs: Mask over the pairs.
            weights: float64, counts of the chosen pairs; None counts each as 1.
        """
        shape = len(self.truth_id_sizes), len(self.predicted_id_sizes)
        cell = self.truth_id[self.truth_row[pairs]] * shape[1]
        cell += self.predicted_id[self.predicted_row[pairs]]
        counts = np.bincount(cell, weights=weights, minlength=shape[0] * shape[1])
        return counts.reshape(shape).astype(np.float64)


def compare(truth: LabelledBoxes, predicted: LabelledBoxes) -> Comparison:
    """Return truth and prediction with every pair of their boxes that touch in a frame."""
    by_frame = np.argsort(predicted.frame, kind="stable")
    sorted_frames = predicted.frame[by_frame]
    t = np.argsort(truth.frame, kind="stable")
    first = np.searchsorted(sorted_frames, truth.frame[t], side="left")
    count = np.searchsorted(sorted_frames, truth.frame[t], side="right") - first
    # Position of each pair within the run of predicted boxes that its true box is paired with.
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    p = by_frame[np.repeat(first, count) + within]
    t = np.repeat(t, count)
    iou = _rowwise_iou(truth.xyxy[t], predicted.xyxy[p])
    touch = iou > 0
    return Comparison(truth, predicted, truth.frame[t[touch]], t[touch], p[touch], iou[touch])


def _rowwise_iou(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    # (P, 4), (P, 4) -> (P,); in double precision, since the measures cut at exactly 0.5.
    wh = np.clip(np.minimum(a[:, 2:], b[:, 2:]) - np.maximum(a[:, :2], b[:, :2]), 0, None)
    shared = wh[:, 0] * wh[:, 1]
    area_a, area_b = (np.prod(np.clip(x[:, 2:] - x[:, :2], 0, None), axis=1) for x in (a, b))
    union = area_a + area_b - shared
    return np.asarray(np.divide(shared, union, out=np.zeros_like(shared), where=union > 0))


def alone(comparison: Comparison, candidates: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which candidate pairs share neither box with another candidate; (P,) -> (P,).

    Such a pair is in every assignment of greatest score, whatever the score, so that only the
    others need a solver.
    """
    t, p = comparison.truth_row, comparison.predicted_row
    of_truth = np.bincount(t[candidates], minlength=len(comparison.truth))
    of_predicted = np.bincount(p[candidates], minlength=len(comparison.predicted))
    return np.asarray(candidates & (of_truth[t] == 1) & (of_predicted[p] == 1))


def frame_groups(comparison: Comparison, pairs: NDArray[np.bool_]) -> Iterator[NDArray[np.intp]]:
    """Yield the chosen pairs of one frame after another, as indices, in order of the frames."""
    chosen = np.flatnonzero(pairs)
    if len(chosen):
        yield from np.split(chosen, np.flatnonzero(np.diff(comparison.frame[chosen])) + 1)


def best_pairs(
    truth_row: NDArray[np.intp], predicted_row: NDArray[np.intp], score: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return which pairs of one frame make up the one-to-one assignment of greatest total score.

    Args:
        truth_row: intp (P,), true box of each pair.
        predicted_row: intp (P,), predicted box of each pair.
        score: float64 (P,), above 0.

    Returns:
        bool (P,).
    """
    rows, row = np.unique(truth_row, return_inverse=True)
    columns, column = np.unique(predicted_row, return_inverse=True)
    cost = np.zeros((len(rows), len(columns)))
    cost[row, column] = -score
    pairs = match(cost, max_cost=0.0)
    partner = np.full(len(rows), -1, np.intp)
    partner[pairs[:, 0]] = pairs[:, 1]
    return np.asarray(partner[row] == column)
