"""The oracle world: traffic of many cameras with exact truth, to measure the association alone.

True boxes and tracks (or tracks with stated errors) and embeddings of a stated difficulty go into
an association, so that its errors are seen apart from those of detector, tracker and network. All
of it is drawn from a seed, and can be streamed: a million vehicles take no more memory than those
that are on the road at once.

    scene = draw_scene(OracleSettings(difficulty="mid", seed=1))
    answer = feed(Associator(settings, scene.roads.camera_links()), scene.observations)
    score(scene, answer.final).idf1
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from benchmarks.oracle_looks import DIFFICULTIES, Difficulty, DrawnLooks, Kind
from benchmarks.oracle_roads import Roads, RoadSettings, boxes_on_path, draw_roads
from benchmarks.oracle_traffic import Passage, TrafficSettings, draw_routes
from tracking.types import Tracklet

SAMPLE_S: Final = 0.5
"""Seconds between two samples of a tracklet's path."""

YOUNG_S: Final = 1.0
"""Age at which a track is first handed on."""

_ROADS: Final = 4
_PASSES: Final = 5
"""Mark the generators of roads and of passages."""

_DAYS_APART: Final = 1_000_000

Key = tuple[str, int]
"""Camera and track id: what names a tracklet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OracleSettings:
    """What world is drawn.

    Attributes:
        roads: The network of cameras.
        traffic: The vehicles.
        difficulty: Of the embeddings; see `oracle_looks.DIFFICULTIES`.
        seed: The same seed gives the same world.
        day: Another one has other traffic on the same roads, before the same cameras.
    """

    roads: RoadSettings = field(default_factory=RoadSettings)
    traffic: TrafficSettings = field(default_factory=TrafficSettings)
    difficulty: Difficulty = "mid"
    seed: int = 0
    day: int = 0

    @property
    def traffic_seed(self) -> int:
        """Seed of where and when vehicles drive, and of single views of them."""
        return self.seed + _DAYS_APART * self.day


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a tracklet and the vehicle that it shows; times are by the camera's clock."""

    vehicle: int
    camera: int
    first_s: float
    last_s: float


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """A tracklet and the truth about it.

    Attributes:
        tracklet: As the tracker of one camera hands it on when the vehicle has left.
        parts: What it shows, in order of time: one vehicle, or two where it was mistaken.
        colour: Index into `oracle_looks.COLOURS`, as a colour classifier has it.
    """

    tracklet: Tracklet
    parts: tuple[Part, ...]
    colour: int

    @property
    def vehicle(self) -> int:
        """The vehicle that it shows for the longest time."""
        return max(self.parts, key=lambda part: part.last_s - part.first_s).vehicle


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A world that has been drawn.

    Attributes:
        roads: The network.
        observations: By last time, as a pipeline would see them end.
        truth: Every passage, whether it was observed or not, in the same order.
        kinds: By vehicle.
    """

    roads: Roads
    observations: list[Observation]
    truth: list[Part]
    kinds: dict[int, Kind]


def draw_world(settings: OracleSettings) -> tuple[Roads, DrawnLooks]:
    """Return the network and the looks of a world: all of it but the traffic."""
    roads = draw_roads(settings.roads, np.random.default_rng([settings.seed, _ROADS]))
    looks = DIFFICULTIES[settings.difficulty]
    return roads, DrawnLooks(looks, cameras=len(roads.cameras), seed=settings.seed)


def stream(settings: OracleSettings) -> Iterator[Observation]:
    """Yield true tracklets by last time (camera's clock), keeping only what is not over yet."""
    roads, looks = draw_world(settings)
    tracks: Counter[int] = Counter()
    waiting: list[tuple[float, int, int, Passage]] = []
    latest_clock = 2 * settings.roads.clock_offset_s
    for start_s, passages in draw_routes(roads, settings.traffic, seed=settings.traffic_seed):
        # Nothing that is yet to come can end before this.
        while waiting and waiting[0][0] < start_s - latest_clock:
            yield _observe(heapq.heappop(waiting), roads, looks, seed=settings.traffic_seed)
        for passage in passages:
            tracks[passage.camera] += 1
            last_s = passage.last_s + roads.cameras[passage.camera].clock_offset_s
            track = tracks[passage.camera]
            heapq.heappush(waiting, (last_s, passage.camera, track, passage))
    while waiting:
        yield _observe(heapq.heappop(waiting), roads, looks, seed=settings.traffic_seed)


def draw_scene(settings: OracleSettings) -> Scene:
    """Return a whole world, with true tracks (`oracle_errors` makes them worse)."""
    roads, looks = draw_world(settings)
    observations = list(stream(settings))
    truth = [part for observation in observations for part in observation.parts]
    kinds = {vehicle: looks.kind(vehicle) for vehicle in sorted({p.vehicle for p in truth})}
    return Scene(roads, observations, truth, kinds)


def _observe(
    one: tuple[float, int, int, Passage], roads: Roads, looks: DrawnLooks, *, seed: int
) -> Observation:
    _, _, track, passage = one
    camera = roads.cameras[passage.camera]
    rng = np.random.default_rng([seed, _PASSES, passage.camera, track])
    entry, leave = camera.zones[passage.entry_arm], camera.zones[passage.exit_arm]
    duration = passage.last_s - passage.first_s
    seconds = np.append(np.arange(0.0, duration, SAMPLE_S), duration)
    seen = looks.appearance(
        passage.vehicle, camera=passage.camera, direction=leave.heading, rng=rng
    )
    first_s = passage.first_s + camera.clock_offset_s
    tracklet = Tracklet(
        camera_id=camera.name,
        track_id=track,
        timestamps=first_s + seconds,
        xyxy=boxes_on_path(entry, leave, seconds / duration),
        embedding=seen.mean(),
        exemplars=seen.views,
        class_id=seen.class_id,
        ended=True,
    )
    part = Part(passage.vehicle, passage.camera, tracklet.first_timestamp, tracklet.last_timestamp)
    return Observation(tracklet, (part,), seen.colour)


def young(tracklet: Tracklet) -> Tracklet:
    """Return a tracklet as it was known at `YOUNG_S`: of its looks only the first view."""
    known = tracklet.timestamps <= tracklet.first_timestamp + YOUNG_S
    first = tracklet.exemplars[:1]
    return Tracklet(
        tracklet.camera_id,
        tracklet.track_id,
        tracklet.timestamps[known],
        tracklet.xyxy[known],
        first[0],
        first,
        tracklet.class_id,
        ended=False,
    )


def events(observations: Sequence[Observation]) -> list[Tracklet]:
    """Return what a pipeline hands on, by time: each tracklet when it is young and at its end."""
    told = []
    for tracklet in (observation.tracklet for observation in observations):
        seen = young(tracklet)
        told += [(seen.last_timestamp, 0, seen), (tracklet.last_timestamp, 1, tracklet)]
    return [tracklet for *_, tracklet in sorted(told, key=lambda e: (e[0], e[1], e[2].key))]
