"""Corrections applied to a store: found again in fragments, enforced, and told to the engine."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.corrections.correcting import add as add_correction
from app.corrections.correcting import apply_corrections, constraints
from app.corrections.correction import Corrections
from app.corrections.correction_request import split
from app.corrections.locating import locate, remember
from app.corrections.marks import Mark, Path
from app.storage.store import Store
from tests.app.stores import START, box, camera, tracklet, view
from tracking.decisions import Assignment, Correction

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def add(store: Store, track_id: int, frames: range, *, x: float, identity_id: int) -> None:
    """A vehicle that stands at a place for some frames at 10 a second."""
    at = START + frames[0] / 10
    store.append_boxes([box(frame, track_id, x=x) for frame in frames])
    store.upsert_sighting(
        tracklet("north", track_id, at=at),
        view(at=at),
        first_frame=frames[0],
        last_frame=frames[-1],
    )
    decision = Assignment(identity_id, None)
    store.put_assignment(("north", track_id), decision, timestamp=at, cause="evidence")


def marks(store: Store, *track_ids: int) -> list[Mark]:
    """The marks of some sightings, in the order in which they are named."""
    north = store.cameras()[0]
    found = {
        one.track_id: Path.of_sighting(one, store.track(one), north).mark()
        for one in store.sightings()
    }
    return [found[track_id] for track_id in track_ids]


@pytest.fixture
def whole(tmp_path):
    """Two vehicles side by side; the first is told from the second, and is the third."""
    with Store.create(tmp_path / "whole") as store:
        store.put_camera(camera("north"))
        for track_id, frames, x in ((1, range(40), 10.0), (2, range(40), 90.0)):
            add(store, track_id, frames, x=x, identity_id=1)
        add(store, 3, range(60, 80), x=10.0, identity_id=2)
        yield store


@pytest.fixture
def said(whole) -> Corrections:
    a, b, c = marks(whole, 1, 2, 3)
    known = Corrections().with_new("split", same=[a], different_from=[b], by="ann", at=NOW)
    return known.with_new("confirm", same=[a, c], by="ann", at=NOW)


@pytest.fixture
def broken(tmp_path):
    """The same, but the tracker lost the first vehicle on the way and numbers differently."""
    with Store.create(tmp_path / "broken") as store:
        store.put_camera(camera("north", clock_offset_s=0.0))
        parts = ((7, range(15), 12.0), (8, range(40), 91.0), (9, range(20, 40), 8.0))
        for track_id, frames, x in parts:
            add(store, track_id, frames, x=x, identity_id=5)
        add(store, 4, range(60, 80), x=9.0, identity_id=6)
        yield store


def identities(store: Store) -> dict[int, int | None]:
    return {one.track_id: one.identity_id for one in store.sightings()}


def test_corrections_are_applied_where_they_were_made(whole, said):
    outcome = apply_corrections(whole, said)
    assert identities(whole) == {1: 2, 2: 1, 3: 2}
    assert [(r.before, r.after, r.cause) for r in outcome.revisions] == [(1, 2, "corrected")]
    assert outcome.rulings == (1, 2)
    assert outcome.warnings == ()


def test_applying_them_again_changes_nothing(whole, said):
    apply_corrections(whole, said)
    assert apply_corrections(whole, said).revisions == ()


def test_a_file_that_was_edited_by_hand_is_believed(whole, said):
    apply_corrections(whole, said)
    (confirmed, *_) = whole.corrections_of(3)
    assert (confirmed.correction_id, confirmed.made_by, confirmed.note) == (2, "ann", "")
    split, confirm = said.corrections
    apply_corrections(
        whole, replace(said, corrections=(split, replace(confirm, by="bob", note="dent")))
    )
    (confirmed, *_) = whole.corrections_of(3)
    assert (confirmed.correction_id, confirmed.made_by, confirmed.note) == (2, "bob", "dent")
    apply_corrections(whole, replace(said, corrections=(split,)))
    assert whole.corrections_of(3) == []
    assert whole.corrected_sightings() == {1, 2}
    assert [one.correction_id for one in whole.corrections()] == [1, 2]


def test_fragments_are_found_as_such(broken, said):
    keys = locate(broken, said.sightings)
    assert list(keys.values()) == [(("north", 7), ("north", 9)), (("north", 8),), (("north", 4),)]
    apply_corrections(broken, said)
    assert identities(broken) == {7: 6, 9: 6, 8: 5, 4: 6}


def test_where_it_was_made_a_correction_is_of_the_sightings_that_it_names_alone(whole):
    # A second track on the vehicle, with nearly the same boxes: nobody spoke of it.
    add(whole, 5, range(5, 40), x=14.0, identity_id=9)
    said = Corrections().with_new("merge", same=marks(whole, 1, 3), by="ann", at=NOW)
    apply_corrections(whole, said)
    assert identities(whole) == {1: 1, 2: 1, 3: 1, 5: 9}


def test_fragments_that_were_corrected_as_one_can_be_told_apart(broken, whole):
    said = Corrections().with_new("merge", same=marks(whole, 1, 3), by="ann", at=NOW)
    apply_corrections(broken, said)
    by_track = {one.track_id: one for one in broken.sightings()}
    request = split(broken, [by_track[9]])
    said = add_correction(broken, said, request, by="bob", at=NOW, note="")
    apply_corrections(broken, said)
    assert identities(broken) == {7: 5, 8: 5, 4: 5, 9: 7}
    told = [(one.first[1], one.second[1], one.same) for one in constraints(broken, said)]
    assert (7, 4, True) in told
    assert (9, 7, False) in told
    assert (7, 9, True) not in told


def test_the_association_is_told_in_pairs(broken, said):
    def pair(a: int, b: int, *, same: bool) -> Correction:
        return Correction(("north", a), ("north", b), same=same)

    assert constraints(broken, said) == [
        pair(7, 9, same=True),
        pair(7, 8, same=False),
        pair(9, 8, same=False),
        pair(7, 9, same=True),
        pair(7, 4, same=True),
    ]
    assert constraints(broken, said.undone(1, at=NOW).undone(2, at=NOW)) == []


@pytest.mark.parametrize("cameras", [[], ["south"]], ids=["no camera", "another camera"])
def test_nothing_is_found_elsewhere(tmp_path, said, cameras):
    with Store.create(tmp_path / "run") as store:
        for name in cameras:
            store.put_camera(camera(name))
        outcome = apply_corrections(store, said)
        assert outcome.revisions == ()
        assert outcome.rulings == ()
        assert len(outcome.warnings) == 2
        assert constraints(store, said) == []


def test_no_corrections_change_nothing(whole):
    assert apply_corrections(whole, Corrections()).revisions == ()
    assert constraints(whole, Corrections()) == []


def test_what_was_found_is_remembered(broken, said):
    found = locate(broken, said.sightings)
    remember(broken, said.sightings, found)
    # Were they looked for, the paths would be gone.
    broken._connection.execute("DELETE FROM boxes")
    assert locate(broken, said.sightings) == found


def test_a_mark_that_was_edited_is_looked_for_anew(broken, said):
    remember(broken, said.sightings, locate(broken, said.sightings))
    name, mark = next(iter(said.sightings.items()))
    elsewhere = replace(mark, places=tuple(replace(p, x1=300.0, x2=330.0) for p in mark.places))
    assert locate(broken, {name: elsewhere}) == {name: ()}
