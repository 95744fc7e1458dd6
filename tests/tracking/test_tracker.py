from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.types import CLASS_NAMES, Detections
from tracking.tracker import Handover, Tracker, TrackerSettings, Verdict
from tracking.types import EMBEDDING_DIM, Track, TrackState

CAR, MOTORCYCLE, BUS, TRUCK = range(len(CLASS_NAMES))
RATES = pytest.mark.parametrize("fps", [5, 10, 30], ids="{} fps".format)


def detections(*rows: tuple[float, ...]) -> Detections:
    """Rows are (x, y, w, h), then optionally confidence and class."""
    full = [(*row, 0.9, CAR)[:6] if len(row) == 4 else (*row, CAR)[:6] for row in rows]
    table = np.array(full, np.float64).reshape(-1, 6)
    corners = np.concatenate([table[:, :2], table[:, :2] + table[:, 2:4]], axis=1)
    return Detections(
        corners.astype(np.float32), table[:, 4].astype(np.float32), table[:, 5].astype(np.int64)
    )


def run(tracker: Tracker, frames: list[tuple[float, Detections]]) -> list[list[Track]]:
    return [tracker.update(found, timestamp) for timestamp, found in frames]


def ids_at(tracks: list[Track]) -> list[int | None]:
    """Return the track id of each detection row, None where a row has none."""
    by_row = {track.detection: track.track_id for track in tracks if track.detection is not None}
    return [by_row.get(row) for row in range(1 + max(by_row, default=-1))]


def times(fps: float, seconds: float) -> list[float]:
    return [index / fps for index in range(round(fps * seconds))]


def direction(*weights: float) -> np.ndarray:
    vector = np.zeros(EMBEDDING_DIM, np.float32)
    vector[: len(weights)] = weights
    return vector / np.linalg.norm(vector)


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


@settings(deadline=None)
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


# Doubt: a car drives over the place of a parked one, and is all that is detected of both

PLACE = (300.0, 100.0, 60.0, 40.0)
FIRST_LOOKS = {1: direction(1), 2: direction(0, 1)}


def mover(index: int) -> tuple[float, float, float, float]:
    return (180 + 6 * index, 108, 60, 40)


def drive_past(tracker: Tracker, *, ends_at: str, looks: dict[int, np.ndarray]) -> float:
    """Show track 1 parked and track 2 coming, then one box for both; return the last time.

    From 2 s on, when the mover covers the place, there is one box, which stays there ("place") or
    drives on ("road"): the tracks may take it as they like.
    """
    for index in range(20):
        tracker.update(detections(PLACE, mover(index)), index * 0.1)
        if index == 5:
            for track_id, look in looks.items():
                assert tracker.observe(track_id, look, 0.5) == Verdict(track_id)
    for index in range(20, 40):
        box = PLACE if ends_at == "place" else mover(index)
        tracks = tracker.update(detections(box), index * 0.1)
    (track,) = [track for track in tracks if track.detection == 0]
    assert track.to_settle
    return index * 0.1


def holder(tracker: Tracker) -> int:
    """Return the id of the track that has the one box."""
    (track,) = [t for t in tracker._tracks if t.detection is not None]
    return track.track_id


@pytest.mark.parametrize("ends_at", ["place", "road"])
def test_a_track_that_looks_as_before_keeps_its_id(ends_at):
    tracker = Tracker("a", TrackerSettings())
    drive_past(tracker, ends_at=ends_at, looks=FIRST_LOOKS)
    track_id = holder(tracker)
    assert tracker.observe(track_id, FIRST_LOOKS[track_id], 0.5) == Verdict(track_id)
    (track,) = [t for t in tracker._tracks if t.track_id == track_id]
    assert track.doubt is None


def test_a_track_that_looks_different_departs():
    tracker = Tracker("a", TrackerSettings())
    end = drive_past(tracker, ends_at="road", looks=FIRST_LOOKS)
    old = holder(tracker)
    verdict = tracker.observe(old, direction(0, 0, 1), 0.5)
    (handover,) = verdict.handovers
    assert (handover.track_id, handover.to, verdict.track_id) == (old, 3, 3)
    # It came into doubt while it passed the place, not when it was looked at.
    assert 1.7 < handover.since < 2.6
    (track,) = tracker.update(detections(mover(40)), end + 0.1)
    assert (track.track_id, track.state) == (3, TrackState.CONFIRMED)
    gone = {
        t.track_id
        for index in range(41, 90)
        for t in tracker.update(detections(mover(index)), index * 0.1)
        if t.state is TrackState.REMOVED
    }
    assert gone == {1, 2}


def test_a_track_that_went_over_to_a_lost_one_goes_on_as_that():
    tracker = Tracker("a", TrackerSettings())
    drive_past(tracker, ends_at="place", looks=FIRST_LOOKS)
    old = holder(tracker)
    other = {1: 2, 2: 1}[old]
    verdict = tracker.observe(old, FIRST_LOOKS[other], 0.5)
    # The other one was last seen at the same moment, and not since.
    assert verdict.track_id == other
    depart, whole = verdict.handovers
    assert (depart.track_id, depart.to) == (old, 3)
    assert whole == Handover(3, other)
    tracks = tracker.update(detections(PLACE), 4.0)
    assert ids_at(tracks) == [other]


@pytest.mark.parametrize(
    "setting", [{"depart_distance": 2.1}, {}], ids=["never departs", "no look before"]
)
def test_some_tracks_never_depart(setting):
    tracker = Tracker("a", TrackerSettings(**setting))
    drive_past(tracker, ends_at="road", looks=FIRST_LOOKS if setting else {})
    track_id = holder(tracker)
    assert tracker.observe(track_id, direction(0, 0, 1), 0.5) == Verdict(track_id)


def exchanged(tracker: Tracker) -> None:
    """Let two tracks get into doubt with each other, and stand clear with the looks exchanged."""
    for index in range(12):
        tracker.update(detections((100, 100, 60, 40), (300, 100, 60, 40)), index * 0.1)
        if index == 5:
            tracker.observe(1, direction(1), 0.5)
            tracker.observe(2, direction(0, 1), 0.5)
    # They come near from both sides, touch, and go back: who knows which is which?
    for index in range(12, 52):
        apart = abs(index - 31.5) / 19.5 * 180 + 20
        rows = ((200 - apart / 2, 100, 60, 40), (200 + apart / 2, 100, 60, 40))
        tracks = tracker.update(detections(*rows), index * 0.1)
    assert ids_at(tracks) == [1, 2]
    assert all(track.to_settle for track in tracks)


@pytest.mark.parametrize("pending", [False, True], ids=["never looked at", "looked at on the way"])
def test_two_tracks_that_exchanged_their_vehicles_are_both_put_right(pending):
    tracker = Tracker("a", TrackerSettings())
    exchanged(tracker)
    if pending:
        # Seen since, but not by itself: it counts once the other one tells whose it is.
        (second,) = [t for t in tracker._tracks if t.track_id == 2]
        second.clear = False
        assert tracker.observe(2, direction(1), 0.5) == Verdict(2)
        assert second.mean_embedding()[:2].tolist() == [0, 1]
    verdict = tracker.observe(1, direction(0, 1), 0.5)
    assert verdict.track_id == 2
    assert [(h.track_id, h.to, h.since is None) for h in verdict.handovers] == [
        (1, 3, False),
        (2, 4, False),
        *([(4, 1, True)] if pending else []),
        (3, 2, True),
    ]
    tracks = tracker.update(detections((110, 100, 60, 40), (290, 100, 60, 40)), 5.2)
    assert ids_at(tracks) == [2, 1 if pending else 4]
    if not pending:
        assert tracker.observe(4, direction(1), 0.5) == Verdict(1, (Handover(4, 1),))


def test_a_departed_track_is_of_the_class_that_is_seen_now():
    tracker = Tracker("a", TrackerSettings())
    for index in range(40):
        rows = [(*PLACE, 0.9, TRUCK), (*mover(index), 0.9, CAR)]
        shown = rows if index < 20 else [(*mover(index), 0.9, CAR)]
        tracks = tracker.update(detections(*shown), index * 0.1)
        if index == 5:
            tracker.observe(1, direction(1), 0.5)
            tracker.observe(2, direction(0, 1), 0.5)
    (track,) = [t for t in tracks if t.detection == 0]
    new = tracker.observe(track.track_id, direction(0, 0, 1), 0.5).track_id
    (track,) = tracker.update(detections((*mover(40), 0.9, CAR)), 4.0)
    assert (track.track_id, track.class_id) == (new, CAR)


def pass_by(tracker: Tracker, first: int, last: int, *, parked_until: int = 99) -> list[Track]:
    """Show track 1 on its way past the parked track 2 in some frames; return the last snapshots.

    At 1.5 s it is right in front, from 2.0 s on they stand clear of each other.
    """
    for index in range(first, last + 1):
        rows = [(10 * index, 100, 60, 40), (150, 108, 60, 40)]
        tracks = tracker.update(detections(*rows[: 1 + (index <= parked_until)]), index * 0.1)
        if index == 5:
            for track_id, look in FIRST_LOOKS.items():
                assert tracker.observe(track_id, look, 0.5) == Verdict(track_id)
    return tracks


def test_a_look_settles_only_what_is_in_doubt_and_clear():
    tracker = Tracker("a", TrackerSettings())
    to_settle = [
        tuple(track.to_settle for track in pass_by(tracker, index, index)) for index in range(22)
    ]
    assert to_settle == [(False, False)] * 20 + [(True, True)] * 2
    tracker.observe(1, FIRST_LOOKS[1], 0.5)
    assert [track.to_settle for track in pass_by(tracker, 22, 22)] == [False, True]


def test_a_departure_is_since_the_first_detection_after_the_greatest_overlap():
    tracker = Tracker("a", TrackerSettings())
    pass_by(tracker, 0, 20)
    verdict = tracker.observe(1, direction(0, 0, 1), 0.5)
    assert verdict == Verdict(3, (Handover(1, 3, pytest.approx(1.6)),))
    seen = [pass_by(tracker, index, index) for index in range(21, 55)]
    assert [track.track_id for track in seen[0]] == [2, 3]
    # The old one was last seen at 1.5 s, hence it is gone after 4.5 s.
    (gone,) = [tracks for tracks in seen if any(t.track_id == 1 for t in tracks)]
    assert (gone[0].track_id, gone[0].state) == (1, TrackState.REMOVED)
    assert gone[0].timestamp == pytest.approx(4.6)
    with pytest.raises(ValueError, match="camera a has no living track 1"):
        tracker.observe(1, direction(1), 0.5)
    tracks = tracker.update(detections(FAR), 5.6)
    assert ids_at(tracks) == [4]


@pytest.mark.parametrize(
    ("pending", "look", "track_id"),
    [
        pytest.param(direction(0, 1), FIRST_LOOKS[1], 1, id="not before"),
        pytest.param(direction(0, 1), FIRST_LOOKS[2], 2, id="since"),
        pytest.param(direction(0, 0, 1), FIRST_LOOKS[2], 3, id="since, another"),
    ],
)
def test_a_look_while_not_clear_counts_to_what_was_seen_since_the_doubt(pending, look, track_id):
    tracker = Tracker("a", TrackerSettings())
    pass_by(tracker, 0, 17, parked_until=15)
    # A lost one hides nobody, so that what is there has to be detected.
    tracker.update(detections((180, 100, 60, 40), (150, 108, 60, 40)), 1.8)
    assert tracker.observe(1, pending, 5.0) == Verdict(1)
    tracks = pass_by(tracker, 19, 24, parked_until=15)
    assert ids_at(tracks) == [1]
    # If the first look at it counted as much, it would be the other's by now, or a third's.
    assert tracker.observe(1, look, 0.5).track_id == track_id


@pytest.mark.parametrize(("votes", "class_id"), [(0.4, TRUCK), (0.2, CAR)], ids=["more", "less"])
def test_a_departed_track_is_voted_anew_from_the_current_detection_on(votes, class_id):
    tracker = Tracker("a", TrackerSettings())
    pass_by(tracker, 0, 19)
    tracker.update(detections((200, 100, 60, 40, votes, TRUCK), (150, 108, 60, 40)), 2.0)
    assert tracker.observe(1, direction(0, 0, 1), 0.5).track_id == 3
    tracks = tracker.update(detections((210, 100, 60, 40, 0.3, CAR), (150, 108, 60, 40)), 2.1)
    assert [(track.track_id, track.class_id) for track in tracks] == [(2, CAR), (3, class_id)]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_handovers_name_tracks_that_are_there(seed):
    rng = np.random.default_rng(seed)
    tracker = Tracker("a", TrackerSettings())
    start, speed = rng.uniform(0, 300, (5, 2)), rng.uniform(-80, 80, (5, 2))
    alive: set[int] = set()
    used: set[int] = set()
    for index in range(60):
        seen = rng.random(5) < 0.8
        places = (start + speed * index * 0.1)[seen]
        tracks = tracker.update(detections(*((x, y, 60, 40) for x, y in places)), index * 0.1)
        fresh = {track.track_id for track in tracks} - alive
        assert not fresh & used
        used |= fresh
        alive |= fresh
        alive -= {track.track_id for track in tracks if track.state is TrackState.REMOVED}
        for track in tracks:
            if track.detection is None or track.track_id not in alive or rng.random() < 0.5:
                continue
            look = direction(*np.eye(3)[rng.integers(3)])
            verdict = tracker.observe(track.track_id, look, 0.5)
            for handover in verdict.handovers:
                assert handover.track_id in alive
                if handover.to not in alive:
                    assert handover.since is not None
                    assert handover.to not in used
                    used.add(handover.to)
                    alive.add(handover.to)
                if handover.since is None:
                    alive.remove(handover.track_id)
            assert verdict.track_id in alive


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
