from __future__ import annotations

import numpy as np
import pytest

from detector.data.consistency import settle
from detector.data.fusion import Opinion


def opinion(*rows: tuple[float, float, int]) -> Opinion:
    """Rows of left edge, confidence, class; every box is 20 by 20 pixels."""
    xyxy = np.array([[x, 0, x + 20, 20] for x, _, _ in rows], np.float32).reshape(-1, 4)
    votes = np.zeros((len(rows), 4), np.float32)
    for i, (_, confidence, class_id) in enumerate(rows):
        votes[i, class_id] = confidence
    return Opinion(xyxy, np.array([c for _, c, _ in rows], np.float32), votes)


def test_a_vehicle_that_is_sure_somewhere_is_one_everywhere_of_the_class_most_voted_for():
    confidences = [(0.2, 0), (0.5, 3), (0.6, 3), (0.5, 0), (0.2, 0)]
    frames = [opinion((4 * i, c, k)) for i, (c, k) in enumerate(confidences)]
    truths = settle(frames)
    assert [t.class_id.tolist() for t in truths] == [[3]] * 5
    assert not any(len(t.ignore) for t in truths)


def test_what_is_never_sure_is_ignored():
    truths = settle([opinion((0, 0.3, 0))] * 6)
    assert [len(t.xyxy) for t in truths] == [0] * 6
    assert [len(t.ignore) for t in truths] == [1] * 6


def test_a_flash_is_ignored_however_sure():
    frames = [opinion(), opinion((0, 0.9, 0)), opinion((0, 0.9, 0)), opinion(), opinion()]
    assert [len(t.xyxy) for t in settle(frames)] == [0] * 5


@pytest.mark.parametrize(("gap", "joined"), [(2, True), (3, False)])
def test_short_gaps_are_bridged(gap, joined):
    frames = [opinion((0, 0.9, 0))] * 2 + [opinion()] * gap + [opinion((0, 0.9, 0))] * 2
    assert bool(len(settle(frames)[0].xyxy)) == joined


def test_two_vehicles_side_by_side_keep_their_classes():
    frames = [opinion((0, 0.9, 0), (30, 0.9, 2))] * 4
    assert [sorted(t.class_id.tolist()) for t in settle(frames)] == [[0, 2]] * 4


def test_no_frames_no_labels():
    assert settle([]) == []
    assert [len(t.xyxy) for t in settle([opinion()])] == [0]
