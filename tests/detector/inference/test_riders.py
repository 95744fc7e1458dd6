from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.boxes import covered
from detector.inference.riders import with_riders
from detector.types import Detections

CAR, MOTORCYCLE = 0, 1
CYCLE = [100, 100, 140, 160]  # 40 wide, 60 high


def vehicles(*boxes, class_id=MOTORCYCLE):
    n = len(boxes)
    xyxy = np.array(boxes, np.float32).reshape(-1, 4)
    return Detections(xyxy, np.linspace(0.9, 0.5, n).astype(np.float32), np.full(n, class_id))


def people(*boxes):
    return np.array(boxes, np.float32).reshape(-1, 4)


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        pytest.param([105, 60, 135, 140], [100, 60, 140, 160], id="rider seen from behind"),
        pytest.param([90, 60, 145, 150], [90, 60, 145, 160], id="elbows wider than the handlebar"),
        pytest.param([105, 60, 135, 163], [100, 60, 140, 163], id="feet on the ground"),
        pytest.param([130, 60, 155, 160], CYCLE, id="pedestrian beside it"),
        pytest.param([105, 80, 135, 175], CYCLE, id="pedestrian in front of it"),
        pytest.param([105, 40, 135, 110], CYCLE, id="pedestrian behind it, mostly hidden"),
        pytest.param([105, 140, 135, 160], CYCLE, id="too small to ride it"),
        pytest.param([105, -60, 135, 140], CYCLE, id="too tall to ride it"),
        pytest.param([105, 135, 135, 162], CYCLE, id="a child at the wheel"),
        pytest.param([300, 60, 330, 140], CYCLE, id="elsewhere"),
    ],
)
def test_who_rides(person, expected):
    assert with_riders(vehicles(CYCLE), people(person)).xyxy.tolist() == [expected]


@pytest.mark.parametrize(
    ("found", "persons"),
    [
        pytest.param(vehicles(), people(), id="nothing"),
        pytest.param(vehicles(), people([105, 60, 135, 140]), id="only a person"),
        pytest.param(vehicles(CYCLE), people(), id="nobody"),
        pytest.param(
            vehicles(CYCLE, class_id=CAR), people([105, 60, 135, 140]), id="cars have no riders"
        ),
    ],
)
def test_nothing_to_join(found, persons):
    joined = with_riders(found, persons)
    assert joined.xyxy.tolist() == found.xyxy.tolist()
    assert joined.class_id.tolist() == found.class_id.tolist()


def test_two_ride_and_a_third_does_not():
    riders = people([100, 60, 140, 140], [102, 50, 140, 130], [120, 20, 160, 140])
    assert with_riders(vehicles(CYCLE), riders).xyxy.tolist() == [[100, 50, 140, 160]]


def test_of_two_motorcycles_each_keeps_its_own_rider():
    found = vehicles(CYCLE, [145, 100, 185, 160])
    riders = people([150, 55, 180, 140], [103, 60, 137, 140])
    expected = [[100, 60, 140, 160], [145, 55, 185, 160]]
    assert with_riders(found, riders).xyxy.tolist() == expected


def test_the_detections_given_stay_as_they_are():
    found = vehicles(CYCLE)
    with_riders(found, people([105, 60, 135, 140]))
    assert found.xyxy.tolist() == [CYCLE]


boxes = st.lists(
    st.tuples(*[st.integers(0, 200)] * 2, *[st.integers(0, 90)] * 2).map(
        lambda b: [b[0], b[1], b[0] + b[2], b[1] + b[3]]
    ),
    max_size=5,
)


@given(cycles=boxes, persons=boxes)
def test_boxes_only_grow(cycles, persons):
    found = vehicles(*cycles)
    joined = with_riders(found, people(*persons))
    assert len(joined) == len(found)
    own = covered(found.xyxy, joined.xyxy).diagonal()
    area = (found.xyxy[:, 2:] - found.xyxy[:, :2]).prod(axis=1)
    assert own[area > 0].tolist() == pytest.approx([1.0] * int((area > 0).sum()))
    assert joined.confidence.tolist() == found.confidence.tolist()
