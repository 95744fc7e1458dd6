from __future__ import annotations

import pytest

from detector.classes import class_map, main_outputs, person_outputs

COCO_START = ["person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck"]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        pytest.param([], {}, id="none"),
        pytest.param(["person", "dog"], {}, id="no vehicle"),
        pytest.param(COCO_START, {2: 0, 3: 1, 5: 2, 7: 3}, id="COCO"),
        pytest.param(["truck", "Bus", "CAR"], {0: 3, 1: 2, 2: 0}, id="order and case"),
        pytest.param(["van", "suv", "taxi"], {0: 0, 1: 0, 2: 0}, id="kinds of car"),
        pytest.param(["motor-bike", "Motorbike"], {1: 1}, id="hyphen splits words"),
        pytest.param(["pick-up", "pickup_truck", "mini bus", "minibus"], {1: 0, 3: 2}, id="marks"),
        pytest.param(["bicycle", "train"], {}, id="not our vehicles"),
    ],
)
def test_names_decide_not_numbers(names, expected):
    assert class_map(names) == expected


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        pytest.param(COCO_START, {0: 2, 1: 3, 2: 5, 3: 7}, id="COCO"),
        pytest.param(["car", "pickup", "van"], {0: 0}, id="our name"),
        pytest.param(["pickup", "van", "Car", "taxi"], {0: 2}, id="our name comes later"),
        pytest.param(["van", "pickup"], {0: 0}, id="the first synonym"),
        pytest.param(["person"], {}, id="no vehicle"),
    ],
)
def test_one_output_stands_for_a_class(names, expected):
    assert main_outputs(names) == expected


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        pytest.param([], [], id="none"),
        pytest.param(["car", "dog"], [], id="nobody"),
        pytest.param(COCO_START, [0], id="COCO"),
        pytest.param(["car", "Rider", "pedestrian"], [1, 2], id="several kinds"),
    ],
)
def test_people(names, expected):
    assert person_outputs(names) == expected
