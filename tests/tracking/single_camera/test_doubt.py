from __future__ import annotations

import numpy as np
import pytest

from detector.types import Detections
from tracking.single_camera import motion
from tracking.single_camera.doubt import CLEAR_SHARE, MEETING_IOU, note_meetings
from tracking.single_camera.live_track import ABSENCE_S, LiveTrack
from tracking.types import TrackState

FAR = 900.0


def box(x: float, *, width: float = 100.0) -> np.ndarray:
    return np.array([x, 100, x + width, 150], np.float32)


def live(track_id: int, xyxy: np.ndarray, *, timestamp: float = 0.0) -> LiveTrack:
    """Return a track whose belief is exactly the box."""
    track = LiveTrack.found(track_id, one(xyxy), row=0, timestamp=timestamp)
    track.state = TrackState.CONFIRMED
    return track


def one(xyxy: np.ndarray) -> Detections:
    return Detections(xyxy[None], np.array([0.9], np.float32), np.array([0], np.int64))


def put(track: LiveTrack, xyxy: np.ndarray | None, timestamp: float) -> None:
    """Show a track at a place, or not at all, without what the filter would make of it."""
    track.forget_detection()
    if xyxy is not None:
        track.hit(one(xyxy), row=0, timestamp=timestamp)
        track.motion = track.last_motion = motion.initiate(xyxy)


def meet(places: list[float | None], *, other: float = 0.0, step_s: float = 0.1) -> LiveTrack:
    """Return a track that was seen at these places in turn, or not, near one that stands still."""
    assert places[0] is not None
    track, standing = live(1, box(places[0])), live(2, box(other))
    note_meetings([track, standing], 0.0)
    for index, x in enumerate(places[1:], 1):
        put(track, None if x is None else box(x), index * step_s)
        put(standing, box(other), index * step_s)
        note_meetings([track, standing], index * step_s)
    return track


def shift(overlap: float) -> float:
    """Return how far apart two boxes of width 100 are that have this IoU."""
    return 100 * (1 - overlap) / (1 + overlap)


@pytest.mark.parametrize(
    ("overlap", "doubtful"),
    [(0.0, False), (MEETING_IOU - 0.01, False), (MEETING_IOU + 0.01, True), (1.0, True)],
    ids=["apart", "hardly", "just", "wholly"],
)
def test_a_meeting_brings_both_into_doubt(overlap, doubtful):
    tracks = [live(1, box(0)), live(2, box(shift(overlap)))]
    note_meetings(tracks, 5.0)
    for track in tracks:
        assert (track.doubt is not None) == doubtful
        if track.doubt is not None:
            assert track.doubt.overlap == pytest.approx(overlap, abs=1e-5)
            assert track.doubt.next_timestamp is None


def test_the_doubt_begins_where_the_boxes_overlapped_most():
    # Past each other: 0.1, 0.43, 0.82, 0.54, 0.25 and apart.
    track = meet([-80, -40, -10, 30, 60, 200])
    doubt = track.doubt
    assert doubt.overlap == pytest.approx(90 / 110)
    assert (doubt.last_timestamp, doubt.last_xyxy.tolist()) == (0.2, box(-10).tolist())
    assert doubt.last_motion.mean[0] == 40
    assert (doubt.next_timestamp, doubt.next_xyxy.tolist()) == (
        pytest.approx(0.3),
        box(30).tolist(),
    )


@pytest.mark.parametrize(
    ("places", "moment_s", "next_s"),
    [
        pytest.param([-200, -10, 50, 5, 200], 0.3, 0.4, id="nearer at a second meeting"),
        pytest.param([-200, -5, 50, 10, 200], 0.1, 0.2, id="less near at a second meeting"),
        pytest.param([-200, 20, 20, 20, 200], 0.3, 0.4, id="stays there"),
        pytest.param([-200, 20], 0.1, None, id="not seen since"),
    ],
)
def test_which_moment_counts(places, moment_s, next_s):
    doubt = meet(places).doubt
    assert doubt.last_timestamp == pytest.approx(moment_s)
    assert doubt.next_timestamp == (None if next_s is None else pytest.approx(next_s))
    assert (doubt.next_xyxy is None) == (next_s is None)


def test_what_is_next_is_the_first_detection_after_the_moment():
    # Three frames in which it is not seen, and then two in which it is.
    doubt = meet([-200, -20, None, None, None, 120, 150]).doubt
    # Its belief stays where it was, so that the overlap is as great in the frames in between.
    assert doubt.last_timestamp == pytest.approx(0.1)
    assert doubt.next_timestamp == pytest.approx(0.5)
    assert doubt.next_xyxy.tolist() == box(120).tolist()


def test_of_a_hidden_track_the_last_and_the_next_detection_count():
    hidden, passer = live(1, box(0)), live(2, box(-100))
    for index in range(1, 13):
        # Here the filter says where it is while it is not seen.
        hidden.predict(0.1)
        if not 4 <= index <= 8:
            hidden.hit(one(box(0)), row=0, timestamp=index * 0.1)
        put(passer, box(-100 + 17 * index), index * 0.1)
        note_meetings([hidden, passer], index * 0.1)
    assert (hidden.doubt.last_timestamp, hidden.doubt.next_timestamp) == pytest.approx((0.3, 0.9))


def test_only_a_track_in_doubt_departs():
    with pytest.raises(ValueError, match="track 1 is not in doubt"):
        live(1, box(0)).depart(2, 0.1)


def test_what_was_seen_before_a_greater_meeting_is_of_before():
    track, other = live(1, box(0)), live(2, box(30))
    note_meetings([track, other], 0.0)
    track.observe(np.eye(1, 512, dtype=np.float32)[0], 0.5)
    assert (track.appearance, track.doubt.appearance[0]) == (None, 0.5)
    put(track, box(20), 0.1)
    note_meetings([track, other], 0.1)
    assert track.doubt.last_timestamp == 0.1
    assert (track.doubt.appearance, track.appearance[0]) == (None, 0.5)


def test_a_lost_track_can_be_met_but_hides_nobody():
    lost, track = live(1, box(0)), live(2, box(20))
    lost.state = TrackState.LOST
    put(lost, None, 1.0)
    put(track, box(20), 1.0)
    note_meetings([lost, track], 1.0)
    assert lost.doubt.last_timestamp == 0.0
    assert track.doubt.last_timestamp == 1.0
    assert (lost.clear, track.clear) == (False, True)


@pytest.mark.parametrize(
    ("share", "clear"),
    [(0.0, True), (CLEAR_SHARE - 0.01, True), (CLEAR_SHARE + 0.01, False), (1.0, False)],
    ids=["apart", "hardly", "just", "wholly"],
)
def test_what_is_covered_is_not_clear(share, clear):
    tracks = [live(1, box(0)), live(2, box(100 * (1 - share)))]
    note_meetings(tracks, 0.0)
    assert [track.clear for track in tracks] == [clear, clear]


def test_of_its_own_box_so_much_may_be_covered():
    # A tenth of the bus, but half of the car.
    bus, car = live(1, box(0, width=1000)), live(2, box(900, width=200))
    note_meetings([bus, car], 0.0)
    assert (bus.clear, car.clear) == (True, False)


def test_what_is_not_detected_is_not_clear():
    track, other = live(1, box(0)), live(2, box(FAR))
    put(track, None, 0.1)
    note_meetings([track, other], 0.1)
    assert (track.clear, other.clear) == (False, True)


def test_alone_in_the_picture():
    track = live(1, box(0))
    note_meetings([track], 0.0)
    assert (track.doubt, track.clear) == (None, True)
    put(track, None, 0.1)
    note_meetings([track], 0.1)
    assert (track.doubt, track.clear) == (None, False)


@pytest.mark.parametrize(
    ("gap_s", "missed", "doubtful"),
    [
        (0.1, True, False),
        (ABSENCE_S - 0.01, True, False),
        (ABSENCE_S + 0.01, True, True),
        (2.5, True, True),
        pytest.param(2.5, False, False, id="a slow camera's next frame"),
    ],
)
def test_an_absence_brings_a_doubt(gap_s, missed, doubtful):
    track = live(1, box(0), timestamp=10.0)
    track.state = TrackState.LOST if missed else TrackState.CONFIRMED
    put(track, box(30), 10.0 + gap_s)
    doubt = track.doubt
    assert (doubt is not None) == doubtful
    if doubt is not None:
        assert (doubt.overlap, doubt.last_timestamp) == (0.0, 10.0)
        assert doubt.last_xyxy.tolist() == box(0).tolist()
        assert doubt.next_timestamp is None


def test_who_comes_back_alone_is_in_doubt_since_then():
    track = live(1, box(0))
    track.state = TrackState.LOST
    put(track, box(30), 0.5)
    note_meetings([track], 0.5)
    assert (track.doubt.last_timestamp, track.doubt.next_timestamp) == (0.0, 0.5)
    assert track.doubt.last_xyxy.tolist() == box(0).tolist()
    assert track.doubt.next_xyxy.tolist() == box(30).tolist()
    assert track.clear


def test_who_comes_back_is_in_doubt_since_the_meeting_before():
    track = meet([-200, -20, 60, None, None, None, None, None, 120])
    assert track.doubt.last_timestamp == pytest.approx(0.1)
    assert track.doubt.next_timestamp == pytest.approx(0.2)
    doubt = track.doubt
    track.state = TrackState.LOST
    put(track, box(120), 9.0)
    assert track.doubt is doubt


def test_a_lost_track_that_departs_is_of_the_class_that_was_seen_last():
    track = live(1, box(0))
    track.state = TrackState.LOST
    motorcycle = Detections(box(5)[None], np.array([0.4], np.float32), np.array([1], np.int64))
    track.hit(motorcycle, row=0, timestamp=0.5)
    note_meetings([track], 0.5)
    track.forget_detection()
    left = track.depart(7, 0.6)
    assert (left.track_id, left.class_id) == (1, 0)
    assert (track.track_id, track.class_id) == (7, 1)
    assert track.total_confidence == pytest.approx(0.4)
