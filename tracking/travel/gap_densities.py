"""Travel-time densities between places, learned or assumed.

Kernel estimates on a grid, at three levels of detail: all pairs of cameras of one kind
(`LinkPrior.pool`), the two cameras, the two zones. Each is mixed with the level above, whose weight
is a few matches.

A gap must not support itself: in a kernel estimate every move makes its own gap likely, so that a
wrong one, once slightly believed, would be believed more in every round of learning. The density at
a move can therefore be evaluated without the move's own contribution.

Reference: Silverman, "Density estimation for statistics and data analysis", 1986, Sect. 3.4.1 (the
bandwidth) and 3.4.4 (leaving one out).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from tracking.travel.link_prior import POOLS, log_densities_pooled
from tracking.travel.zones import MAX_ZONES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tracking.travel.link_prior import LinkPrior

BIN_S: Final = 0.5
"""Resolution of the learned densities."""

LEAST_GAP_S: Final = -60.0
MOST_GAP_S: Final = 600.0
"""Between these gaps travel times are learned; beyond, the prior holds."""

_BINS: Final = int((MOST_GAP_S - LEAST_GAP_S) / BIN_S)
MIDDLES: Final = (LEAST_GAP_S + BIN_S * (np.arange(_BINS) + 0.5)).astype(np.float64)
"""Of the bins, in seconds."""

PRIOR_MATCHES: Final = 3.0
"""Weight of each level of detail on the next, in matches."""

LEAST_BANDWIDTH_S: Final = 0.4
"""Of the kernel estimate: clocks and first sightings are no better than that."""

_LEAST_DENSITY: Final = 1e-12
"""Per second; keeps logarithms finite."""


@dataclass(frozen=True, slots=True, eq=False)
class Moves:
    """Possible moves of vehicles from one sighting to the next.

    Attributes:
        source: intp (E,), cell of the departure: camera * MAX_ZONES + zone.
        target: intp (E,), cell of the arrival.
        gap: float64 (E,), seconds from the last time there to the first time here.
        weight: float64 (E,), probability that the move was made.
        delay: float64 (E,), what densities are learned of (`Ways.delay`).
        met: bool (E,), whether both cameras saw it at once, and where (`Ways.met`), so that its gap
            does not matter.
        late_s: float64 (E,), by how much later it came than predicted (`ways.late_s`), NaN where
            nothing foretells it.
    """

    source: NDArray[np.intp]
    target: NDArray[np.intp]
    gap: NDArray[np.float64]
    weight: NDArray[np.float64]
    delay: NDArray[np.float64]
    met: NDArray[np.bool_]
    late_s: NDArray[np.float64]

    @classmethod
    def unplaced(
        cls,
        source: NDArray[np.intp],
        target: NDArray[np.intp],
        gap: NDArray[np.float64],
        weight: NDArray[np.float64],
    ) -> Self:
        """Return moves between places that are not known on the ground."""
        met, late_s = np.zeros(len(gap), np.bool_), np.full(len(gap), np.nan)
        return cls(source, target, gap, weight, gap, met, late_s)


class GapDensities:
    """log f(gap | cells): a row of a table for each pair of cameras or cells, and one for all.

    Args:
        moves: What was seen.
        n_cameras: How many there are.
        prior: What holds beyond.
    """

    def __init__(self, moves: Moves, n_cameras: int, prior: LinkPrior) -> None:
        self._prior = prior
        self._n_cells = n_cameras * MAX_ZONES
        near = (moves.delay >= LEAST_GAP_S) & (moves.delay < MOST_GAP_S) & ~moves.met
        slot = slots(moves.delay[near])
        source, target, weight = moves.source[near], moves.target[near], moves.weight[near]
        a, b = source // MAX_ZONES, target // MAX_ZONES
        pairs, camera_row = np.unique(a * n_cameras + b, return_inverse=True)
        zones, zone_row = np.unique(source * self._n_cells + target, return_inverse=True)
        parent = np.searchsorted(
            pairs,
            zones // self._n_cells // MAX_ZONES * n_cameras + zones % self._n_cells // MAX_ZONES,
        )
        pool = prior.pool[a, b]
        pooled = pool >= 0
        network = kernel_estimate(pool[pooled], slot[pooled], weight[pooled], POOLS)
        coarse = kernel_estimate(camera_row, slot, weight, len(pairs))
        detailed = kernel_estimate(zone_row, slot, weight, len(zones))
        widest = mixed(network, np.exp(log_densities_pooled(MIDDLES)))
        # Whose next level is the network, rather than the window that was given.
        pair_pool = prior.pool.ravel()[pairs]
        given = np.exp(prior.log_density(pairs // n_cameras, pairs % n_cameras, MIDDLES))
        wide = mixed(coarse, np.where((pair_pool >= 0)[:, None], widest[pair_pool], given))
        fine = mixed(detailed, wide[parent])
        with np.errstate(divide="ignore"):
            self._log = np.log(np.concatenate([wide, fine, widest])).astype(np.float32)
        levels = (coarse, detailed, network)
        self._count = np.concatenate([level.count for level in levels])
        self._peak = np.concatenate([level.peak for level in levels])
        # What is left to the prior beyond the grid.
        self._beyond = np.log(PRIOR_MATCHES / (PRIOR_MATCHES + self._count))
        # The last rows are those of the network, by pool.
        self._network = len(self._count) - POOLS
        row_of_pool = np.append(self._network + np.arange(POOLS), -1)
        self._network_row = np.append(row_of_pool[pair_pool], np.full(len(zones) + POOLS, -1))
        self._camera_row = row_of_pool[prior.pool.ravel()]
        self._camera_row[pairs] = np.arange(len(pairs))
        by_camera = self._camera_row.reshape(n_cameras, n_cameras)
        self._row = np.kron(by_camera, np.ones((MAX_ZONES, MAX_ZONES), np.intp)).ravel()
        self._row[zones] = len(pairs) + np.arange(len(zones))

    def at(
        self,
        source: NDArray[np.intp],
        target: NDArray[np.intp],
        gap: NDArray[np.float64],
        *,
        own: NDArray[np.float64] | None = None,
    ) -> NDArray[np.float64]:
        """Return the logarithms of densities, per second.

        Args:
            source: Cells of the departures; shape (...).
            target: Cells of the arrivals; the same shape.
            gap: Seconds in between; the same shape.
            own: Weight that each of these has among the moves, which is left out; 0 if not given.
        """
        n_cameras = self._n_cells // MAX_ZONES
        a, b = source // MAX_ZONES, target // MAX_ZONES
        camera_row = self._camera_row[a * n_cameras + b]
        learned = camera_row >= 0
        inside = learned & (gap >= LEAST_GAP_S) & (gap < MOST_GAP_S)
        found, rest = np.empty(gap.shape), ~inside
        found[rest] = self._prior.log_density(a[rest], b[rest], gap[rest])
        row = self._row[source[inside] * self._n_cells + target[inside]]
        place = slots(gap[inside])
        if own is None:
            found[inside] = self._log[row, place]
        else:
            found[inside] = self._without(own[inside], camera_row[inside], row, place)
        beyond = learned & rest
        found[beyond] += self._beyond[camera_row[beyond]]
        return found

    def _without(
        self,
        own: NDArray[np.float64],
        camera_row: NDArray[np.intp],
        row: NDArray[np.intp],
        place: NDArray[np.intp],
    ) -> NDArray[np.float64]:
        """Return log densities without what the moves at these very places add to them."""

        def left(
            level: NDArray[np.intp], density: NDArray[np.float64], less: NDArray[np.float64] | float
        ) -> NDArray[np.float64]:
            total = self._count[level] + PRIOR_MATCHES
            rest = np.maximum(total - own, PRIOR_MATCHES)
            added = own * self._peak[level] + less
            return np.asarray(np.maximum(density * total - added, 0.0) / rest, np.float64)

        # Level by level from the widest: what each lends to the next one becomes less, too.
        only_network = camera_row >= self._network
        network_row = self._network_row[camera_row]
        in_network = network_row >= 0
        network_row = np.where(only_network, camera_row, network_row)
        widest, wide, fine = (
            np.exp(self._log[level, place].astype(np.float64))
            for level in (network_row, camera_row, row)
        )
        widest_left = left(network_row, widest, 0.0)
        shift = np.where(in_network, PRIOR_MATCHES * (widest - widest_left), 0.0)
        wide_left = np.where(only_network, widest_left, left(camera_row, wide, shift))
        fine_left = left(row, fine, PRIOR_MATCHES * (wide - wide_left))
        fine_left = np.maximum(
            fine_left, PRIOR_MATCHES / (self._count[row] + PRIOR_MATCHES) * wide_left
        )
        density = np.where(row == camera_row, wide_left, fine_left)
        return np.asarray(np.log(np.maximum(density, _LEAST_DENSITY)), np.float64)


def slots(gap: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the bins of gaps that lie between the least and the greatest."""
    return ((gap - LEAST_GAP_S) / BIN_S).astype(np.intp)


@dataclass(frozen=True, slots=True, eq=False)
class Estimates:
    """Kernel estimates.

    Attributes:
        density: float64 (R, B), on the grid.
        count: float64 (R,), weight of each row's moves.
        peak: float64 (R,), what a move of weight 1 adds at its own place, times `count`.
    """

    density: NDArray[np.float64]
    count: NDArray[np.float64]
    peak: NDArray[np.float64]


def mixed(
    found: Estimates, base: NDArray[np.float64], *, matches: float = PRIOR_MATCHES
) -> NDArray[np.float64]:
    """Return estimates mixed with a base that weighs so many matches; float64 (R, B)."""
    count = found.count[:, None]
    return (count * found.density + matches * base) / (count + matches)


def kernel_estimate(
    row: NDArray[np.intp], slot: NDArray[np.intp], weight: NDArray[np.float64], n_rows: int
) -> Estimates:
    """Return Gaussian kernel densities on the grid.

    Args:
        row: intp (E,), which density each move belongs to.
        slot: intp (E,), its bin (`slots`).
        weight: float64 (E,), how much it counts.
        n_rows: R, how many densities there are.

    The bandwidth is Silverman's, 0.9 A n^(-1/5), where the spread A is half the distance between
    the 16 % and the 84 % quantile: two modes must not be blurred by what lies between them more
    than the rule does anyway.
    """
    histogram = np.bincount(row * _BINS + slot, weight, n_rows * _BINS).reshape(n_rows, _BINS)
    counts = histogram.sum(axis=1)
    safe = np.maximum(counts, 1e-9)[:, None]
    rising = np.cumsum(histogram, axis=1) / safe
    spread = BIN_S / 2 * ((rising < 0.84).sum(axis=1) - (rising < 0.16).sum(axis=1))
    bandwidth = np.maximum(0.9 * spread * np.maximum(counts, 1.0) ** -0.2, LEAST_BANDWIDTH_S)
    # Smoothing is a product in the frequency domain, for all rows at once.
    frequency = np.fft.rfftfreq(2 * _BINS, BIN_S)
    # Most rows have few moves, and the least bandwidth.
    bandwidths, own = np.unique(bandwidth, return_inverse=True)
    kernel = np.exp(-2 * (np.pi * frequency * bandwidths[:, None]) ** 2)
    smooth = np.fft.irfft(np.fft.rfft(histogram / safe, 2 * _BINS) * kernel[own])[:, :_BINS]
    peak = np.fft.irfft(kernel, 2 * _BINS)[:, 0] / BIN_S
    return Estimates(np.maximum(smooth, 0.0) / BIN_S, counts, peak[own])
