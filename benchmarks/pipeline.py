"""Speed of a whole run beside ultralytics' `track`, on the same recordings and detector weights.

`python -m benchmarks.pipeline [--cams configs/cams.yaml] [--repeats 3] [--max-frames N]
[--threads N] [--busy N] [--camera-motion none] [--json FILE]`

Ours is `python -m app.run`: it detects, tracks, embeds, associates, stores, draws and encodes.
The baseline (`benchmarks.ultralytics_peer`) detects and tracks, with BoT-SORT and ReID, and writes
nothing. They alternate, each in a fresh process with the same number of threads, so that a
machine that is busy for a while slows down both. A short run of each, which is not counted, warms
up the file cache.

`--busy N` runs N programs beside both that compute all the time, as on a machine that has other
work to do.

Two speeds are given. "From the first frame" is, for ours, the sum of all stages up to the report;
for the baseline, the time after its network is loaded. "Of the process" counts from Python's start.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Final

import typer
from rich.console import Console

from app import terminal
from app.config import RunConfig
from app.config_file import load_config
from app.errors import ConfigError
from app.frames.sources import live_location
from benchmarks.child import busy_programs, run_module
from benchmarks.environment import cores, describe
from benchmarks.report import JsonFile, write_report
from benchmarks.speed import Measurement, speed_table, stage_table, summarise
from benchmarks.ultralytics_peer import CAMERA_MOTION, write_checkpoint
from detector.console.command_line import run_command
from detector.yolo import DEFAULT_WEIGHTS, EIGHT_BITS

WARM_UP_FRAMES: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What both run under.

    Attributes:
        cams: Configuration of our run.
        videos: Its recordings.
        threads: That torch computes with.
        busy: Programs beside them that compute all the time.
        max_frames: Frames read of each recording at most; None reads all.
        camera_motion: BoT-SORT's `gmc_method`.
    """

    cams: Path
    videos: tuple[str, ...]
    threads: int
    busy: int
    max_frames: int | None
    camera_motion: str

    @property
    def limit(self) -> list[str]:
        """The option that limits the frames, for either command."""
        return [] if self.max_frames is None else ["--max-frames", str(self.max_frames)]


def measure_ours(conditions: Conditions, folder: Path) -> Measurement:
    """Do a whole run, videos included; its results go to the folder."""
    options = ["--cams", str(conditions.cams), "--out", str(folder), "--overwrite"]
    usage = run_module("app.run", *options, *conditions.limit, threads=conditions.threads)
    summary = json.loads((folder / "summary.json").read_text())
    return Measurement(
        frames=summary["frames"],
        seconds=summary["seconds"],
        stages={name: stage["seconds"] for name, stage in summary["stages"].items()},
        usage=usage,
        crops_per_stream_second=summary["crops_embedded_per_stream_second"],
    )


def measure_peer(conditions: Conditions, checkpoint: Path) -> Measurement:
    """Track the same recordings with ultralytics and the same weights as a checkpoint of theirs."""
    result = checkpoint.with_suffix(".json")
    files = [*conditions.videos, "--checkpoint", str(checkpoint), "--json", str(result)]
    motion = ["--camera-motion", conditions.camera_motion]
    module = "benchmarks.ultralytics_peer"
    usage = run_module(module, *files, *motion, *conditions.limit, threads=conditions.threads)
    run = json.loads(result.read_text())
    return Measurement(
        frames=run["frames"], seconds=run["seconds"], stages=run["stages"], usage=usage
    )


def alternate(
    conditions: Conditions, weights: str, *, repeats: int, screen: Console
) -> tuple[list[Measurement], list[Measurement]]:
    """Return what our runs and the baseline's took, after a short one of each that does not count.

    Args:
        conditions: What both run under.
        weights: Of the baseline's detector.
        repeats: Counted runs of each.
        screen: Says what has been done.
    """
    ours: list[Measurement] = []
    peer: list[Measurement] = []
    with TemporaryDirectory() as name, busy_programs(conditions.busy):
        folder, checkpoint = Path(name) / "run", Path(name) / "peer.pt"
        short = replace(conditions, max_frames=WARM_UP_FRAMES)
        # First, because it also finds what is wrong with our weights.
        measure_ours(short, folder)
        write_checkpoint(weights, checkpoint)
        measure_peer(short, checkpoint)
        for repeat in range(repeats):
            ours.append(measure_ours(conditions, folder))
            peer.append(measure_peer(conditions, checkpoint))
            speeds = f"ours {ours[-1].run_fps:.2f}, ultralytics {peer[-1].run_fps:.2f} frames/s"
            screen.print(f"{repeat + 1} of {repeats}: {speeds}")
    return ours, peer


def recordings(config: RunConfig) -> tuple[str, ...]:
    """Return the videos of a configuration.

    Raises:
        ConfigError: If a camera is live: it would set the pace, not the machine.
    """
    live = [camera.id for camera in config.cameras if live_location(camera.source) is not None]
    if live:
        raise ConfigError(f"recordings are needed, camera {live[0]} is live")
    return tuple(camera.source for camera in config.cameras)


def peer_weights(config: RunConfig) -> str:
    """Return our detector's weights for the baseline, which takes none in 8 bits."""
    weights = config.detector.weights
    return DEFAULT_WEIGHTS if weights == EIGHT_BITS else weights


def main(
    cams: Annotated[Path, typer.Option(help="Configuration of a run on recordings.")] = Path(
        "configs/cams.yaml"
    ),
    repeats: Annotated[int, typer.Option(min=1, help="Counted runs of each.")] = 3,
    max_frames: Annotated[
        int | None, typer.Option(min=1, help="Read at most this many frames of each camera.")
    ] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Of torch.", show_default="all cores")
    ] = None,
    busy: Annotated[
        int, typer.Option(min=0, help="Other CPU-bound programs that run beside both.")
    ] = 0,
    camera_motion: Annotated[
        str, typer.Option(help="BoT-SORT's gmc_method (camera motion compensation).")
    ] = CAMERA_MOTION,
    json_file: JsonFile = None,
) -> None:
    """Measure the speed of a whole run, compared with ultralytics' tracking."""
    screen = terminal.console(stderr=True)
    with terminal.command_frame(screen=screen):
        config = load_config(cams)
        conditions = Conditions(
            cams=cams,
            videos=recordings(config),
            threads=threads or cores(),
            busy=busy,
            max_frames=max_frames,
            camera_motion=camera_motion,
        )
        report = {
            "environment": describe(),
            "conditions": asdict(conditions) | {"cams": str(cams)},
            "config": config.model_dump(mode="json"),
        }
        report |= summarise(
            *alternate(conditions, peer_weights(config), repeats=repeats, screen=screen)
        )
        terminal.console().print(speed_table(report), stage_table(report))
        write_report(json_file, report)


if __name__ == "__main__":
    run_command(main)
