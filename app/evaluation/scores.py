"""Scores tracks against the ground truth: each camera by itself, and all cameras together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracking.evaluation.comparison import Comparison, LabelledBoxes, compare
from tracking.evaluation.hota import HotaScores, hota_scores
from tracking.evaluation.identity_errors import (
    IdentityErrors,
    Passage,
    identity_errors,
    matched_passages,
)
from tracking.evaluation.metrics import ClearScores, IdentityScores, clear_scores, identity_scores
from tracking.evaluation.multicamera import join_cameras, within, without_ignored

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from app.evaluation.ground_truth import Tracks, Truth


@dataclass(frozen=True, slots=True)
class Scores:
    """All measures of one sequence.

    Attributes:
        truth_boxes: Number of true boxes that were asked for.
        predicted_boxes: Number of predicted boxes that were scored.
        identity: IDF1, IDP, IDR.
        hota: HOTA, DetA, AssA.
        clear: MOTA, false and missed boxes, identity switches.
        errors: Vehicles that were split and identities that were merged; in the joint score these
            are looked for among all of them, whatever number of cameras they pass.
    """

    truth_boxes: int
    predicted_boxes: int
    identity: IdentityScores
    hota: HotaScores
    clear: ClearScores
    errors: IdentityErrors

    @property
    def measured(self) -> bool:
        """Whether there is truth to measure against; else the shares are 0 and mean nothing."""
        return self.truth_boxes > 0


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The scores of a run.

    Attributes:
        cameras: Of each camera by itself, in order of the names.
        together: Of all cameras as one sequence, by the AI City rule.
    """

    cameras: dict[str, Scores]
    together: Scores


def evaluate(
    truth: Truth,
    tracks: Tracks,
    *,
    regions: Mapping[str, NDArray[np.float64]] | None = None,
    min_cameras: int = 2,
    max_frames: int | None = None,
    ignore_uncounted: bool = True,
) -> Evaluation:
    """Score tracks.

    Args:
        truth: What is known.
        tracks: Of the same cameras, under global identities.
        regions: By camera, polygon (V, 2) outside of which no box counts, on either side.
        min_cameras: Vehicles and identities in fewer cameras are left out of the joint score; all
            cameras where there are fewer of them.
        max_frames: Only frames up to this one count.
        ignore_uncounted: Leave out predicted boxes that lie on a vehicle which the truth knows but
            does not ask for, instead of calling them false.
    """
    expected, found = {}, {}
    for camera in sorted(truth.counted):
        boxes = tracks.boxes[camera]
        if ignore_uncounted:
            boxes = without_ignored(boxes, truth.counted[camera], truth.everything[camera])
        region = (regions or {}).get(camera)
        expected[camera], found[camera] = (
            _limited(b, region, max_frames=max_frames) for b in (truth.counted[camera], boxes)
        )
    comparisons = {camera: compare(expected[camera], found[camera]) for camera in expected}
    passages = {c: matched_passages(c, comparison) for c, comparison in comparisons.items()}
    least = min(min_cameras, len(expected))
    joined = compare(*join_cameras(expected, found, min_cameras=least))
    return Evaluation(
        cameras={c: _score(comparison, passages[c]) for c, comparison in comparisons.items()},
        together=_score(joined, [p for seen in passages.values() for p in seen]),
    )


def _limited(
    boxes: LabelledBoxes, region: NDArray[np.float64] | None, *, max_frames: int | None
) -> LabelledBoxes:
    if region is not None:
        boxes = within(boxes, region)
    return boxes if max_frames is None else boxes[boxes.frame <= max_frames]


def _score(comparison: Comparison, passages: Sequence[Passage]) -> Scores:
    return Scores(
        truth_boxes=len(comparison.truth),
        predicted_boxes=len(comparison.predicted),
        identity=identity_scores(comparison),
        hota=hota_scores(comparison),
        clear=clear_scores(comparison),
        errors=identity_errors(passages),
    )
