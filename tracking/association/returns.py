"""Re-entries: whole visits compared with the earlier visits of vehicles that had left.

The joint decision joins what follows within minutes. After that, a returning vehicle is known by
appearance alone, for which one sighting is not enough. So once the chains are found, each that
begins a new identity is compared, as a whole, with those that ended before and with the known
identities; each is followed by at most one other.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from tracking.chains.marginals import pair_marginals
from tracking.chains.solver import NO
from tracking.chains.successions import ALONE, assign, chain_labels, contradictions
from tracking.travel.travel_times import AWAY_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tracking.association.evidence import Comparison
    from tracking.chains.solver import Solution
    from tracking.chains.visits import VisitLooks
    from tracking.travel.travel_times import TravelTimes

NEAREST: Final = 8
"""Former visits that each is compared with: those that look most like it."""


def with_returns(
    comparison: Comparison,
    solution: Solution,
    visits: VisitLooks,
    times: TravelTimes,
    *,
    min_probability: float,
) -> Solution:
    """Let chains that begin an identity follow on those that left a minute ago or longer.

    Args:
        comparison: What was compared.
        solution: The chains.
        visits: Evidence of appearance of whole visits.
        times: How likely it is to return.
        min_probability: Less probable returns are not made, but are candidates.
    """
    problem = comparison.problem
    k = problem.known
    column = np.flatnonzero(solution.previous == ALONE)
    if not len(column) or not len(problem.log_odds):
        return solution
    chain = np.concatenate([np.arange(k), chain_labels(solution.previous, k)])
    # In order of when they were last in view, so that the last of a chain is its end.
    until = comparison.rows.first[k] - comparison.gap[:, 0]
    order = np.lexsort((until, chain))
    former, start = np.unique(chain[order], return_index=True)
    tail = order[np.append(start[1:], len(order)) - 1]
    # Of a vehicle that is in view still too little was seen.
    seen = np.where(comparison.rows.ended, problem.looks.count, 0.0)
    projected = visits.projected(problem.looks.total) * comparison.rows.ended[:, None]
    count = np.add.reduceat(seen[order], start)
    told = count > 0
    count = np.where(told, count, 1.0)
    place = visits.placed(np.add.reduceat(projected[order], start), count)
    later = np.searchsorted(former, k + column)
    possible = _possible(comparison, chain, former, tail, column)
    possible &= told[:, None] & told[later]
    near = visits.nearness(place, count, later)
    row, other = _nearest(np.where(possible, near, -np.inf))
    pair = tail[row], column[other]
    odds = visits.log_ratio(visits.scores(place, count, row, later[other])) + problem.bonus[pair]
    odds += times.log_odds_of_return(comparison.gap[pair], comparison.rows.first[k + pair[1]])
    chance, table = np.zeros(possible.shape), np.full(possible.shape, -np.inf)
    counted = np.isfinite(odds)
    row, other, odds = row[counted], other[counted], odds[counted]
    table[row, other], chance[row, other] = odds, pair_marginals(row, other, odds)
    # What the joint decision thought of these pairs, from less, counts no more.
    pair = tail[row], column[other]
    log_odds, probability = solution.log_odds.copy(), solution.probability.copy()
    log_odds[pair], probability[pair] = odds, 0.0
    chance *= np.maximum(1 - probability[:, column].sum(axis=0), 0.0)
    probability[pair] = chance[row, other]
    followed = assign(table, np.zeros(table.shape, np.intp))
    made = np.flatnonzero(followed != ALONE)
    made = made[chance[followed[made], made] > min_probability]
    previous = solution.previous.copy()
    previous[column[made]] = tail[followed[made]]
    link = np.full(log_odds.shape, np.inf)
    link[previous[column[made]], column[made]] = table[followed[made], made]
    # Two that cannot be one vehicle may have a third between them.
    while weak := contradictions(previous, link, problem.conflicts):
        for last, head in weak:
            previous[head] = ALONE
            log_odds[last, head], probability[last, head] = NO, 0.0
    return replace(solution, previous=previous, log_odds=log_odds, probability=probability)


def _possible(
    comparison: Comparison,
    chain: NDArray[np.intp],
    former: NDArray[np.intp],
    tail: NDArray[np.intp],
    column: NDArray[np.intp],
) -> NDArray[np.bool_]:
    """Return which chains may be followed by those that begin with some columns; bool (F, H)."""
    k = comparison.problem.known
    gap = comparison.gap[np.ix_(tail, column)]
    possible = (gap >= AWAY_S[0]) & (gap <= AWAY_S[1])
    row, other = np.nonzero(comparison.problem.conflicts)
    begins = np.full(len(chain), -1)
    begins[k + column] = np.arange(len(column))
    place = begins[chain[k + other]]
    row = row[place >= 0]
    possible[np.searchsorted(former, chain[row]), place[place >= 0]] = False
    return possible


def _nearest(near: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the greatest of each column, as rows and columns, if they are finite."""
    best = np.argsort(-near, axis=0, kind="stable")[:NEAREST]
    other = np.broadcast_to(np.arange(near.shape[1]), best.shape)
    row, other = best.ravel(), other.ravel()
    finite = np.isfinite(near[row, other])
    return row[finite], other[finite]
