"""Reasons in words."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from app.storage.records import CorrectionRecord
from app.wording import because, headline, likeliest, possibly
from tests.app.stores import START, city_store
from tracking.decisions import Assignment, Candidate, Reasons

WHY = Reasons(
    previous=("gate", 3),
    distance=0.614,
    appearance_probability=0.883,
    gap_s=14.2,
    travel_time_likelihood=6.0,
    link=("gate", "roof"),
    runner_up=Candidate(7, 0.03),
    margin=math.log(32.0),
)


def correction(kind: str) -> CorrectionRecord:
    return CorrectionRecord(correction_id=1, kind=kind, made_by="ann", made_at=START)


@pytest.mark.parametrize(
    ("assignment", "corrections", "words"),
    [
        pytest.param(None, [], "", id="nothing known"),
        pytest.param(Assignment(1, None), [], "first seen here", id="new"),
        pytest.param(
            Assignment(1, None, 0.62, candidates=(Candidate(2, 0.3),)),
            [],
            "first seen here, 62 % certain",
            id="perhaps new",
        ),
        pytest.param(
            Assignment(1, 0.6, 0.91, WHY), [], "re-identified, 91 % certain", id="re-identified"
        ),
        pytest.param(Assignment(1, 0.614), [], "distance 0.61", id="without reasons"),
        pytest.param(Assignment(1, 0.6), [correction("merge")], "merged by ann", id="merged"),
        pytest.param(None, [correction("split")], "split off by ann", id="split"),
        pytest.param(
            None, [correction("merge"), correction("confirm")], "confirmed by ann", id="newest"
        ),
        pytest.param(None, [correction("reject")], "rejected by ann", id="rejected"),
    ],
)
def test_headlines(assignment, corrections, words):
    assert headline(assignment, corrections) == words


def test_all_reasons():
    assert because(WHY) == [
        "same as gate:3, 14.2 s apart",
        "appearance: 88 % (distance 0.61)",
        "travel time fits: 6.0 times more likely than for another vehicle",
        "next best: identity 7, 32 times less likely",
    ]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param({"gap_s": -3.0}, "seen by both for 3.0 s", id="overlap"),
        pytest.param({"gap_s": 3725.0}, "same as gate:3, 1:02:05.0 apart", id="an hour"),
        pytest.param({"link": None}, "absence fits: 6.0 times", id="same camera"),
        pytest.param(
            {"travel_time_likelihood": 0.05},
            "travel time contradicts it: 20 times less likely",
            id="bad time",
        ),
        pytest.param({"travel_time_likelihood": 0.0}, "over 1,000 times less", id="no time"),
        pytest.param({"margin": -0.2}, "identity 7, about as likely", id="a tie"),
        pytest.param({"margin": 400.0}, "identity 7, over 1,000 times less", id="far ahead"),
    ],
)
def test_reasons_of_other_kinds(change, words):
    assert any(words in phrase for phrase in because(replace(WHY, **change)))


def test_what_says_nothing_is_left_out():
    assert len(because(replace(WHY, travel_time_likelihood=1.0, runner_up=None))) == 2


@pytest.mark.parametrize("count", [0, 1, 2])
def test_possibly(count):
    candidates = [Candidate(7, 0.31), Candidate(12, 0.08)][:count]
    words = ["", "possibly the same as identity 7 (31 %)"]
    words.append("possibly the same as identity 7 (31 %) or 12 (8 %)")
    assert possibly(candidates) == words[count]


def test_each_candidate_of_an_identity_comes_once(tmp_path):
    with city_store(tmp_path / "run") as store:
        for key, candidates in (
            (("north", 1), (Candidate(2, 0.2), Candidate(3, 0.1))),
            (("south", 1), (Candidate(3, 0.3),)),
        ):
            chosen = Assignment(1, None, 0.6, candidates=candidates)
            store.put_assignment(key, chosen, timestamp=START, cause="evidence")
        assert likeliest(store, [store.sighting(1), store.sighting(3)]) == [
            Candidate(3, 0.3),
            Candidate(2, 0.2),
        ]
        assert likeliest(store, []) == []
