"""A person who knows the truth: what is said first, and what comes of it."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.oracle import Key, Observation, Part, Scene
from benchmarks.oracle_person import constraints, corrections_for, last_said, put_right
from benchmarks.oracle_roads import Roads
from benchmarks.oracle_score import Answer, score, unchanging
from tests.tracking.corridor import passing
from tracking.types import EMBEDDING_DIM

LOOK = np.eye(1, EMBEDDING_DIM)[0]


def scene_of(vehicles: str) -> Scene:
    """One letter for each tracklet's vehicle, each in a camera of its own, shorter and shorter."""
    observations = []
    for n, letter in enumerate(vehicles):
        tracklet = passing(f"c{n}", 1, np.arange(100.0 * n, 100.0 * n + 30.0 - n), LOOK)
        part = Part(ord(letter), n, tracklet.first_timestamp, tracklet.last_timestamp)
        observations.append(Observation(tracklet, (part,), 0))
    truth = [part for one in observations for part in one.parts]
    return Scene(Roads((), {}, ()), observations, truth, {})


def key(n: int) -> Key:
    return (f"c{n}", 1)


@pytest.mark.parametrize(
    ("vehicles", "identities", "kinds", "after"),
    [
        pytest.param("", [], [], [], id="nothing"),
        pytest.param("aabb", [1, 1, 2, 2], [], [1, 1, 2, 2], id="nothing wrong"),
        pytest.param("aabb", [1, 3, 2, 2], ["merge"], [1, 1, 2, 2], id="split in two"),
        pytest.param("aaaa", [1, 1, 3, 3], ["merge"], [1, 1, 1, 1], id="two and two"),
        pytest.param("aabb", [1, 1, 1, 2], ["confirm"], [1, 1, 2, 2], id="one under another"),
        pytest.param("aab", [1, 1, 1], ["split"], [1, 1, 2], id="a vehicle without its own"),
        pytest.param("aaabb", [1, 1, 1, 1, 1], ["split"], [1, 1, 1, 2, 2], id="two of them"),
        pytest.param(
            "aaabbbb",
            [1, 1, 1, 1, 1, 2, 2],
            ["split", "merge"],
            [1, 1, 1, 2, 2, 2, 2],
            id="split off and merged",
        ),
        pytest.param(
            "abba",
            [1, 2, 1, 2],
            ["confirm", "confirm"],
            [1, 2, 2, 1],
            id="exchanged",
        ),
    ],
)
def test_what_is_said_and_what_comes_of_it(
    vehicles: str, identities: list[int], kinds: list[str], after: list[int]
) -> None:
    scene = scene_of(vehicles)
    said = {key(n): identity for n, identity in enumerate(identities)}
    rulings = corrections_for(scene, said, most=10)
    assert [one.kind for one in rulings] == kinds
    corrected = put_right(Answer({}, unchanging(said)), rulings)
    found = list(last_said(corrected).values())
    # The same groups, under whatever numbers.
    assert [found.index(i) for i in found] == [after.index(i) for i in after]
    assert corrections_for(scene, last_said(corrected), most=10) == []
    if len(vehicles) > 1:
        assert score(scene, corrected.final).split == 0
        assert score(scene, corrected.final).merged == 0


def test_the_longest_comes_first_and_no_more_than_asked() -> None:
    scene = scene_of("aabbcc")
    said = {key(n): n for n in range(6)}
    everything = corrections_for(scene, said, most=10)
    assert [one.same for one in everything] == [
        (key(0), key(1)),
        (key(2), key(3)),
        (key(4), key(5)),
    ]
    assert corrections_for(scene, said, most=2) == everything[:2]
    assert corrections_for(scene, said, most=0) == []


def test_corrections_as_constraints() -> None:
    scene = scene_of("aab")
    said = {key(n): 1 for n in range(3)}
    found = constraints(corrections_for(scene, said, most=1))
    assert [(c.first, c.second, c.same) for c in found] == [
        (key(2), key(0), False),
        (key(2), key(1), False),
    ]
