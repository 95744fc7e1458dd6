"""A mark finds the same vehicle in another run, and no other one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.corrections.marks import LEAST_IOU, SAMPLES, Path, fits, recording_name
from tests.app.stores import START, box, camera, city_store

GATE = camera("gate", source="/videos/gate.mp4", clock_offset_s=2.0)


def drive(
    *,
    first: float = 10.0,
    last: float = 20.0,
    speed: float = 10.0,
    lift: float = 0.0,
    steps: int = 51,
) -> Path:
    """A car, 40 x 30 px, that drives to the right."""
    seconds = np.linspace(first, last, steps)
    x, y = 100 + speed * seconds, np.full(steps, 50.0 + lift)
    return Path("gate", "gate.mp4", seconds, np.stack([x, y, x + 40, y + 30], axis=1))


def test_a_mark_keeps_a_few_places_of_the_whole_time():
    mark = drive().mark()
    assert len(mark.places) == SAMPLES
    assert (mark.places[0].second, mark.places[-1].second) == (10.0, 20.0)
    assert (mark.places[0].x1, mark.places[0].y2) == (200.0, 80.0)
    assert str(mark) == "gate at 0:00:10.0"


@pytest.mark.parametrize(
    ("found", "fitting"),
    [
        pytest.param(drive(), True, id="the same"),
        pytest.param(drive(steps=7), True, id="sampled more coarsely"),
        pytest.param(drive(lift=7.0), True, id="boxes by another detector"),
        pytest.param(drive(first=10.0, last=13.0), True, id="its first part"),
        pytest.param(drive(first=17.0, last=20.0), True, id="its last part"),
        pytest.param(drive(first=17.0, last=28.0), True, id="its last part, seen longer"),
        pytest.param(drive(first=5.0, last=30.0), True, id="seen longer"),
        pytest.param(drive(lift=25.0), False, id="the next lane"),
        pytest.param(drive(first=30.0, last=40.0), False, id="later"),
        pytest.param(drive(first=1.0, last=9.0), False, id="earlier"),
        pytest.param(drive(first=1.0, last=9.9), False, id="what it took the place of"),
        pytest.param(drive(first=20.1, last=25.0), False, id="what took its place"),
        pytest.param(drive(first=19.5, last=25.0), False, id="what took its place unseen"),
        pytest.param(drive(speed=-10.0), False, id="the other way"),
        pytest.param(replace(drive(), camera_id="roof"), False, id="another camera"),
        pytest.param(replace(drive(), recording="tuesday.mp4"), False, id="another recording"),
    ],
)
def test_what_a_mark_fits(found, fitting):
    assert fits(drive().mark(), found) is fitting


def test_one_place_is_enough():
    path = drive(first=10.0, last=10.0, steps=1)
    assert len(path.mark().places) == 1
    assert fits(path.mark(), drive())


@given(
    first=st.floats(0, 1e4),
    length=st.floats(0.1, 100),
    shift=st.floats(-10, 10),
    steps=st.integers(2, 60),
)
def test_a_path_fits_its_own_mark_and_those_that_overlap_it(first, length, shift, steps):
    path = drive(first=first, last=first + length, speed=0.0, steps=steps)
    assert fits(path.mark(), path)
    overlap = (40 - abs(shift)) / (40 + abs(shift))
    if abs(overlap - LEAST_IOU) > 0.02:
        moved = replace(path, xyxy=path.xyxy + np.array([shift, 0, shift, 0]))
        assert fits(path.mark(), moved) is (overlap > LEAST_IOU)


def test_time_counts_from_the_beginning_of_the_recording(tmp_path):
    with city_store(tmp_path / "run") as store:
        sighting = store.sighting(1)
    for offset_s in (3.5, 0.0):
        north = camera("north", clock_offset_s=offset_s)
        seen = [replace(box(0, 1), timestamp=north.beginning + second) for second in (10.0, 12.0)]
        assert Path.of_sighting(sighting, seen, north).seconds.tolist() == [10.0, 12.0]


def test_a_sighting_without_boxes_is_where_it_was_seen_best(tmp_path):
    with city_store(tmp_path / "run") as store:
        north = store.cameras()[0]
        path = Path.of_sighting(store.sighting(2), store.track(store.sighting(2)), north)
        assert path.seconds.tolist() == [6.0]
        assert path.xyxy.tolist() == [[10.0, 20.0, 50.0, 45.5]]
        store.append_boxes([box(frame, 2) for frame in range(3, 6)])
        path = Path.of_sighting(store.sighting(2), store.track(store.sighting(2)), north)
        assert path.seconds == pytest.approx([0.3, 0.4, 0.5])


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"source": "/a/b/gate.mp4"}, "gate.mp4"),
        ({"source": "rtsp://gate/stream", "live": True}, "rtsp://gate/stream"),
    ],
    ids=["recording", "stream"],
)
def test_a_recording_is_known_wherever_it_lies(fields, name):
    assert recording_name(camera("gate", **fields)) == name


def test_start_is_the_time_of_the_stores():
    assert GATE.beginning == START + 2.0
