"""Speed of the association as the gallery grows: seconds per 1,000 tracklets by gallery size.

For each size a fresh association is filled with the vehicles of a long, steady traffic as if it had
decided them all (deciding a million would take hours, and is not the question), and the tracklets
that follow are timed. Only the association is timed, not the simulation of the traffic.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice, pairwise
from typing import Final

import numpy as np

from benchmarks.oracle import Observation, OracleSettings, stream, young
from benchmarks.oracle_roads import RoadSettings
from benchmarks.oracle_traffic import TrafficSettings
from tracking.association.associator import Associator
from tracking.association.settings import AssociationSettings
from tracking.types import Tracklet

CAMERAS: Final = 16
PER_HOUR: Final = 600.0
TURN_OFF_SHARE: Final = 0.5
"""Short ways, of about two cameras, so that a million vehicles are drawn in minutes."""

BATCH: Final = 1000
"""Tracklets that the association is told of at once."""

WARM_UP: Final = 100
PARTS: Final = 10
PART: Final = 100
"""So many parts of so many tracklets are timed: 1,000 in all, and their median part."""


class RemindedAssociator(Associator):
    """An association that can be told of vehicles of the past, instead of having seen them."""

    def remember(self, tracklets: Sequence[Tracklet], identities: Sequence[int]) -> None:
        """Take tracklets that have ended for what somebody else decided that they are.

        Args:
            tracklets: In order of time, before any that is given to `update`.
            identities: Their numbers; later ones will be greater than all of these.
        """
        for tracklet in tracklets:
            self._graph.index(tracklet.camera_id)
        self._now = max(self._now, *(t.last_timestamp for t in tracklets))
        self._book.settle(tracklets, identities, now=self._now)
        self._numbers = count(max(next(self._numbers), *identities) + 1)


@dataclass(frozen=True, slots=True)
class Speed:
    """What it took at one size of the gallery.

    Attributes:
        identities: Known when the clock started.
        tracklets: That they had.
        seconds: For 1,000 tracklets, each given when young and at its end.
        cpu_seconds: The same by processor time, hardly touched by what else runs on the machine.
        median_cpu_seconds: That by the median part: without a rare long step.
        longest_update_s: Processor time of the longest of all updates: for so long the frames of
            all live cameras wait.
        p99_update_s: Processor time that one update in a hundred takes longer than.
        told_in_s: Seconds that it took to be told of the past, drawing included.
    """

    identities: int
    tracklets: int
    seconds: float
    cpu_seconds: float
    median_cpu_seconds: float
    longest_update_s: float
    p99_update_s: float
    told_in_s: float


def measure(size: int) -> Speed:
    """Return the speed of a fresh association at one size of the gallery.

    Args:
        size: Identities known; at least 1.
    """
    engine = RemindedAssociator(AssociationSettings())
    traffic = _traffic(vehicles=size + 2 * (WARM_UP + PARTS * PART))
    start = time.perf_counter()
    tracklets = _tell(engine, traffic, size)
    told_in_s = time.perf_counter() - start
    _clocked(engine, traffic, WARM_UP)
    parts = [_clocked(engine, traffic, PART) for _ in range(PARTS)]
    per_thousand = 1000 / (PARTS * PART)
    cpu = [sum(updates) for _, updates in parts]
    updates = np.concatenate([updates for _, updates in parts])
    return Speed(
        identities=size,
        tracklets=tracklets,
        seconds=per_thousand * sum(seconds for seconds, _ in parts),
        cpu_seconds=per_thousand * sum(cpu),
        median_cpu_seconds=per_thousand * PARTS * statistics.median(cpu),
        longest_update_s=float(updates.max()),
        p99_update_s=float(np.quantile(updates, 0.99)),
        told_in_s=told_in_s,
    )


def _tell(engine: RemindedAssociator, traffic: Iterator[Observation], size: int) -> int:
    # Until so many vehicles are known; returns the number of their tracklets.
    tracklets, known = 0, 0
    while known < size:
        batch = list(islice(traffic, min(BATCH, size - known)))
        engine.remember([o.tracklet for o in batch], [o.vehicle + 1 for o in batch])
        tracklets += len(batch)
        known = max(known, *(o.vehicle + 1 for o in batch))
    return tracklets


def _clocked(
    engine: Associator, traffic: Iterator[Observation], tracklets: int
) -> tuple[float, list[float]]:
    # Seconds by the clock on the wall, and of the processor for each update.
    given = [o.tracklet for o in islice(traffic, tracklets)]
    updates = [tracklet for whole in given for tracklet in (young(whole), whole)]
    start, ends = time.perf_counter(), [time.process_time()]
    for tracklet in updates:
        engine.update([tracklet])
        ends.append(time.process_time())
    return time.perf_counter() - start, [after - before for before, after in pairwise(ends)]


def _traffic(*, vehicles: int) -> Iterator[Observation]:
    traffic = TrafficSettings(
        vehicles=vehicles, per_hour=PER_HOUR, turn_off_share=TURN_OFF_SHARE, return_share=0.05
    )
    roads = RoadSettings(layout="grid", cameras=CAMERAS, overlap_pairs=2)
    return stream(OracleSettings(roads=roads, traffic=traffic, difficulty="easy"))
