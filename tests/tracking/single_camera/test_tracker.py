from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.types import Detections
from tests.tracking.shown import (
    BUS,
    CAR,
    MOTORCYCLE,
    TRUCK,
    detections,
    direction,
    ids_at,
)
from tracking.single_camera.settings import TrackerSettings
from tracking.single_camera.tracker import Tracker
from tracking.types import EMBEDDING_DIM, Track, TrackState

RATES = pytest.mark.parametrize("fps", [5, 10, 30], ids="{} fps".format)


def run(tracker: Tracker, frames: list[tuple[float, Detections]]) -> list[list[Track]]:
    return [tracker.update(found, timestamp) for timestamp, found in frames]


def times(fps: float, seconds: float) -> list[float]:
    return [index / fps for index in range(round(fps * seconds))]


# A track's life


def test_a_track_is_tentative_confirmed_lost_found_again_lost_and_removed():
    tracker = Tracker("a", TrackerSettings(max_lost_s=1.0))
    car, nothing = detections((100, 100, 60, 40)), Detections.empty()
    shown = [car, car, car, nothing, nothing, car, *[nothing] * 12]
    states = []
    for index, found in enumerate(shown):
        tracks = tracker.update(found, 100 + index * 0.1)
        states.append([track.state.value for track in tracks])
        assert all(track.track_id == 1 and track.camera_id == "a" for track in tracks)
    assert states[:7] == [
        ["tentative"],
        ["tentative"],
        ["confirmed"],
        ["lost"],
        [],
        ["confirmed"],
        ["lost"],
    ]
    # Last seen at 0.5 s, hence gone after 1.5 s.
    assert [index for index, state in enumerate(states) if state == ["removed"]] == [16]
    assert states[17] == []


def test_a_snapshot_shows_the_detected_box_or_else_the_predicted_one():
    tracker = Tracker("a", TrackerSettings())
    for index in range(5):
        (track,) = tracker.update(detections((100 + 10 * index, 50, 60, 40)), index * 0.1)
        assert track.xyxy.tolist() == [100 + 10 * index, 50, 160 + 10 * index, 90]
        assert track.confidence == pytest.approx(0.9)
        assert (track.detection, track.timestamp) == (0, index * 0.1)
    (lost,) = tracker.update(Detections.empty(), 0.5)
    assert (lost.detection, lost.confidence) == (None, 0)
    assert lost.xyxy.tolist() == pytest.approx([150, 50, 210, 90], abs=1)


def test_a_flicker_is_never_confirmed():
    tracker = Tracker("a", TrackerSettings())
    states = [
        track.state
        for index in range(40)
        for track in tracker.update(
            detections((50, 50, 60, 40)) if index % 8 < 2 else Detections.empty(), index * 0.1
        )
    ]
    assert set(states) == {TrackState.TENTATIVE, TrackState.REMOVED}


@pytest.mark.parametrize(
    ("fps", "confidence", "first"),
    [(10, 0.9, 2), (30, 0.9, 5), (10, 0.5, 3), (10, 0.3, 5)],
    ids=["three hits", "long enough", "half sure", "hardly sure"],
)
def test_when_a_track_is_confirmed(fps, confidence, first):
    tracker = Tracker("a", TrackerSettings())
    found = detections((50, 50, 60, 40, confidence))
    states = [tracker.update(found, index / fps)[0].state for index in range(first + 2)]
    assert states.index(TrackState.CONFIRMED) == first


def test_a_weak_detection_continues_a_track_but_founds_none():
    tracker = Tracker("a", TrackerSettings())
    strong, weak = detections((50, 50, 60, 40)), detections((50, 50, 60, 40, 0.15))
    assert tracker.update(weak, 0.0) == []
    run(tracker, [(0.1 * i, strong) for i in range(1, 4)])
    (track,) = tracker.update(weak, 0.4)
    assert (track.track_id, track.state) == (1, TrackState.CONFIRMED)
    assert tracker.update(detections((50, 50, 60, 40, 0.05)), 0.5)[0].state is TrackState.LOST


def test_the_class_is_voted_by_confidence():
    tracker = Tracker("a", TrackerSettings())
    votes = [(0.8, CAR), (0.9, TRUCK), (0.3, TRUCK), (0.3, CAR), (0.2, CAR)]
    classes = [
        tracker.update(detections((50, 50, 60, 40, *vote)), index * 0.1)[0].class_id
        for index, vote in enumerate(votes)
    ]
    assert classes == [CAR, TRUCK, TRUCK, TRUCK, CAR]


def test_no_two_tracks_on_one_vehicle():
    tracker = Tracker("a", TrackerSettings())
    twice = detections((50, 50, 100, 60), (51, 50, 100, 60, 0.6, TRUCK))
    for index in range(5):
        assert ids_at(tracker.update(twice, index * 0.1)) == [1]


def test_tracks_that_grow_onto_one_vehicle_become_one():
    tracker = Tracker("a", TrackerSettings())
    removed = []
    for index in range(15):
        second = (150 - 10 * min(index, 10), 50, 100, 60)
        tracks = tracker.update(detections((50, 50, 100, 60), second), index * 0.1)
        removed += [track for track in tracks if track.state is TrackState.REMOVED]
    assert [(track.track_id, track.detection) for track in removed] == [(2, None)]
    assert [track.track_id for track in tracks] == [1]


def test_a_track_that_is_lost_on_another_is_reported_once():
    tracker = Tracker("a", TrackerSettings())
    parked, nearing = (100, 100, 60, 40), [(x, 100, 60, 40) for x in (200, 175, 150, 125)]
    frames = [detections(parked, box) for box in nearing] + [detections(parked)]
    tracks = run(tracker, [(index * 0.1, found) for index, found in enumerate(frames)])[-1]
    states = [(track.track_id, track.state) for track in tracks]
    assert states == [(1, TrackState.CONFIRMED), (2, TrackState.REMOVED)]


# Nothing, one, many


def test_nothing_to_track():
    tracker = Tracker("a", TrackerSettings())
    assert run(tracker, [(t, Detections.empty()) for t in (0.0, 1.0, 9.0)]) == [[], [], []]


def test_many_vehicles_keep_their_ids_in_any_order():
    tracker, rng = Tracker("a", TrackerSettings()), np.random.default_rng(0)
    places = [(90.0 * column, 70.0 * row) for column in range(10) for row in range(5)]
    known: dict[int, int] = {}
    for index in range(20):
        order = rng.permutation(len(places))
        found = detections(*[(places[i][0] + 4 * index, places[i][1], 60, 40) for i in order])
        for row, track_id in enumerate(ids_at(tracker.update(found, index * 0.1))):
            assert known.setdefault(int(order[row]), track_id) == track_id
    assert sorted(known.values()) == list(range(1, 51))


def test_instances_count_for_themselves():
    for _ in range(2):
        (track,) = Tracker("a", TrackerSettings()).update(detections((0, 0, 60, 40)), 0.0)
        assert track.track_id == 1


# Traffic


@RATES
@pytest.mark.parametrize("speed", [0.0, 5.0, 12.0], ids="{} heights/s".format)
def test_a_vehicle_at_any_speed_is_one_track(fps, speed):
    tracker = Tracker("a", TrackerSettings())
    frames = [(t, detections((40 * speed * t, 200, 70, 40))) for t in times(fps, 2)]
    assert {track.track_id for tracks in run(tracker, frames) for track in tracks} == {1}


@RATES
def test_oncoming_vehicles_pass_each_other(fps):
    tracker, rng = Tracker("a", TrackerSettings()), np.random.default_rng(1)
    seen = []
    for t in times(fps, 4):
        x, y = rng.normal(0, 1, 2)
        found = detections((150 * t + x, 200, 80, 40), (600 - 150 * t + y, 215, 80, 40))
        seen.append(ids_at(tracker.update(found, t)))
    assert {tuple(ids) for ids in seen} == {(1, 2)}


@RATES
def test_a_vehicle_behind_a_bus_comes_out_under_its_id(fps):
    tracker = Tracker("a", TrackerSettings())
    ids = set()
    for t in times(fps, 5):
        x = 100 * t
        bus = (160.0, 150.0, 180.0, 110.0, 0.9, BUS)
        car = [] if 140 < x < 280 else [(x, 200.0, 70.0, 40.0, 0.8)]
        tracks = tracker.update(detections(bus, *car), t)
        ids |= {(track.detection, track.track_id) for track in tracks if track.detection}
    assert ids == {(1, 2)}


def test_missed_and_irregular_frames_do_not_break_a_track():
    tracker, rng = Tracker("a", TrackerSettings()), np.random.default_rng(2)
    t, ids = 0.0, set()
    for index in range(60):
        t += rng.uniform(0.03, 0.25)
        missed = index > 4 and rng.random() < 0.25
        box = (80 * t + rng.normal(0, 1), 100 + rng.normal(0, 1), 80, 50)
        tracks = tracker.update(Detections.empty() if missed else detections(box), t)
        ids |= {track.track_id for track in tracks}
    assert ids == {1}


def test_a_stalled_camera_starts_anew():
    tracker = Tracker("a", TrackerSettings())
    run(tracker, [(t, detections((50, 50, 60, 40))) for t in (0.0, 0.1, 0.2, 0.3)])
    tracks = tracker.update(detections((50, 50, 60, 40)), 60.0)
    assert [(t.track_id, t.state.value) for t in tracks] == [(1, "removed"), (2, "tentative")]


box = st.tuples(
    st.floats(0, 600), st.floats(0, 300), st.floats(0, 200), st.floats(0, 200), st.floats(0, 1)
)
frame = st.tuples(st.floats(0.01, 4), st.lists(box, max_size=5))


@given(st.lists(frame, max_size=12))
def test_ids_are_never_reused_and_rows_never_shared(frames):
    tracker, t = Tracker("a", TrackerSettings()), 0.0
    gone: set[int] = set()
    highest = 0
    for dt_s, rows in frames:
        t += dt_s
        found = detections(*rows)
        tracks = tracker.update(found, t)
        ids = [track.track_id for track in tracks]
        assert ids == sorted(set(ids))
        assert not gone & set(ids)
        fresh = [track_id for track_id in ids if track_id > highest]
        assert fresh == list(range(highest + 1, highest + 1 + len(fresh)))
        highest += len(fresh)
        taken = [track.detection for track in tracks if track.detection is not None]
        assert len(taken) == len(set(taken))
        for track in tracks:
            assert np.isfinite(track.xyxy).all()
            if track.detection is not None:
                assert np.array_equal(track.xyxy, found.xyxy[track.detection])
        gone |= {track.track_id for track in tracks if track.state is TrackState.REMOVED}


# Appearance


def vanish_and_return(
    tracker: Tracker, *, first: np.ndarray | None, back: tuple[float, ...], gap_s: float = 2.0
) -> int:
    """Show a car at (100, 100) going right at 60 px/s; return the id of what appears at `back`."""
    for index in range(5):
        tracker.update(detections((100 + 6 * index, 100, 60, 40)), index * 0.1)
    if first is not None:
        assert tracker.observe(1, first, 0.5).track_id == 1
    for index in range(3):
        shown = detections((back[0], *back[1:]))
        tracks = tracker.update(shown, 0.4 + gap_s + index * 0.1)
    (track,) = [track for track in tracks if track.detection == 0]
    assert track.state is TrackState.CONFIRMED
    return track.track_id


BESIDE = (170.0, 170.0, 60.0, 40.0)
FAR = (900.0, 500.0, 60.0, 40.0)
NO_OVERLAP = TrackerSettings(reach_max_gap_s=0.5)


@pytest.mark.parametrize(
    ("first", "back", "seen", "old"),
    [
        pytest.param(direction(1), BESIDE, direction(1, 0.2), True, id="looks the same"),
        pytest.param(direction(1), BESIDE, direction(0, 1), False, id="looks different"),
        pytest.param(direction(1), FAR, direction(1), False, id="cannot have got there"),
        pytest.param(None, BESIDE, direction(1), False, id="never embedded"),
        pytest.param(
            direction(1), (*BESIDE, 0.9, MOTORCYCLE), direction(1), False, id="another class"
        ),
        pytest.param(
            direction(1), (*BESIDE, 0.9, TRUCK), direction(1), True, id="class often confused"
        ),
        pytest.param(direction(1), (140, 120, 180, 120), direction(1), False, id="far too large"),
    ],
)
def test_a_lost_track_is_refound_by_its_looks(first, back, seen, old):
    tracker = Tracker("a", NO_OVERLAP)
    track_id = vanish_and_return(tracker, first=first, back=back)
    assert track_id == 2
    assert tracker.observe(track_id, seen, 0.5).track_id == (1 if old else 2)
    (track,) = tracker.update(detections(back), 2.7)
    assert track.track_id == (1 if old else 2)
    assert track.state is TrackState.CONFIRMED


def test_a_refound_track_lives_on_and_the_new_id_is_not_used_again():
    tracker = Tracker("a", NO_OVERLAP)
    vanish_and_return(tracker, first=direction(1), back=BESIDE)
    assert tracker.observe(2, direction(1), 0.5).track_id == 1
    tracks = tracker.update(detections(BESIDE, FAR), 2.7)
    assert ids_at(tracks) == [1, 3]
    with pytest.raises(ValueError, match="camera a has no living track 2"):
        tracker.observe(2, direction(1), 0.5)


def two_lost(second: np.ndarray) -> Tracker:
    tracker = Tracker("a", NO_OVERLAP)
    for index in range(5):
        tracker.update(detections((100, 100, 60, 40), (170, 100, 60, 40)), index * 0.1)
    tracker.observe(1, direction(1), 0.5)
    tracker.observe(2, second, 0.5)
    for index in range(3):
        tracker.update(detections((135, 170, 60, 40)), 2.4 + index * 0.1)
    return tracker


@pytest.mark.parametrize(
    ("second", "track_id"),
    [(direction(1, 0.5), 1), (direction(1, 0.05), 3)],
    ids=["clearly nearer", "alike"],
)
def test_of_two_lost_tracks_only_a_clearly_nearer_one_is_refound(second, track_id):
    assert two_lost(second).observe(3, direction(1), 0.5).track_id == track_id


def test_only_the_first_look_after_confirmation_is_compared():
    tracker = Tracker("a", NO_OVERLAP)
    vanish_and_return(tracker, first=direction(1), back=BESIDE)
    assert tracker.observe(2, direction(0, 1), 0.5).track_id == 2
    assert tracker.observe(2, direction(1), 5.0).track_id == 2


# What is refused


@pytest.mark.parametrize("timestamp", [1.0, 0.5, float("nan"), float("inf")], ids=str)
def test_timestamps_must_ascend(timestamp):
    tracker = Tracker("a", TrackerSettings())
    tracker.update(Detections.empty(), 1.0)
    with pytest.raises(ValueError, match="timestamp must be"):
        tracker.update(Detections.empty(), timestamp)
    assert tracker.update(Detections.empty(), 1.1) == []


@pytest.mark.parametrize(
    ("track_id", "embedding", "quality", "message"),
    [
        pytest.param(9, direction(1), 0.5, "camera a has no living track 9", id="unknown"),
        pytest.param(1, direction(1), 0.0, r"quality must be positive, is 0\.0", id="quality"),
        pytest.param(1, np.ones(3, np.float32), 0.5, "embedding must have shape", id="shape"),
        pytest.param(1, np.ones(EMBEDDING_DIM), 0.5, "embedding must be float32", id="dtype"),
    ],
)
def test_observations_that_make_no_sense(track_id, embedding, quality, message):
    tracker = Tracker("a", TrackerSettings())
    tracker.update(detections((0, 0, 60, 40)), 0.0)
    with pytest.raises(ValueError, match=message):
        tracker.observe(track_id, embedding, quality)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"max_lost_s": -1.0}, r"max_lost_s must be finite and not negative, is -1\.0"),
        ({"max_lost_s": 0.0}, r"max_lost_s must be positive, is 0\.0"),
        ({"min_iou": 1.5}, r"min_iou must be at most 1, is 1\.5"),
        ({"low_confidence": 0.5}, r"low_confidence must not exceed high_confidence \(0\.3\)"),
        ({"confirm_hits": 0}, "confirm_hits must be at least 1, is 0"),
        ({"refind_distance": float("nan")}, "refind_distance must be finite"),
    ],
    ids=["negative", "zero", "share", "order", "hits", "nan"],
)
def test_settings_name_what_is_wrong(values, message):
    with pytest.raises(ValueError, match=message):
        TrackerSettings(**values)
