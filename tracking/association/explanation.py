"""Explains an identity: the reasons, the probability and the alternatives."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING, Final

import numpy as np

from tracking.chains.successions import ALONE
from tracking.decisions import Assignment, Candidate, Reasons

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tracking.appearance.calibration import Curves
    from tracking.association.evidence import Comparison
    from tracking.chains.solver import Solution

LEAST_PROBABILITY: Final = 0.05
"""Less probable candidates are not kept."""

MOST_CANDIDATES: Final = 3
"""Candidates of a sighting that are kept."""

_MOST_NATS: Final = 50.0
"""Greatest log-odds that reasons state: beyond, an exponential overflows sooner or later."""


def explain(
    column: int,
    comparison: Comparison,
    solution: Solution,
    curves: Curves,
    *,
    row_identity: NDArray[np.int64],
    cameras: Sequence[str],
) -> Assignment:
    """Return the assignment of one of the new sightings, with its reasons.

    Args:
        column: Which one.
        comparison: What was compared.
        solution: What was decided.
        curves: Calibration of appearance.
        row_identity: int64 (K + N,), identity of every row.
        cameras: Names of the cameras by index.
    """
    k = len(row_identity) - len(solution.previous)
    identity = int(row_identity[k + column])
    chances = _chances(column, solution, row_identity)
    own = chances.pop(identity, 0.0)
    others = sorted(chances.items(), key=lambda entry: (-entry[1], entry[0]))
    candidates = tuple(
        Candidate(number, chance)
        for number, chance in others[:MOST_CANDIDATES]
        if chance >= LEAST_PROBABILITY
    )
    row = int(solution.previous[column])
    if row == ALONE:
        alone = max(0.0, 1.0 - own - sum(chances.values()))
        return Assignment(identity, None, max(alone, own), None, candidates)
    reasons = _reasons(
        row,
        column,
        comparison,
        solution,
        curves,
        runner_up=Candidate(*others[0]) if others else None,
        others=row_identity != identity,
        cameras=cameras,
    )
    return Assignment(identity, reasons.distance, min(own, 1.0), reasons, candidates)


def _chances(column: int, solution: Solution, row_identity: NDArray[np.int64]) -> dict[int, float]:
    """Return the probability of each identity that the sighting may follow."""
    chances: defaultdict[int, float] = defaultdict(float)
    for row in np.flatnonzero(solution.probability[:, column] > 1e-3).tolist():
        chances[int(row_identity[row])] += float(solution.probability[row, column])
    return dict(chances)


def _reasons(
    row: int,
    column: int,
    comparison: Comparison,
    solution: Solution,
    curves: Curves,
    *,
    runner_up: Candidate | None,
    others: NDArray[np.bool_],
    cameras: Sequence[str],
) -> Reasons:
    rows, problem = comparison.rows, comparison.problem
    column_row = problem.known + column
    similarity = float(rows.embedding[row] @ rows.embedding[column_row])
    distance = math.sqrt(max(2 - 2 * similarity / _length(rows.embedding[row]), 0.0))
    ratio = curves.log_ratio(
        np.array([[distance]]),
        (rows.scale[[row]], rows.scale[[column_row]]),
        (rows.crops[[row]], rows.crops[[column_row]]),
    )
    ways = (int(rows.camera[row]), int(rows.camera[column_row]))
    log_odds = solution.log_odds[:, column]
    second = max(float(log_odds[others].max()), 0.0) if runner_up else 0.0
    return Reasons(
        previous=comparison.keys[row],
        distance=distance,
        appearance_probability=1 / (1 + math.exp(-float(ratio[0, 0]))),
        gap_s=float(comparison.gap[row, column]),
        travel_time_likelihood=math.exp(
            min(max(float(problem.log_odds[row, column]), -_MOST_NATS), _MOST_NATS)
        ),
        link=None if ways[0] == ways[1] else (cameras[ways[0]], cameras[ways[1]]),
        runner_up=runner_up,
        margin=min(float(log_odds[row]) - second, _MOST_NATS),
    )


def _length(vector: NDArray[np.float32]) -> float:
    # What comes from the archive is the mean of several unit vectors.
    return max(float(np.linalg.norm(vector)), 1e-6)
