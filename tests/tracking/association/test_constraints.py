from __future__ import annotations

import pytest

from tracking.association.constraints import Constraints
from tracking.decisions import Correction

A, B, C, D = (("cam", track) for track in range(1, 5))


@pytest.mark.parametrize(
    ("said", "asked", "expected"),
    [
        pytest.param([], A, [], id="nothing"),
        pytest.param([Correction(A, B, same=True)], B, [7], id="linked"),
        pytest.param([Correction(A, B, same=False)], B, [], id="apart: another one"),
        pytest.param(
            [Correction(A, C, same=True), Correction(C, B, same=True)], B, [7], id="transitive"
        ),
        pytest.param(
            [Correction(A, B, same=True), Correction(B, A, same=False)], B, [], id="taken back"
        ),
    ],
)
def test_settled_identities_that_are_wanted(
    said: list[Correction], asked: tuple[str, int], expected: list[int]
) -> None:
    constraints = Constraints(said)
    constraints.note(A, 7)
    constraints.note(D, 8)
    assert constraints.wanted([asked]) == expected


def test_a_correction_is_about_two() -> None:
    with pytest.raises(ValueError, match="two tracklets"):
        Correction(A, A, same=True)
