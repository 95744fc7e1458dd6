"""Query images: photographs from the street of vehicles that the cameras saw, or never saw."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np

from city.camera import CameraGeometry
from city.documents import appearances
from city.draws import pick
from city.lighting import Lighting, lighting_preset
from city.output_folder import write_whole
from city.population import LONG_KINDS, draw_vehicle, split_kinds
from city.sensor import Sensor, SensorSettings
from city.sightings import cameras_of, returning
from city.stage import Setting, Stage
from city.truth import ActorTruth, FrameTruth
from city.types import ActorState, Pose
from city.vehicles.catalogue import MODELS
from city.vehicles.individual import look_alike
from city.vehicles.variants import body_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from city.episode import Episode
    from city.network import Lane
    from city.population import Actor
    from city.scene import Scene
    from city.sightings import Journeys
    from city.vehicles.individual import Individual

SIZE_WH: Final = (800, 600)
JPEG_QUALITY: Final = 90
LIGHTS: Final = ("overcast", "afternoon", "hazy", "noon", "day")
"""Presets for the images; those of the scene's own cameras are left out."""
LEAST_VISIBILITY: Final = 0.9
"""A photographer picks a place from where nothing hides the vehicle."""
_ATTEMPTS: Final = 12
"""Viewpoints at most, until one shows enough of the suspect."""
_LOOK_ALIKES: Final = 2
"""Suspects at most who are chosen because they have look-alikes."""
_LEAST_LANE_M: Final = 25.0
"""Suspects stand on lanes of this length or more."""
_DRAWS: Final = 200
"""Vehicles drawn at most until one looks like none of the scene."""


@dataclass(frozen=True, slots=True)
class Query:
    """A suspect.

    Attributes:
        individual: What it looks like.
        vehicle: Its id, None if it never appears.
        group: Its look-alike group; empty without one.
        lookalike_of: A vehicle that it resembles but is not.
    """

    individual: Individual
    vehicle: int | None = None
    group: str = ""
    lookalike_of: int | None = None


def choose_queries(actors: Mapping[int, Actor], ways: Journeys, scene: Scene) -> list[Query]:
    """Choose the suspects.

    Of those that appear, up to two have look-alikes and one returns; all were seen by two or
    more cameras if there are enough of them. The first that never appears resembles one that does.

    Args:
        actors: Everyone in the scene.
        ways: Of the vehicles that were seen.
        scene: Number of queries, and seed.

    Returns:
        The queries in random order; fewer where too few vehicles were seen.
    """
    rng = random.Random(f"{scene.seed} queries")
    moving = [v for v in ways if not actors[v].parked and actors[v].body.kind not in LONG_KINDS]
    several = [v for v in moving if len(cameras_of(ways[v])) > 1]
    others = [v for v in moving if v not in several]
    alike = [v for v in several if actors[v].group]
    back = [v for v in returning(ways) if v in several]
    wishes = [
        *_sample(rng, alike, _LOOK_ALIKES),
        *_sample(rng, back, 1),
        *_sample(rng, several, len(several)),
        *_sample(rng, others, len(others)),
    ]
    chosen = list(dict.fromkeys(wishes))[: scene.queries]
    queries = [Query(actors[v].individual, v, actors[v].group) for v in chosen]
    queries += _absent(actors, [v for v in several or moving if v not in chosen], scene, rng=rng)
    rng.shuffle(queries)
    return queries


def _sample(rng: random.Random, vehicles: Sequence[int], count: int) -> list[int]:
    return rng.sample(vehicles, min(count, len(vehicles)))


def _absent(
    actors: Mapping[int, Actor], seen: Sequence[int], scene: Scene, *, rng: random.Random
) -> list[Query]:
    """Return vehicles that never appear, the first one a look-alike of one that was seen."""
    queries: list[Query] = []
    if seen and scene.absent_queries:
        resembled = rng.choice(seen)
        individual = look_alike(actors[resembled].individual, rng)
        queries.append(Query(individual, lookalike_of=resembled))
    there = {(actor.individual.model, actor.individual.colour) for actor in actors.values()}
    drawable = split_kinds(scene.traffic.split)
    for _ in range(_DRAWS):
        if len(queries) >= scene.absent_queries:
            break
        kind = rng.choices(list(scene.traffic.kinds), list(scene.traffic.kinds.values()))[0]
        if kind not in drawable:
            continue
        individual = draw_vehicle(rng, scene.traffic, kind=kind)
        looks = individual.model, individual.colour
        if MODELS[individual.model].kind not in LONG_KINDS and looks not in there:
            queries.append(Query(individual))
            there.add(looks)
    return queries


@dataclass(frozen=True, slots=True, eq=False)
class Photographer:
    """Renders the images; a worker process creates its own stage from it.

    Attributes:
        scene: The scene.
        episode: It played out.
        folder: Where `queries/` goes.
        ways: Of the vehicles that were seen.
    """

    scene: Scene
    episode: Episode
    folder: Path
    ways: Journeys

    def __call__(self) -> Callable[[Sequence[Query]], Generator[int, None, int]]:
        """Return the renderer of some query images."""
        return self._take

    def _take(self, queries: Sequence[Query]) -> Generator[int, None, int]:
        individuals = {number: query.individual for number, query in enumerate(queries)}
        stage = Stage(Setting(self.episode.network, self.scene.seed), individuals)
        answers = []
        for number, query in enumerate(queries):
            rng = np.random.default_rng([self.scene.seed, 77, number])
            image, truth = self._photograph(number, query, stage, rng=rng)
            name = f"q{number + 1:02}.jpg"
            _, coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
            write_whole(self.folder / "queries" / name, coded.tobytes())
            answers.append(self._answer(name, query, truth))
            yield 1
        text = json.dumps(answers, indent=1) + "\n"
        write_whole(self.folder / "queries" / "queries.json", text.encode())
        return len(queries)

    def _photograph(
        self, number: int, query: Query, stage: Stage, *, rng: np.random.Generator
    ) -> tuple[NDArray[np.uint8], ActorTruth]:
        """Return a query image of a suspect, from the best of some viewpoints."""
        lights = free_lights(self.scene)
        light = lights[number % len(lights)]
        lanes = [
            lane
            for lane in self.episode.network.lanes
            if not lane.internal and lane.length_m > _LEAST_LANE_M
        ]
        best: tuple[ActorTruth, NDArray[np.float32]] | None = None
        for _ in range(_ATTEMPTS):
            lane = pick(lanes, rng)
            geometry, state = street_view(lane, number, query.individual, rng=rng)
            stage.set_view(geometry, light)
            rendering = stage.render([state], time_s=0.0)
            found = FrameTruth(geometry)([state], stage.models, rendering.actor_mask)
            if found and (best is None or found[0].visibility > best[0].visibility):
                best = found[0], rendering.linear
            if best is not None and best[0].visibility >= LEAST_VISIBILITY:
                break
        if best is None:
            raise ValueError(f"{self.scene.name}: no street from where query {number} can be seen")
        settings = SensorSettings(
            exposure_ev=float(rng.uniform(-0.2, 0.2)),
            gain_rgb=(1.0, 1.0, float(rng.uniform(0.94, 1.05))),
            noise=0.004,
        )
        return Sensor(settings, SIZE_WH, number)(best[1]), best[0]

    def _answer(self, name: str, query: Query, truth: ActorTruth) -> dict[str, Any]:
        x0, y0, x1, y1 = (round(value) for value in truth.whole_xyxy)
        resembled = query.lookalike_of
        return {
            "image": name,
            "box_xywh": [x0, y0, x1 - x0, y1 - y0],
            "id": None if query.vehicle is None else str(query.vehicle),
            "absent": query.vehicle is None,
            "lookalike_of": None if resembled is None else str(resembled),
            "lookalike_group": query.group or None,
            "model": query.individual.model,
            "colour": query.individual.colour,
            "appearances": appearances([] if query.vehicle is None else self.ways[query.vehicle]),
        }


def street_view(
    lane: Lane, actor_id: int, individual: Individual, *, rng: np.random.Generator
) -> tuple[CameraGeometry, ActorState]:
    """Return a vehicle on a lane, and a camera at eye level at one of its corners."""
    x, y, heading = lane.point_at(float(lane.length_m * rng.uniform(0.3, 0.7)))
    body = body_of(individual)
    # The front or the rear three quarters, from either side.
    angle = math.radians(rng.uniform(28, 60) if rng.random() < 0.55 else rng.uniform(125, 152))
    azimuth = heading + angle * (1 if rng.random() < 0.5 else -1)
    away = rng.uniform(6.4, 8.4) * max(1.0, body.length_m / 4.6)
    geometry = CameraGeometry(
        eye=(
            x + away * math.cos(azimuth),
            y + away * math.sin(azimuth),
            float(rng.uniform(1.4, 2.0)),
        ),
        look_at=(x, y, body.height_m / 2),
        fov_deg=float(rng.uniform(36, 42)),
        size_wh=SIZE_WH,
    )
    heading += math.radians(rng.uniform(-3, 3))
    return geometry, ActorState(actor_id, (Pose(x, y, heading),))


def free_lights(scene: Scene) -> list[Lighting]:
    """Return lights that no camera of the scene has; all of them if none is left."""
    used = {scene.lighting_of(camera) for camera in scene.cameras}
    presets = [lighting_preset(name) for name in LIGHTS]
    # Turned by a quarter, so that even a light from the list falls from elsewhere.
    return [light for light in presets if light not in used] or [
        replace(light, environment_turn_deg=90.0) for light in presets
    ]
