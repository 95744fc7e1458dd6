from __future__ import annotations

import contextlib
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trackeval.metrics import CLEAR, HOTA, Identity

from tests.tracking.peers import motmetrics_summary, trackeval_input
from tests.tracking.sequences import labelled, random_pair
from tracking.evaluation.comparison import LabelledBoxes, compare
from tracking.evaluation.hota import hota_scores
from tracking.evaluation.metrics import clear_scores, identity_scores
from tracking.evaluation.multicamera import join_cameras, within, without_ignored

BOTH = {"a": labelled([(1, 1, 0), (2, 1, 0)]), "b": labelled([(1, 1, 0), (2, 1, 0)])}


def idf1(truth: dict[str, LabelledBoxes], predicted: dict[str, LabelledBoxes], **how: int) -> float:
    return identity_scores(compare(*join_cameras(truth, predicted, **how))).idf1


@pytest.mark.parametrize(
    ("predicted", "expected"),
    [
        pytest.param(BOTH, 1.0, id="one identity in both cameras"),
        # 3 of 4 boxes belong to identity 1, which is in both cameras; the lone 9 is left out:
        # IDTP 3, IDFN 1.
        pytest.param(
            {"a": BOTH["a"], "b": labelled([(1, 1, 0), (2, 9, 0)])}, 6 / 7, id="one box renamed"
        ),
        pytest.param(
            {"a": BOTH["a"], "b": labelled([(1, 2, 0), (2, 2, 0)])}, 0.0, id="not recognised"
        ),
        pytest.param({"a": BOTH["a"], "b": LabelledBoxes.empty()}, 0.0, id="seen by one only"),
    ],
)
def test_score_over_two_cameras(predicted: dict[str, LabelledBoxes], expected: float) -> None:
    assert idf1(BOTH, predicted) == pytest.approx(expected)


def test_vehicles_of_one_camera_do_not_count_unless_asked_for() -> None:
    truth = {"a": labelled([(1, 1, 0), (1, 2, 50)]), "b": labelled([(1, 1, 0)])}
    predicted = {"a": labelled([(1, 1, 0)]), "b": labelled([(1, 1, 0)])}
    assert idf1(truth, predicted) == 1.0
    # IDTP 2, IDFN 1.
    assert idf1(truth, predicted, min_cameras=1) == pytest.approx(4 / 5)


def test_frames_of_cameras_are_kept_apart() -> None:
    truth = {"a": labelled([(1, 1, 0)]), "b": labelled([(2, 1, 0)])}
    predicted = {"a": labelled([(2, 1, 0)]), "b": labelled([(1, 1, 0)])}
    assert idf1(truth, predicted) == 0.0


def by_the_rule(
    truth: dict[str, LabelledBoxes], predicted: dict[str, LabelledBoxes]
) -> tuple[LabelledBoxes, LabelledBoxes]:
    """The AI City rule over again, row by row; 10,000 frames per camera."""
    joined = []
    for side in (truth, predicted):
        rows = [
            (10_000 * index + int(frame), int(name), *box.tolist())
            for index, camera in enumerate(sorted(side))
            for frame, name, box in zip(
                side[camera].frame, side[camera].identity, side[camera].xyxy, strict=True
            )
        ]
        cameras: dict[int, set[int]] = {}
        for frame, name, *_ in rows:
            cameras.setdefault(int(name), set()).add(int(frame) // 10_000)
        joined.append(labelled([row for row in rows if len(cameras[int(row[1])]) > 1]))
    return joined[0], joined[1]


@settings(max_examples=15)
@given(st.integers(0, 10**6), st.integers(2, 8))
def test_equals_trackeval_and_motmetrics_by_the_ai_city_rule(seed: int, vehicles: int) -> None:
    pairs = {c: random_pair(3 * seed + i, vehicles=vehicles) for i, c in enumerate("abc")}
    truth, predicted = ({c: pair[side] for c, pair in pairs.items()} for side in (0, 1))
    # Vehicle 0 never leaves camera a.
    truth["b"], truth["c"] = (truth[c][truth[c].identity > 0] for c in "bc")
    comparison = compare(*join_cameras(truth, predicted))
    expected, found = by_the_rule(truth, predicted)
    with contextlib.redirect_stdout(io.StringIO()):
        table = trackeval_input(*(renumbered(side, expected, found) for side in (expected, found)))
        identity = Identity({"PRINT_CONFIG": False}).eval_sequence(table)
        clear = CLEAR({"PRINT_CONFIG": False}).eval_sequence(table)
        hota = HOTA().eval_sequence(table)
    ours = identity_scores(comparison)
    assert (ours.idf1, ours.idp, ours.idr, clear_scores(comparison).mota) == pytest.approx(
        (identity["IDF1"], identity["IDP"], identity["IDR"], clear["MOTA"]), abs=1e-6
    )
    assert hota_scores(comparison).hota == pytest.approx(hota["HOTA"].mean(), abs=1e-6)
    theirs = motmetrics_summary(expected, found)
    assert (ours.idf1, ours.idp, ours.idr) == pytest.approx(
        (theirs["idf1"], theirs["idp"], theirs["idr"]), abs=1e-6
    )


def renumbered(boxes: LabelledBoxes, *both: LabelledBoxes) -> LabelledBoxes:
    """Frames from 1 without gaps, so that TrackEval's table is short."""
    frames = np.unique(np.concatenate([side.frame for side in both]))
    return LabelledBoxes(np.searchsorted(frames, boxes.frame) + 1, boxes.identity, boxes.xyxy)


def test_identity_of_two_vehicles_that_do_not_count_is_false() -> None:
    # Vehicles 2 and 3 pass one camera each. Taken for one, they are an identity of two cameras,
    # whose boxes are on nothing that counts.
    truth = {c: labelled([(1, 1, 0), (1, v, 50)]) for c, v in (("a", 2), ("b", 3))}
    predicted = {c: labelled([(1, 1, 0), (1, 9, 50)]) for c in "ab"}
    scores = identity_scores(compare(*join_cameras(truth, predicted)))
    assert (scores.idtp, scores.idfp, scores.idfn) == (2, 2, 0)


def test_no_cameras() -> None:
    assert [len(side) for side in join_cameras({}, {})] == [0, 0]


def test_other_cameras_are_refused() -> None:
    with pytest.raises(ValueError, match="cameras differ"):
        join_cameras(BOTH, {"a": BOTH["a"]})


@pytest.mark.parametrize(
    ("x", "kept"),
    [
        pytest.param(0, True, id="on a vehicle that counts"),
        pytest.param(100, False, id="on a small one"),
        pytest.param(200, True, id="on nothing: false"),
        pytest.param(304, True, id="on one that counts, but nearer to a small one"),
    ],
)
def test_predictions_on_uncounted_vehicles_are_ignored(x: int, kept: bool) -> None:
    truth = labelled([(1, 1, 0), (1, 3, 301)])
    everything = labelled([(1, 1, 0), (1, 2, 100), (1, 3, 301), (1, 4, 305)])
    assert len(without_ignored(labelled([(1, 9, x)]), truth, everything)) == int(kept)


@pytest.mark.parametrize(
    ("box", "inside"),
    [
        pytest.param((10, 0, 20, 50), True, id="stands inside"),
        pytest.param((10, 0, 20, 95), False, id="stands below"),
        pytest.param((-40, 0, 10, 50), False, id="stands to the left"),
        pytest.param((60, 0, 100, 75), False, id="in the corner cut off"),
    ],
)
def test_region(box: tuple[float, ...], inside: bool) -> None:
    # A square of 90 with the lower right corner cut off.
    polygon = np.array([(0, 0), (90, 0), (90, 45), (45, 90), (0, 90)], np.float64)
    for corners in (polygon, polygon[::-1]):
        assert len(within(labelled([(1, 1, *box)]), corners)) == int(inside)
