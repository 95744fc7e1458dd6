"""Joint decision: the most probable set of chains of sightings.

A vehicle is a chain of sightings in order of time; each is followed by at most one other. With
log-odds for every pair, the most probable set of chains is an assignment problem (the flow of Zhang
et al. with unit capacities, solved in one step). But a pair is better judged by everything that it
would join: the chain up to the first sighting, and the chain from the second one on. So the
assignment is repeated with the appearance of whole half-chains until it no longer changes; chains
that contain two sightings which cannot be the same vehicle are cut at their weakest link.

Reference: Zhang, Li & Nevatia, "Global data association for multi-object tracking using network
flows", CVPR 2008; Oh, Russell & Sastry, "Markov chain Monte Carlo data association", CDC 2004, for
judging whole tracks rather than pairs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tracking.chains.chain_looks import HalfChains
from tracking.chains.marginals import pair_marginals
from tracking.chains.meetings import chain_places
from tracking.chains.successions import ALONE, assign, chain_labels, contradictions, forks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tracking.appearance.calibration import Curves
    from tracking.chains.chain_looks import Looks

ROUNDS: Final = 6
"""Maximum number of repetitions; most windows settle after two or three. On simulated traffic
("mid", six scenes of 100 vehicles, final pass) IDF1 was 0.944 and 0.13 ms per tracklet; a single
assignment gave 0.930 and 0.06 ms, greedy contraction of the best half-chains 0.936 and 0.48 ms, and
greedy additive edge contraction over all pairs (Keuper et al., ICCV 2015) 0.793 and 0.09 ms."""

NO: Final = -np.inf
"""Log-odds of what is impossible."""

_LEAST_LOG_ODDS: Final = -12.0
"""Pairs below this do not matter for anything."""


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """What is to be decided: K known identities, then N sightings in order of their first times.

    Attributes:
        log_odds: float64 (K + N, N), of time and place for the column following the row; -inf
            where it cannot.
        conflicts: bool (K + N, N), which pairs cannot be of one vehicle at all.
        looks: Of the identities and the sightings.
        bonus: float64 (K + N, N), log-odds added: by people, on pairs of one vehicle, and by
            former decisions.
        slot: intp (K + N, N), of which one column follows a row at most (`successions`).
        meeting: float64 (K + N, N), ground-plane evidence of pairs seen by two cameras at the same
            time, in whichever order; of a known identity, the sum over its sightings (`meetings`).
        counted: float64 (K + N, N), the part of that which `log_odds` holds.
    """

    log_odds: NDArray[np.float64]
    conflicts: NDArray[np.bool_]
    looks: Looks
    bonus: NDArray[np.float64]
    slot: NDArray[np.intp]
    meeting: NDArray[np.float64]
    counted: NDArray[np.float64]

    @property
    def known(self) -> int:
        """Number of known identities."""
        return len(self.log_odds) - int(self.log_odds.shape[1])


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """Chains, and how sure they are.

    Attributes:
        previous: intp (N,), row that each sighting follows, `ALONE` for none.
        log_odds: float64 (K + N, N), of appearance, time and place together, as finally judged;
            -inf where they do not matter.
        probability: float64 (K + N, N), of each pair, with exclusivity.
    """

    previous: NDArray[np.intp]
    log_odds: NDArray[np.float64]
    probability: NDArray[np.float64]


def solve(
    problem: Problem,
    curves: Curves,
    *,
    correlation: float,
    min_probability: float,
) -> Solution:
    """Find the chains.

    Args:
        problem: Time, place and exclusivity.
        curves: Calibration of appearance.
        correlation: Of the appearance evidence of two pairs of the same half-chains, in [0, 1]: at
            1 more sightings say no more than one.
        min_probability: Less probable pairs are not made.
    """
    previous = np.full(problem.log_odds.shape[1], ALONE, np.intp)
    banned = ~np.isfinite(problem.log_odds) | problem.conflicts
    seen: set[bytes] = set()
    for _ in range(ROUNDS):
        halves = HalfChains.of(problem.looks, previous, correlation=correlation)
        places = chain_places(previous, problem.slot, problem.meeting, problem.counted)
        log_odds = _together(problem, places, halves, curves, banned)
        previous = _without_conflicts(problem, log_odds, banned)
        if previous.tobytes() in seen:
            break
        seen.add(previous.tobytes())
    probability = _probabilities(log_odds, problem.slot)
    previous[_unsure(previous, probability, min_probability)] = ALONE
    return Solution(previous, log_odds, probability)


def _together(
    problem: Problem,
    places: NDArray[np.float64],
    halves: HalfChains,
    curves: Curves,
    banned: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Return the log-odds of time, place and appearance; `NO` where they do not matter.

    Most pairs do not by time and place alone, whatever they look like.
    """
    log_odds = problem.log_odds + places + problem.bonus
    matters = log_odds > _LEAST_LOG_ODDS - halves.most(curves)
    matters &= ~banned
    i, j = np.nonzero(matters)
    found = problem.log_odds[matters] + halves.log_ratios(curves, i, j)
    found += places[matters]
    found += problem.bonus[matters]
    log_odds.fill(NO)
    log_odds[matters] = found
    return log_odds


def _without_conflicts(
    problem: Problem, log_odds: NDArray[np.float64], banned: NDArray[np.bool_]
) -> NDArray[np.intp]:
    """Return the best assignment whose chains hold no conflict; bans what made one."""

    def wrong(previous: NDArray[np.intp]) -> list[tuple[int, int]]:
        weak = contradictions(previous, log_odds, problem.conflicts)
        return weak or forks(previous, log_odds, problem.slot)

    for attempt in range(ROUNDS):
        previous = assign(log_odds, problem.slot)
        weak = wrong(previous)
        if not weak:
            return previous
        for row, column in weak:
            banned[row, column] = True
            log_odds[row, column] = NO
            if attempt == ROUNDS - 1:
                previous[column] = ALONE
    # What is left over is cut, one conflict after the other.
    while weak := wrong(previous):
        for _, column in weak:
            previous[column] = ALONE
    return previous


def _probabilities(log_odds: NDArray[np.float64], slot: NDArray[np.intp]) -> NDArray[np.float64]:
    rows, columns = np.nonzero(log_odds > _LEAST_LOG_ODDS)
    probability = np.zeros(log_odds.shape)
    if len(rows):
        place = rows * (int(slot.max()) + 1) + slot[rows, columns]
        probability[rows, columns] = pair_marginals(place, columns, log_odds[rows, columns])
    return probability


def _unsure(
    previous: NDArray[np.intp], probability: NDArray[np.float64], least: float
) -> NDArray[np.intp]:
    """Return the columns that are in their chain with less probability than asked for.

    Whichever of its sightings a column follows, it is the same vehicle: their probabilities add up.
    """
    known = len(probability) - len(previous)
    chain = np.concatenate([np.arange(known), chain_labels(previous, known)])
    own = chain[:, None] == chain[None, known:]
    return np.flatnonzero((previous >= 0) & ((probability * own).sum(axis=0) < least))
