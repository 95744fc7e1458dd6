"""Where vehicles go that leave a picture by its left or its right edge."""

from __future__ import annotations

import numpy as np
import pytest

from tests.tracking.corridor import corridor, run
from tracking.association.associator import Associator
from tracking.association.settings import AssociationSettings
from tracking.learning.exits import Departures, estimate_exits
from tracking.travel.gap_densities import Moves
from tracking.travel.link_prior import LinkPrior
from tracking.travel.links import LinkGraph
from tracking.travel.zones import MAX_ZONES, Zones

LEFT, RIGHT = (0.0, 50.0, -1.0, 0.0), (100.0, 50.0, 1.0, 0.0)
LONG = 600.0


def zones() -> Zones:
    return Zones(np.array([LEFT] * 10 + [RIGHT] * 10))


def moves(*some: tuple[int, int, float], weight: float = 1.0) -> Moves:
    """Moves by exit of the first camera, camera reached and gap."""
    source, target, gap = (np.array(column) for column in zip(*some, strict=True))
    return Moves.unplaced(
        source.astype(np.intp),
        (target * MAX_ZONES).astype(np.intp),
        gap.astype(np.float64),
        np.full(len(gap), weight),
    )


def estimated(made: Moves, left: list[int], watched_s: list[float]) -> dict[str, list[float]]:
    """Shares that go to the second camera: by any exit, by the left and by the right one."""
    graph = LinkGraph()
    names = ["a", "b", "c"]
    for name in names:
        graph.index(name)
    departures = Departures(np.array(left, np.intp), np.array(watched_s))
    found = estimate_exits([zones()] * 3, departures, made, names, LinkPrior(graph))
    assert {one.camera_id for one in found} <= {"a"}
    return {
        onward.camera_id: [
            next(o.share for o in one.onward if o.camera_id == onward.camera_id) for one in found
        ]
        for onward in (found[0].onward if found else ())
    }


LEFT_ZONE, RIGHT_ZONE = zones().of(np.array([LEFT, RIGHT])).tolist()
EIGHT = [(RIGHT_ZONE, 1, 10.0)] * 8
TWENTY = [LEFT_ZONE] * 10 + [RIGHT_ZONE] * 10


def in_order(overall: float, left: float, right: float) -> list[float]:
    by_zone = [left, right] if LEFT_ZONE < RIGHT_ZONE else [right, left]
    return pytest.approx([overall, *by_zone])


def test_an_exit_says_more_than_the_camera() -> None:
    found = estimated(moves(*EIGHT), TWENTY, [LONG] * 20)
    # The camera's share counts as three vehicles of each exit.
    assert found == {"b": in_order(0.4, 1.2 / 13, 9.2 / 13)}


def test_who_has_just_left_may_yet_come() -> None:
    found = estimated(moves(*EIGHT), [*TWENTY, *TWENTY], [LONG] * 20 + [0.0] * 20)
    assert found == {"b": in_order(0.4, 1.2 / 13, 9.2 / 13)}


def test_who_is_seen_anyway_has_not_gone() -> None:
    again = [(LEFT_ZONE, 0, 2.0)] * 3
    at_once = [(LEFT_ZONE, 2, -2.0)] * 2
    found = estimated(moves(*EIGHT, *again, *at_once), TWENTY, [LONG] * 20)
    overall = 8 / 15
    assert found == {
        "b": in_order(overall, 3 * overall / 8, (8 + 3 * overall) / 13),
    }


def test_who_comes_much_later_came_on_another_visit() -> None:
    later = [(LEFT_ZONE, 1, 601.0)] * 5
    found = estimated(moves(*EIGHT, *later), TWENTY, [LONG] * 20)
    assert found == {"b": in_order(0.4, 1.2 / 13, 9.2 / 13)}


def test_there_is_always_room_for_none() -> None:
    both = [(RIGHT_ZONE, 1, 10.0), (RIGHT_ZONE, 2, 20.0)] * 8
    found = estimated(moves(*both), [RIGHT_ZONE] * 8, [LONG] * 8)
    together = [sum(one) for one in zip(*found.values(), strict=True)]
    # Of the vehicles that were seen, three that stand for the camera, and two more, one.
    assert together == in_order(12 / 13, 4 / 5, 12 / 13)


def test_few_matches_are_chance() -> None:
    assert estimated(moves(*EIGHT, weight=0.3), TWENTY, [LONG] * 20) == {}


def test_windows_are_about_the_gaps_that_were_seen() -> None:
    graph = LinkGraph()
    for name in "ab":
        graph.index(name)
    made = moves(*[(RIGHT_ZONE, 1, gap) for gap in np.linspace(10, 20, 101)])
    departures = Departures(np.full(101, RIGHT_ZONE), np.full(101, LONG))
    found = estimate_exits([zones()] * 2, departures, made, ["a", "b"], LinkPrior(graph))
    for one in found:
        early, median, late = (one.onward[0].quantiles_s[row] for row in (1, 5, 9))
        assert (early, median, late) == pytest.approx((11, 15, 19), abs=0.7)
        assert one.onward[0].quantiles_s[0] >= 0


def test_the_association_learns_where_vehicles_go() -> None:
    associator = Associator(AssociationSettings())
    assert associator.exits() == []
    run(associator, corridor(3, noise=0.5))
    anywhere = {one.camera_id: one for one in associator.exits() if one.end is None}
    assert {one.camera_id for one in anywhere["c0"].onward} == {"c1"}
    assert {one.camera_id for one in anywhere["c1"].onward} == {"c0", "c2"}
    median = anywhere["c0"].onward[0].quantiles_s[5]
    assert 6 < median < 14
