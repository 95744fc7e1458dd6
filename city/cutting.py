"""Cuts crops of vehicles out of rendered images: the work of one worker process."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from city.arrangement import arrange, find_slots
from city.output_folder import write_whole
from city.sensor import Sensor
from city.stage import Setting, Stage
from city.truth import ActorTruth, FrameTruth
from city.veri import crop_name

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from city.network import RoadNetwork
    from city.population import Actor
    from city.types import ActorState
    from city.viewpoints import Viewpoint

CAMERAS_PER_VEHICLE: Final = 8
"""VeRi's vehicles are seen by 2 to 18 cameras."""
BATCH: Final = 160
"""Crops: half a minute of work after a few seconds for the view."""
VEHICLES_PER_PICTURE: Final = 5
MODEL_DETAIL: Final = 0.5
"""A car's atlas then has 384 pixels along its length: few crops show more."""
LEAST_VISIBILITY: Final = 0.4
LEAST_HEIGHT_PX: Final = 24
CROP_JPEG_QUALITY: Final = 92
MAX_TRIES: Final = 5
"""A vehicle that is hidden or finds no place so often is left out of this camera."""
MARGIN: Final = 0.03
"""Detectors' boxes are off by about this share of the size, and a little too large."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Crops to be made with one camera.

    Attributes:
        viewpoint: The camera.
        part: Which of the camera's batches, from 0.
        identities: One crop of each; a vehicle may occur several times.
    """

    viewpoint: Viewpoint
    part: int
    identities: tuple[int, ...]

    @property
    def id(self) -> str:
        """Its name."""
        return f"c{self.viewpoint.number:03}-{self.part}"


@dataclass(frozen=True, slots=True, eq=False)
class Cutter:
    """Makes crops; each worker process makes itself a stage from it.

    Attributes:
        places: Roads, by the viewpoints' index.
        viewpoints: All cameras: scenery stays clear of their views.
        lineup: The vehicles, by id.
        folder: Where the crops go.
        seed: Of everything random.
    """

    places: Sequence[RoadNetwork]
    viewpoints: Sequence[Viewpoint]
    lineup: Mapping[int, Actor]
    folder: Path
    seed: int

    def __call__(self) -> Callable[[Batch], Generator[int, None, list[str]]]:
        """Return what makes the crops of a batch."""
        individuals = {number: actor.individual for number, actor in self.lineup.items()}
        stage: Stage | None = None
        place = -1

        def cut(batch: Batch) -> Generator[int, None, list[str]]:
            nonlocal stage, place
            if stage is None:
                stage = Stage(self._setting(batch), individuals, detail=MODEL_DETAIL)
            elif batch.viewpoint.place != place:
                stage.move_to(self._setting(batch))
            place = batch.viewpoint.place
            return self._cut(batch, stage)

        return cut

    def _setting(self, batch: Batch) -> Setting:
        place = batch.viewpoint.place
        cameras = tuple(v.geometry for v in self.viewpoints if v.place == place)
        return Setting(self.places[place], self.seed * 100 + place, cameras)

    def _cut(self, batch: Batch, stage: Stage) -> Generator[int, None, list[str]]:
        camera = Snapshots(batch.viewpoint, stage, seed=self.seed)
        slots = find_slots(self.places[batch.viewpoint.place], batch.viewpoint.geometry)
        rng = np.random.default_rng([self.seed, batch.viewpoint.number, batch.part])
        waiting, tries = deque(batch.identities), Counter[int]()
        names: list[str] = []
        # Far enough apart that the frames of no two batches have one number.
        frame = batch.part * 100_000
        while waiting:
            frame += 1
            shown = take_different(waiting, VEHICLES_PER_PICTURE)
            states = arrange([self.lineup[k] for k in shown], slots, rng=rng)
            crops = camera.take(states, frame=frame, rng=rng)
            for identity in shown:
                if identity in crops:
                    name = crop_name(identity, batch.viewpoint.number, frame)
                    write_whole(self.folder / name, _encode(crops[identity], CROP_JPEG_QUALITY))
                    names.append(name)
                    continue
                tries[identity] += 1
                if tries[identity] < MAX_TRIES:
                    waiting.append(identity)
            yield len(crops)
        return names


class Snapshots:
    """Renders single images with one camera.

    Args:
        viewpoint: The camera.
        stage: Where it stands; it is turned to this camera's view.
        seed: Of the noise.
    """

    def __init__(self, viewpoint: Viewpoint, stage: Stage, *, seed: int) -> None:
        self._stage = stage
        self._quality = viewpoint.jpeg_quality
        self._truth = FrameTruth(viewpoint.geometry)
        size_wh = viewpoint.geometry.size_wh
        self._sensor = Sensor(viewpoint.sensor, size_wh, seed * 1000 + viewpoint.number)
        stage.set_view(viewpoint.geometry, viewpoint.lighting)

    def take(
        self, states: Sequence[ActorState], *, frame: int, rng: np.random.Generator
    ) -> dict[int, NDArray[np.uint8]]:
        """Return a crop of each vehicle that can be seen well enough, by id.

        Args:
            states: Where they stand.
            frame: Number of the image, for noise and rain.
            rng: Draws by how much each box is off.
        """
        rendering = self._stage.render(states, time_s=0.1 * frame)
        found = self._truth(states, self._stage.models, rendering.actor_mask)
        if not any(_is_useful(truth) for truth in found):
            return {}
        image = self._sensor(rendering.linear, index=frame)
        coded = np.frombuffer(_encode(image, self._quality), np.uint8)
        image = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
        return {
            truth.actor_id: _crop(image, truth, rng=rng) for truth in found if _is_useful(truth)
        }


def _is_useful(truth: ActorTruth) -> bool:
    height = truth.visible_xyxy[3] - truth.visible_xyxy[1]
    return truth.visibility >= LEAST_VISIBILITY and height >= LEAST_HEIGHT_PX


def _crop(
    image: NDArray[np.uint8], truth: ActorTruth, *, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Return what a detector would cut: the visible part, not quite exactly."""
    x0, y0, x1, y1 = truth.visible_xyxy
    sides = rng.normal(0.5 * MARGIN, MARGIN, 4) * (x1 - x0, y1 - y0, x1 - x0, y1 - y0)
    height, width = image.shape[:2]
    left, top = max(0, round(x0 - sides[0])), max(0, round(y0 - sides[1]))
    right, bottom = min(width, round(x1 + sides[2])), min(height, round(y1 + sides[3]))
    return image[top:bottom, left:right]


def _encode(image: NDArray[np.uint8], quality: int) -> bytes:
    _, coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return coded.tobytes()


def take_different(waiting: deque[int], count: int) -> list[int]:
    """Take up to so many different identities from the left of a queue."""
    taken: list[int] = []
    for _ in range(len(waiting)):
        if len(taken) == count:
            break
        identity = waiting.popleft()
        if identity in taken:
            waiting.append(identity)
        else:
            taken.append(identity)
    return taken


def plan_batches(
    lineup: Sequence[int],
    viewpoints: Sequence[Viewpoint],
    *,
    crops: int,
    rng: np.random.Generator,
) -> list[Batch]:
    """Share the crops among vehicles and cameras.

    Each vehicle gets the same number, give or take one, from up to `CAMERAS_PER_VEHICLE` cameras.

    Returns:
        Batches of at most `BATCH` crops, those of one place together.
    """
    wanted: dict[int, list[int]] = {viewpoint.number: [] for viewpoint in viewpoints}
    numbers = np.array(sorted(wanted))
    for index, identity in enumerate(lineup):
        count = crops // len(lineup) + (index < crops % len(lineup))
        seen_by = rng.permutation(numbers)[:CAMERAS_PER_VEHICLE].tolist()
        for k in range(count):
            wanted[seen_by[k % len(seen_by)]].append(identity)
    batches = []
    for viewpoint in sorted(viewpoints, key=lambda v: (v.place, v.number)):
        order = [
            wanted[viewpoint.number][k] for k in rng.permutation(len(wanted[viewpoint.number]))
        ]
        for part, start in enumerate(range(0, len(order), BATCH)):
            batches.append(Batch(viewpoint, part, tuple(order[start : start + BATCH])))
    return batches
