"""Milliseconds per frame of detectors: `python -m benchmarks.detector [--peer yolo11n.pt]`.

PyTorch in 32 and 16 bits, ONNX Runtime and OpenVINO, at two sizes and two batches, on one thread;
the baseline is measured in turn with ours, so that both see the same machine.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from operator import eq
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
import torch
import typer
from numpy.typing import NDArray
from rich.table import Table

from app import terminal
from benchmarks.environment import describe
from benchmarks.report import JsonFile, write_report
from benchmarks.speed import Spread, seconds_in_turn
from detector.console.command_line import run_command
from detector.console.terminal import check_outputs, command_frame
from detector.export import export
from detector.files.video_file import VideoFile
from detector.network import load
from detector.yolo import DEFAULT_WEIGHTS, EIGHT_BITS, DetectorSettings, YoloDetector

SIZES: Final = (640, 960)
"""Long sides in pixels: 384×640 and 576×960 for images of 16:9."""
BATCHES: Final = (1, 4)

Images = Sequence[NDArray[np.uint8]]


def frames_of(videos: Sequence[Path]) -> list[NDArray[np.uint8]]:
    """Return a frame from the middle of each video, decoded as in a run.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is no video, or breaks off before its middle.
    """
    frames = []
    for video in videos:
        with VideoFile(video) as file:
            length = file.info.frame_count or (file.info.duration_s or 0) * file.info.average_fps
            middle = int(length) // 2
            found = next(file.frames(partial(eq, middle)), None)
        if found is None:
            raise ValueError(f"{video} breaks off before its middle; give another one")
        frames.append(found[1])
    return frames


def contestants(weights: str, peer: str | None, folder: Path) -> dict[str, DetectorSettings]:
    """Return what is compared: one network in every runtime, and the baseline in PyTorch."""
    for suffix in (".onnx", ".xml"):
        export(load(weights), folder / f"detector{suffix}")
    plain = DetectorSettings(weights=weights, device="cpu", half=False)
    found = {
        "torch float32": plain,
        "torch 16 bits": replace(plain, half=True),
        "ONNX Runtime": replace(plain, weights=str(folder / "detector.onnx")),
        "OpenVINO float32": replace(plain, weights=str(folder / "detector.xml")),
        "OpenVINO 16 bits": replace(plain, weights=str(folder / "detector.xml"), half=True),
    }
    if weights == DEFAULT_WEIGHTS:
        found |= {"OpenVINO 8 bits": replace(plain, weights=EIGHT_BITS)}
    if peer is not None:
        found |= {f"{Path(peer).stem}, torch float32": replace(plain, weights=peer)}
    return found


def measure(
    settings: Mapping[str, DetectorSettings], frames: Images, *, rounds: int
) -> dict[str, dict[str, Any]]:
    """Return milliseconds per frame of each by size and batch; ratios are to the first."""
    results: dict[str, dict[str, Any]] = {}
    for size in SIZES:
        detectors = {n: YoloDetector(replace(s, image_size=size)) for n, s in settings.items()}
        for batch in BATCHES:
            images = [frames[i % len(frames)] for i in range(batch)]
            runs = {name: partial(detector, images) for name, detector in detectors.items()}
            seconds = seconds_in_turn(runs, rounds=rounds)
            first = seconds[next(iter(seconds))]
            results[f"{size} px, batch {batch}"] = {
                name: {
                    "ms_per_frame": asdict(Spread.of([1000 * v / batch for v in values])),
                    "speed_ratio": asdict(
                        Spread.of([a / b for a, b in zip(first, values, strict=True)])
                    ),
                }
                for name, values in seconds.items()
            }
    return results


def table_of(results: Mapping[str, Mapping[str, Any]]) -> Table:
    """Return medians of milliseconds per frame, and how many times as fast as the first row."""
    table = Table(title="Milliseconds per frame (speed-up over the first row)")
    table.add_column("")
    for case in results:
        table.add_column(case, justify="right")
    for name in next(iter(results.values())):
        cells = [
            f"{row[name]['ms_per_frame']['median']:.1f} ({row[name]['speed_ratio']['median']:.2f})"
            for row in results.values()
        ]
        table.add_row(name, *cells)
    return table


def main(
    videos: Annotated[list[Path], typer.Argument(help="Videos whose frames are detected on.")],
    weights: Annotated[str, typer.Option(help="The detector.")] = DEFAULT_WEIGHTS,
    peer: Annotated[str | None, typer.Option(help="A baseline, such as yolo11n.pt.")] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Times that each is measured.")] = 15,
    json_file: JsonFile = None,
) -> None:
    """Measure what a frame costs in every runtime, on one thread."""
    torch.set_num_threads(1)
    with terminal.command_frame(), command_frame():
        check_outputs([json_file])
        # Before: its load is that of other programs.
        environment = describe()
        frames = frames_of(videos)
        with tempfile.TemporaryDirectory() as folder:
            settings = contestants(weights, peer, Path(folder))
            results = measure(settings, frames, rounds=rounds)
        terminal.console().print(table_of(results))
        write_report(json_file, {"environment": environment, "results": results})


if __name__ == "__main__":
    run_command(main)
