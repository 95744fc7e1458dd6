"""Likelihood that a departed vehicle is the one that enters another view some time later.

A departure by zone p of one camera is followed by an arrival in zone q of another after a gap t
with the density P(q | p) f(t | p, q), or by none with P(exit | p). An arrival without a predecessor
happens at the birth rate, lambda(q) per second. The log-odds of "the same vehicle" against "one
left for good and another entered" are

    T = log P(q | p) + log f(t | p, q) - log P(exit | p) - log lambda(q)

In addition, a vehicle that left may re-enter, from a minute to a day later, by any entry that
others use, so that its place is no evidence:

    R = log P(returns) + log f(t) - log sum lambda(q)

The evidence is log(exp T + exp R). All of T is learned from soft matches (each weighted by its
probability), at four levels of detail: what is given or assumed before anything was seen, the whole
network, the two cameras, the two zones. Each level is the prior of the next one, with the weight of
a few matches (Dirichlet); densities are kernel estimates (`gap_densities`).

Reference: Huang & Russell, "Object identification in a Bayesian context", IJCAI 1997 (matching
vehicles along a road by such odds); Makris, Ellis & Black, "Bridging the gaps between cameras",
CVPR 2004 (learning the links without labels); Zhang, Li & Nevatia, CVPR 2008 (birth, exit and
transition as costs of a flow).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from tracking.travel.gap_densities import PRIOR_MATCHES, GapDensities, Moves
from tracking.travel.link_prior import NEXT_SHARE
from tracking.travel.zones import MAX_ZONES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tracking.maps.ways import Ways
    from tracking.travel.link_prior import LinkPrior

AT_ONCE_S: Final = 1.0
"""Minimum time in both views for a meeting of two cameras; less may be clock errors."""

LEAST_OVERLAPS: Final = 5.0
"""Matches at once after which two cameras are taken to overlap."""

DISBELIEF: Final = 20.0
"""Log-odds against being in two cameras that are not known to overlap."""

MEETING_LOG_RATE: Final = -3.0
"""Of vehicles in view of one camera, those that come into view of a second one where they are, per
second; the logarithm."""

COME_BACK_SHARE: Final = 0.1
"""Of the vehicles that leave the network, those that are back within a day. On simulated traffic
("easy", six scenes of 150 vehicles, a tenth of which return) this finds 45 of 113 again, 18
without it, and IDF1 is 0.956 rather than 0.938."""

AWAY_S: Final = (60.0, 86_400.0)
"""For at least and at most so long; log-uniform, as nothing says on which scale."""

AROUND_S: Final = 600.0
"""Vehicles come at the rate at which they did so long before and after. 300, 600 and 1200 s were
about the same on simulated traffic."""

PRIOR_EXIT: Final = 1 - NEXT_SHARE
"""Share of the vehicles that are not seen again, before anything is known."""

_LEAST_EXIT: Final = 0.02
"""Nowhere fewer of the vehicles leave for good: a few that all went on prove little."""

_LEAST_SHARE: Final = 1e-9
"""Keeps logarithms finite."""


@dataclass(frozen=True, slots=True, eq=False)
class Traffic:
    """What was seen of the traffic, by cell (camera * MAX_ZONES + zone).

    Attributes:
        departures: float64 (Z,), vehicles that left, long enough ago to have been seen again.
        arrivals: float64 (Z,), vehicles that came in.
        births: float64 (Z,), those that came from nowhere, each counted by its probability.
        duration_s: Seconds in which they did.
        arrived: float64 (N,), when each of them came in, ascending; none if that is not known.
    """

    departures: NDArray[np.float64]
    arrivals: NDArray[np.float64]
    births: NDArray[np.float64]
    duration_s: float
    arrived: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))


class TravelTimes:
    """The log-odds T above, as tables.

    Attributes:
        moves: What it was learned from.
        n_cameras: C, the number of cameras.
        camera_matches: float64 (C, C), the moves from the row's camera to the column's, each
            counted by its probability.
        departures: float64 (Z,), vehicles that left by each cell.

    Args:
        prior: What is given about the links, or assumed.
        traffic: What was seen.
        moves: Its moves.
    """

    def __init__(self, prior: LinkPrior, traffic: Traffic, moves: Moves) -> None:
        self.moves = moves
        self._traffic = traffic
        self.n_cameras = n_cameras = len(traffic.arrivals) // MAX_ZONES
        matches = _table(moves, moves.weight, n_cameras)
        by_camera = _by_camera(matches).reshape(n_cameras, n_cameras, MAX_ZONES)
        self.camera_matches = by_camera.sum(axis=2)
        self.departures = departures = np.maximum(traffic.departures, matches.sum(axis=1))
        # Who is met elsewhere while it is here has not gone there from here: it continues from
        # there.
        onward = _table(moves, moves.weight * ~moves.met, n_cameras)
        exits = np.maximum(departures - onward.sum(axis=1), 0.0)
        leaving = float(exits.sum() + PRIOR_MATCHES * PRIOR_EXIT)
        exit_share = leaving / (float(departures.sum()) + PRIOR_MATCHES)
        share = prior.share * (1 - exit_share) / (1 - PRIOR_EXIT)
        self._next = _next_cell(onward, departures, traffic.arrivals, share)
        left = np.repeat(departures.reshape(-1, MAX_ZONES).sum(axis=1), MAX_ZONES)
        # By how much a match raised P(next cell | cell), at both levels of detail.
        by_match = (1 + PRIOR_MATCHES / (left + PRIOR_MATCHES)) / (departures + PRIOR_MATCHES)
        self._next_by_match = by_match
        by_exit = (exits + PRIOR_MATCHES * exit_share) / (departures + PRIOR_MATCHES)
        self._log_exit = np.log(np.maximum(by_exit, _LEAST_EXIT))
        self._log_birth = np.log(_birth_rate(traffic))
        # Over no cells before there is a camera.
        self._log_all_births = float(np.logaddexp.reduce(self._log_birth, initial=-np.inf))
        self._arrived = traffic.arrived
        self._birth_share = float(traffic.births.sum() / max(float(traffic.arrivals.sum()), 1.0))
        at_once = moves.gap < -AT_ONCE_S
        pair = moves.source // MAX_ZONES * n_cameras + moves.target // MAX_ZONES
        seen = np.bincount(pair[at_once], moves.weight[at_once], n_cameras**2)
        overlap = prior.overlap | (seen.reshape(n_cameras, n_cameras) >= LEAST_OVERLAPS)
        self._apart = ~(overlap | overlap.T)
        self._densities = GapDensities(moves, n_cameras, prior)

    @classmethod
    def unlearned(cls, prior: LinkPrior, *, arrivals_per_s: float) -> Self:
        """Return what holds before anything was seen.

        Args:
            prior: What is given.
            arrivals_per_s: Vehicles per second in a camera.
        """
        cells = len(prior.share) * MAX_ZONES
        none = np.zeros(0)
        arrivals = np.full(cells, arrivals_per_s / MAX_ZONES)
        traffic = Traffic(np.zeros(cells), arrivals, 0.5 * arrivals, 1.0)
        index = np.zeros(0, np.intp)
        return cls(prior, traffic, Moves.unplaced(index, index, none, none))

    def widened(self, prior: LinkPrior) -> Self:
        """Return the same with cameras added, of which nothing was seen.

        Their vehicles are taken to come as often as those of the other cameras do on average, and
        to go where the prior says.

        Args:
            prior: Of all cameras, the known ones first.
        """
        traffic, added = self._traffic, len(prior.share) - self.n_cameras
        # Nothing is known of their zones, so that all of their vehicles come by the first.
        first = np.tile(np.eye(1, MAX_ZONES)[0], added) / self.n_cameras

        def on_average(counts: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.append(counts, first * counts.sum())

        wider = replace(
            traffic,
            departures=np.append(traffic.departures, 0 * first),
            arrivals=on_average(traffic.arrivals),
            births=on_average(traffic.births),
        )
        return type(self)(prior, wider, self.moves)

    def log_odds(
        self,
        source: NDArray[np.intp],
        target: NDArray[np.intp],
        ways: Ways,
        *,
        cautious: bool = True,
        own: NDArray[np.float64] | None = None,
    ) -> NDArray[np.float64]:
        """Return T for departures and arrivals.

        Args:
            source: Cells of the departures; intp (E,).
            target: Cells of the arrivals; intp (E,).
            ways: What lies between the two.
            cautious: Whether nobody is in two cameras at once that are not known to overlap; to
                find out, it must be thought possible.
            own: Weight that each pair itself has among the moves, which is left out: it must not
                vouch for itself. float64 (E,); 0 if not given.
        """
        density = self._densities.at(source, target, ways.delay, own=own) - ways.log_unit
        following = self._next[source, target]
        if own is not None:
            following = np.maximum(following - own * self._next_by_match[source], _LEAST_SHARE)
        if cautious:
            at_once = ways.gap < -AT_ONCE_S
            apart = self._apart[source // MAX_ZONES, target // MAX_ZONES] & at_once
            density = np.where(apart, density - DISBELIEF, density)
        came = np.log(following) + density - self._log_exit[source]
        # Where it goes next does not matter while it is seen to be here.
        came = np.where(ways.met, MEETING_LOG_RATE, came)
        found = came + ways.place - self._log_birth[target]
        away = (ways.gap >= AWAY_S[0]) & (ways.gap <= AWAY_S[1])
        came_back = _log_density_away(ways.gap[away]) - self._log_all_births
        found[away] = np.logaddexp(found[away], came_back)
        return found

    def log_odds_of_return(
        self, gap: NDArray[np.float64], when: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the log-odds that an arrival left that long ago, and is not new; float64 (E,).

        In a quiet hour hardly anybody is new.

        Args:
            gap: float64 (E,), seconds since it left, within `AWAY_S`.
            when: float64 (E,), UTC seconds at which it comes.
        """
        return _log_density_away(gap) - self._log_births_at(when)

    def _log_births_at(self, when: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the logarithm of all births per second around some times; (E,)."""
        if not len(self._arrived):
            return np.full(len(when), self._log_all_births)
        begin, end = self._arrived[0], self._arrived[-1]
        middle = np.clip(when, begin, end)
        since, until = np.maximum(middle - AROUND_S, begin), np.minimum(middle + AROUND_S, end)
        came = np.searchsorted(self._arrived, until, "right")
        came = came - np.searchsorted(self._arrived, since, "left")
        # One vehicle may be new anywhere.
        born = np.maximum(self._birth_share * came, 1.0)
        return np.asarray(np.log(born / np.maximum(until - since, AWAY_S[0])))


def _log_density_away(gap: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the logarithm of how likely it is to be back after so long (`AWAY_S`), per second."""
    least, most = AWAY_S
    return np.asarray(np.log(COME_BACK_SHARE / (gap * np.log(most / least))))


def _table(moves: Moves, weight: NDArray[np.float64], n_cameras: int) -> NDArray[np.float64]:
    """Return the summed weights of the moves from each cell (row) to each (column); (Z, Z)."""
    n_cells = n_cameras * MAX_ZONES
    flat = np.bincount(moves.source * n_cells + moves.target, weight, n_cells * n_cells)
    return np.asarray(flat, np.float64).reshape(n_cells, n_cells)


def _by_camera(cells: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum rows of cells to rows of cameras, (Z, M) to (C, M)."""
    cameras = cells.reshape(len(cells) // MAX_ZONES, MAX_ZONES, cells.shape[1])
    return np.asarray(cameras.sum(axis=1), np.float64)


def _next_cell(
    matches: NDArray[np.float64],
    departures: NDArray[np.float64],
    arrivals: NDArray[np.float64],
    share: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return P(next cell | cell); (Z, Z), rows sum to at most 1."""
    per_camera = arrivals.reshape(-1, MAX_ZONES) + 1e-3
    zone_share = (per_camera / per_camera.sum(axis=1, keepdims=True)).ravel()
    assumed = np.repeat(share, MAX_ZONES, axis=1) * zone_share
    left = departures.reshape(-1, MAX_ZONES).sum(axis=1, keepdims=True)
    camera = (_by_camera(matches) + PRIOR_MATCHES * assumed) / (left + PRIOR_MATCHES)
    detailed = matches + PRIOR_MATCHES * np.repeat(camera, MAX_ZONES, axis=0)
    return np.asarray(detailed / (departures[:, None] + PRIOR_MATCHES))


def _birth_rate(traffic: Traffic) -> NDArray[np.float64]:
    """Return births per second and cell; (Z,)."""
    born = traffic.births.reshape(-1, MAX_ZONES)
    came = traffic.arrivals.reshape(-1, MAX_ZONES)
    network = (born.sum() + 1.0) / (came.sum() + 2.0)
    here = born.sum(axis=1, keepdims=True) + PRIOR_MATCHES * network
    overall = here / (came.sum(axis=1, keepdims=True) + PRIOR_MATCHES)
    expected = born + PRIOR_MATCHES * overall * came / (came + PRIOR_MATCHES)
    least = 0.1 / max(traffic.duration_s, 60.0)
    return np.asarray(expected / traffic.duration_s + least).ravel()
