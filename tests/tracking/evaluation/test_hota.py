from __future__ import annotations

import contextlib
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trackeval.metrics import HOTA

from tests.tracking.peers import trackeval_input
from tests.tracking.sequences import labelled, random_pair
from tracking.evaluation.comparison import compare
from tracking.evaluation.hota import hota_scores

ONE = [(1, 1, 0), (2, 1, 0)]


@pytest.mark.parametrize(
    ("truth", "predicted", "hota", "deta", "assa"),
    [
        pytest.param([], [], 0, 0, 0, id="nothing"),
        pytest.param(ONE, [], 0, 0, 0, id="missed"),
        pytest.param([], ONE, 0, 0, 0, id="invented"),
        pytest.param(ONE, [(1, 5, 0), (2, 5, 0)], 1, 1, 1, id="right"),
        # Each box is matched, but each pair of identities shares one box of two.
        pytest.param(ONE, [(1, 5, 0), (2, 6, 0)], 0.5**0.5, 1, 0.5, id="split in the middle"),
        # One box of two: association of the found one covers half of the vehicle.
        pytest.param(ONE, [(1, 5, 0)], 0.5, 0.5, 0.5, id="half of it missed"),
        # Shifted by 5 of 10: IoU 1/3, right at 6 of the 19 thresholds.
        pytest.param(ONE, [(1, 5, 5), (2, 5, 5)], 6 / 19, 6 / 19, 6 / 19, id="IoU a third"),
    ],
)
def test_hota(
    truth: list[tuple[float, ...]],
    predicted: list[tuple[float, ...]],
    hota: float,
    deta: float,
    assa: float,
) -> None:
    scores = hota_scores(compare(labelled(truth), labelled(predicted)))
    assert (scores.hota, scores.deta, scores.assa) == pytest.approx((hota, deta, assa))


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.integers(1, 12), st.sampled_from([0.3, 2.0, 5.0]))
def test_equals_trackeval(seed: int, vehicles: int, jitter: float) -> None:
    truth, predicted = random_pair(seed, vehicles=vehicles, jitter=jitter)
    with contextlib.redirect_stdout(io.StringIO()):
        theirs = HOTA().eval_sequence(trackeval_input(truth, predicted))
    ours = hota_scores(compare(truth, predicted))
    assert (ours.hota, ours.deta, ours.assa) == pytest.approx(
        tuple(theirs[name].mean() for name in ("HOTA", "DetA", "AssA")), abs=1e-6
    )
