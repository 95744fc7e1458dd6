import numpy as np
import pytest

from app.evaluation.mot import read_mot
from city.mot import Label, is_counted, mot_files, whole_line
from city.truth import ActorTruth


def label(actor_id=7, *, whole=(10.0, 20.0, 60.0, 50.0), visible=None, visibility=1.0, frame=1):
    visible = visible or tuple(round(v) for v in whole)
    return Label(frame, "car", ActorTruth(actor_id, whole, visible, 100, visibility))


@pytest.mark.parametrize(
    ("given", "line"),
    [
        pytest.param(label(), "1,7,10,20,50,30,1,car,1", id="whole numbers"),
        pytest.param(
            label(whole=(0.04, 20.26, 60.31, 50.0), visibility=0.98765, frame=12),
            "12,7,0,20.3,60.3,29.7,1,car,0.988",
            id="rounded",
        ),
        pytest.param(label(visibility=0.00042), "1,7,10,20,50,30,1,car,0.00042", id="a glimpse"),
        pytest.param(
            label(whole=(1000.5, 20, 1040.25, 50)), "1,7,1000.5,20,39.7,30,1,car,1", id="large"
        ),
    ],
)
def test_line(given, line):
    assert whole_line(given) == line


@pytest.mark.parametrize(
    ("height", "visibility", "counted"),
    [(25, 0.05, True), (24, 1.0, False), (60, 0.049, False)],
    ids=["just enough", "too small", "too hidden"],
)
def test_what_is_asked_for(height, visibility, counted):
    visible = (10, 20, 60, 20 + height)
    assert is_counted(label(visible=visible, visibility=visibility).truth) is counted


def test_files_are_read_back(tmp_path):
    labels = [
        label(1, visible=(12, 20, 40, 50), visibility=0.5),
        label(2, visible=(12, 20, 40, 30), visibility=0.2),
        label(1, frame=2),
    ]
    boxes = {}
    for name, text in mot_files(labels).items():
        (tmp_path / name).write_text(text)
        boxes[name] = read_mot(tmp_path / name)
    assert {name: len(found) for name, found in boxes.items()} == {
        "gt": 2,
        "gt_all": 3,
        "gt_visible": 3,
    }
    np.testing.assert_array_equal(boxes["gt"].xyxy[0], [10, 20, 60, 50])
    np.testing.assert_array_equal(boxes["gt_visible"].xyxy[0], [12, 20, 40, 50])
    assert boxes["gt_all"].identity.tolist() == [1, 2, 1]


def test_no_labels():
    assert mot_files([]) == {"gt": "", "gt_all": "", "gt_visible": ""}
