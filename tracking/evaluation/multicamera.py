"""Evaluation over several cameras: the AI City rule, ignored boxes and regions of interest.

Reference: Tang et al., "CityFlow: A City-Scale Benchmark for Multi-Target Multi-Camera Vehicle
Tracking and Re-Identification", CVPR 2019, Sect. 4.1, and the challenge's published evaluation
script. There, all cameras' frames are one sequence with global identities; CityFlow's truth holds
only vehicles that pass two cameras or more; and *predicted* identities that occur in one camera
only are dropped before scoring. So a system is not punished for a vehicle that the truth leaves
out, as long as it does not claim to have seen it in two cameras: a predicted identity of two
cameras counts with all its boxes, and those that lie on no vehicle that counts are false (a wrong
match of two vehicles of one camera each, a parked car that was given the number of another).

Departures: our truth also holds vehicles of one camera, which are taken out of it first, after the
region of interest was applied (the script takes none out, and would count what a vehicle of two
cameras leaves in one when the region hides the other). The script's region is an image, and a box
is out when a corner of it is; ours is a polygon, and a box is out when the vehicle stands outside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tracking.evaluation.comparison import LabelledBoxes, compare
from tracking.evaluation.metrics import MIN_IOU

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray


def join_cameras(
    truth: Mapping[str, LabelledBoxes],
    predicted: Mapping[str, LabelledBoxes],
    *,
    min_cameras: int = 2,
) -> tuple[LabelledBoxes, LabelledBoxes]:
    """Return truth and prediction of all cameras as one sequence each.

    The frames of a camera follow those of the one before it, in order of the cameras' names.

    Args:
        truth: By camera; identities are global.
        predicted: Of the same cameras; identities are global.
        min_cameras: Identities that occur in fewer cameras are left out, on either side by its own
            boxes. 2 is the AI City rule (our truth also holds vehicles of one camera, so they have
            to be taken out of it); 1 keeps all.

    Raises:
        ValueError: If the two have different cameras.
    """
    if truth.keys() != predicted.keys():
        raise ValueError(
            f"cameras differ: {sorted(truth)} in the truth, {sorted(predicted)} in the prediction"
        )
    order = sorted(truth)
    lengths = [
        max((int(side[c].frame.max()) for side in (truth, predicted) if len(side[c])), default=0)
        for c in order
    ]
    offsets = np.cumsum([0, *(n + 1 for n in lengths)])[:-1].tolist()
    return (
        _join([truth[c] for c in order], offsets, min_cameras=min_cameras),
        _join([predicted[c] for c in order], offsets, min_cameras=min_cameras),
    )


def _join(
    cameras: Sequence[LabelledBoxes], offsets: Sequence[int], *, min_cameras: int
) -> LabelledBoxes:
    if not cameras:
        return LabelledBoxes.empty()
    seen = np.concatenate([np.unique(boxes.identity) for boxes in cameras])
    identities, n_cameras = np.unique(seen, return_counts=True)
    joined = LabelledBoxes(
        np.concatenate([b.frame + offset for b, offset in zip(cameras, offsets, strict=True)]),
        np.concatenate([b.identity for b in cameras]),
        np.concatenate([b.xyxy for b in cameras]),
    )
    return joined[np.isin(joined.identity, identities[n_cameras >= min_cameras])]


def without_ignored(
    predicted: LabelledBoxes, truth: LabelledBoxes, everything: LabelledBoxes
) -> LabelledBoxes:
    """Return the predicted boxes less those on vehicles that the truth leaves out on purpose.

    Vehicles too small or too hidden to be asked for are no mistakes when found: as with the ignore
    regions of MOTChallenge, a predicted box that lies (IoU 0.5 or more) on such a vehicle, and on
    none that counts, is left out of the score.

    Args:
        predicted: Of one camera.
        truth: The boxes that count.
        everything: These and the others, same frames and identities.
    """
    on_any = _is_covered(predicted, everything)
    return predicted[~on_any | _is_covered(predicted, truth)]


def _is_covered(boxes: LabelledBoxes, by: LabelledBoxes) -> NDArray[np.bool_]:
    found = compare(by, boxes)
    covered = np.zeros(len(boxes), np.bool_)
    covered[found.predicted_row[found.iou >= MIN_IOU]] = True
    return covered


def within(boxes: LabelledBoxes, polygon: NDArray[np.float64]) -> LabelledBoxes:
    """Return the boxes whose lower edge's middle, where the vehicle stands, lies in a polygon.

    Args:
        boxes: Of one camera.
        polygon: float64 (V, 2), corners in pixels, V at least 3, either sense of rotation.
    """
    x, y = (boxes.xyxy[:, 0] + boxes.xyxy[:, 2]) / 2, boxes.xyxy[:, 3]
    (x0, y0), (x1, y1) = polygon.T[..., None], np.roll(polygon, -1, axis=0).T[..., None]
    # Even-odd rule: a ray to the right crosses the border an odd number of times from inside.
    spans = (y0 > y) != (y1 > y)
    rise = np.where(spans, y1 - y0, 1.0)
    crosses = spans & (x < x0 + (y - y0) * (x1 - x0) / rise)
    return boxes[crosses.sum(axis=0) % 2 == 1]
