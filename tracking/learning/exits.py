"""Statistics of departures: which camera sees a vehicle next after it leaves a view, and when.

The exit by which a vehicle leaves says more than the camera does, but each exit has few vehicles:
like the tables of `travel_times`, an exit's statistics are mixed with the camera's, which weigh as
much as a few matches. Only vehicles that are in no other view count: one that is already in another
view, or is found again in the same one, has not departed.

A vehicle that left just before the end has had no time to be seen again: a departure counts towards
a camera by the share of those that had arrived there after that time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tracking.decisions import ExitEstimate, Onward
from tracking.learning.link_estimates import LEAST_COUNT, LEAST_SHARE
from tracking.travel.gap_densities import (
    BIN_S,
    LEAST_GAP_S,
    MIDDLES,
    MOST_GAP_S,
    PRIOR_MATCHES,
    kernel_estimate,
    mixed,
    slots,
)
from tracking.travel.zones import MAX_ZONES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tracking.decisions import End
    from tracking.travel.gap_densities import Moves
    from tracking.travel.link_prior import LinkPrior
    from tracking.travel.zones import Zones

GIVEN_MATCHES: Final = 1.0
"""Weight of what was known of a way before (`link_prior`), in matches: with a few vehicles the next
one is now and then earlier or later than all of them. Three blur the windows of short recordings to
ten times their width."""

_NOW: Final = int(-LEAST_GAP_S / BIN_S)
"""Bin in which gaps begin to be positive."""

_KEPT: Final = np.array([0.005, *np.arange(0.1, 0.95, 0.1), 0.995])
"""Shares of the quantiles that are kept: a smooth density has no first and no last second."""


@dataclass(frozen=True, slots=True, eq=False)
class Departures:
    """Vehicles that left a view.

    Attributes:
        cell: intp (N,), camera * MAX_ZONES + zone.
        watched_s: float64 (N,), seconds since then in which they might have been seen again.
    """

    cell: NDArray[np.intp]
    watched_s: NDArray[np.float64]


def estimate_exits(
    exits: Sequence[Zones],
    departures: Departures,
    moves: Moves,
    cameras: Sequence[str],
    prior: LinkPrior,
) -> list[ExitEstimate]:
    """Return what becomes of those that leave a camera, by any of its exits and by each.

    Args:
        exits: Of the cameras.
        departures: Of the vehicles.
        moves: Theirs, by the cameras' clocks.
        cameras: Their names by index.
        prior: What was given of their links, or assumed.

    Returns:
        For each camera after which another one is known to come: first one for anywhere.
    """
    found: list[ExitEstimate] = []
    for camera, (name, zones) in enumerate(zip(cameras, exits, strict=True)):
        onward = _onward(camera, len(zones), departures, moves, prior)
        known = np.flatnonzero(onward.share[0] >= LEAST_SHARE).tolist()
        ends: list[End | None] = [None, *((x, y, u, v) for x, y, u, v in zones.middles.tolist())]
        for row, end in enumerate(ends if known else ()):
            found.append(
                ExitEstimate(
                    camera_id=name,
                    end=end,
                    size_px=zones.size,
                    count=float(onward.count[row]),
                    onward=tuple(
                        Onward(
                            cameras[int(onward.target[column])],
                            float(onward.share[row, column]),
                            tuple(onward.quantiles_s[row, column].tolist()),
                        )
                        for column in known
                    ),
                )
            )
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Onward:
    """Where the vehicles of one camera went, by any of its exits (row 0) and by each of Z.

    Attributes:
        target: intp (T,), the cameras that enough of them came to.
        count: float64 (1 + Z,), vehicles that left and went out of sight.
        share: float64 (1 + Z, T), of these, those that came there next.
        quantiles_s: float64 (1 + Z, T, Q), after how long.
    """

    target: NDArray[np.intp]
    count: NDArray[np.float64]
    share: NDArray[np.float64]
    quantiles_s: NDArray[np.float64]


def _onward(
    camera: int, n_zones: int, departures: Departures, moves: Moves, prior: LinkPrior
) -> _Onward:
    own = moves.source // MAX_ZONES == camera
    zone, target = moves.source[own] % MAX_ZONES, moves.target[own] // MAX_ZONES
    gap, weight = moves.gap[own], moves.weight[own]
    lost = (target != camera) & (gap >= 0)
    stayed = np.bincount(zone[~lost], weight[~lost], n_zones)
    lost &= gap < MOST_GAP_S
    came = np.bincount(target[lost], weight[lost], len(prior.share))
    reached = np.flatnonzero(came >= LEAST_COUNT)
    lost &= np.isin(target, reached)
    zone, column = zone[lost], np.searchsorted(reached, target[lost])
    slot, weight = slots(gap[lost]), weight[lost]
    whole = kernel_estimate(column, slot, weight, len(reached))
    each = kernel_estimate(zone * len(reached) + column, slot, weight, n_zones * len(reached))
    given = prior.log_density_of_gap(
        np.full_like(reached, camera)[:, None], reached[:, None], MIDDLES
    )
    wide = mixed(whole, np.exp(given), matches=GIVEN_MATCHES)
    fine = mixed(each, np.tile(wide, (n_zones, 1)))
    here = departures.cell // MAX_ZONES == camera
    left = departures.cell[here] % MAX_ZONES
    count = np.bincount(left, minlength=n_zones)
    gone = np.maximum(count - stayed, 0.0)
    # Of those that left, how many would have come to each camera by now if they had gone there.
    arrived = _arrived(wide)
    begun = np.clip(departures.watched_s[here] / BIN_S, 0, arrived.shape[1] - 1).astype(np.intp)
    due = np.zeros((n_zones, len(reached)))
    np.add.at(due, left, arrived[:, begun].T)
    due *= (gone / np.maximum(count, 1))[:, None]
    matches = each.count.reshape(n_zones, len(reached))
    overall = whole.count / np.maximum(due.sum(axis=0), whole.count)
    by_zone = (matches + PRIOR_MATCHES * overall) / (np.maximum(due, matches) + PRIOR_MATCHES)
    share = np.concatenate([overall[None], by_zone])
    gone = np.append(gone.sum(), gone)
    # Where all of a few came somewhere, the next one may yet be the first who does not.
    most = 1 - 1 / (gone + PRIOR_MATCHES + 2)
    return _Onward(
        target=reached,
        count=gone,
        share=share * np.minimum(most / np.maximum(share.sum(axis=1), 1e-9), 1.0)[:, None],
        quantiles_s=_quantiles(np.concatenate([wide, fine])).reshape(
            n_zones + 1, len(reached), len(_KEPT)
        ),
    )


def _arrived(density: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share of gaps from 0 on that are over by the beginning of each bin; (R, B)."""
    rising = np.cumsum(density[:, _NOW:], axis=1)
    begun = np.pad(rising, ((0, 0), (1, 0)))
    return np.asarray(begun / np.maximum(rising[:, -1:], 1e-9), np.float64)


def _quantiles(density: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the quantiles of gaps from 0 on, in seconds; float64 (R, Q)."""
    arrived = _arrived(density)
    seconds = BIN_S * np.arange(arrived.shape[1])
    found = [np.interp(_KEPT, one, seconds) for one in arrived]
    return np.array(found, np.float64).reshape(-1, len(_KEPT))
