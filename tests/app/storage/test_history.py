"""What was known at the time, and what only later."""

from __future__ import annotations

import pytest

from app.results.export import write_tracks
from app.storage.history import boxes_as_known
from app.storage.records import MovedBoxes, Revision
from app.storage.store import Store
from tests.app.stores import START, box, camera, tracklet, view
from tracking.decisions import Assignment


@pytest.fixture
def store(tmp_path):
    """One vehicle in 40 frames at 10 a second: number 1 after 1.5 s, 7 after 3 s."""
    with Store.create(tmp_path / "run") as store:
        store.put_camera(camera("north"))
        store.append_boxes([box(frame, 1) for frame in range(40)])
        store.append_boxes([box(frame, 2) for frame in range(40)])
        store.upsert_sighting(tracklet("north", 1), view(), first_frame=0, last_frame=39)
        for number, after in ((1, 1.5), (1, 2.0), (7, 3.0)):
            store.put_assignment(
                ("north", 1), Assignment(number, None), timestamp=START + after, cause="evidence"
            )
        yield store


def known(store: Store, **options: float) -> dict[int, int | None]:
    boxes = boxes_as_known(store, "north", **options)
    return {one.frame: one.identity_id for one in boxes if one.track_id == 1}


@pytest.mark.parametrize(
    ("delay_s", "first", "second"),
    [
        pytest.param(0.0, 15, 30, id="at once"),
        pytest.param(1.0, 5, 20, id="a second later"),
        pytest.param(5.0, 0, 0, id="much later"),
    ],
)
def test_a_box_has_the_identity_known_at_its_time(store, delay_s, first, second):
    expected = [None] * first + [1] * (second - first) + [7] * (40 - second)
    # Times are stored as seconds since 1970, a tenth of a microsecond exact.
    assert list(known(store, delay_s=delay_s + 1e-6).values()) == expected


def test_a_track_without_a_sighting_was_never_known(store):
    boxes = boxes_as_known(store, "north")
    assert {one.identity_id for one in boxes if one.track_id == 2} == {None}


def move(store: Store, track_id: int, *, to: int, frames: tuple[int, int], after: float) -> None:
    store.move_boxes(
        MovedBoxes(
            camera_id="north",
            track_id=track_id,
            to=to,
            first_frame=frames[0],
            last_frame=frames[1],
            timestamp=START + after,
        )
    )


def test_boxes_move_to_the_track_that_they_belong_to(store):
    move(store, 1, to=5, frames=(30, 39), after=3.9)
    owner = {b.frame: b.track_id for b in store.boxes("north") if b.track_id != 2}
    assert owner == {frame: 5 if frame >= 30 else 1 for frame in range(40)}
    (moved,) = store.moved_boxes("north")
    assert (moved.track_id, moved.to, moved.first_frame, moved.last_frame) == (1, 5, 30, 39)
    assert list(store.moved_boxes("south")) == []


def test_a_track_that_became_another_was_the_first_until_that_was_seen(store):
    # From frame 10 on it is track 5, which is seen in frame 29 and has a number a second later.
    move(store, 1, to=5, frames=(10, 29), after=2.9)
    store.upsert_sighting(tracklet("north", 5), view(), first_frame=10, last_frame=39)
    store.put_assignment(("north", 5), Assignment(9, None), timestamp=START + 3.9, cause="evidence")
    boxes = {b.frame: b for b in boxes_as_known(store, "north", delay_s=1e-6) if b.track_id != 2}
    assert [boxes[frame].track_id for frame in (9, 10, 39)] == [1, 5, 5]
    shown = [boxes[frame].identity_id for frame in range(40)]
    assert shown == [None] * 15 + [1] * 14 + [None] * 10 + [9]


def test_boxes_that_were_moved_twice_in_one_frame_are_taken_back_in_turn(store):
    # Track 1 goes over to what is taken for a new vehicle, and that is at once known as track 3.
    move(store, 1, to=5, frames=(20, 39), after=5.0)
    move(store, 5, to=3, frames=(20, 39), after=5.0)
    early = [b for b in boxes_as_known(store, "north", delay_s=1e-6) if b.track_id == 3]
    assert [b.identity_id for b in early] == [1] * 10 + [7] * 10
    late = [b for b in boxes_as_known(store, "north", delay_s=9.0) if b.track_id == 3]
    assert {b.identity_id for b in late} == {None}


def test_what_people_corrected_afterwards_was_not_known(store):
    before = known(store)
    store.revise(Revision(sighting_id=1, before=7, after=9, timestamp=None, cause="corrected"))
    assert known(store) == before
    assert {one.identity_id for one in store.boxes("north") if one.track_id == 1} == {9}


def test_what_the_last_look_over_everything_found_was_not_known(store):
    before = known(store)
    last = Assignment(9, None)
    store.put_assignment(("north", 1), last, timestamp=START + 3.9, cause="final")
    assert known(store) == before
    assert {one.identity_id for one in store.boxes("north") if one.track_id == 1} == {9}


def test_a_first_identity_at_the_end_was_known_then(store):
    store.upsert_sighting(tracklet("north", 2), view(), first_frame=0, last_frame=39)
    store.put_assignment(("north", 2), Assignment(4, None), timestamp=START + 3.9, cause="ended")
    shown = [b.identity_id for b in boxes_as_known(store, "north") if b.track_id == 2]
    assert shown == [None] * 29 + [4] * 11


def test_every_identity_is_in_the_history_once(store):
    assert [(r.before, r.after, r.cause) for r in store.revisions("north")] == [
        (None, 1, "first"),
        (1, 7, "evidence"),
    ]
    assert list(store.revisions("south")) == []


def test_a_camera_without_boxes(store):
    assert list(boxes_as_known(store, "south")) == []


def test_tracks_are_written_with_either(store, tmp_path):
    (final,) = write_tracks(store, tmp_path / "tracks")
    (online,) = write_tracks(store, tmp_path / "tracks_online", online=True)
    numbers = [
        [line.split(",")[1] for line in path.read_text().splitlines()] for path in (final, online)
    ]
    assert numbers[0] == ["7"] * 40
    assert numbers[1] == ["1"] * 15 + ["7"] * 20
