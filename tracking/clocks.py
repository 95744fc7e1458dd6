"""How wrong are the cameras' clocks? The two directions of a road tell.

A clock that is fast by e makes every vehicle arrive e too late, and leave e too late: gaps grow by
e in one direction and shrink by e in the other. Where both directions take about equally long,

    (median a to b - median b to a) / 2 = offset of a - offset of b

with the offset being what has to be added to a clock to put it right. All pairs of cameras together
give the offsets by weighted least squares, up to a common shift of those that are compared with
each other, directly or over others: most of these clocks are taken to be right. A pair of cameras
that overlap is the surest, since the road seen by both is the same.

What two views show that lie over each other (`view_lags`) needs no such assumption, and counts
beside.

Cameras seldom see both directions equally far: those who come are found later than those who leave
are lost. Between calibrated cameras the time that places and speeds foretell is therefore taken off
first, and what is compared is how late vehicles are.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from tracking.decisions import ClockEstimate
from tracking.view_lags import LAG_STD_S

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from tracking.decisions import LinkEstimate
    from tracking.view_lags import ViewLag

ASYMMETRY: Final = 0.1
"""Standard deviation of the difference of the two directions' travel times, relative to them."""

LEAST_STD_S: Final = 0.3
"""Of a pair's difference, however many vehicles it rests on."""

VIEWS_STD_S: Final = 1.2
"""On top where cameras don't overlap: lights on the way may hold one direction alone, and far away,
where vehicles come into view, a pixel is metres. On eight drawn corridors with lights, each at two
difficulties and with one clock that is right, 3 s and 5 s wrong, 1.0, 1.2 and 1.4 give 10, 9 and 7
false alarms among the 160 clocks that are right, and find 10, 10 and 6 of the 32 that are wrong,
most of them by 5 s."""

PRIOR_STD_S: Final = 30.0
"""Of a clock's error before anything was seen."""

_ROUNDS: Final = 20
"""Of reweighting, so that one road with unequal directions does not bend everything."""


def estimate_clocks(
    links: Sequence[LinkEstimate],
    cameras: Sequence[str],
    lags: Mapping[tuple[str, str], ViewLag] | None = None,
) -> list[ClockEstimate]:
    """Return what is to be added to each camera's clock.

    Args:
        links: What was learned of the ways, in clock time.
        cameras: The cameras' names.
        lags: By two cameras that share a view, how their clocks differ.
    """
    lags = lags or {}
    index = {name: i for i, name in enumerate(cameras)}
    by_way = {(link.from_camera, link.to_camera): link for link in links}
    pairs = [
        (link, by_way[link.to_camera, link.from_camera])
        for way, link in sorted(by_way.items())
        if way[0] < way[1] and way[::-1] in by_way
    ]
    count: dict[str, float] = {}
    for pair in pairs:
        for link in pair:
            for name in (link.from_camera, link.to_camera):
                count[name] = count.get(name, 0.0) + link.count
    for two, lag in lags.items():
        for name in two:
            count[name] = count.get(name, 0.0) + lag.vehicles
    found = _offsets(pairs, lags, sorted(count, key=index.__getitem__)) if count else {}
    unknown = 0.0, PRIOR_STD_S
    return [
        ClockEstimate(name, *found.get(name, unknown), count.get(name, 0.0)) for name in cameras
    ]


def _offsets(
    pairs: Sequence[tuple[LinkEstimate, LinkEstimate]],
    lags: Mapping[tuple[str, str], ViewLag],
    cameras: Sequence[str],
) -> dict[str, tuple[float, float]]:
    """Return offset and standard error of each camera that something tells of."""
    index = {name: i for i, name in enumerate(cameras)}
    compared = [(there.from_camera, there.to_camera) for there, _ in pairs] + list(lags)
    difference = np.array(
        [_difference(*pair) for pair in pairs] + [-lag.lag_s for lag in lags.values()]
    )
    std = np.array([_std(*pair) for pair in pairs] + [LAG_STD_S] * len(lags))
    design = np.zeros((len(compared), len(cameras)))
    for row, (one, other) in enumerate(compared):
        design[row, index[one]] = 1
        design[row, index[other]] = -1
    group = _connected(design)
    offsets, covariance = _solve(design, difference, std, group)
    offsets = offsets - np.array([np.median(offsets[row]) for row in group])
    errors = np.sqrt(np.diag(covariance))
    return {
        name: (float(offset), float(error))
        for name, offset, error in zip(cameras, offsets, errors, strict=True)
    }


def _quartiles(there: LinkEstimate, back: LinkEstimate) -> list[tuple[float, float, float]]:
    """Return the quartiles of how late vehicles are both ways, or else of their gaps."""
    late = [link.late_s for link in (there, back) if link.late_s is not None]
    return late if len(late) == 2 else [link.quantiles_s[1:4] for link in (there, back)]


def _difference(there: LinkEstimate, back: LinkEstimate) -> float:
    (_, one, _), (_, other, _) = _quartiles(there, back)
    return (one - other) / 2


def _std(there: LinkEstimate, back: LinkEstimate) -> float:
    # A median's standard error is that of a mean times 1.25; the spread is robust.
    spread = [
        1.25 * (high - low) / 1.35 / math.sqrt(max(link.count, 1.0))
        for (low, _, high), link in zip(_quartiles(there, back), (there, back), strict=True)
    ]
    travel = abs(there.quantiles_s[2] + back.quantiles_s[2]) / 2
    views = 0.0 if there.overlap and back.overlap else VIEWS_STD_S
    return math.hypot(*spread, ASYMMETRY * travel, 2 * LEAST_STD_S, 2 * views) / 2


def _connected(design: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which cameras are compared with each other, directly or over others; (N, N)."""
    joined = np.abs(design).T @ np.abs(design) > 0
    for _ in range(len(joined).bit_length()):
        joined = joined.astype(np.intp) @ joined.astype(np.intp) > 0
    return joined


def _solve(
    design: NDArray[np.float64],
    difference: NDArray[np.float64],
    std: NDArray[np.float64],
    group: NDArray[np.bool_],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the offsets (N,) and their covariance (N, N), by reweighted least squares."""
    prior = np.eye(design.shape[1]) / PRIOR_STD_S**2
    weight = 1 / std**2
    for _ in range(_ROUNDS):
        normal = design.T @ (weight[:, None] * design) + prior
        offsets = np.linalg.solve(normal, design.T @ (weight * difference))
        # Huber's weights: beyond two standard deviations a pair counts by its sign.
        off = np.abs(difference - design @ offsets) / std
        weight = np.minimum(1.0, 2 / np.maximum(off, 1e-9)) / std**2
    # Of the differences from the mean clock of a group: nothing tells its common shift.
    centred = np.eye(len(offsets)) - group / group.sum(axis=1)
    return np.asarray(offsets, np.float64), centred @ np.linalg.inv(normal) @ centred
