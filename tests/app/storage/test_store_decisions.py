"""What a store keeps of decisions: reasons, candidates, history, corrections."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.storage.records import CorrectionRecord, Revision
from app.storage.store import Store
from tests.app.stores import START, city_store
from tracking.decisions import Assignment, Candidate, Reasons

SHARES = st.floats(0, 1)
CANDIDATES = st.builds(Candidate, st.sampled_from([2, 3]), SHARES)
REASONS = st.builds(
    Reasons,
    previous=st.just(("north", 1)),
    distance=st.floats(0, 2),
    appearance_probability=SHARES,
    gap_s=st.floats(-60, 1e5),
    travel_time_likelihood=st.floats(0, 1e6),
    link=st.sampled_from([None, ("north", "south"), ("south", "north")]),
    runner_up=st.none() | CANDIDATES,
    margin=st.floats(-50, 50),
)


def ordered(candidates: list[Candidate]) -> tuple[Candidate, ...]:
    return tuple(sorted(candidates, key=lambda one: (-one.probability, one.identity_id)))


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    with city_store(tmp_path_factory.mktemp("shared") / "run") as store:
        yield store


@pytest.fixture
def store(tmp_path):
    with city_store(tmp_path / "run") as store:
        yield store


@given(
    probability=SHARES,
    reasons=st.none() | REASONS,
    candidates=st.lists(CANDIDATES, max_size=2, unique_by=lambda one: one.identity_id),
)
def test_an_assignment_comes_out_as_it_went_in(shared: Store, probability, reasons, candidates):
    # Sighting 3 is south:1; identities 2 and 3 are others.
    given_one = Assignment(
        1,
        None if reasons is None else reasons.distance,
        probability=probability,
        reasons=reasons,
        candidates=ordered(candidates),
    )
    shared.put_assignment(("south", 1), given_one, timestamp=START, cause="evidence")
    assert shared.assignment(3) == given_one


def test_a_sighting_that_nobody_decided_has_no_assignment(store):
    assert store.assignment(99) is None


def test_reasons_and_candidates_are_those_of_the_last_decision(store):
    first = Assignment(1, None, 0.6, candidates=(Candidate(2, 0.3),))
    for one in (first, Assignment(1, None, 0.9)):
        store.put_assignment(("south", 1), one, timestamp=START, cause="evidence")
    assert store.assignment(3) == Assignment(1, None, 0.9)


WHY = Reasons(
    previous=("north", 1),
    distance=0.5,
    appearance_probability=0.9,
    gap_s=8.0,
    travel_time_likelihood=2.0,
    link=("north", "south"),
    runner_up=None,
    margin=3.0,
)


@pytest.mark.parametrize("moved", [1, 3], ids=["the other one", "itself"])
def test_reasons_hold_only_while_both_are_one_identity(store, moved):
    decision = Assignment(1, 0.5, 0.9, WHY)
    store.put_assignment(("south", 1), decision, timestamp=START, cause="evidence")
    assert store.assignment(3) == decision
    change = Revision(sighting_id=moved, before=1, after=7, timestamp=None, cause="corrected")
    store.revise(change)
    found = store.assignment(3)
    assert (found.reasons, found.distance) == (None, None)
    store.revise(replace(change, before=7, after=1, cause="undone"))
    assert store.assignment(3) == decision


def test_candidates_are_vehicles_that_are_still_there_and_others(store):
    candidates = (Candidate(2, 0.3), Candidate(8, 0.2), Candidate(1, 0.1))
    decision = Assignment(1, None, 0.4, candidates=candidates)
    store.put_assignment(("south", 1), decision, timestamp=START, cause="evidence")
    assert store.assignment(3).candidates == (Candidate(2, 0.3),)
    assert store.unsure_identities() == {1}
    store.rule_out([(3, 2)])
    assert store.assignment(3).candidates == ()
    assert store.unsure_identities() == set()
    store.rule_out([])
    assert store.unsure_identities() == {1}


def test_the_history_has_changes_only(store):
    for number, after in ((1, 1.0), (4, 2.0), (4, 3.0), (1, 4.0)):
        store.put_assignment(
            ("north", 2), Assignment(number, None), timestamp=START + after, cause="ended"
        )
    found = [(r.before, r.after, r.timestamp, r.cause) for r in store.revisions()]
    assert found[4:] == [  # after the first ones of the four sightings
        (2, 1, START + 1, "ended"),
        (1, 4, START + 2, "ended"),
        (4, 1, START + 4, "ended"),
    ]


@pytest.mark.parametrize("undone_at", [None, START + 5], ids=["holds", "undone"])
def test_corrections_are_kept_with_what_they_are_about(store, undone_at):
    record = CorrectionRecord(
        correction_id=3, kind="split", made_by="ann", made_at=START, note="dent"
    )
    store.put_correction(record, same=[3], different=[1, 2])
    record = replace(record, undone_at=undone_at)
    store.put_correction(record, same=[3], different=[1])
    assert store.corrections() == [record]
    holds = undone_at is None
    assert store.corrections_of(3) == ([record] if holds else [])
    assert store.corrections_of(1) == []
    assert store.corrected_sightings() == ({1, 3} if holds else set())


def test_numbers_of_identities_are_never_used_again(store):
    assert store.highest_identity() == 3
    store.add_identity(9)
    store.add_identity(9)
    assert store.highest_identity() == 9
    assert [one.identity_id for one in store.identities()] == [1, 2, 3]


def test_an_empty_store_has_no_decisions(tmp_path):
    with Store.create(tmp_path / "run") as store:
        assert store.highest_identity() == 0
        assert list(store.revisions()) == store.corrections() == []
        assert store.unsure_identities() == store.corrected_sightings() == set()
        assert store.sighting_by_key(("north", 1)) is None
