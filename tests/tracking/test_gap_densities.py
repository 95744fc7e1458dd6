from __future__ import annotations

import numpy as np
import pytest

from tracking.gap_densities import GapDensities, Moves
from tracking.link_prior import LinkPrior
from tracking.links import LinkGraph
from tracking.zones import MAX_ZONES


def densities(gaps: list[float], zones: list[int] | None = None) -> GapDensities:
    """Return what is believed after moves from camera 0 to camera 1."""
    graph = LinkGraph()
    for name in ("a", "b"):
        graph.index(name)
    source = np.array(zones or [0] * len(gaps), np.intp)
    target = np.full(len(gaps), MAX_ZONES, np.intp)
    moves = Moves(source, target, np.array(gaps, np.float64), np.ones(len(gaps)))
    return GapDensities(moves, 2, LinkPrior(graph))


def at(found: GapDensities, gap: float, *, own: float | None = None, zone: int = 0) -> float:
    cell = np.array([zone]), np.array([MAX_ZONES])
    weight = None if own is None else np.array([own])
    return float(found.at(*cell, np.array([gap]), own=weight)[0])


def test_nothing_seen_is_the_prior() -> None:
    graph = LinkGraph()
    for name in ("a", "b"):
        graph.index(name)
    prior = LinkPrior(graph)
    expected = prior.log_density(np.array([0]), np.array([1]), np.array([20.0]))
    assert at(densities([]), 20.0) == pytest.approx(float(expected[0]), abs=0.02)


def test_gaps_that_were_seen_become_likely() -> None:
    found = densities([20.0] * 30)
    assert at(found, 20.2) > at(densities([]), 20.2) + 2
    assert at(found, 60.2) < at(densities([]), 60.2) - 2


@pytest.mark.parametrize("zones", [[0], [3]], ids=["this zone", "another zone"])
def test_a_move_does_not_vouch_for_itself(zones: list[int]) -> None:
    # Without it nothing was seen.
    found = densities([20.2], zones)
    expected = at(densities([]), 20.2, zone=zones[0])
    assert at(found, 20.2, own=1.0, zone=zones[0]) == pytest.approx(expected, abs=0.05)
    assert at(found, 20.2, zone=zones[0]) > expected + 1


def test_others_vouch_for_it() -> None:
    # Leaving one of thirty out changes little.
    found = densities([20.2] * 30)
    assert at(found, 20.2, own=1.0) == pytest.approx(at(found, 20.2), abs=0.1)
