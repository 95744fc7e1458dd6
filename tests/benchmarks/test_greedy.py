from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.greedy import THRESHOLDS, GreedyMatcher, best_threshold
from tests.tracking.corridor import passing
from tracking.types import EMBEDDING_DIM


def look(angle: float) -> np.ndarray:
    vector = np.zeros(EMBEDDING_DIM, np.float32)
    vector[:2] = np.cos(angle), np.sin(angle)
    return vector


@pytest.mark.parametrize(
    ("angles", "expected"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([0.0], [1], id="one"),
        pytest.param([0.0, 0.3], [1, 1], id="near"),
        pytest.param([0.0, 1.0], [1, 2], id="far"),
        # After 0 and 0.4 the mean is at 0.2, so that 0.65 is near enough, at 0.45.
        pytest.param([0.0, 0.4, 0.65], [1, 1, 1], id="near to the mean"),
        pytest.param([0.0, 1.0, 0.6], [1, 2, 2], id="the nearest of two"),
    ],
)
def test_match(angles: list[float], expected: list[int]) -> None:
    matcher = GreedyMatcher(0.5)
    assert [matcher.match(look(angle)) for angle in angles] == expected


def test_more_vehicles_than_room() -> None:
    matcher = GreedyMatcher(0.01)
    vectors = np.eye(200, EMBEDDING_DIM, dtype=np.float32)
    assert [matcher.match(v) for v in vectors] == list(range(1, 201))
    assert matcher.match(vectors[137]) == 138


def test_only_tracks_that_have_ended_are_matched() -> None:
    ended = passing("a", 1, np.arange(3.0), look(0.0))
    young = replace(ended, track_id=2, ended=False)
    found = GreedyMatcher(0.5).update([young, ended])
    assert {key: match.identity_id for key, match in found.items()} == {("a", 1): 1}


def test_best_threshold() -> None:
    assert best_threshold(lambda t: -abs(t - 0.8)) == 0.8
    assert THRESHOLDS[0] == 0.5
    assert THRESHOLDS[-1] == 1.2
