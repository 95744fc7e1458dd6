from __future__ import annotations

import numpy as np
import pytest

from detector.data.fusion import fuse, mirrored
from detector.types import Detections


def detections(*rows: tuple[float, ...]) -> Detections:
    """Rows of x1, y1, x2, y2, confidence, class."""
    table = np.array(rows, np.float32).reshape(-1, 6)
    return Detections(table[:, :4], table[:, 4], table[:, 5].astype(np.int64))


def test_boxes_are_averaged_by_confidence_and_silence_counts():
    found = [
        detections((0, 0, 10, 10, 0.6, 0)),
        detections((1, 0, 11, 10, 0.3, 3)),
        detections(),
    ]
    opinion = fuse(found)
    assert opinion.xyxy[0].tolist() == pytest.approx([1 / 3, 0, 10 + 1 / 3, 10])
    assert opinion.confidence.tolist() == pytest.approx([0.3])  # (0.6 + 0.3 + 0) / 3
    assert opinion.votes[0].tolist() == pytest.approx([0.6, 0, 0, 0.3])


def test_one_detector_never_gives_two_boxes_to_a_vehicle():
    opinion = fuse([detections((0, 0, 10, 10, 0.9, 0), (0, 1, 10, 11, 0.8, 0))])
    assert len(opinion.confidence) == 2


def test_distant_boxes_stay_apart():
    opinion = fuse([detections((0, 0, 10, 10, 0.9, 0)), detections((50, 0, 60, 10, 0.8, 2))])
    assert opinion.confidence.tolist() == pytest.approx([0.45, 0.4])


@pytest.mark.parametrize("found", [[], [detections()]], ids=["nobody asked", "nothing seen"])
def test_nothing(found):
    opinion = fuse(found)
    assert opinion.xyxy.shape == (0, 4)
    assert opinion.votes.shape == (0, 4)


def test_the_mirror_image_is_mirrored_back():
    class Detector:
        """Sees one box at the left border of whatever it is shown."""

        def __call__(self, images):
            return [detections((0, 5, 10, 15, 0.9, 0)) for _ in images]

    plain, flipped = mirrored(Detector(), np.zeros((40, 100, 3), np.uint8))  # type: ignore[arg-type]
    assert plain.xyxy.tolist() == [[0, 5, 10, 15]]
    assert flipped.xyxy.tolist() == [[90, 5, 100, 15]]
