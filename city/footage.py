"""Records a scene's cameras: videos, and the ground truth of every frame."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import cv2

from city.mot import FOLDERS, Label, is_counted, mot_files
from city.output_folder import partial, write_whole
from city.sensor import Sensor
from city.sightings import split_by_gaps
from city.stage import Setting, Stage
from city.truth import FrameTruth
from city.video import VideoFile

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from city.episode import Episode
    from city.population import Actor
    from city.scene import CameraSettings, Scene
    from city.types import ActorState

Notes = dict[str, Any]
"""What is noted of a finished camera: `frames`, `boxes`, `seconds`, and `seen`: first and last time
of each sighting by vehicle."""


PREVIEW_EVERY_S: Final = 15.0
"""Of a preview, one still per so many seconds."""


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """Records cameras of a scene; each worker process makes itself a stage from it.

    Attributes:
        scene: The scene.
        episode: It played out.
        folder: Where the files go.
        seconds: Length of each recording, if not the scene's.
    """

    scene: Scene
    episode: Episode
    folder: Path
    seconds: float | None = None

    def __call__(self) -> Callable[[CameraSettings], Generator[int, None, Notes]]:
        """Set up the stage; return what records one camera."""
        stage = make_stage(self.scene, self.episode)

        def record(camera: CameraSettings) -> Generator[int, None, Notes]:
            return self._record(camera, stage)

        return record

    def times(self, camera: CameraSettings) -> NDArray[np.float64]:
        """Return when each frame is taken, in the scene's seconds."""
        times = self.scene.frame_times(camera)
        if self.seconds is not None:
            times = times[times < camera.start_offset_s + self.seconds - 1e-9]
        return times

    def _record(self, camera: CameraSettings, stage: Stage) -> Generator[int, None, Notes]:
        started = time.monotonic()
        eye = CameraEye(self.scene, self.episode, camera, stage=stage)
        times = self.times(camera)
        labels: list[Label] = []
        video_path = self.folder / f"{camera.id}.mp4"
        part = partial(video_path)
        with VideoFile(part, camera.size, frame_rate=camera.frame_rate, crf=camera.crf) as video:
            for frame, moment in enumerate(times.tolist(), start=1):
                image, found = eye.look(moment, frame=frame)
                video.write(image, moment - float(times[0]))
                labels += found
                yield 1
        for name, text in mot_files(labels).items():
            write_whole(self.folder / name / f"{camera.id}.txt", text.encode())
        part.replace(video_path)
        return {
            "frames": len(times),
            "boxes": sum(is_counted(label.truth) for label in labels),
            "seconds": round(time.monotonic() - started, 2),
            "seen": seen(labels, times),
        }


@dataclass(frozen=True, slots=True, eq=False)
class Preview:
    """Takes a few stills of cameras, for a look at a scene; otherwise like `Recording`."""

    scene: Scene
    episode: Episode
    folder: Path

    def __call__(self) -> Callable[[CameraSettings], Generator[int, None, Notes]]:
        """Set up the stage; return what takes the stills of one camera."""
        stage = make_stage(self.scene, self.episode)

        def take(camera: CameraSettings) -> Generator[int, None, Notes]:
            eye = CameraEye(self.scene, self.episode, camera, stage=stage)
            for moment in preview_times(self.scene, camera):
                image, _ = eye.look(moment, frame=0)
                _, coded = cv2.imencode(".png", image)
                path = self.folder / "preview" / f"{camera.id}_{moment:06.1f}s.png"
                write_whole(path, coded.tobytes())
                yield 1
            return {}

        return take


def preview_times(scene: Scene, camera: CameraSettings) -> list[float]:
    """Return when a camera's stills are taken: evenly, the first half an interval after start."""
    count = max(1, round(scene.duration_s / PREVIEW_EVERY_S))
    step = scene.duration_s / count
    return [camera.start_offset_s + (k + 0.5) * step for k in range(count)]


class CameraEye:
    """One camera of a scene: what it sees at any moment, and what is true of it.

    Args:
        scene: The scene.
        episode: It played out.
        camera: One of the scene's.
        stage: Where the scene is rendered; it is turned to this camera's view.
    """

    def __init__(
        self, scene: Scene, episode: Episode, camera: CameraSettings, *, stage: Stage
    ) -> None:
        self._episode = episode
        self._stage = stage
        self._truth = FrameTruth(camera.geometry)
        seed = scene.seed * 1000 + scene.cameras.index(camera)
        self._sensor = Sensor(camera.sensor, camera.size, seed)
        stage.set_view(
            camera.geometry, scene.lighting_of(camera), parked=episode.trajectories.standing
        )

    def look(self, moment: float, *, frame: int) -> tuple[NDArray[np.uint8], list[Label]]:
        """Return an image, uint8 (H, W, 3) BGR, and the vehicles in it.

        Args:
            moment: In the scene's seconds.
            frame: Number of the frame, for the labels.
        """
        states = self._episode.trajectories.states_at(moment)
        lit = self._episode.signals.lit_at(moment)
        rendering = self._stage.render(states, time_s=moment, lit=lit)
        vehicles = vehicles_among(states, self._episode.actors)
        found = self._truth(vehicles, self._stage.models, rendering.actor_mask)
        classes = {
            truth.actor_id: self._episode.actors[truth.actor_id].body.detector_class
            for truth in found
        }
        labels = [Label(frame, str(classes[truth.actor_id]), truth) for truth in found]
        return self._sensor(rendering.linear, index=frame), labels


def make_stage(scene: Scene, episode: Episode) -> Stage:
    """Return a stage of a scene and its actors."""
    individuals = {number: actor.individual for number, actor in episode.actors.items()}
    cameras = tuple(camera.geometry for camera in scene.cameras)
    return Stage(Setting(episode.network, scene.seed, cameras), individuals)


def vehicles_among(states: Sequence[ActorState], actors: Mapping[int, Actor]) -> list[ActorState]:
    """Return the states of those that belong to the truth: no cyclists, no pedestrians."""
    return [state for state in states if actors[state.actor_id].is_vehicle]


def seen(labels: list[Label], times: NDArray[np.float64]) -> dict[str, list[tuple[float, float]]]:
    """Return first and last time of each sighting, by vehicle; only what is counted is a sight."""
    moments: dict[int, list[float]] = {}
    for label in labels:
        if is_counted(label.truth):
            moments.setdefault(label.truth.actor_id, []).append(float(times[label.frame - 1]))
    return {str(vehicle): split_by_gaps(moments[vehicle]) for vehicle in sorted(moments)}


def owned_files() -> tuple[str, ...]:
    """Return glob patterns of all that a recording writes."""
    return ("*.mp4", *(f"{name}/*.txt" for name in FOLDERS), "preview/*.png")
