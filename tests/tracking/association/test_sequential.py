"""Decisions one after the other: `association: {joint: false}`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.tracking.association.test_associator import A_B, identities, look, seen
from tracking.association.settings import AssociationSettings

ALONE = AssociationSettings(joint=False)
# Hidden for a while, so that the next one of its camera may be the same vehicle.
HIDDEN = replace(seen("a", 0, 1, look(1), ended=False), unseen_s=2.0)
BACK = seen("a", 3, 4, look(1), track=2)
NEXT = seen("b", 9, 12, look(1))


def test_who_follows_a_hidden_vehicle_takes_its_number() -> None:
    assert identities([[HIDDEN], [BACK], [NEXT]], [A_B], ALONE) == [1, 1, 1]


@pytest.mark.parametrize("ended", [False, True])
def test_whom_another_follows_stays_as_long_as_both_can_be_one(ended: bool) -> None:
    again = seen("a", 0, 2, look(1), ended=ended)
    assert identities([[HIDDEN], [BACK], [NEXT], [again]], [A_B], ALONE) == [1, 1, 1]


@pytest.mark.parametrize("ended", [False, True])
def test_no_camera_sees_one_vehicle_twice_at_once(ended: bool) -> None:
    there = seen("a", 0, 5, look(1), ended=ended)
    # The later one is another vehicle, and who follows it goes with it.
    assert identities([[HIDDEN], [BACK], [NEXT], [there]], [A_B], ALONE) == [1, 2, 2]


def test_without_exclusivity_it_may() -> None:
    there = seen("a", 0, 5, look(1))
    settings = replace(ALONE, exclusive=False)
    assert identities([[HIDDEN], [BACK], [NEXT], [there]], [A_B], settings) == [1, 1, 1]
