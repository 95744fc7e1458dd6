from __future__ import annotations

import numpy as np
import pytest

from tests.tracking.sequences import labelled, random_pair
from tracking.evaluation.comparison import LabelledBoxes, compare
from tracking.evaluation.identity_errors import (
    IdentityErrors,
    Passage,
    identity_errors,
    matched_passages,
)

TWO_VEHICLES = [(f, v, 100 * v) for f in (1, 2, 3, 4) for v in (1, 2)]


def renamed(**names: int) -> list[tuple[int, int, int]]:
    """Rename vehicle v in frame f by the keyword f{f}v{v}."""
    return [(f, names.get(f"f{f}v{v}", v), x) for f, v, x in TWO_VEHICLES]


def errors(truth: LabelledBoxes, predicted: LabelledBoxes) -> IdentityErrors:
    return identity_errors(matched_passages("a", compare(truth, predicted)))


@pytest.mark.parametrize(
    ("names", "split", "merged"),
    [
        pytest.param({}, [], [], id="right"),
        pytest.param({"f3v1": 7, "f4v1": 7}, [1], [], id="vehicle 1 split in two"),
        pytest.param({"f1v2": 9, "f2v2": 9}, [2], [], id="vehicle 2 split in two"),
        pytest.param({"f4v1": 7, "f3v2": 8, "f4v2": 9}, [2, 1], [], id="the worst first"),
        pytest.param(
            {"f3v1": 2, "f3v2": 7, "f4v1": 2, "f4v2": 7}, [1, 2], [2], id="2 taken over by 1"
        ),
    ],
)
def test_split_and_merged(names: dict[str, int], split: list[int], merged: list[int]) -> None:
    found = errors(labelled(TWO_VEHICLES), labelled(renamed(**names)))
    assert [error.name for error in found.split] == split
    assert [error.name for error in found.merged] == merged


def test_nothing() -> None:
    empty = LabelledBoxes.empty()
    assert errors(empty, empty) == IdentityErrors((), ())
    assert errors(labelled(TWO_VEHICLES), empty) == IdentityErrors((), ())


def test_parts_say_where_and_how_much() -> None:
    (error,) = errors(labelled(TWO_VEHICLES), labelled(renamed(f4v1=7))).split
    assert error.parts == {
        1: (Passage("a", 1, 1, 3, 1, 3),),
        7: (Passage("a", 1, 7, 1, 4, 4),),
    }
    assert error.boxes == {1: 3, 7: 1}
    assert error.wrong_boxes == 1


def test_cameras_are_taken_together() -> None:
    # Vehicle 1 is identity 5 in one camera and 6 in the other; 6 is also vehicle 2.
    passages = [Passage("a", 1, 5, 10, 1, 10), Passage("b", 1, 6, 8, 1, 8)]
    passages += [Passage("a", 2, 6, 20, 1, 20)]
    found = identity_errors(passages)
    assert [(e.name, e.boxes) for e in found.split] == [(1, {5: 10, 6: 8})]
    assert [(e.name, e.boxes) for e in found.merged] == [(6, {2: 20, 1: 8})]


def test_boxes_that_cross_for_a_moment_are_no_split() -> None:
    truth = labelled([(f, 1, 0) for f in range(1, 21)])
    moment, while_ = (
        labelled([(f, 8 if f in crossed else 3, 0) for f in range(1, 21)])
        for crossed in ((5,), (5, 6))
    )
    assert errors(truth, moment).split == ()
    assert len(errors(truth, while_).split) == 1


def test_order_of_rows_does_not_matter() -> None:
    truth, predicted = random_pair(3)
    rng = np.random.default_rng(0)
    mixed = truth[rng.permutation(len(truth))], predicted[rng.permutation(len(predicted))]
    assert errors(*mixed) == errors(truth, predicted)
