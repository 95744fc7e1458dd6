"""What the latest sightings teach of cameras and of links between them, in slices.

A lesson begins with the sightings of a moment. Nothing of what it finds takes effect before it is
complete: decisions meanwhile rest on the lesson before, so that times and places belong together.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from tracking.chains.successions import predecessors
from tracking.chains.visits import learn_visits
from tracking.decisions import SharedView
from tracking.learning.clock_correction import LEAST_OFFSET_S, as_clocked, put_right, sure_offsets
from tracking.learning.clocks import estimate_clocks
from tracking.learning.exits import Departures
from tracking.learning.link_estimates import estimate_links
from tracking.learning.link_learning import CameraZones, learn_travel_times
from tracking.learning.recollection import LONG_AGO, own_ground
from tracking.maps.survey import survey
from tracking.travel.link_prior import LinkPrior

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from tracking.appearance.calibration import Curves
    from tracking.chains.visits import VisitLooks
    from tracking.decisions import Key
    from tracking.ground import GroundPlane
    from tracking.maps.terrain import Terrain
    from tracking.maps.view_lags import ViewLag
    from tracking.sightings import Sightings
    from tracking.slices import Steps
    from tracking.travel.links import LinkGraph
    from tracking.travel.travel_times import TravelTimes

_LEAST_SHIFT_S: Final = 0.25
"""Clocks are not corrected again for less."""

_PLACING_WORK: Final = 0.08
_ZONES_WORK: Final = 10.0
_CLOCKS_WORK: Final = 8.0
_VISITS_WORK: Final = 0.04
"""Of placing a sighting, of all zones, of all clocks, and of a sighting among visits (`slices`)."""


class Lesson:
    """A time of learning.

    Attributes:
        terrain: How cameras see the ground.
        lags: By two cameras with overlapping views, how their clocks differ.
        offsets: float64 (C,), seconds to add to each camera's times.
        sightings: Those that it learns from, on the ground as it sees that.
        zones: Of the cameras.
        times: Travel times.
        visits: Evidence of appearance of whole visits; None if too few were seen.
        departures: Who left, and by which zone.

    Args:
        graph: Given links, and the index of the cameras; none may be added meanwhile.
        curves: Calibration of appearance.
        correlation: As of `HalfChains.of`.
        terrain: How cameras see the ground by what was learned before.
        lags: Lags that were learned before.
        offsets: Offsets that were learned before.
        sightings: N of them.
        keys: Their names.
        previous: Which sighting each was decided to follow, None for none.
    """

    zones: CameraZones
    times: TravelTimes
    visits: VisitLooks | None
    departures: Departures

    def __init__(
        self,
        graph: LinkGraph,
        curves: Curves,
        *,
        correlation: float,
        terrain: Terrain,
        lags: Mapping[tuple[int, int], ViewLag],
        offsets: NDArray[np.float64],
        sightings: Sightings,
        keys: Sequence[Key],
        previous: Mapping[Key, Key | None],
    ) -> None:
        self._graph = graph
        self._names = tuple(graph.names)
        self._curves = curves
        self._correlation = correlation
        self._previous = dict(previous)
        self.terrain = terrain.copied()
        self.lags = dict(lags)
        self.offsets = offsets
        self.sightings = sightings
        # Sightings stay in the order in which they came, so that who gave them knows them.
        self._in_time = sightings.first.argsort(kind="stable")
        self._keys = [keys[row] for row in self._in_time.tolist()]

    def steps(self, *, surveying: bool, mapping: bool, lagging: bool) -> Steps[None]:
        """Learn.

        Args:
            surveying: Whether the ground is ever learned,
            mapping: and whether it is now.
            lagging: Whether lags of all cameras are looked for, too.
        """
        if mapping:
            yield from self._survey(lagging=lagging)
        self.zones = CameraZones.of(self.sightings[self._in_time], len(self._names))
        yield _ZONES_WORK
        times = yield from self._travel_times()
        moves = as_clocked(times.moves, self.offsets)
        links = estimate_links(self.zones, times, moves, self._names)
        clocks = estimate_clocks(links, self._names, named_lags(self.lags, self._names))
        offsets = sure_offsets(clocks, moves, self._prior(), self.lags)
        yield _CLOCKS_WORK
        if np.abs(offsets - self.offsets).max() >= _LEAST_SHIFT_S:
            self.offsets = offsets
            if surveying:
                # Which views are shared depends on the clocks.
                yield from self._survey()
            times = yield from self._travel_times()
        self.times = times
        self.visits = learn_visits(*self._in_true_time())
        yield len(self._keys) * _VISITS_WORK
        latest = self.sightings[self._in_time]
        left = latest[latest.ended]
        # An earlier run watched until its end, not until today.
        until = np.where(left.last > LONG_AGO, latest.last.max(), LONG_AGO)
        self.departures = Departures(self.zones.cells(left)[0], until - left.last)

    def compare_clocks(self, turn: Sequence[int]) -> Steps[bool]:
        """Search for lags between some cameras, after all else.

        Returns:
            Whether one was found that calls for learning again.
        """
        before = dict(self.lags)
        given = self._calibrated()
        others = [camera for camera in turn if camera not in given]
        beside = {camera: given[camera] for camera in turn if camera in given}
        found = yield from survey(
            self._own_ground(), others, self._curves, given=beside, lagging=True
        )
        self._keep_lags(found.lags, turn)
        wrong = {pair: lag for pair, lag in self.lags.items() if abs(lag.lag_s) > LEAST_OFFSET_S}
        return any(
            pair not in before or abs(lag.lag_s - before[pair].lag_s) >= _LEAST_SHIFT_S
            for pair, lag in wrong.items()
        )

    def _survey(self, *, lagging: bool = False) -> Steps[None]:
        """Learn the ground, and place sightings on it."""
        names = self._names
        given = self._calibrated()
        others = [camera for camera in range(len(names)) if camera not in given]
        found = yield from survey(
            self._own_ground(), others, self._curves, given=given, lagging=lagging
        )
        if lagging:
            self._keep_lags(found.lags, range(len(names)))
        self.terrain.learn(
            {names[camera]: plane for camera, plane in found.planes.items()},
            [
                SharedView(names[a], names[b], overlay.vehicles, overlay.std_m)
                for (a, b), overlay in found.overlays.items()
            ],
        )
        for name, plane in self.terrain.learned.items():
            camera = names.index(name)
            self.sightings = self.sightings.placed({camera: plane})
            yield np.count_nonzero(self.sightings.camera == camera) * _PLACING_WORK

    def _keep_lags(self, found: Mapping[tuple[int, int], ViewLag], among: Sequence[int]) -> None:
        """Replace what is known of lags between some cameras, all by the cameras' clocks."""
        kept = {pair: lag for pair, lag in self.lags.items() if not {*among} >= {*pair}}
        for (a, b), lag in found.items():
            lag_s = lag.lag_s + float(self.offsets[b] - self.offsets[a])
            kept[a, b] = replace(lag, lag_s=lag_s)
        self.lags = dict(sorted(kept.items()))

    def _own_ground(self) -> Sightings:
        return put_right(own_ground(self.sightings, len(self._names)), self.offsets)

    def _calibrated(self) -> dict[int, GroundPlane]:
        names = self._names
        return {names.index(n): plane for n, plane in self.terrain.given.items() if n in names}

    def _travel_times(self) -> Steps[TravelTimes]:
        right, previous = self._in_true_time()
        return learn_travel_times(
            right,
            self.zones,
            self._prior(),
            self._curves,
            measured=self.terrain.reliable(self._names, self.lags, self.offsets),
            previous=previous,
            correlation=self._correlation,
        )

    def _in_true_time(self) -> tuple[Sightings, NDArray[np.intp]]:
        return in_true_time(self.sightings[self._in_time], self._keys, self.offsets, self._previous)

    def _prior(self) -> LinkPrior:
        return LinkPrior(self._graph, self.terrain.frames(self._names))


def in_true_time(
    sightings: Sightings,
    keys: Sequence[Key],
    offsets: NDArray[np.float64],
    previous: Mapping[Key, Key | None],
) -> tuple[Sightings, NDArray[np.intp]]:
    """Return sightings by corrected clocks, and which of them each follows (N,).

    Args:
        sightings: N of them.
        keys: Their names.
        offsets: float64 (C,), seconds to add to each camera's times.
        previous: By name, which one each follows, None for none.
    """
    right = put_right(sightings, offsets)
    # By clocks that are wrong they may have come in another order.
    order = right.first.argsort(kind="stable")
    names = [keys[row] for row in order.tolist()]
    return right[order], predecessors(names, previous)


def named_lags(
    lags: Mapping[tuple[int, int], ViewLag], names: Sequence[str]
) -> dict[tuple[str, str], ViewLag]:
    """Return lags by the names of the cameras instead of their indices."""
    return {(names[a], names[b]): lag for (a, b), lag in lags.items()}
