"""Configuration of a scene: map, traffic, lighting and cameras.

A scene's seconds count from its start; the traffic has been running for `warm_up_s` by then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Literal, Self

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from city.camera import CameraGeometry
from city.layouts import Map
from city.lighting import Lighting, lighting_preset
from city.routes import RouteMap
from city.sensor import SensorSettings
from city.vehicles.catalogue import Kind
from city.vehicles.individual import KIND_SHARES
from city.yaml_file import read_yaml_model

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


def _lighting(value: object) -> object:
    """Turn a preset's name, or a preset with changed fields, into what it stands for."""
    if isinstance(value, str):
        return lighting_preset(value)
    if isinstance(value, Mapping) and "preset" in value:
        changed = {key: field for key, field in value.items() if key != "preset"}
        return asdict(lighting_preset(str(value["preset"]))) | changed
    return value


LightingChoice = Annotated[Lighting, BeforeValidator(_lighting)]
"""A preset's name, a mapping with `preset` and changed fields, or a whole lighting."""
Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
"""What may name files on every system, and a camera of a run."""
Size = Annotated[int, Field(ge=64, le=4096, multiple_of=2)]
KindWeights = dict[Kind, Annotated[float, Field(ge=0)]]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Flow(_Model):
    """Vehicles on one route.

    Attributes:
        route: Nodes of the map, separated by spaces.
        vehicles: How many.
        from_s: When the first of them may set out; negative is before the scene's start.
        to_s: When the last of them has set out.
    """

    route: str
    vehicles: Annotated[int, Field(ge=1)]
    from_s: float
    to_s: float

    @property
    def nodes(self) -> tuple[str, ...]:
        """The route's nodes."""
        return tuple(self.route.split())

    @model_validator(mode="after")
    def _check_times(self) -> Self:
        if self.to_s < self.from_s:
            raise ValueError(f"to_s must not lie before from_s = {self.from_s:g}, is {self.to_s:g}")
        return self


class TrafficSettings(_Model):
    """The traffic.

    Attributes:
        flows: Vehicles on given routes.
        random_vehicles: Vehicles on routes of their own between borders of the map, evenly over
            the warm-up and the scene.
        returning: How many of all leave the map and return where they left.
        kerbside_halts: How many of all pull over to the kerb, stand for a while and drive on; needs
            parking along the streets.
        kinds: Share of each kind of vehicle; need not add up to 1. What a city street carries, by
            default.
        look_alikes: Sizes of the groups of vehicles of the same model and paint.
        split: Whose body models and colours: those of training or those of validation.
    """

    flows: tuple[Flow, ...] = ()
    random_vehicles: Annotated[int, Field(ge=0)] = 0
    returning: Annotated[int, Field(ge=0)] = 0
    kerbside_halts: Annotated[int, Field(ge=0)] = 0
    kinds: KindWeights = Field(default_factory=lambda: dict(KIND_SHARES))
    look_alikes: tuple[Annotated[int, Field(ge=2)], ...] = ()
    split: Literal["training", "validation"] = "training"

    @model_validator(mode="after")
    def _check_kinds(self) -> Self:
        if not sum(self.kinds.values()) > 0:
            raise ValueError("kinds: at least one kind with a share above 0 is expected")
        for kind in (Kind.PEDESTRIAN, Kind.BICYCLE):
            if kind in self.kinds:
                raise ValueError(f"kinds: {kind} is none of the traffic; see bystanders")
        return self


class BystanderSettings(_Model):
    """Bystanders: parked vehicles, pedestrians and cyclists.

    Attributes:
        parked: Share of the parking bays that are taken.
        spots: Where else a vehicle is parked: metres east and north, and its heading in degrees
            anticlockwise from east. Whatever else stands there is not moved away.
        pedestrians: People on the pavements.
        crossing: People who cross at traffic lights, besides those.
        cyclists: Bicycles on the roads.
    """

    parked: Annotated[float, Field(ge=0, le=1)] = 0.5
    spots: tuple[tuple[float, float, float], ...] = ()
    pedestrians: Annotated[int, Field(ge=0)] = 0
    crossing: Annotated[int, Field(ge=0)] = 0
    cyclists: Annotated[int, Field(ge=0)] = 0


class CameraSettings(_Model):
    """A camera and its recording.

    Attributes:
        id: Names its files; written like the name of a scene.
        eye: Where it stands, metres.
        look_at: A point in the middle of its image, metres.
        fov_deg: Vertical field of view.
        size: Width and height of the recording, pixels.
        frame_rate: Frames per second.
        sensor: Its lens and sensor.
        lighting: Light of its own, instead of the scene's.
        start_offset_s: When its recording starts, in the scene's seconds.
        clock_offset_s: How far the start that it states is late (early where negative).
        dropped_frames: Share of the frames that its recording lacks.
        crf: Constant rate factor of the H.264 encoder; higher is smaller and worse.
    """

    id: Identifier
    eye: tuple[float, float, float]
    look_at: tuple[float, float, float]
    fov_deg: Annotated[float, Field(gt=5, lt=120)]
    size: tuple[Size, Size] = (960, 540)
    frame_rate: Annotated[float, Field(gt=0, le=60)] = 10.0
    sensor: SensorSettings = Field(default_factory=SensorSettings)
    lighting: LightingChoice | None = None
    start_offset_s: Annotated[float, Field(ge=0)] = 0.0
    clock_offset_s: float = 0.0
    dropped_frames: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    crf: Annotated[int, Field(ge=0, le=51)] = 23

    @property
    def geometry(self) -> CameraGeometry:
        """Its position, direction and lens."""
        return CameraGeometry(
            eye=self.eye, look_at=self.look_at, fov_deg=self.fov_deg, size_wh=self.size
        )

    @model_validator(mode="after")
    def _check_geometry(self) -> Self:
        _ = self.geometry
        if self.eye[2] <= 0:
            raise ValueError(f"eye must be above the ground, is at {self.eye[2]:g} m")
        return self


class Scene(_Model):
    """Everything that a rendering follows from.

    Attributes:
        name: Letters, digits, `_`, `-` and `.`; a letter or digit first.
        seed: Of everything random.
        duration_s: Of each recording.
        start_time: Time of day at the scene's start.
        warm_up_s: How long the traffic has been running by then.
        map: The roads.
        traffic: The traffic.
        bystanders: Parked vehicles, pedestrians and cyclists.
        lighting: Light of all cameras that have none of their own.
        cameras: At least one.
        queries: Number of query images to make of vehicles that were seen.
        absent_queries: Number of query images of vehicles that never appear.
    """

    name: Identifier
    seed: Annotated[int, Field(ge=0)]
    duration_s: Annotated[float, Field(gt=0, le=3600)]
    start_time: datetime
    warm_up_s: Annotated[float, Field(ge=0, le=600)] = 40.0
    map: Map
    traffic: TrafficSettings
    bystanders: BystanderSettings = Field(default_factory=BystanderSettings)
    lighting: LightingChoice = Field(default_factory=Lighting)
    cameras: tuple[CameraSettings, ...]
    queries: Annotated[int, Field(ge=0)] = 6
    absent_queries: Annotated[int, Field(ge=0)] = 2

    @model_validator(mode="before")
    @classmethod
    def _check_kind(cls, tree: object) -> object:
        # What a rendering writes has cameras, too; a list of all that it lacks would not help.
        if isinstance(tree, dict) and "cameras" in tree and not {"map", "traffic"} & tree.keys():
            raise ValueError(
                "not a scene: it has cameras, but neither map nor traffic; is it the cams.yaml of "
                "app.run? Scenes to copy from are in configs/city/"
            )
        return tree

    @model_validator(mode="after")
    def _check_cameras(self) -> Self:
        # Not min_length: pydantic would report a list of one wrong camera as too short as well.
        if not self.cameras:
            raise ValueError("cameras: at least one camera is expected")
        ids = [camera.id.lower() for camera in self.cameras]
        for index, camera_id in enumerate(ids):
            if camera_id in ids[:index]:
                raise ValueError(
                    f"cameras.{index}.id: {camera_id!r}: already used by another camera"
                )
        return self

    @model_validator(mode="after")
    def _check_routes(self) -> Self:
        routes = RouteMap(self.map.plan())
        for index, flow in enumerate(self.traffic.flows):
            try:
                routes.check(flow.nodes)
            except ValueError as error:
                raise ValueError(f"traffic.flows.{index}.route: {flow.route!r}: {error}") from None
        return self

    @property
    def end_s(self) -> float:
        """When the last camera's recording ends, in the scene's seconds."""
        return max(camera.start_offset_s for camera in self.cameras) + self.duration_s

    def lighting_of(self, camera: CameraSettings) -> Lighting:
        """Return the light that a camera sees."""
        return camera.lighting or self.lighting

    def at_frame_rate(self, frame_rate: float) -> Scene:
        """Return the same scene, recorded by all its cameras at another frame rate."""
        cameras = tuple(c.model_copy(update={"frame_rate": frame_rate}) for c in self.cameras)
        return self.model_copy(update={"cameras": cameras})

    def with_seed(self, seed: int) -> Scene:
        """Return other traffic on the same roads, before the same cameras."""
        return self.model_copy(update={"seed": seed})

    def frame_times(self, camera: CameraSettings) -> NDArray[np.float64]:
        """Return when each frame of a camera's recording was truly taken.

        Dropped frames are left out; the first frame never is, even if the next one would be taken
        after the end.

        Args:
            camera: One of the scene's.

        Returns:
            float64 (N,), the scene's seconds, rising.
        """
        count = max(1, round(self.duration_s * camera.frame_rate))
        times = camera.start_offset_s + np.arange(count) / camera.frame_rate
        rng = np.random.default_rng([self.seed, self.cameras.index(camera)])
        kept = rng.random(count) >= camera.dropped_frames
        kept[:1] = True
        return times[kept]

    def time_of(self, seconds: float) -> datetime:
        """Return the true time of day at a moment of the scene."""
        return self.start_time + timedelta(seconds=seconds)

    def stated_start(self, camera: CameraSettings) -> datetime:
        """Return the time at which a camera, by its own clock, took its first frame."""
        return self.time_of(camera.start_offset_s + camera.clock_offset_s)


def load_scene(path: Path) -> Scene:
    """Read a scene file.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If anything in it is wrong; one line for each finding, naming file, key, value
            and what was expected.
    """
    return read_yaml_model(path, Scene)
