from __future__ import annotations

import numpy as np
import pytest

from tracking.ground import GIVEN, NOWHERE
from tracking.travel.gap_densities import GapDensities, Moves
from tracking.travel.link_prior import OPEN, PLACED, LinkPrior
from tracking.travel.links import CameraLink, LinkGraph
from tracking.travel.zones import MAX_ZONES


def densities(gaps: list[float], zones: list[int] | None = None) -> GapDensities:
    """Return what is believed after moves from camera 0 to camera 1."""
    graph = LinkGraph()
    for name in ("a", "b"):
        graph.index(name)
    source = np.array(zones or [0] * len(gaps), np.intp)
    target = np.full(len(gaps), MAX_ZONES, np.intp)
    moves = Moves.unplaced(source, target, np.array(gaps, np.float64), np.ones(len(gaps)))
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


# Two cameras are on one map, two on none: d is known by a link.
FRAMES = np.array([GIVEN, GIVEN, NOWHERE, NOWHERE])


def pooled(*moves: tuple[int, int, float, int]) -> GapDensities:
    """Return what is believed of four cameras after moves from, to, with a gap, so many times."""
    graph = LinkGraph([CameraLink("c", "d", min_s=100, max_s=110)])
    for name in "abcd":
        graph.index(name)
    # The link's cameras come first in the graph: c, d, a, b.
    prior = LinkPrior(graph, FRAMES[[2, 3, 0, 1]])
    rows = np.array([row[:3] for row in moves for _ in range(row[3])]).reshape(-1, 3)
    source, target = (rows[:, k].astype(np.intp) * MAX_ZONES for k in (0, 1))
    return GapDensities(Moves.unplaced(source, target, rows[:, 2], np.ones(len(rows))), 4, prior)


C, D, A, B = range(4)


def between(
    found: GapDensities, source: int, target: int, gap: float, own: float | None = None
) -> float:
    cells = np.array([source * MAX_ZONES]), np.array([target * MAX_ZONES])
    weight = None if own is None else np.array([own])
    return float(found.at(*cells, np.array([gap]), own=weight)[0])


def test_pairs_that_nothing_is_known_of_pool_though_others_share_a_map() -> None:
    nothing, seen = pooled(), pooled((A, C, 20.2, 30))
    # From a to c took 20 s: so may the way back, and that between b and c.
    for pair in [(C, A), (B, C), (C, B), (D, A)]:
        assert between(seen, *pair, 20.2) > between(nothing, *pair, 20.2) + 1
        assert between(seen, *pair, 90.2) < between(nothing, *pair, 90.2)
    # Delays on the map are another matter, and so is the link that was given.
    for pair in [(A, B), (B, A), (C, D)]:
        assert between(seen, *pair, 20.2) == pytest.approx(between(nothing, *pair, 20.2))


def test_pairs_on_one_map_pool_among_themselves() -> None:
    nothing, seen = pooled(), pooled((A, B, 4.2, 30))
    assert between(seen, B, A, 4.2) > between(nothing, B, A, 4.2) + 1
    for pair in [(A, C), (C, A), (D, B), (C, D)]:
        assert between(seen, *pair, 4.2) == pytest.approx(between(nothing, *pair, 4.2))


@pytest.mark.parametrize("pair", [(A, B), (A, C), (C, D)])
@pytest.mark.parametrize("pair_asked", [(A, B), (A, C), (C, D)])
def test_a_move_does_not_vouch_for_itself_in_any_pool(
    pair: tuple[int, int], pair_asked: tuple[int, int]
) -> None:
    nothing, seen = pooled(), pooled((*pair, 4.2, 1))
    # A pair that it was not of: it had no weight there.
    own = 1.0 if pair == pair_asked else 0.0
    expected = between(nothing, *pair_asked, 4.2)
    assert between(seen, *pair_asked, 4.2, own=own) == pytest.approx(expected, abs=0.05)


def test_every_pair_is_in_one_pool_or_none() -> None:
    graph = LinkGraph([CameraLink("c", "d", min_s=100, max_s=110)])
    for name in "abcd":
        graph.index(name)
    pool = LinkPrior(graph, FRAMES[[2, 3, 0, 1]]).pool
    assert (pool[A, B], pool[B, A]) == (PLACED, PLACED)
    assert pool[C, D] == -1
    assert pool[A, C] == pool[B, D] == OPEN
    assert (pool.diagonal() == -1).all()
