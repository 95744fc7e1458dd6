"""What a frame of the rendered city costs, by stage, and how many crops are made in a minute.

`python -m benchmarks.city [--frames 40] [--identities 64] [--crops 640] [--json FILE]`

Ten vehicles drive past the first camera of the demo's streets at 960x540; one process and one
thread of the renderer (`LP_NUM_THREADS=1`, where it is software), so that all figures are per core.
Seconds of processor time hardly depend on what else runs on the machine; those of the clock do, and
count what a graphics card takes. Beside them stands a fixed piece of work of the same libraries,
measured between the frames: their ratio compares machines.

The mask's share of the rendering stands on a line of its own. To keep are 0.15 s per frame and,
on two cores, 10,000 crops in ten minutes.

The crops are made by `python -m city.crops` in a process of its own, on all cores, start included.
As in large sets, each of the four cameras makes a whole batch of crops: what a view costs before
its first frame counts as much as it does there.
"""

from __future__ import annotations

import functools
import math
import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Final

import cv2
import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from app import terminal
from benchmarks.child import run_module
from benchmarks.environment import describe
from benchmarks.report import JsonFile, write_report
from benchmarks.speed import Spread
from city.camera import CameraGeometry
from city.episode import play
from city.lighting import PRESETS
from city.renderer.actor_pass import ActorPass
from city.scene import Scene, load_scene
from city.sensor import Sensor, SensorSettings
from city.stage import Setting, Stage
from city.types import ActorState, Pose
from city.vehicles.catalogue import Kind
from city.vehicles.individual import draw_individual
from city.video import VideoFile
from detector.console.command_line import run_command

SCENE: Final = Path("configs/city/demo.yaml")
SIZE_WH: Final = (960, 540)
LIGHTINGS: Final = ("day", "night", "rain")
KINDS: Final = (
    *(Kind.SEDAN, Kind.SUV, Kind.VAN, Kind.HATCHBACK, Kind.BUS),
    *(Kind.BOX_TRUCK, Kind.SEDAN, Kind.PICKUP, Kind.WAGON, Kind.MOTORCYCLE),
)
LANES_Y_M: Final = (-1.6, -4.8, 1.6, 4.8)
FIRST_X_M: Final = -2.0
APART_M: Final = 6.5
SPEED_MPS: Final = 8.0
FRAME_S: Final = 0.1
WARM_UP_FRAMES: Final = 3
CRF: Final = 23
MASK: Final = "of it the mask"
CAMERAS_OF_CROPS: Final = 4


@dataclass(slots=True)
class Stopwatch:
    """Seconds of each stage, frame by frame.

    Attributes:
        cpu: Of all threads of this process.
        wall: Of the clock.
    """

    cpu: dict[str, list[float]] = field(default_factory=dict)
    wall: dict[str, list[float]] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str, frames: int = 1) -> Iterator[None]:
        """Note what a block takes for each of its frames."""
        cpu, wall = time.process_time(), time.perf_counter()
        yield
        self.cpu.setdefault(name, []).append((time.process_time() - cpu) / frames)
        self.wall.setdefault(name, []).append((time.perf_counter() - wall) / frames)

    def spreads(self) -> dict[str, dict[str, dict[str, float]]]:
        """Return median and extremes of each stage, ready for JSON."""
        return {
            stage: {
                "cpu_s": asdict(Spread.of(self.cpu[stage])),
                "wall_s": asdict(Spread.of(self.wall[stage])),
            }
            for stage in self.cpu
        }


@contextmanager
def masks_noted(watch: Stopwatch) -> Iterator[None]:
    """Note what drawing masks takes, as a stage of its own, while a block runs."""
    draw_mask = ActorPass.draw_mask

    @functools.wraps(draw_mask)
    def noted(*arguments: Any, **options: Any) -> None:
        with watch.stage(MASK):
            draw_mask(*arguments, **options)

    ActorPass.draw_mask = noted  # type: ignore[method-assign]
    try:
        yield
    finally:
        ActorPass.draw_mask = draw_mask  # type: ignore[method-assign]


def ten_vehicles(frame: int) -> list[ActorState]:
    """Return where the vehicles are: in four lanes of the main road, coming and going."""
    states = []
    for number in range(len(KINDS)):
        lane_y = LANES_Y_M[number % len(LANES_Y_M)]
        eastwards = lane_y < 0
        ahead = SPEED_MPS * FRAME_S * (frame % 8) * (1 if eastwards else -1)
        pose = Pose(FIRST_X_M - APART_M * number + ahead, lane_y, 0.0 if eastwards else math.pi)
        states.append(ActorState(number, (pose,), SPEED_MPS, braking=number % 3 == 0))
    return states


def reference_work() -> None:
    """Do a fixed piece of work: ten blurs of an image."""
    picture = np.zeros((*SIZE_WH[::-1], 3), np.float32)
    for _ in range(10):
        cv2.GaussianBlur(picture, (0, 0), 3.0)


def measure_frames(
    stage: Stage, geometry: CameraGeometry, *, lighting: str, frames: int, folder: Path
) -> dict[str, Any]:
    """Return what the stages of one lighting's frames took, ready for JSON."""
    watch, warm_up = Stopwatch(), Stopwatch()
    sensor = Sensor(SensorSettings(), SIZE_WH, 1)
    visible, images = [], []
    with watch.stage("view"):
        stage.set_view(geometry, PRESETS[lighting])
    for frame in range(WARM_UP_FRAMES + frames):
        counted = warm_up if frame < WARM_UP_FRAMES else watch
        with counted.stage("render and mask"), masks_noted(counted):
            drawn = stage.render(ten_vehicles(frame), time_s=frame * FRAME_S)
        with counted.stage("sensor"):
            images.append(sensor(drawn.linear, index=frame))
        with counted.stage("reference"):
            reference_work()
        visible.append(len(np.unique(drawn.actor_mask)) - 1)
    # As a whole: the encoder looks ahead, and works longest when the file is closed.
    path = folder / f"{lighting}.mp4"
    with (
        watch.stage("encode", len(images)),
        VideoFile(path, SIZE_WH, frame_rate=1 / FRAME_S, crf=CRF) as video,
    ):
        for frame, image in enumerate(images):
            video.write(image, frame * FRAME_S)
    return {"vehicles_in_view": Spread.of(visible).median, "stages": watch.spreads()}


def measure_all(scene: Scene, *, frames: int, screen: Console) -> dict[str, Any]:
    """Return what frames take in each of `LIGHTINGS`."""
    rng = random.Random(1)
    looks = {number: draw_individual(rng, kind=kind) for number, kind in enumerate(KINDS)}
    cameras = tuple(camera.geometry for camera in scene.cameras)
    place = Setting(play(scene).network, scene.seed, cameras)
    stage = Stage(place, looks)
    geometry = replace(scene.cameras[0].geometry, size_wh=SIZE_WH)
    results = {}
    with TemporaryDirectory() as name:
        for lighting in LIGHTINGS:
            results[lighting] = measure_frames(
                stage, geometry, lighting=lighting, frames=frames, folder=Path(name)
            )
            screen.print(f"{lighting}: {frames} frames")
    return results


def measure_crops(identities: int, crops: int) -> dict[str, float]:
    """Return how many crops a minute brings, start and streets included."""
    with TemporaryDirectory() as name:
        options = {
            "identities": identities,
            "crops": crops,
            "cameras": CAMERAS_OF_CROPS,
            "out": f"{name}/crops",
        }
        arguments = [f"--{key}={value}" for key, value in options.items()]
        usage = run_module("city.crops", *arguments, threads=1)
    return {
        "per_minute": 60 * crops / usage.seconds,
        "cpu_s_per_crop": usage.cpu_seconds / crops,
        "crops": crops,
    }


def table_of(results: dict[str, Any]) -> Table:
    """Return the table of stages: processor seconds per frame, and relative to the reference."""
    table = Table("light", "stage", "CPU s per frame", "clock s", "references")
    for lighting, result in results.items():
        reference = result["stages"]["reference"]["cpu_s"]["median"]
        for stage, spent in result["stages"].items():
            cpu, wall = Spread(**spent["cpu_s"]), Spread(**spent["wall_s"])
            shown = [f"{s.median:.3f} ({s.least:.3f} to {s.greatest:.3f})" for s in (cpu, wall)]
            table.add_row(lighting, stage, *shown, f"{cpu.median / reference:.2f}")
        table.add_section()
    return table


def main(
    frames: Annotated[int, typer.Option(min=1, help="Counted frames of each light.")] = 40,
    identities: Annotated[int, typer.Option(min=1, help="Vehicles of the crops.")] = 64,
    crops: Annotated[int, typer.Option(min=0, help="Crops to make; 0 for none.")] = 640,
    json_file: JsonFile = None,
) -> None:
    """Measure what frames and crops of the rendered city cost."""
    screen = terminal.console(stderr=True)
    with terminal.command_frame(screen=screen):
        # Read when the first context is made.
        os.environ.setdefault("LP_NUM_THREADS", "1")
        cv2.setNumThreads(1)
        report: dict[str, Any] = {"environment": describe(), "size_wh": SIZE_WH}
        report["frames"] = measure_all(load_scene(SCENE), frames=frames, screen=screen)
        terminal.console().print(table_of(report["frames"]))
        if crops:
            report["crops"] = measure_crops(identities, crops)
            terminal.console().print(f"{report['crops']['per_minute']:.0f} crops per minute")
        write_report(json_file, report)


if __name__ == "__main__":
    run_command(main)
