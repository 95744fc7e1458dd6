"""Correction of clocks that are certainly wrong, for the evidence of travel times.

Learned links are in each camera's own time already. Given links are in true time, and a clock that
is 3 s fast makes every vehicle miss a narrow window. An offset found by `clocks` is applied if it
is certain by itself, and either the vehicles' moves fit the given links better with it, or two
overlapping views agree only with it (then it need not be certain which of the two clocks is wrong).
The times in the store are never changed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from tracking.travel.zones import MAX_ZONES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from tracking.decisions import ClockEstimate
    from tracking.maps.view_lags import ViewLag
    from tracking.sightings import Sightings
    from tracking.travel.gap_densities import Moves
    from tracking.travel.link_prior import LinkPrior

LEAST_OFFSET_S: Final = 1.0
"""Smaller errors are left to the learned travel times."""

CERTAIN_STDS: Final = 3.0
"""Standard errors by which an offset must differ from none,"""

SHOWN_STDS: Final = 2.0
"""or so many where an overlapping view shows that this clock or the other one is wrong."""

LEAST_GAIN: Final = 5.0
"""Nats by which the moves must fit the given links better."""


def sure_offsets(
    clocks: Sequence[ClockEstimate],
    moves: Moves,
    prior: LinkPrior,
    lags: Mapping[tuple[int, int], ViewLag] | None = None,
) -> NDArray[np.float64]:
    """Return the seconds to add to each camera's times; 0 where its clock may be right.

    Args:
        clocks: What was found, by index of the camera.
        moves: Of the vehicles, in clock time.
        prior: What is given of the links.
        lags: By two cameras with overlapping views, how their clocks differ.

    Returns:
        float64 (C,).
    """
    lags = lags or {}
    stds = np.full(len(clocks), CERTAIN_STDS)
    for pair, lag in lags.items():
        if abs(lag.lag_s) > LEAST_OFFSET_S:
            stds[list(pair)] = SHOWN_STDS
    offsets = np.array(
        [
            clock.offset_s if abs(clock.offset_s) > max(LEAST_OFFSET_S, n * clock.std_s) else 0.0
            for clock, n in zip(clocks, stds.tolist(), strict=True)
        ],
        np.float64,
    )
    seen = np.zeros(len(offsets), np.bool_)
    for (a, b), lag in lags.items():
        # What is not sure is told of each clock as if it alone were wrong besides.
        off = offsets[b] - offsets[a] - lag.lag_s
        wrong = offsets[a] != 0 or offsets[b] != 0
        if wrong and abs(lag.lag_s) > LEAST_OFFSET_S > abs(off):
            # As it is nothing is in one place for both views; by a second off, neither.
            seen[[a, b]] = True
            if offsets[a] == 0:
                offsets[b] = lag.lag_s
            elif offsets[b] == 0:
                offsets[a] = -lag.lag_s
    for _ in lags:
        for (a, b), lag in lags.items():
            # Who had the time of one that is corrected would be elsewhere for both views then.
            if seen[a] != seen[b] and abs(offsets[b] - offsets[a] - lag.lag_s) < LEAST_OFFSET_S:
                seen[[a, b]] = True
    by_views = np.where(seen, offsets, 0.0)
    before, after = (_fit(moves, prior, shift) for shift in (by_views, offsets))
    return offsets if after - before >= LEAST_GAIN else by_views


def put_right(sightings: Sightings, offsets: NDArray[np.float64]) -> Sightings:
    """Return sightings in true time, which may be another order; offsets float64 (C,)."""
    shift = offsets[sightings.camera]
    return replace(sightings, first=sightings.first + shift, last=sightings.last + shift)


def as_clocked(moves: Moves, offsets: NDArray[np.float64]) -> Moves:
    """Return moves in true time as the cameras' clocks showed them."""
    shift = offsets[moves.target // MAX_ZONES] - offsets[moves.source // MAX_ZONES]
    return replace(moves, gap=moves.gap - shift, late_s=moves.late_s - shift)


def _fit(moves: Moves, prior: LinkPrior, offsets: NDArray[np.float64]) -> float:
    """Return the log-likelihood of the moves along given links."""
    a, b = moves.source // MAX_ZONES, moves.target // MAX_ZONES
    given = ~prior.unknown[a, b] & (a != b)
    a, b = a[given], b[given]
    gap = moves.gap[given] + offsets[b] - offsets[a]
    return float(moves.weight[given] @ prior.log_density_of_gap(a, b, gap))
