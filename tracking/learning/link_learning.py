"""Unsupervised learning of links: where vehicles go and how long they take.

Expectation maximisation: with the current travel times, every possible move gets a probability,
from appearance, time and exclusivity together (E); from the moves, weighted by it, new travel times
are estimated (M). Pairs that are similar by chance spread evenly over all gaps and zones, true
moves do not; so the links emerge from the noise although single matches are uncertain. A move's own
contribution to an estimate is left out when the move is judged: otherwise chance matches would
confirm themselves.

Reference: Tieu, Dalley & Grimson, "Inference of non-overlapping camera network topology by
measuring statistical dependence", ICCV 2005; Niu & Grimson, "Recovering non-overlapping network
topology using far-field vehicle tracking data", ICPR 2006 (appearance as the weight).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tracking.chains.chain_looks import Looks, half_chain_steps
from tracking.chains.marginals import marginal_steps
from tracking.chains.successions import AFTERWARDS, ALONE
from tracking.learning.recollection import LONG_AGO
from tracking.maps.exclusivity import conflicts
from tracking.maps.ways import Ways, late_s, ways_between
from tracking.travel.gap_densities import MOST_GAP_S, Moves
from tracking.travel.travel_times import Traffic, TravelTimes
from tracking.travel.zones import MAX_ZONES, Zones

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tracking.appearance.calibration import Curves
    from tracking.sightings import Sightings
    from tracking.slices import Steps
    from tracking.travel.link_prior import LinkPrior

ROUNDS: Final = 6
"""Of expectation maximisation; the first ones move most."""

CHAIN_SHARE: Final = 0.5
"""Of what a pair's half-chains say, beside the two by themselves, in what appearance says. On drawn
traffic ("mid", nine scenes of 150 vehicles) 0, 0.5 and 1 give a mean IDF1 of 0.932, 0.936 and 0.936
(online 0.815, 0.819, 0.820); three rendered development scenes do not distinguish them."""

_LEAST_LOG_RATIO: Final = -4.5
"""Pairs whose appearance speaks more against them than this are not looked at."""

_RATE_WINDOW_S: Final = 120.0
"""Time over which the traffic is taken to be steady."""

_LEAST_WEIGHT: Final = 0.02
"""Less probable moves are not counted."""

_PART: Final = 2**15
"""Pairs that are looked at together: what is between in the computation stays in the cache."""

_PAIR_WORK: Final = 5e-6
_WAY_WORK: Final = 200e-6
_NUMBER_WORK: Final = 15e-6
_ODDS_WORK: Final = 80e-6
_TABLES_WORK: Final = 5.0
_COUNT_WORK: Final = 22e-6
"""Of a pair of sightings: of looking at it, of the way between the two, of its number and of its
odds; and of tables of travel times, in all and for each pair (`slices`)."""


@dataclass(frozen=True, slots=True, eq=False)
class CameraZones:
    """The zones of all cameras.

    Attributes:
        entries: By index of the camera.
        exits: The same.
    """

    entries: tuple[Zones, ...]
    exits: tuple[Zones, ...]

    @classmethod
    def of(cls, sightings: Sightings, n_cameras: int) -> CameraZones:
        """Find the zones of sightings; those in view have not left."""
        per_camera = [sightings[sightings.camera == c] for c in range(n_cameras)]
        return cls(
            tuple(Zones(one.entry) for one in per_camera),
            tuple(Zones(one.leave[one.ended]) for one in per_camera),
        )

    def widened(self, n_cameras: int) -> CameraZones:
        """Return the same with cameras added, of which nothing was seen: one zone each."""
        added = (Zones(np.zeros((0, 4))),) * (n_cameras - len(self.entries))
        return CameraZones(self.entries + added, self.exits + added)

    def cells(self, sightings: Sightings) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return the cells in which sightings leave, and in which they come in."""
        leave, enter = (sightings.camera * MAX_ZONES for _ in range(2))
        for camera in np.unique(sightings.camera).tolist():
            if camera < len(self.entries):
                own = sightings.camera == camera
                leave[own] += self.exits[camera].of(sightings.leave[own])
                enter[own] += self.entries[camera].of(sightings.entry[own])
        return leave, enter


def learn_travel_times(
    sightings: Sightings,
    zones: CameraZones,
    prior: LinkPrior,
    curves: Curves,
    *,
    measured: NDArray[np.bool_],
    previous: NDArray[np.intp],
    correlation: float,
) -> Steps[TravelTimes]:
    """Estimate travel times from sightings.

    Args:
        sightings: N of them, in order of their first times; some may be in view still.
        zones: Of their cameras.
        prior: What is given of the links.
        curves: Calibration of appearance.
        measured: bool (C,), cameras whose places people measured on one map.
        previous: intp (N,), which sighting each was said to follow, `ALONE` for none.
        correlation: As of `HalfChains.of`.
    """
    leave, enter = zones.cells(sightings)
    i, j, appearance = yield from _possible_moves(
        sightings, curves, previous, correlation=correlation
    )
    parts = [slice(start, start + _PART) for start in range(0, max(len(i), 1), _PART)]
    ways_of_parts = []
    for part in parts:
        a, b = i[part], j[part]
        gap = sightings.first[b] - sightings.last[a]
        ways_of_parts.append(ways_between(sightings, sightings, a, b, gap))
        yield len(a) * _WAY_WORK
    ways = Ways.join(ways_of_parts)
    n_cells = len(prior.share) * MAX_ZONES
    end = float(sightings.last.max())
    duration_s = max(_busy_s(sightings.first), 60.0)
    arrivals = np.bincount(enter, minlength=n_cells).astype(np.float64)
    per_s = len(sightings) / duration_s / max(len(np.unique(sightings.camera)), 1)
    times = TravelTimes.unlearned(prior, arrivals_per_s=per_s)
    # Who left just before the end has had no time to be seen again.
    began = float(sightings.first[_began(sightings.first)[-1]])
    waited_s = min(60.0, (end - began) / 4)
    settled = sightings.ended & (sightings.last <= end - waited_s)
    departures = np.bincount(leave[settled], minlength=n_cells).astype(np.float64)
    slot = np.where(ways.met, 1 + sightings.camera[j], AFTERWARDS)
    place = _numbered(i * (len(prior.share) + 1) + slot)
    yield len(i) * _NUMBER_WORK
    # Between an earlier run and this one nobody watched: that was no quiet hour.
    today = sightings.first[sightings.last > LONG_AGO]
    own, odds = np.zeros(len(i)), np.zeros(len(i))
    source, target = leave[i], enter[j]
    for _ in range(ROUNDS):
        for part in parts:
            a, b = source[part], target[part]
            odds[part] = times.log_odds(a, b, ways[part], cautious=False, own=own[part])
            yield len(a) * _ODDS_WORK
        odds += appearance
        probability = yield from marginal_steps(place, j, odds)
        known = np.bincount(j, probability, len(sightings))
        births = np.bincount(enter, 1 - known, n_cells).astype(np.float64)
        counted = probability > _LEAST_WEIGHT
        own = np.where(counted, probability, 0.0)
        made = ways[counted]
        moves = Moves(
            source[counted],
            target[counted],
            made.gap,
            probability[counted],
            made.delay,
            made.met,
            _late_s(sightings, i[counted], j[counted], made.gap, measured),
        )
        traffic = Traffic(departures, arrivals, births, duration_s, today)
        times = TravelTimes(prior, traffic, moves)
        yield _TABLES_WORK + len(i) * _COUNT_WORK
    return times


def _numbered(places: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return places, (E,) and not negative, as numbers from 0 without gaps, in the same order."""
    used = np.zeros(int(places.max(initial=-1)) + 1, np.bool_)
    used[places] = True
    return np.asarray((np.cumsum(used) - 1)[places], np.intp)


def _late_s(
    sightings: Sightings,
    i: NDArray[np.intp],
    j: NDArray[np.intp],
    gap: NDArray[np.float64],
    measured: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Return by how much later moves came than predicted; NaN where places were not measured.

    A learned map may lie as it does because of a wrong clock, and so does a camera that was laid
    over a calibrated one: that says nothing of clocks.
    """
    foretold = late_s(sightings.ends[i, 1], sightings.ends[j, 0], gap)
    known = measured[sightings.camera[i]] & measured[sightings.camera[j]]
    return np.where(known, foretold, np.nan)


def _busy_s(times: NDArray[np.float64]) -> float:
    """Return in how many seconds as many arrivals would come at the rate that most of them met.

    Traffic comes in waves, and a camera may be empty at night: what counts is how crowded it was
    around an arrival, not around the clock.

    Args:
        times: float64 (N,), ascending.
    """
    began = _began(times)
    window = np.floor((times - times[began]) / _RATE_WINDOW_S)
    slots = np.unique(np.stack([began, window]), axis=1, return_counts=True)[1]
    return float(_RATE_WINDOW_S * slots.sum() ** 2 / (slots**2).sum())


def _began(times: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return which was the first one after the latest pause that nobody is followed over; (N,).

    Args:
        times: float64 (N,), ascending.
    """
    after_pause = np.diff(times, prepend=times[0]) > MOST_GAP_S
    return np.maximum.accumulate(np.where(after_pause, np.arange(len(times)), 0))


def _possible_moves(
    sightings: Sightings, curves: Curves, previous: NDArray[np.intp], *, correlation: float
) -> Steps[tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]]:
    """Find pairs (i, j) of which i may come right before j, and what appearance says."""
    order = np.arange(len(sightings))
    gap = sightings.first[None] - sightings.last[:, None]
    possible = (order[:, None] < order[None]) & (gap < MOST_GAP_S) & sightings.ended[:, None]
    possible &= ~conflicts(sightings, sightings)
    looks = Looks(sightings.embedding, np.ones(len(sightings)), sightings.scale, sightings.crops)
    alone = np.full(len(sightings), ALONE, np.intp)
    yield possible.size * _PAIR_WORK
    pairs = yield from half_chain_steps(looks, alone, curves, correlation=correlation)
    ratio = yield from half_chain_steps(looks, previous, curves, correlation=correlation)
    ratio *= CHAIN_SHARE
    pairs *= 1 - CHAIN_SHARE
    ratio += pairs
    i, j = np.nonzero(possible & (ratio > _LEAST_LOG_RATIO))
    yield possible.size * _PAIR_WORK
    return i, j, ratio[i, j]
