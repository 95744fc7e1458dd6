"""Estimates clock errors of the cameras from travel times and overlapping views.

The result is a clock's *offset*: what must be added to it to correct it. There are three kinds of
evidence about the difference of two offsets:

- *Overlapping views* (`view_lags`): the most certain.
- *Delays*, between calibrated cameras: if a clock is slow, vehicles reach its camera before they
  can have arrived. Late arrivals say less, because signals delay many: with correct clocks most
  vehicles are on time or late, so the early ones of each direction count.
- *The two directions of a road*, between other cameras. If a clock is fast by e, every vehicle
  arrives e too late and leaves e too late: gaps grow by e in one direction and shrink by e in the
  other. If both directions take about equally long,

      (median a to b - median b to a) / 2 = offset of a - offset of b

If one of three clocks is wrong, two differ from it equally: most clocks are assumed to be correct.
So clocks are corrected only if that explains more than chance would (`WRONG_NATS` each), as few as
explain most, and all others are left alone: a disturbance of one road is not spread over all
clocks. Only differences are observed, so nothing shows which one of two is wrong, or which of two
halves: all of them are then corrected by half.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tracking.decisions import ClockEstimate
from tracking.maps.view_lags import LAG_STD_S

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from tracking.decisions import LinkEstimate
    from tracking.maps.view_lags import ViewLag

ASYMMETRY: Final = 0.1
"""Standard deviation of the difference of the two directions' travel times, relative to them."""

LEAST_STD_S: Final = 0.3
"""Of a pair's difference, however many vehicles it rests on."""

VIEWS_STD_S: Final = 1.2
"""Of a difference of two directions on top where cameras don't overlap: lights on the way may hold
one direction alone, and one camera may see one direction farther than the other."""

ON_TIME_S: Final = -0.25
"""Median delay where nothing holds up vehicles. On five rendered development scenes (26 ways of
calibrated cameras that share no view, clocks right) medians are -1.6 to 0.9 s,"""

EARLY_STD_S: Final = 0.5
"""and those that are earlier are so by this standard deviation, beside their standard errors (chi
squared of them is 0.98 for each then)."""

LATE_SPREADS: Final = 2.0
"""Lights hold some longer than others: by so many times the distance of the quartiles vehicles may
be late with a correct clock. A clock error delays all equally."""

WRONG_NATS: Final = 2.0
"""By so much likelier must be what was seen with one more clock being wrong: two standard
deviations. From 1 to 6, and with half as much and half more in the numbers of lateness above, 18
or 19 of 28 clocks are found, and none that is right is called wrong (docs/experiments.md)."""

TIE_NATS: Final = 0.25
"""Where another clock being wrong explains all but this as well, the mean of both counts: each is
put half right."""

LIKELY_STDS: Final = 2.1
"""Where one of some clocks is surely wrong, and it is in doubt which, the likeliest differs from
none by so many standard errors, so that the user is told to check."""

PRIOR_STD_S: Final = 30.0
"""Of a clock's error before anything was seen."""

_ROUNDS: Final = 20
"""Of reweighting, so that one road with unequal directions does not bend everything."""

_LEAST_STEP: Final = 1e-6
"""Nats that one more step must bring, so that it comes to an end."""

_HUBER: Final = 2.0
"""Standard deviations beyond which evidence counts by its sign."""


def estimate_clocks(
    links: Sequence[LinkEstimate],
    cameras: Sequence[str],
    lags: Mapping[tuple[str, str], ViewLag] | None = None,
) -> list[ClockEstimate]:
    """Return what is to be added to each camera's clock.

    Args:
        links: Learned links, in clock time.
        cameras: The cameras' names.
        lags: By two cameras with overlapping views, how their clocks differ.
    """
    rows = _evidence(links, lags or {})
    found: dict[str, tuple[float, float]] = {}
    for group in _connected(rows, cameras):
        found |= _offsets([row for row in rows if row.one in group], group)
    count: dict[str, float] = {}
    for row in rows:
        for name in (row.one, row.other):
            count[name] = count.get(name, 0.0) + row.count
    unknown = 0.0, PRIOR_STD_S
    return [
        ClockEstimate(name, *found.get(name, unknown), count.get(name, 0.0)) for name in cameras
    ]


@dataclass(frozen=True, slots=True)
class _Evidence:
    """Evidence about the clocks of two cameras.

    Attributes:
        one: A camera.
        other: Another one.
        difference_s: Offset of the one, less that of the other.
        above_s: Standard error where it is less than that in truth.
        below_s: Where it is more.
        count: Vehicles that it rests on.
    """

    one: str
    other: str
    difference_s: float
    above_s: float
    below_s: float
    count: float


def _evidence(
    links: Sequence[LinkEstimate], lags: Mapping[tuple[str, str], ViewLag]
) -> list[_Evidence]:
    by_way = {(link.from_camera, link.to_camera): link for link in links}
    shared = {frozenset(pair) for pair in lags}
    rows = []
    for (a, b), link in sorted(by_way.items()):
        back = by_way.get((b, a))
        if {a, b} in shared:
            # Who waits where both see it, or who is seen farther one way, tells of no clock.
            continue
        if link.late_s is not None and (back is None or back.late_s is not None):
            rows.append(_by_lateness(link))
        elif back is not None and a < b:
            rows.append(_by_directions(link, back))
    for (a, b), lag in lags.items():
        rows.append(_Evidence(a, b, -lag.lag_s, LAG_STD_S, LAG_STD_S, lag.vehicles))
    return rows


def _by_lateness(link: LinkEstimate) -> _Evidence:
    assert link.late_s is not None
    early = math.hypot(_median_std_s(link.late_s, link.count), EARLY_STD_S)
    late = math.hypot(early, LATE_SPREADS * (link.late_s[2] - link.late_s[0]))
    late_s = link.late_s[1] - ON_TIME_S
    return _Evidence(link.from_camera, link.to_camera, late_s, late, early, link.count)


def _by_directions(there: LinkEstimate, back: LinkEstimate) -> _Evidence:
    middles = [link.quantiles_s[2] for link in (there, back)]
    spread = [_median_std_s(link.quantiles_s[1:4], link.count) for link in (there, back)]
    travel = abs(sum(middles)) / 2
    views = 0.0 if there.overlap and back.overlap else VIEWS_STD_S
    std = math.hypot(*spread, ASYMMETRY * travel, 2 * LEAST_STD_S, 2 * views) / 2
    difference = (middles[0] - middles[1]) / 2
    count = there.count + back.count
    return _Evidence(there.from_camera, there.to_camera, difference, std, std, count)


def _median_std_s(quartiles: Sequence[float], count: float) -> float:
    # A median's standard error is that of a mean times 1.25; the spread is robust.
    low, _, high = quartiles
    return 1.25 * (high - low) / 1.35 / math.sqrt(max(count, 1.0))


def _connected(rows: Sequence[_Evidence], cameras: Sequence[str]) -> list[list[str]]:
    """Return the cameras that are compared with each other, directly or over others."""
    group = {name: {name} for row in rows for name in (row.one, row.other)}
    for row in rows:
        if group[row.one] is not group[row.other]:
            group[row.one] |= group[row.other]
            for name in group[row.other]:
                group[name] = group[row.one]
    chosen = {id(one): one for one in group.values()}
    return [[name for name in cameras if name in one] for one in chosen.values()]


class _Fit(NamedTuple):
    """What some clocks being wrong explains.

    Attributes:
        offsets: By camera, those that may be wrong.
        std_s: Their standard errors, the others being right.
        cost: What remains unexplained, in nats.
        agrees: bool (E,), which evidence is explained.
    """

    offsets: dict[str, float]
    std_s: dict[str, float]
    cost: float
    agrees: NDArray[np.bool_]


class _Group:
    """Evidence of clocks that are compared with each other."""

    def __init__(self, rows: Sequence[_Evidence], cameras: Sequence[str]) -> None:
        self._index = {name: column for column, name in enumerate(cameras)}
        self._design = np.zeros((len(rows), len(cameras)))
        for number, row in enumerate(rows):
            self._design[number, self._index[row.one]] = 1
            self._design[number, self._index[row.other]] = -1
        self._difference = np.array([row.difference_s for row in rows])
        self._above = np.array([row.above_s for row in rows])
        self._below = np.array([row.below_s for row in rows])

    def fit(self, wrong: Iterable[str]) -> _Fit:
        """Return the most likely offsets of some clocks, all others being right."""
        names = sorted(wrong, key=self._index.__getitem__)
        design = self._design[:, [self._index[name] for name in names]]
        prior = np.eye(len(names)) / PRIOR_STD_S**2
        offsets = np.zeros(len(names))
        # From where all are right what does not fit may be late or early; then it is known.
        for _ in range(_ROUNDS):
            residual, std = self._residual(design @ offsets)
            weight = _trust(np.abs(residual) / std) / std**2
            normal = design.T @ (weight[:, None] * design) + prior
            offsets = np.linalg.solve(normal, design.T @ (weight * self._difference))
        residual, std = self._residual(design @ offsets)
        off = np.abs(residual) / std
        cost = np.where(off < _HUBER, off**2 / 2, _HUBER * (off - _HUBER / 2)).sum()
        # Who is on time says as much of clocks as who is a little early or a little late.
        weight = _trust(off) * (self._above**-2 + self._below**-2) / 2
        normal = design.T @ (weight[:, None] * design) + prior
        errors = np.sqrt(np.diag(np.linalg.inv(normal)))
        return _Fit(
            dict(zip(names, offsets.tolist(), strict=True)),
            dict(zip(names, errors.tolist(), strict=True)),
            float(cost),
            off < _HUBER,
        )

    def _residual(
        self, fitted: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        residual = self._difference - fitted
        return residual, np.where(residual > 0, self._above, self._below)


def _trust(off: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return Huber's weights of what is off by so many standard errors."""
    return np.asarray(np.minimum(1.0, _HUBER / np.maximum(off, 1e-9)))


def _offsets(rows: Sequence[_Evidence], cameras: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Return offset and standard error of clocks that are compared with each other."""
    group = _Group(rows, cameras)
    if len(cameras) == 2:
        one, other = cameras
        offset, std = _judged(group.fit({one}), one, group.fit(()).cost)
        return {one: (offset / 2, std / 2), other: (-offset / 2, std / 2)}
    wrong = _wrong(group, rows, cameras)
    known = group.fit(wrong)
    alike, doubt = [wrong], dict.fromkeys(cameras, 0.0)
    for name in sorted(wrong, key=cameras.index):
        instead = [wrong - {name} | {it} for it in cameras if it not in wrong]
        costs = [group.fit(names).cost - known.cost for names in instead]
        tied = [names for names, more in zip(instead, costs, strict=True) if more < TIE_NATS]
        alike += tied
        if not tied:
            odds = sum(math.exp(-more) for more in costs)
            # So probably it is one of the others.
            doubt[name] = min(math.sqrt(odds / (1 + odds)), 1 / LIKELY_STDS)
    rest = frozenset(cameras) - wrong
    if len(rest) == len(wrong) and group.fit(rest).cost - known.cost < TIE_NATS:
        # Nothing tells which half of the clocks is wrong.
        alike.append(rest)
    found: dict[str, tuple[float, float]] = {}
    for names in alike:
        fit = group.fit(names)
        for name in names:
            offset, std = _judged(fit, name, group.fit(names - {name}).cost)
            std = max(std, abs(offset) * doubt[name])
            offset_before, std_before = found.get(name, (0.0, 0.0))
            found[name] = offset_before + offset / len(alike), std_before + std / len(alike)
    # Most clocks are right: of more, what they have in common is the error of the others.
    most = 2 * len(wrong) > len(cameras)
    common = float(np.median([found.get(name, (0.0,))[0] for name in cameras])) if most else 0.0
    for name in cameras:
        if name not in found:
            # What it would be, were it wrong besides.
            if len(wrong) < len(cameras) - 1:
                found[name] = _judged(group.fit(wrong | {name}), name, known.cost)
            else:
                found[name] = 0.0, max(known.std_s.values())
    return {name: (offset - common, std) for name, (offset, std) in found.items()}


def _judged(fit: _Fit, name: str, cost_without: float) -> tuple[float, float]:
    """Return offset and standard error of a clock, by what it explains that it is wrong."""
    offset, std = fit.offsets[name], fit.std_s[name]
    gain = max(cost_without - fit.cost, 1e-9)
    return offset, max(std, abs(offset) / math.sqrt(2 * gain)) if abs(offset) > std else std


def _wrong(group: _Group, rows: Sequence[_Evidence], cameras: Sequence[str]) -> frozenset[str]:
    """Return the cameras whose clocks are most likely wrong.

    Step by step: one more, or all of some that agree with each other, since cameras of one recorder
    are wrong together; or, where these explain it better, one in place of another or one less.
    """
    wrong: frozenset[str] = frozenset()
    fit = group.fit(wrong)
    least = fit.cost
    while True:
        others = [name for name in cameras if name not in wrong]
        agreeing = _connected(
            [row for row, agrees in zip(rows, fit.agrees, strict=True) if agrees], cameras
        )
        less = [wrong - {name} for name in sorted(wrong, key=cameras.index)]
        steps = (
            [wrong | {name} for name in others],
            [wrong | {*names} for names in agreeing],
            [*less, *(names | {name} for names in less for name in others)],
        )
        for tried in steps:
            costs = {
                names: group.fit(names).cost + WRONG_NATS * len(names)
                for names in tried
                if len(names) < len(cameras)
            }
            best = min(costs, key=costs.__getitem__, default=wrong)
            if costs.get(best, least) < least - _LEAST_STEP:
                wrong, least, fit = best, costs[best], group.fit(best)
                break
        else:
            return wrong
