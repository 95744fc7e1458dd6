"""What a vehicle keeps, and hands over, when a part of its track is another's."""

from __future__ import annotations

import numpy as np
import pytest

from app.camera import RECENT_FRAMES, CameraTracks, _Vehicle
from detector.types import Frame
from tests.app.stores import axis
from tracking.single_camera.settings import TrackerSettings
from tracking.single_camera.tracker import Handover, Tracker
from tracking.single_camera.tracklet import TrackletBuilder, TrackletSettings
from tracking.types import Track, TrackState


def blank(index: int) -> Frame:
    return Frame("north", index, index / 10, np.zeros((120, 320, 3), np.uint8))


def snapshot(
    index: int, *, in_doubt: bool = False, to_settle: bool = False, track_id: int = 1
) -> Track:
    return Track(
        camera_id="north",
        track_id=track_id,
        state=TrackState.CONFIRMED,
        xyxy=np.array((40, 36, 72, 60), np.float32),
        confidence=0.9,
        class_id=0,
        timestamp=index / 10,
        detection=0,
        in_doubt=in_doubt,
        to_settle=to_settle,
    )


def vehicle(
    *, frames: int, looked_at: dict[int, float], in_doubt_from: int, track_id: int = 1
) -> _Vehicle:
    """Return a car seen for some frames at 10 fps, with looks of some quality at some of them."""
    seen = _Vehicle(TrackletBuilder("north", track_id, TrackletSettings()), 0, 0.0)
    for index in range(frames):
        track = snapshot(index, in_doubt=index >= in_doubt_from, track_id=track_id)
        seen.see(track, blank(index), looked_at.get(index, 0.1))
        if index in looked_at:
            seen.learn(track, blank(index), axis(1))
    return seen


def test_a_part_keeps_its_views_though_they_show_less():
    whole = vehicle(frames=20, looked_at={0: 0.9, 10: 0.5, 15: 0.4}, in_doubt_from=8)
    part = whole.split_off(1.0, 2)
    before, after = whole.as_pass(ended=True), part.as_pass(ended=True)
    assert (before.view.timestamp, after.view.timestamp) == (0.0, 1.0)
    assert (before.first_frame, before.last_frame) == (0, 9)
    assert (after.first_frame, after.last_frame) == (10, 19)


def test_tracks_that_exchange_vehicles_are_cut_at_one_time():
    tracks = CameraTracks("north", Tracker("north", TrackerSettings()), TrackletSettings())
    one = vehicle(frames=RECENT_FRAMES + 50, looked_at={0: 0.9}, in_doubt_from=5)
    other = vehicle(frames=RECENT_FRAMES + 80, looked_at={0: 0.9}, in_doubt_from=5)
    tracks._vehicles = {1: one, 2: other}
    exchange = [Handover(1, 3, 1.0), Handover(2, 1, 1.0), Handover(3, 2)]
    cut = tracks._cut_together(exchange)
    assert [handover.since for handover in cut] == [8.0, 8.0, None]
    for handover in cut:
        tracks._hand_over(handover, blank(RECENT_FRAMES + 80))
    for track_id, last in ((1, RECENT_FRAMES + 79), (2, RECENT_FRAMES + 49)):
        times = tracks._vehicles[track_id].builder.tracklet(ended=True).timestamps
        assert (np.diff(times) > 0).all()
        assert times[-1] == pytest.approx(last / 10)


def test_only_the_last_frames_can_be_taken_back():
    frames = RECENT_FRAMES + 50
    whole = vehicle(frames=frames, looked_at={0: 0.9, 5: 0.5, frames - 1: 0.4}, in_doubt_from=3)
    part = whole.split_off(1.0, 2)
    before, after = whole.as_pass(ended=True), part.as_pass(ended=True)
    assert (before.first_frame, before.last_frame) == (0, 49)
    assert (after.first_frame, after.last_frame) == (50, frames - 1)
    assert after.tracklet.first_timestamp == pytest.approx(5.0, abs=1.0)  # paths are thinned
    assert before.tracklet.last_timestamp < 5.0


def test_a_track_lost_before_the_last_frames_keeps_what_it_has():
    # Its way ends where the other's can no longer be taken back: nothing of it can be exchanged.
    tracks = CameraTracks("north", Tracker("north", TrackerSettings()), TrackletSettings())
    one = vehicle(frames=RECENT_FRAMES + 50, looked_at={0: 0.9}, in_doubt_from=5)
    lost = vehicle(frames=30, looked_at={0: 0.9}, in_doubt_from=5, track_id=2)
    tracks._vehicles = {1: one, 2: lost}
    exchange = [Handover(1, 3, 1.0), Handover(2, 4, 1.0), Handover(4, 1), Handover(3, 2)]
    for handover in tracks._cut_together(exchange):
        tracks._hand_over(handover, blank(RECENT_FRAMES + 80))
    found = {key: one.builder.tracklet(ended=True) for key, one in tracks._vehicles.items()}
    assert {key: one.track_id for key, one in found.items()} == {1: 1, 2: 2}
    assert found[1].last_timestamp < 5.0
    assert 2.9 in found[2].timestamps
    assert found[2].last_timestamp == pytest.approx((RECENT_FRAMES + 49) / 10)


def test_a_track_may_go_on_as_one_that_kept_nothing():
    tracks = CameraTracks("north", Tracker("north", TrackerSettings()), TrackletSettings())
    tracks._vehicles = {5: vehicle(frames=20, looked_at={10: 0.9}, in_doubt_from=20, track_id=5)}
    tracks._hand_over(Handover(5, 4), blank(20))
    (whole,) = tracks._vehicles.values()
    assert whole.as_pass(ended=True).tracklet.key == ("north", 4)
    assert (whole.first_frame, whole.last_frame) == (0, 19)
    assert [row.track_id for row in tracks.take_boxes()] == [4] * 20


def test_a_parked_car_that_others_pass_all_day_needs_no_more_memory():
    seen = _Vehicle(TrackletBuilder("north", 1, TrackletSettings()), 0, 0.0)
    total = np.zeros(512)
    for index in range(3000):
        # Every ten seconds one drives past, and a look afterwards tells that it is still there.
        track = snapshot(index, in_doubt=index % 100 >= 90, to_settle=index % 100 == 99)
        quality = 0.9 if index == 0 else 0.3
        seen.see(track, blank(index), quality)
        if seen.builder.wants_embedding():
            look = axis(index, 1000)
            seen.learn(track, blank(index), look)
            total += quality * look
    assert len(seen.views) <= 2
    assert len(seen.builder._looks) <= TrackletSettings().max_embeddings + 1
    # Nothing of what was seen is forgotten for that.
    whole = seen.as_pass(ended=True)
    assert whole.view.timestamp == 0.0
    assert whole.tracklet.embedding == pytest.approx(total / np.linalg.norm(total), abs=1e-6)
