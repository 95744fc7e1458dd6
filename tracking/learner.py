"""Keeps what is learned of cameras and links up to date, at a cost that does not grow."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from tracking.cohort import Cohort
from tracking.link_learning import CameraZones, learn_travel_times
from tracking.link_prior import LinkPrior
from tracking.sightings import Sightings
from tracking.travel_times import TravelTimes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tracking.calibration import Calibration
    from tracking.links import LinkGraph
    from tracking.types import Tracklet

SIGHTINGS: Final = 1500
"""Latest sightings that are learned from: some hundreds per link; traffic changes by the hour."""

FIRST_SIGHTINGS: Final = 16
"""Before so many nothing is learned."""

GROWTH: Final = 1.2
"""It is learned anew when there are so many times as many sightings,"""

MOST_WAITED: Final = 300
"""or when so many have been added."""

_PRIOR_RATE: Final = (2.0, 20.0)
"""Vehicles and camera-seconds added to what was counted: one in ten seconds before anything was."""


class LinkLearner:
    """What is known of zones and travel times by now.

    Args:
        graph: Given links, and the index of the cameras.
        calibration: Of the appearance.
        learning: Whether to learn; else only what is given counts.
    """

    def __init__(self, graph: LinkGraph, calibration: Calibration, *, learning: bool) -> None:
        self._graph = graph
        self._calibration = calibration
        self._learning = learning
        self.cohort = Cohort(calibration.stranger_mean, calibration.stranger_std)
        self._parts: list[Sightings] = []
        self._seen = 0
        self._due = float(FIRST_SIGHTINGS)
        self._refresh_at = 0.0
        self.zones = CameraZones((), ())
        self.times: TravelTimes | None = None

    def add(self, ended: Sequence[Tracklet]) -> None:
        """Take in tracklets that have ended, and learn from them when it is time."""
        if ended:
            self.cohort.add(np.stack([t.embedding for t in ended]))
            self._parts.append(Sightings.of(ended, self._graph.index, self.cohort))
            self._seen += len(ended)
        if self._learning and self._seen >= self._due:
            self.learn()
            self._due = self._seen + min(max((GROWTH - 1) * self._seen, 4.0), MOST_WAITED)

    def current(self) -> tuple[CameraZones, TravelTimes]:
        """Return zones and travel times for all cameras that are known by now."""
        n_cameras = len(self._graph.linked)
        outgrown = self.times is None or self.times.n_cameras < n_cameras
        unlearned = self.times is None or not len(self.times.moves.gap)
        if outgrown or (unlearned and self._seen >= self._refresh_at):
            self._refresh_at = GROWTH * self._seen + 1
            if self._learning and self._seen >= FIRST_SIGHTINGS:
                self.learn()
            else:
                self._assume()
        assert self.times is not None
        return self.zones, self.times

    def learn(self) -> None:
        """Learn from the latest sightings."""
        latest = self._latest()
        if len(latest) >= FIRST_SIGHTINGS:
            self.zones = CameraZones.of(latest, len(self._graph.linked))
            prior = LinkPrior(self._graph)
            self.times = learn_travel_times(latest, self.zones, prior, self._calibration)

    def _assume(self) -> None:
        latest = self._latest()
        vehicles, seconds = _PRIOR_RATE
        if len(latest):
            span_s = float(latest.last.max() - latest.first.min())
            vehicles, seconds = vehicles + len(latest), seconds + span_s * len(self._graph.linked)
        self.zones = CameraZones((), ())
        self.times = TravelTimes.unlearned(
            LinkPrior(self._graph), arrivals_per_s=vehicles / seconds
        )

    def _latest(self) -> Sightings:
        if not self._parts:
            return Sightings.of([], self._graph.index, self.cohort)
        joined = Sightings.join(self._parts)
        order = joined.last.argsort(kind="stable")[-SIGHTINGS:]
        latest = joined[order]
        # By all that is known of strangers now, not when each was seen.
        latest = replace(latest, scale=self.cohort.scale(latest.embedding))
        self._parts = [latest]
        return latest[latest.first.argsort(kind="stable")]
