from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.single_camera.quality import crop_quality, visible_share

WH = (640, 360)


def boxes(*rows: tuple[float, float, float, float]) -> np.ndarray:
    return np.array(rows, np.float32).reshape(-1, 4)


def quality(*rows: tuple[float, float, float, float], confidence: float = 1.0) -> list[float]:
    return crop_quality(
        boxes(*rows), np.full(len(rows), confidence, np.float32), frame_wh=WH
    ).tolist()


def test_a_vehicle_in_full_view_is_judged_by_its_height():
    assert quality((100, 100, 180, 164)) == [0.5]
    assert quality((100, 100, 300, 292)) == [0.75]
    assert quality((100, 100, 300, 100)) == [0]


def test_confidence_is_a_factor():
    assert quality((100, 100, 180, 164), confidence=0.5) == [0.25]


@pytest.mark.parametrize(
    ("box", "factor"),
    [
        pytest.param((100, 100, 180, 164), 1, id="inside"),
        pytest.param((0, 100, 80, 164), 0.5, id="left"),
        pytest.param((100, 1, 180, 65), 0.5, id="top"),
        pytest.param((560, 100, 640, 164), 0.5, id="right"),
        pytest.param((100, 296, 180, 360), 0.5, id="bottom"),
        pytest.param((0, 296, 80, 360), 0.25, id="corner"),
    ],
)
def test_a_truncated_vehicle_is_worth_less(box, factor):
    assert quality(box) == [0.5 * factor]


def test_of_two_boxes_the_one_that_stands_lower_is_in_front():
    behind, front = (100, 100, 200, 200), (150, 110, 250, 210)
    # Shared: 50 x 90 of 100 x 100 pixels.
    assert visible_share(boxes(behind, front)).tolist() == pytest.approx([0.55, 1.0])
    assert visible_share(boxes(front, behind)).tolist() == pytest.approx([1.0, 0.55])


def test_of_several_in_front_the_one_that_covers_most_counts():
    shares = visible_share(boxes((0, 0, 100, 100), (50, 0, 150, 110), (0, 88, 150, 120)))
    assert shares.tolist() == pytest.approx([0.5, 0.8, 1.0])


def test_a_second_box_of_the_same_vehicle_hides_nothing():
    assert visible_share(boxes((0, 0, 100, 100), (0, 0, 100, 105))).tolist() == [1, 1]


def test_no_boxes():
    assert quality() == []
    assert visible_share(boxes()).shape == (0,)


corner = st.floats(0, 600, width=32)


@given(st.lists(st.tuples(corner, corner, corner, corner), max_size=6))
def test_quality_is_a_share_and_never_better_in_a_crowd(rows):
    xyxy = boxes(*rows)
    found = crop_quality(xyxy, np.ones(len(xyxy), np.float32), frame_wh=WH)
    assert found.shape == (len(rows),)
    assert found.dtype == np.float32
    assert ((found >= 0) & (found < 1)).all()
    alone = [quality(row)[0] for row in rows]
    assert (found <= np.array(alone, np.float32) + 1e-6).all()
