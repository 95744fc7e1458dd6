"""Does the association slow down as vehicles pile up? Seconds per 1,000 tracklets by gallery size.

A streamed oracle world of a steady traffic is fed until the association knows so many identities;
then the next tracklets are timed. Only the association is on the clock, not the drawing.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.oracle import OracleSettings, stream, young
from benchmarks.oracle_roads import RoadSettings
from benchmarks.oracle_score import Engine
from benchmarks.oracle_traffic import TrafficSettings
from tracking.types import Tracklet

CAMERAS: Final = 16
PER_HOUR: Final = 600.0
TIMED: Final = 1000
"""Tracklets that are timed at each size."""


@dataclass(frozen=True, slots=True)
class Speed:
    """What it took at one size of the gallery.

    Attributes:
        identities: Known when the clock started.
        seconds: For the next `TIMED` tracklets, each given when young and at its end.
        tracklets: That had been seen by then.
        seconds_before: For all of these.
    """

    identities: int
    seconds: float
    tracklets: int
    seconds_before: float


def measure(
    engine: Engine, sizes: Sequence[int], *, seed: int = 0, limit_s: float = float("inf")
) -> Iterator[Speed]:
    """Yield the speed at each size of the gallery, as soon as it is known.

    Args:
        engine: A fresh one.
        sizes: Numbers of identities, ascending.
        seed: Of the traffic.
        limit_s: When this much time is spent, sizes that are yet to come are left out.
    """
    tracklets = _traffic(vehicles=2 * max(sizes) + TIMED, seed=seed)
    known, seen, spent = 0, 0, 0.0
    for size in sizes:
        while known < size:
            if spent > limit_s:
                return
            seconds, known = _give(engine, next(tracklets), known)
            spent += seconds
            seen += 1
        before, timed = (known, seen, spent), 0.0
        for _ in range(TIMED):
            seconds, known = _give(engine, next(tracklets), known)
            timed += seconds
        seen, spent = seen + TIMED, spent + timed
        yield Speed(before[0], timed, before[1], before[2])


def _give(engine: Engine, tracklet: Tracklet, known: int) -> tuple[float, int]:
    # Seconds, and the greatest number that any identity has had.
    start = time.perf_counter()
    decisions = [*engine.update([young(tracklet)]).values(), *engine.update([tracklet]).values()]
    seconds = time.perf_counter() - start
    return seconds, max([known, *(decision.identity_id for decision in decisions)])


def _traffic(*, vehicles: int, seed: int) -> Iterator[Tracklet]:
    settings = OracleSettings(
        roads=RoadSettings(layout="grid", cameras=CAMERAS, overlap_pairs=2),
        traffic=TrafficSettings(vehicles=vehicles, per_hour=PER_HOUR),
        difficulty="easy",
        seed=seed,
    )
    return (observation.tracklet for observation in stream(settings))
