"""How probable it is that vehicles which meet at one camera pass the next ones together by chance.

It is counted in the traffic itself: of the vehicles that passed camera A close to another one,
which later passed camera B, the share that the other one passed B close to as well. So it contains
how dense the traffic is, how many go the same way, how much travel times differ, and platoons that
a signal makes. Where two cameras are on one road, the share is high, and passing both together says
little. The pair itself is left out of what it is compared with.

Pairs are judged by several rules, since vehicles that stay within two seconds of each other, or
keep their distance, are more remarkable than those that stay within ten.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

RULES: Final = ((0.25, 0.5), (0.5, 0.25), (0.5, 1.0), (1.0, 0.25), (1.0, 2.0))
"""Rules by which a pair is judged: the greatest gap at a camera, and the greatest change of the gap
from one camera to the next, both as shares of the greatest gap that is looked for."""

PRIOR_PAIRS: Final = 4.0
"""Weight of the share of all pairs of cameras for one pair of cameras, in pairs of vehicles."""

MARGIN: Final = 1.0
"""Standard errors by which a share is taken to be greater than it was counted: where few vehicles
were counted, a pair is not remarkable because of that. In simulated traffic without convoys (25
cameras, `benchmarks.convoys`) 39 pairs in three seeds stood out without it, and three with it."""

MOST_STEPS: Final = 3
"""Ways between two cameras are told apart by how many cameras lie between them: none, one, more."""


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What the traffic of C cameras shows, by R rules.

    It is counted by steps: a vehicle goes to the next camera that it passes in one step, and to all
    later ones of its visit in more. Pairs that part and meet again are another case than those that
    stay together.

    Attributes:
        visit: int64 (N,), the visit of each pass; passes are in order of visit and time.
        camera: int64 (N,).
        time: float64 (N,), in seconds.
        rules_s: float64 (R, 2), greatest gap, and greatest change of it.
        met: float64 (R,), meetings within each gap.
        tried: float64 (S, R, C, C), by steps: vehicles that met another at one camera and later
            passed a second.
        kept: float64 (S, R, C, C), of these, how many met the same vehicle there.
    """

    visit: NDArray[np.int64]
    camera: NDArray[np.int64]
    time: NDArray[np.float64]
    rules_s: NDArray[np.float64]
    met: NDArray[np.float64]
    tried: NDArray[np.float64]
    kept: NDArray[np.float64]

    @classmethod
    def gather(
        cls,
        *,
        visit: NDArray[np.int64],
        camera: NDArray[np.int64],
        time: NDArray[np.float64],
        first: NDArray[np.intp],
        second: NDArray[np.intp],
        within_s: float,
    ) -> Self:
        """Count in the traffic.

        Args:
            visit: int64 (N,), ascending.
            camera: int64 (N,), from 0.
            time: float64 (N,), ascending within a visit.
            first: intp (M,), a pass of each meeting, by pair of visits and time.
            second: intp (M,), the other vehicle's.
            within_s: The greatest gap.
        """
        rules_s = within_s * np.array(RULES)
        cameras = int(camera.max(initial=-1)) + 1
        gap = time[second] - time[first]
        inside = np.abs(gap)[:, None] <= rules_s[:, 0]
        before, after = _later(visit, camera)
        here, there = _later(pair_numbers(visit, first, second), camera[first])
        change = np.abs(gap[there] - gap[here])
        tried, kept = np.zeros((2, MOST_STEPS, len(rules_s), cameras, cameras))
        steps = _steps(before, after)
        for rule, (_, most_change) in enumerate(rules_s):
            near = inside[:, rule]
            neighbours = np.bincount(
                np.concatenate([first[near], second[near]]), minlength=len(visit)
            )
            at = steps, np.full_like(steps, rule), camera[before], camera[after]
            np.add.at(tried, at, neighbours[before])
            stayed = near[here] & near[there] & (change <= most_change)
            for part in (first, second):
                one, other = part[here[stayed]], part[there[stayed]]
                steps_on = _steps(one, other)
                at = steps_on, np.full_like(steps_on, rule), camera[one], camera[other]
                np.add.at(kept, at, 1.0)
        met = inside.sum(axis=0).astype(np.float64)
        return cls(visit, camera, time, rules_s, met, tried, kept)

    def share(
        self, rule: int, first: NDArray[np.intp], second: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        """Return the share of others that stay together by a rule on a way that a pair did.

        Args:
            rule: Index of the rule.
            first: intp (2, M), one vehicle's pass of a camera, and of a later one.
            second: intp (2, M), the other vehicle's.

        Returns:
            float64 (M,), in (0, 1]: the greater one of both vehicles' shares, which differ where
            one passed a camera between without the other.
        """
        steps = [_steps(*one) for one in (first, second)]
        # The pair itself counts once for each of the two.
        own = 1.0 + (steps[0] == steps[1])
        before, after = self.camera[first]
        sums = [part[:, rule].sum(axis=(1, 2)) for part in (self.tried, self.kept)]
        shares = []
        for step in steps:
            tried, kept = (np.maximum(part[step] - own, 0) for part in sums)
            # Laplace: where nobody else ever met, it is one half.
            usual = (kept + 1) / (tried + 2)
            tried, kept = (
                np.maximum(part[step, rule, before, after] - own, 0)
                for part in (self.tried, self.kept)
            )
            weight = tried + PRIOR_PAIRS
            share = (kept + PRIOR_PAIRS * usual) / weight
            shares.append(share + MARGIN * np.sqrt(share * (1 - share) / (weight + 1)))
        return np.asarray(np.minimum(1.0, np.maximum(*shares)))


def log_probabilities(
    evidence: Evidence, first: NDArray[np.intp], second: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return the part of each meeting in how probable a pair is by chance.

    The sum over a pair's meetings is the logarithm of the probability that two vehicles that met
    once (in the greatest gap) stay together by a rule at all of these cameras.

    Args:
        evidence: What the traffic shows.
        first: intp (M,), a pass of each meeting, by pair of visits and time.
        second: intp (M,), the other vehicle's.

    Returns:
        float64 (M, R), 0 where a meeting says nothing.
    """
    pair = pair_numbers(evidence.visit, first, second)
    gap = evidence.time[second] - evidence.time[first]
    parts = np.zeros((len(first), len(evidence.rules_s)))
    for rule, (most_s, most_change) in enumerate(evidence.rules_s):
        near = np.flatnonzero(np.abs(gap) <= most_s)
        if not len(near):
            continue
        begins = np.append(True, np.diff(pair[near]) != 0)
        parts[near[begins], rule] = np.log(evidence.met[rule] / evidence.met[-1])
        here, there = near[:-1][~begins[1:]], near[1:][~begins[1:]]
        kept = np.abs(gap[there] - gap[here]) <= most_change
        kept &= evidence.camera[first[here]] != evidence.camera[first[there]]
        here, there = here[kept], there[kept]
        ways = (np.stack([part[here], part[there]]) for part in (first, second))
        parts[there, rule] = np.log(evidence.share(rule, *ways))
    return parts


def pair_numbers(
    visit: NDArray[np.int64], first: NDArray[np.intp], second: NDArray[np.intp]
) -> NDArray[np.int64]:
    """Return which pair of visits each meeting is of, ascending; meetings are sorted by it."""
    return np.cumsum(changes(visit[first], visit[second])) - 1


def changes(one: NDArray[np.generic], other: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Return where a row of two columns is another one than before; the first one is."""
    new = np.ones(len(one), np.bool_)
    new[1:] = (one[1:] != one[:-1]) | (other[1:] != other[:-1])
    return new


def _steps(one: NDArray[np.intp], other: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return by how many passes of a visit one follows on another, from 0 to `MOST_STEPS` - 1."""
    return np.asarray(np.minimum(other - one, MOST_STEPS) - 1)


def _later(
    group: NDArray[np.int64], camera: NDArray[np.int64]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return each element beside all later ones of its group in other cameras, intp twice.

    Args:
        group: int64 (N,), ascending.
        camera: int64 (N,).
    """
    one, other = followers(np.searchsorted(group, group, side="right") - np.arange(len(group)) - 1)
    different = camera[one] != camera[other]
    return one[different], other[different]


def followers(count: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return each element beside each of as many as follow it, intp twice.

    Args:
        count: intp (N,), how many of those that follow it are meant.
    """
    one = np.repeat(np.arange(len(count)), count)
    begin = np.repeat(np.cumsum(count) - count, count)
    return one, one + 1 + np.arange(len(one)) - begin
