from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.boxes import iou
from detector.inference.nms import suppress

# Two boxes of 10x10, the second moved by `dx`: IoU = (10 - dx) / (10 + dx).
CASES = [
    pytest.param([], [], 0.5, [], id="none"),
    pytest.param([[0, 0, 10, 10]], [0.5], 0.5, [0], id="one"),
    pytest.param([[0, 0, 10, 10], [2, 0, 12, 10]], [0.6, 0.9], 0.5, [1], id="weaker twin goes"),
    pytest.param([[0, 0, 10, 10], [5, 0, 15, 10]], [0.6, 0.9], 0.5, [1, 0], id="IoU 1/3 stays"),
    pytest.param([[0, 0, 10, 10], [2, 0, 12, 10]], [0.7, 0.7], 0.5, [0], id="tie: first wins"),
    pytest.param(
        [[0, 0, 10, 10], [3, 0, 13, 10], [6, 0, 16, 10]],
        [0.9, 0.8, 0.7],
        0.5,
        [0, 2],
        id="a suppressed box suppresses nobody",
    ),
    pytest.param([[0, 0, 10, 10], [0, 0, 10, 10]], [0.6, 0.9], 1.0, [1, 0], id="off"),
]


@pytest.mark.parametrize(("xyxy", "confidence", "max_iou", "expected"), CASES)
def test_keeps_the_most_confident_of_overlapping_boxes(xyxy, confidence, max_iou, expected):
    boxes = np.array(xyxy, np.float32).reshape(-1, 4)
    kept = suppress(boxes, np.array(confidence, np.float32), max_iou=max_iou)
    assert kept.tolist() == expected


@given(
    st.lists(st.tuples(*[st.integers(0, 30)] * 4, st.integers(0, 100)), max_size=20),
    st.sampled_from([0.2, 0.5, 0.8]),
)
def test_kept_boxes_do_not_overlap_and_each_dropped_one_overlaps_a_better(rows, max_iou):
    corners = np.array([r[:4] for r in rows], np.float32).reshape(-1, 4)
    xyxy = np.concatenate([corners[:, :2], corners[:, :2] + corners[:, 2:] + 1], axis=1)
    confidence = np.array([r[4] for r in rows], np.float32) / 100
    kept = suppress(xyxy, confidence, max_iou=max_iou)
    overlaps = iou(xyxy, xyxy)
    assert len(set(kept.tolist())) == len(kept)
    assert (np.diff(confidence[kept]) <= 0).all()
    for i in kept:
        assert all(overlaps[i, j] <= max_iou for j in kept if j != i)
    for i in set(range(len(rows))) - set(kept.tolist()):
        assert any(overlaps[i, j] > max_iou and confidence[j] >= confidence[i] for j in kept)
