from __future__ import annotations

import numpy as np
import pytest

from detector.types import Detections
from tracking.doubt import ABSENCE_S, back_after_absence, note_meetings
from tracking.live_track import LiveTrack

Box = tuple[float, float, float, float]
PARKED: Box = (100, 100, 160, 140)


def found(*boxes: Box) -> Detections:
    n = len(boxes)
    return Detections(np.array(boxes, np.float32), np.full(n, 0.9, np.float32), np.zeros(n, int))


def track(box: Box, *, track_id: int = 1, timestamp: float = 0.0) -> LiveTrack:
    return LiveTrack.found(track_id, found(box), row=0, timestamp=timestamp)


def frame(tracks: list[LiveTrack], boxes: list[Box | None], timestamp: float, dt_s: float = 0.1):
    """Give each track its box of a frame, None for none."""
    for one, box in zip(tracks, boxes, strict=True):
        one.predict(dt_s)
        if box is not None:
            one.hit(found(box), row=0, timestamp=timestamp)
    note_meetings(tracks, timestamp)


def beside(offset: float) -> Box:
    return (100 + offset, 100, 160 + offset, 140)


@pytest.mark.parametrize(
    ("offset", "doubt", "clear"),
    [
        pytest.param(200, False, True, id="far away"),
        pytest.param(55, False, True, id="touches"),
        pytest.param(40, False, False, id="covers a third"),
        pytest.param(15, True, False, id="overlaps by more than half"),
    ],
)
def test_a_track_is_in_doubt_once_its_box_meets_another(offset, doubt, clear):
    tracks = [track(PARKED), track(beside(offset), track_id=2)]
    frame(tracks, [PARKED, beside(offset)], 0.1)
    for one in tracks:
        assert (one.doubt is not None) is doubt
        assert one.clear is clear


def test_alone_in_the_picture_nothing_is_doubtful():
    one = track(PARKED)
    frame([one], [PARKED], 0.1)
    assert (one.doubt, one.clear) == (None, True)
    frame([one], [None], 0.2)
    assert (one.doubt, one.clear) == (None, False)


def test_the_moment_is_that_of_the_greatest_overlap():
    tracks = [track(PARKED), track(beside(-60), track_id=2)]
    for index in range(1, 13):
        frame(tracks, [PARKED, beside(-60 + 10 * index)], index * 0.1)
    # It is right in front at 0.6 s.
    for one in tracks:
        assert one.doubt is not None
        assert one.doubt.moment == pytest.approx(0.6, abs=0.11)
        assert one.doubt.next_timestamp == pytest.approx(one.doubt.moment + 0.1)
        assert one.doubt.last_timestamp == pytest.approx(one.doubt.moment)
        assert one.clear


def test_of_a_hidden_vehicle_the_last_and_the_next_detection_count():
    tracks = [track(PARKED), track(beside(-60), track_id=2)]
    for index in range(1, 13):
        hidden = 4 <= index <= 8
        frame(tracks, [None if hidden else PARKED, beside(-60 + 10 * index)], index * 0.1)
    doubt = tracks[0].doubt
    assert doubt is not None
    assert (doubt.last_timestamp, doubt.next_timestamp) == pytest.approx((0.3, 0.9))
    assert doubt.last_xyxy.tolist() == list(PARKED)


@pytest.mark.parametrize(
    ("gap_s", "doubt"), [(ABSENCE_S - 0.01, False), (ABSENCE_S + 0.01, True)], ids=["short", "long"]
)
def test_absence_is_a_doubt(gap_s, doubt):
    one = track(PARKED)
    assert (back_after_absence(one, gap_s) is not None) is doubt
    one.predict(gap_s)
    one.hit(found(beside(5)), row=0, timestamp=gap_s)
    note_meetings([one], gap_s)
    assert (one.doubt is not None) is doubt
    if one.doubt is not None:
        assert (one.doubt.overlap, one.doubt.last_timestamp) == (0.0, 0.0)
        assert one.doubt.next_timestamp == gap_s
        assert one.doubt.next_xyxy is not None
        assert one.doubt.next_xyxy.tolist() == list(beside(5))


def test_only_a_track_in_doubt_departs():
    one = track(PARKED)
    with pytest.raises(ValueError, match="track 1 is not in doubt"):
        one.depart(2, 0.1)
