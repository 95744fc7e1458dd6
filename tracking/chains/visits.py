"""Appearance likelihood of two whole visits, each by all of its sightings.

The distance of two sightings says little about a vehicle with look-alikes; the mean embeddings of
two whole visits say more, in the directions in which vehicles differ more than the sightings of one
do. Both covariances are learned from the chains found so far: within chains, and between them. If
embeddings were normally distributed, the log-likelihood ratio of two visits would follow. They are
not, and look-alikes make it far overconfident. So it is calibrated on halves of chains from which
it was not learned: where appearance does not separate vehicles, it abstains.

Reference: Bruemmer & de Villiers, "The speaker partitioning problem", Odyssey 2010 (two-covariance
model); Platt, "Probabilistic outputs for support vector machines", 1999 (logistic calibration).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from tracking.chains.successions import ALONE, chain_labels
from tracking.travel.travel_times import AWAY_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tracking.sightings import Sightings

DIRECTIONS: Final = 32
"""Directions of the looks in which they vary most: some hundreds of sightings teach no more. After
the final pass over simulated traffic ("mid", nine scenes) 32, 40, 48 and 64 would find 24, 21, 22
and 25 more returns of 146, with 1, 0, 0 and 0 wrong."""

PRIOR_SIGHTINGS: Final = 200.0
"""Weight of the sightings of a vehicle differing in the same directions as all do, in sightings.
100 would find 24 there, with 2 wrong."""

LEAST_CHAINS: Final = 50
"""Chains of two sightings and more before anything is learned. In a rendered scene with 29 what was
called 7 to 8 nats was 4.5."""

FOLDS: Final = 4
"""Parts of the chains, each of which is calibrated on after learning from the others."""

_LEAST_VARIANCE: Final = 1e-9
_LEAST_SPREAD: Final = 0.01
_CALIBRATION_PRIOR: Final = np.array([0.01, 1.0])
"""Weight of offset and slope being 0: keeps them finite where all halves are distinguished."""

_ROUNDS: Final = 50
"""Of Newton's method at most; mostly it converges in a few."""


@dataclass(frozen=True, slots=True, eq=False)
class VisitLooks:
    """Model of the appearance of visits.

    Attributes:
        axes: float32 (512, A), onto directions in which sightings of one vehicle have variance 1.
        origin: float64 (A,), the mean embedding of the chains there.
        spread: float64 (A,), variance of vehicles there.
        offset: Of the calibration, in nats.
        slope: Nats for each nat of the model.
        most: Nats at most; more has never been seen to be right.
    """

    axes: NDArray[np.float32]
    origin: NDArray[np.float64]
    spread: NDArray[np.float64]
    offset: float = 0.0
    slope: float = 1.0
    most: float = np.inf

    @classmethod
    def learn(cls, looks: NDArray[np.float32], chain: NDArray[np.intp]) -> Self | None:
        """Learn from chains; None if they are too few, or looks do not distinguish them.

        Args:
            looks: float32 (N, 512), unit length, camera bias subtracted; in order of time.
            chain: intp (N,), which chain each belongs to.
        """
        number = np.unique(chain, return_inverse=True)[1]
        if np.count_nonzero(np.bincount(number) > 1) < LEAST_CHAINS:
            return None
        seen = looks.astype(np.float64)
        variance, vectors = np.linalg.eigh(_covariance(seen))
        vectors = vectors[:, variance > _LEAST_VARIANCE][:, ::-1][:, :DIRECTIONS]
        points = seen @ vectors
        scores, same = [], []
        for fold in range(FOLDS):
            held_out = number % FOLDS == fold
            model = cls._fitted(points[~held_out], number[~held_out])
            total, count, owner = _halves(points[held_out], number[held_out])
            first, second = np.triu_indices(len(owner), 1)
            place = model.placed(model.projected(total), count)
            scores.append(model.scores(place, count, first, second))
            same.append(owner[first] == owner[second])
        score, one = np.concatenate(scores), np.concatenate(same)
        offset, slope = _calibration(score, one)
        if slope <= 0:
            return None
        model = cls._fitted(points, number)
        return replace(
            model,
            axes=(vectors @ model.axes).astype(np.float32),
            offset=offset,
            slope=slope,
            most=min(offset + slope * float(score.max()), float(np.log(np.count_nonzero(~one)))),
        )

    @classmethod
    def _fitted(cls, points: NDArray[np.float64], number: NDArray[np.intp]) -> Self:
        """Return the model for points, float64 (N, D), of chains; not calibrated."""
        owner, size = np.unique(number, return_inverse=True, return_counts=True)[1:]
        means = np.zeros((len(size), points.shape[1]))
        np.add.at(means, owner, points)
        means /= size[:, None]
        rest = points - means[owner]
        within, everywhere = rest.T @ rest, _covariance(points)
        free = max(len(points) - len(size), 1)
        share = np.trace(within) / free / max(np.trace(everywhere), _LEAST_VARIANCE)
        within = (within + PRIOR_SIGHTINGS * share * everywhere) / (free + PRIOR_SIGHTINGS)
        lengths, turn = np.linalg.eigh(within)
        whiten = turn / np.sqrt(np.maximum(lengths, _LEAST_VARIANCE))
        variance, turn = np.linalg.eigh(_covariance(means @ whiten))
        # The mean of a chain varies with its vehicle, and with its sightings.
        spread = variance - (1 / size).mean()
        told = spread > _LEAST_SPREAD
        axes = (whiten @ turn)[:, told]
        return cls(axes.astype(np.float32), means.mean(axis=0) @ axes, spread[told])

    def projected(self, total: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return sums of looks, float (G, 512), along the axes; float64 (G, A)."""
        return np.asarray(total.astype(np.float32) @ self.axes, np.float64)

    def placed(
        self, projected: NDArray[np.float64], count: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return where visits are; float64 (G, A).

        Args:
            projected: float64 (G, A), sum of the looks of each along the axes.
            count: float64 (G,), of how many sightings.
        """
        return projected / count[:, None] - self.origin

    def nearness(
        self, place: NDArray[np.float64], count: NDArray[np.float64], other: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        """Return how near visits are to some of them, roughly and at little cost; float64 (G, H).

        Args:
            place: float64 (G, A), as `placed`.
            count: float64 (G,), their sightings.
            other: intp (H,), which of them.
        """
        weighed = place * np.sqrt(self.spread) / (self.spread + 1 / count[:, None])
        weighed /= np.maximum(np.linalg.norm(weighed, axis=1, keepdims=True), 1e-9)
        return np.asarray(weighed @ weighed[other].T)

    def scores(
        self,
        place: NDArray[np.float64],
        count: NDArray[np.float64],
        first: NDArray[np.intp],
        second: NDArray[np.intp],
    ) -> NDArray[np.float64]:
        """Return what the model says of pairs of visits, not calibrated; float64 (P,), in nats.

        Args:
            place: float64 (G, A), as `placed`.
            count: float64 (G,), their sightings.
            first: intp (P,), one of each pair.
            second: intp (P,), the other one.
        """
        a, b = place[first], place[second]
        # Variance of each; if both are one vehicle, they have the spread in common.
        of_a, of_b = (self.spread + 1 / count[rows, None] for rows in (first, second))
        left = of_a * of_b - self.spread**2
        two = a**2 / of_a + b**2 / of_b
        one = (a**2 * of_b + b**2 * of_a - 2 * self.spread * a * b) / left
        return np.asarray((np.log(of_a * of_b / left) + two - one).sum(axis=1) / 2)

    def log_ratio(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the log-ratios that scores stand for, in nats, of any shape.

        What rather speaks for two vehicles was not calibrated: -inf.
        """
        found = np.minimum(self.offset + self.slope * scores, self.most)
        return np.asarray(np.where(scores > 0, found, -np.inf))


def learn_visits(sightings: Sightings, previous: NDArray[np.intp]) -> VisitLooks | None:
    """Learn from visits, the parts of chains between absences; None as `VisitLooks.learn`.

    Args:
        sightings: N of them, in order of their first times.
        previous: intp (N,), which one each follows, `ALONE` for none.
    """
    # Returns that were made by these looks must not vouch for them.
    since = sightings.first - sightings.last[previous]
    visit = np.where(since < AWAY_S[0], previous, ALONE)
    # Of those in view too little is known.
    ended = sightings.ended
    return VisitLooks.learn(sightings.embedding[ended], chain_labels(visit, 0)[ended])


def _covariance(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the covariance of points, float64 (N, D), as a table also of one direction; (D, D)."""
    return np.cov(points.T).reshape(points.shape[1], points.shape[1])


def _halves(
    points: NDArray[np.float64], number: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.intp]]:
    """Return sum, count and chain of the earlier and the later half of each that has two parts."""
    order = np.argsort(number, kind="stable")
    chain, size = np.unique(number, return_counts=True)
    ends = np.cumsum(size)
    starts = np.stack([ends - size, ends - size + size // 2], axis=1)[size > 1].ravel()
    counts = np.stack([size // 2, size - size // 2], axis=1)[size > 1].ravel()
    # Chains of one sighting lie between; sums up to each place skip them.
    summed = np.concatenate([np.zeros((1, points.shape[1])), np.cumsum(points[order], axis=0)])
    totals = summed[starts + counts] - summed[starts]
    return totals, counts.astype(np.float64), np.repeat(chain[size > 1], 2)


def _calibration(score: NDArray[np.float64], same: NDArray[np.bool_]) -> tuple[float, float]:
    """Return offset and slope that make log-ratios of scores above 0, by logistic regression."""
    prior = np.log(np.count_nonzero(same) / np.count_nonzero(~same))
    speaks = score > 0
    rows = np.stack([np.ones(np.count_nonzero(speaks)), score[speaks]], axis=1)
    one = same[speaks].astype(np.float64)

    def loss(weights: NDArray[np.float64]) -> float:
        odds = rows @ weights + prior
        fit = (np.logaddexp(0, odds) - one * odds).sum()
        return float(fit + _CALIBRATION_PRIOR @ weights**2 / 2)

    found = np.zeros(2)
    for _ in range(_ROUNDS):
        chance = 1 / (1 + np.exp(-np.clip(rows @ found + prior, -50, 50)))
        gradient = rows.T @ (chance - one) + _CALIBRATION_PRIOR * found
        bend = (rows * (chance * (1 - chance))[:, None]).T @ rows + np.diag(_CALIBRATION_PRIOR)
        step = np.linalg.solve(bend, gradient)
        # Newton's step may lead too far.
        while loss(found - step) > loss(found) and np.abs(step).max() > 1e-9:
            step /= 2
        found = found - step
        if np.abs(step).max() < 1e-6:
            break
    return float(found[0]), float(found[1])
