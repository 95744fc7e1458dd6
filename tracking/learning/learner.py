"""Keeps what is learned of cameras and links up to date, at a bounded cost."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from tracking.appearance.camera_looks import LEAST_VEHICLES, CameraLooks
from tracking.appearance.cohort import Cohort
from tracking.chains.visits import learn_visits
from tracking.learning.clock_correction import as_clocked
from tracking.learning.clock_turns import ClockTurns
from tracking.learning.clocks import estimate_clocks
from tracking.learning.exits import estimate_exits
from tracking.learning.lesson import Lesson, in_true_time, named_lags
from tracking.learning.link_estimates import estimate_links
from tracking.learning.link_learning import CameraZones
from tracking.learning.recollection import LONG_AGO
from tracking.maps.standing import StandingPlaces
from tracking.maps.terrain import Terrain
from tracking.sightings import Sightings
from tracking.slices import advance, finish
from tracking.travel.link_prior import LinkPrior
from tracking.travel.travel_times import TravelTimes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from tracking.appearance.calibration import Curves
    from tracking.chains.visits import VisitLooks
    from tracking.decisions import ClockEstimate, ExitEstimate, Key, LinkEstimate
    from tracking.learning.exits import Departures
    from tracking.learning.recollection import Recollection
    from tracking.maps.view_lags import ViewLag
    from tracking.slices import Steps
    from tracking.travel.links import LinkGraph
    from tracking.types import Tracklet

SIGHTINGS: Final = 1500
"""Latest sightings that are learned from: some hundreds per link; traffic changes by the hour."""

FIRST_SIGHTINGS: Final = 16
"""Before so many nothing is learned."""

GROWTH: Final = 1.2
"""It is learned again when there are so many times as many sightings,"""

MOST_WAITED: Final = 300
"""or when so many have been added."""

FIRST_WORK: Final = 150.0
"""That is done of a lesson in each update (`slices`)"""

WORK_FROM: Final = 300
"""before so many sightings: decisions take little time by then, and every lesson matters much."""

WORK: Final = 45.0
"""That is done later on."""

EARLIER_VEHICLES: Final = LEAST_VEHICLES
"""What an earlier run showed of a camera's bias counts as so many vehicles."""

_PRIOR_RATE: Final = (2.0, 20.0)
"""Vehicles and camera-seconds added to what was counted: one in ten seconds before anything was."""


class LinkLearner:
    """What is known of zones and travel times by now.

    Attributes:
        cohort: What appearance is compared with.
        cameras: Their bias of embeddings.
        zones: Of the cameras.
        times: Travel times; None before anything is known.
        visits: Evidence of appearance of whole visits; None until enough were seen.
        offsets: float64 (C,), seconds to add to each camera's times.

    Args:
        graph: Given links, and the index of the cameras.
        curves: Calibration of appearance.
        correlation: As of `HalfChains.of`.
        learning: Whether to learn; else only what is given counts.
        terrain: How cameras see the ground.
        surveying: Whether that is learned of cameras that are not calibrated.
    """

    def __init__(
        self,
        graph: LinkGraph,
        curves: Curves,
        *,
        correlation: float,
        learning: bool,
        terrain: Terrain | None = None,
        surveying: bool = False,
    ) -> None:
        self._graph = graph
        self._curves = curves
        self._correlation = correlation
        self._learning = learning
        self._terrain = terrain or Terrain()
        self._surveying = surveying
        self.cohort = Cohort(curves.whole.stranger_mean, curves.whole.stranger_std)
        self.cameras = CameraLooks()
        self._standing = StandingPlaces()
        self._parts: list[Sightings] = []
        self._keys: list[Key] = []
        self._previous: dict[Key, Key | None] = {}
        self._in_view: Sequence[Tracklet] = ()
        self._seen = 0
        self._due = float(FIRST_SIGHTINGS)
        self._refresh_at = 0.0
        self._survey_at = 0.0
        self._lags: dict[tuple[int, int], ViewLag] = {}
        self._turns = ClockTurns()
        self._steps: Steps[None] | None = None
        self._learned_for = 0
        self.zones = CameraZones((), ())
        self.times: TravelTimes | None = None
        self.visits: VisitLooks | None = None
        self.offsets = np.zeros(0)
        self._departures: Departures | None = None

    def add(self, ended: Sequence[Tracklet], in_view: Sequence[Tracklet] = ()) -> None:
        """Take in tracklets, and learn from them when it is time, a slice in each call.

        Args:
            ended: Those that have ended since the last call.
            in_view: All that have begun and not ended: where they come from can be learned.
        """
        self._in_view = in_view
        if ended:
            seen = self._sightings(ended, CameraLooks())
            new = seen[self._standing.first_time(ended)]
            self.cameras.add(new.embedding, new.camera, new.side)
            self.cohort.add(self.cameras.taken_off(new.embedding, new.camera, new.side))
            self._parts.append(seen)
            self._keys += [t.key for t in ended]
            self._seen += len(ended)
        if self._learning:
            self._go_on()
        if len(self._keys) > 2 * SIGHTINGS:
            self._forget()

    def recall(self, earlier: Recollection) -> None:
        """Learn from what an earlier run saw of these cameras; before anything else."""
        self.heed(earlier.previous)
        self.add(earlier.tracklets)
        if self._steps is not None:
            finish(self._steps)
            self._steps = None
        self._turns.recall(self._seen)
        # By now it may be night.
        self.cameras.fade(EARLIER_VEHICLES)
        self.cohort.forget()

    def heed(self, previous: Mapping[Key, Key | None]) -> None:
        """Take note of what has been decided, for pairs are better judged by all they would join.

        Args:
            previous: By sighting, which one it follows, None for none.
        """
        if self._learning:
            self._previous.update(previous)

    def current(self) -> tuple[CameraZones, TravelTimes]:
        """Return zones and travel times for all cameras that are known by now."""
        n_cameras = len(self._graph.linked)
        outgrown = self.times is None or self.times.n_cameras < n_cameras
        if self.times is None or self._departures is None:
            if outgrown or self._seen >= self._refresh_at:
                self._refresh_at = GROWTH * self._seen + 1
                self._assume()
        elif outgrown:
            # A lesson of all that was seen would keep an update waiting for seconds.
            self.zones = self.zones.widened(n_cameras)
            self.times = self.times.widened(self._prior())
            self.offsets = self._padded_offsets()
        assert self.times is not None
        return self.zones, self.times

    def learn(self, *, last: bool = False) -> None:
        """Learn from the latest sightings, all at once; `last` if there will be no others."""
        # What has not come to an end is begun anew, with all that was seen by now.
        self._steps = None
        finish(self._learning_steps(last=last))

    def _go_on(self) -> None:
        """Learn a little, if there is something to learn."""
        if self._learned_for != len(self._graph.names):
            # The lesson, and what is known by now, say nothing of a camera that has just come.
            self._steps, self._learned_for = None, len(self._graph.names)
            if FIRST_SIGHTINGS <= self._seen < self._due:
                # Between two others: the next one comes no later for it.
                self._steps = self._learning_steps()
        if self._steps is None and self._seen >= self._due:
            self._steps = self._learning_steps()
            self._due = self._seen + min(max((GROWTH - 1) * self._seen, 4.0), MOST_WAITED)
        work = FIRST_WORK if self._seen < WORK_FROM else WORK
        if self._steps is not None and advance(self._steps, work=work):
            self._steps = None

    def _learning_steps(self, *, last: bool = False) -> Steps[None]:
        latest = self._latest()
        if len(latest) < FIRST_SIGHTINGS:
            return
        keys, (kept,) = self._keys, self._parts
        if self._in_view:
            latest = Sightings.join([latest, self._sightings(self._in_view, self.cameras)])
            keys = [*keys, *(t.key for t in self._in_view)]
        mapping = self._surveying and (last or self._seen >= self._survey_at)
        seen = self._seen
        turn = self._turns.due(seen, len(self._graph.names)) if self._surveying and not last else ()
        lesson = Lesson(
            self._graph,
            self._curves,
            correlation=self._correlation,
            terrain=self._terrain,
            lags=self._lags,
            offsets=self._padded_offsets(),
            sightings=latest,
            keys=keys,
            previous=self._previous,
        )
        yield from lesson.steps(surveying=self._surveying, mapping=mapping, lagging=last)
        if mapping:
            # Cameras stay where they are: later on only when all that was seen is new.
            self._survey_at = seen + min((GROWTH - 1) * seen, SIGHTINGS)
        if lesson.terrain.version != self._terrain.version:
            self._place(kept, lesson)
        self._terrain.adopt(lesson.terrain)
        self._lags, self.offsets = lesson.lags, lesson.offsets
        self.zones, self.times, self.visits = lesson.zones, lesson.times, lesson.visits
        self._departures = lesson.departures
        if turn:
            # What takes longest, and mostly finds nothing wrong, keeps nobody waiting.
            again = yield from lesson.compare_clocks(turn)
            self._lags = lesson.lags
            self._turns.done(turn)
            if again:
                self._due = self._seen

    def _place(self, kept: Sightings, lesson: Lesson) -> None:
        """Place all sightings as a lesson has it, which began with some of them."""
        names = self._graph.names
        planes = {names.index(name): plane for name, plane in lesson.terrain.learned.items()}
        same = lesson.sightings[: len(kept)]
        self._parts = [
            replace(part, path=same.path, ends=same.ends, frame=same.frame)
            if part is kept
            else part.placed(planes)
            for part in self._parts
        ]

    def learn_visits(self, previous: Mapping[Key, Key | None]) -> bool:
        """Learn the appearance of visits from the last decisions; return whether it sufficed."""
        self.heed(previous)
        latest = self._latest()
        self.visits = learn_visits(*in_true_time(latest, self._keys, self.offsets, self._previous))
        return self.visits is not None

    def links(self) -> list[LinkEstimate]:
        """Return the learned links between cameras, by their clocks."""
        zones, times = self.current()
        moves = as_clocked(times.moves, self.offsets)
        return estimate_links(zones, times, moves, self._graph.names)

    def exits(self) -> list[ExitEstimate]:
        """Return what becomes of vehicles that leave, by the cameras' clocks; none if unlearned."""
        zones, times = self.current()
        if self._departures is None:
            return []
        moves = as_clocked(times.moves, self.offsets)
        return estimate_exits(
            zones.exits, self._departures, moves, self._graph.names, self._prior()
        )

    def clocks(self) -> list[ClockEstimate]:
        """Return how wrong the cameras' clocks seem to be."""
        lags = named_lags(self._lags, self._graph.names)
        return estimate_clocks(self.links(), self._graph.names, lags)

    def _padded_offsets(self) -> NDArray[np.float64]:
        """Return the offsets of all cameras; those of a new one are 0."""
        return np.pad(self.offsets, (0, len(self._graph.linked) - len(self.offsets)))

    def _prior(self) -> LinkPrior:
        return LinkPrior(self._graph, self._terrain.frames(self._graph.names))

    def _sightings(self, tracklets: Sequence[Tracklet], cameras: CameraLooks) -> Sightings:
        return Sightings.of(
            tracklets, self._graph.index, self.cohort, cameras, self._terrain.planes
        )

    def _assume(self) -> None:
        latest = self._latest()
        # What an earlier run saw is months ago, and the time between is not that of any traffic.
        latest = latest[latest.last > LONG_AGO]
        vehicles, seconds = _PRIOR_RATE
        if len(latest):
            span_s = float(latest.last.max() - latest.first.min())
            vehicles, seconds = vehicles + len(latest), seconds + span_s * len(self._graph.linked)
        self.zones = CameraZones((), ())
        self.offsets = np.zeros(len(self._graph.linked))
        self.times = TravelTimes.unlearned(self._prior(), arrivals_per_s=vehicles / seconds)

    def _latest(self) -> Sightings:
        if not self._parts:
            return self._sightings([], self.cameras)
        self._forget()
        (latest,) = self._parts
        # By all that is known of cameras and different vehicles now, not when each was seen.
        looks = self.cameras.taken_off(latest.embedding, latest.camera, latest.side)
        return replace(latest, embedding=looks, scale=self.cohort.scale(looks))

    def _forget(self) -> None:
        """Keep the latest sightings only."""
        joined = Sightings.join(self._parts)
        order = joined.last.argsort(kind="stable")[-SIGHTINGS:]
        self._parts, self._keys = [joined[order]], [self._keys[row] for row in order.tolist()]
        kept = {*self._keys, *(t.key for t in self._in_view)}
        self._previous = {key: row for key, row in self._previous.items() if key in kept}
