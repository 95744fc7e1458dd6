"""The measures as TrackEval and motmetrics compute them, from our tables."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from detector.boxes import iou
from tracking.evaluation.comparison import LabelledBoxes

MOTMETRICS = ["idf1", "idp", "idr", "mota", "num_switches", "num_false_positives", "num_misses"]


def trackeval_input(truth: LabelledBoxes, predicted: LabelledBoxes) -> dict[str, Any]:
    truth_ids = np.unique(truth.identity, return_inverse=True)[1]
    predicted_ids = np.unique(predicted.identity, return_inverse=True)[1]
    last = max([0, *truth.frame.tolist(), *predicted.frame.tolist()])
    rows = [
        (np.flatnonzero(truth.frame == f), np.flatnonzero(predicted.frame == f))
        for f in range(1, last + 1)
    ]
    return {
        "gt_ids": [truth_ids[t] for t, _ in rows],
        "tracker_ids": [predicted_ids[p] for _, p in rows],
        "similarity_scores": [iou(truth.xyxy[t], predicted.xyxy[p]) for t, p in rows],
        "num_gt_ids": len(np.unique(truth_ids)),
        "num_tracker_ids": len(np.unique(predicted_ids)),
        "num_gt_dets": len(truth),
        "num_tracker_dets": len(predicted),
        "num_timesteps": last,
    }


def motmetrics_summary(truth: LabelledBoxes, predicted: LabelledBoxes) -> dict[str, float]:
    with warnings.catch_warnings():
        # motmetrics 1.4 uses what newer numpy and pandas warn about.
        warnings.simplefilter("ignore")
        import motmetrics

        accumulator = motmetrics.MOTAccumulator()
        for frame in np.union1d(truth.frame, predicted.frame).tolist():
            t = np.flatnonzero(truth.frame == frame)
            p = np.flatnonzero(predicted.frame == frame)
            overlap = iou(truth.xyxy[t], predicted.xyxy[p])
            accumulator.update(
                truth.identity[t].tolist(),
                predicted.identity[p].tolist(),
                np.where(overlap >= 0.5, 1 - overlap, np.nan),
                frameid=frame,
            )
        summary = motmetrics.metrics.create().compute(
            accumulator, metrics=MOTMETRICS, return_dataframe=False
        )
    return {name: float(value) for name, value in summary.items()}
