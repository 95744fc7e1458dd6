"""Tracks that may have gone over to another vehicle."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tracking.shown import CAR, TRUCK, detections, direction, ids_at
from tracking.single_camera.settings import TrackerSettings
from tracking.single_camera.tracker import Handover, Tracker, Verdict
from tracking.types import Track, TrackState

# Doubt: a car drives over the place of a parked one, and is all that is detected of both

FAR = (900.0, 500.0, 60.0, 40.0)
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


@settings(max_examples=60)
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
