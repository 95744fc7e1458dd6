from __future__ import annotations

import contextlib
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trackeval.metrics import CLEAR, Identity

from tests.tracking.peers import motmetrics_summary, trackeval_input
from tests.tracking.sequences import labelled, random_pair
from tracking.evaluation.comparison import LabelledBoxes, compare
from tracking.evaluation.metrics import clear_scores, identity_scores

TWO_VEHICLES = [(f, v, 100 * v) for f in (1, 2, 3, 4) for v in (1, 2)]


def renamed(rows: list[tuple[int, int, int]], **names: int) -> list[tuple[int, int, int]]:
    """Rename vehicle v in frame f by the keyword f{f}v{v}."""
    return [(f, names.get(f"f{f}v{v}", v), x) for f, v, x in rows]


@pytest.mark.parametrize(
    ("truth", "predicted", "idf1", "mota", "fp", "fn", "switches"),
    [
        pytest.param([], [], 0, 0, 0, 0, 0, id="nothing"),
        pytest.param([(1, 1, 0)], [], 0, 0, 0, 1, 0, id="missed"),
        pytest.param([], [(1, 1, 0)], 0, -1, 1, 0, 0, id="invented"),
        pytest.param([(1, 1, 0)], [(1, 9, 0)], 1, 1, 0, 0, 0, id="found, other number"),
        pytest.param([(1, 1, 0)], [(2, 1, 0)], 0, -1, 1, 1, 0, id="other frame"),
        # Boxes of width 10: shifted by 3 they share 7/13, by 4 only 6/14.
        pytest.param([(1, 1, 0)], [(1, 1, 3)], 1, 1, 0, 0, 0, id="IoU 0.54"),
        pytest.param([(1, 1, 0)], [(1, 1, 4)], 0, -1, 1, 1, 0, id="IoU 0.43"),
        pytest.param(TWO_VEHICLES, TWO_VEHICLES, 1, 1, 0, 0, 0, id="two vehicles"),
        # One box in eight under a new number: IDTP 7, one switch there and one back.
        pytest.param(
            TWO_VEHICLES,
            renamed(TWO_VEHICLES, f2v1=7),
            7 / 8,
            1 - 2 / 8,
            0,
            0,
            2,
            id="one box renamed",
        ),
        # From frame 3 on the two have changed names: half of the boxes are right.
        pytest.param(
            TWO_VEHICLES,
            renamed(TWO_VEHICLES, f3v1=2, f3v2=1, f4v1=2, f4v2=1),
            0.5,
            1 - 2 / 8,
            0,
            0,
            2,
            id="names swapped",
        ),
    ],
)
def test_scores(
    truth: list[tuple[float, ...]],
    predicted: list[tuple[float, ...]],
    idf1: float,
    mota: float,
    fp: int,
    fn: int,
    switches: int,
) -> None:
    comparison = compare(labelled(truth), labelled(predicted))
    clear = clear_scores(comparison)
    assert identity_scores(comparison).idf1 == pytest.approx(idf1)
    assert (clear.fp, clear.fn, clear.id_switches) == (fp, fn, switches)
    assert clear.mota == pytest.approx(mota)


def test_idp_and_idr_by_hand() -> None:
    # Four true boxes, of which two are found, and one box too many.
    truth = labelled([(f, 1, 0) for f in (1, 2, 3, 4)])
    predicted = labelled([(1, 5, 0), (2, 5, 0), (3, 5, 500)])
    scores = identity_scores(compare(truth, predicted))
    assert (scores.idtp, scores.idfp, scores.idfn) == (2, 1, 2)
    assert (scores.idp, scores.idr, scores.idf1) == pytest.approx((2 / 3, 1 / 2, 4 / 7))


def test_a_match_goes_on_although_another_box_lies_better() -> None:
    truth = labelled([(1, 1, 0), (2, 1, 0)])
    predicted = labelled([(1, 5, 0), (2, 5, 2), (2, 6, 0)])
    assert clear_scores(compare(truth, predicted)).id_switches == 0


@settings(max_examples=60)
@given(st.integers(0, 10**6), st.integers(1, 12), st.sampled_from([0.3, 2.0, 5.0]))
def test_equals_trackeval(seed: int, vehicles: int, jitter: float) -> None:
    truth, predicted = random_pair(seed, vehicles=vehicles, jitter=jitter)
    with contextlib.redirect_stdout(io.StringIO()):
        table = trackeval_input(truth, predicted)
        identity = Identity({"PRINT_CONFIG": False}).eval_sequence(table)
        clear = CLEAR({"PRINT_CONFIG": False}).eval_sequence(table)
    comparison = compare(truth, predicted)
    ours, boxes = identity_scores(comparison), clear_scores(comparison)
    assert (ours.idf1, ours.idp, ours.idr, boxes.mota) == pytest.approx(
        (identity["IDF1"], identity["IDP"], identity["IDR"], clear["MOTA"]), abs=1e-6
    )
    assert (boxes.tp, boxes.fp, boxes.fn, boxes.id_switches) == (
        clear["CLR_TP"],
        clear["CLR_FP"],
        clear["CLR_FN"],
        clear["IDSW"],
    )


@pytest.mark.parametrize("jitter", [0.3, 2.0], ids=["steady", "wobbling"])
@pytest.mark.parametrize("seed", range(6))
def test_equals_motmetrics(seed: int, jitter: float) -> None:
    truth, predicted = random_pair(seed, jitter=jitter)
    theirs = motmetrics_summary(truth, predicted)
    comparison = compare(truth, predicted)
    ours, boxes = identity_scores(comparison), clear_scores(comparison)
    assert (ours.idf1, ours.idp, ours.idr) == pytest.approx(
        (theirs["idf1"], theirs["idp"], theirs["idr"]), abs=1e-6
    )
    # Where boxes lie well, nobody has a choice of partners, and the CLEAR measures are equal too.
    if jitter < 1:
        assert (boxes.mota, boxes.fp, boxes.fn, boxes.id_switches) == pytest.approx(
            (
                theirs["mota"],
                *(theirs[f"num_{n}"] for n in ("false_positives", "misses", "switches")),
            )
        )


def test_where_motmetrics_and_trackeval_differ() -> None:
    # Vehicle 1 is hidden in frame 2; in frame 3 its old partner 5 and a better box 6 are there.
    truth = labelled([(1, 1, 0), (2, 2, 300), (3, 1, 0)])
    predicted = labelled([(1, 5, 0), (2, 2, 300), (3, 5, 2), (3, 6, 0)])
    boxes = clear_scores(compare(truth, predicted))
    with contextlib.redirect_stdout(io.StringIO()):
        trackeval = CLEAR({"PRINT_CONFIG": False}).eval_sequence(trackeval_input(truth, predicted))
    # TrackEval, and we, keep a match from the previous frame only: the better box is taken.
    assert boxes.id_switches == trackeval["IDSW"] == 1
    assert boxes.mota == trackeval["MOTA"] == pytest.approx(1 / 3)
    # motmetrics keeps the last partner over the gap.
    theirs = motmetrics_summary(truth, predicted)
    assert (theirs["num_switches"], theirs["mota"]) == (0, pytest.approx(2 / 3))


def test_order_of_rows_does_not_matter() -> None:
    truth, predicted = random_pair(3)
    rng = np.random.default_rng(0)
    mixed = compare(truth[rng.permutation(len(truth))], predicted[rng.permutation(len(predicted))])
    comparison = compare(truth, predicted)
    assert clear_scores(mixed) == clear_scores(comparison)
    assert identity_scores(mixed) == identity_scores(comparison)


def test_an_identity_twice_in_a_frame_is_refused() -> None:
    with pytest.raises(ValueError, match="identity 7 is twice in frame 3"):
        labelled([(3, 7, 0), (3, 7, 50)])


def test_wrong_dtype_is_refused() -> None:
    empty = LabelledBoxes.empty()
    with pytest.raises(ValueError, match="frame must be int64"):
        LabelledBoxes(empty.frame.astype(np.int32), empty.identity, empty.xyxy)
