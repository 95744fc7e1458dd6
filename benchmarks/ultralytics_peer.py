"""The peer: recordings through ultralytics' own `YOLO.track`, BoT-SORT with ReID, no video written.

`python -m benchmarks.ultralytics_peer VIDEO… --checkpoint FILE.pt --json FILE [--max-frames N]`

`benchmarks.pipeline` starts it in a process of its own, so that it has the same conditions as a run
of ours. The clock starts when its network is loaded and fused and the first recording is open.
"""

from __future__ import annotations

import importlib
import json
import time
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Final

import torch
import typer
import yaml

from benchmarks.torchvision_operators import make_importable
from detector import network
from detector.classes import class_map
from detector.console.command_line import run_command

IMAGE_SIZE: Final = 640
CAMERA_MOTION: Final = "sparseOptFlow"
"""Method by which ultralytics' BoT-SORT compensates camera motion by default."""


@dataclass(slots=True, kw_only=True)
class PeerRun:
    """What the baseline did, and how long it took.

    Attributes:
        frames: Of all recordings.
        tracks: Different tracks of all recordings.
        seconds: Wall clock from the first frame to the last.
        stages: Seconds by part: preprocess, inference and postprocess as ultralytics states them;
            the rest is reading and tracking.
        threads: That torch computed with.
    """

    frames: int = 0
    tracks: int = 0
    seconds: float = 0.0
    stages: dict[str, float] = field(default_factory=dict)
    threads: int = 0


def write_checkpoint(weights: str, path: Path) -> None:
    """Write any weights that our detector takes as a checkpoint that ultralytics loads.

    Raises:
        FileNotFoundError: If there are no such weights.
        ValueError: If they are no detection network.
    """
    loaded = network.load(weights)
    torch.save({"model": loaded.module, "train_args": {"imgsz": loaded.image_size}}, path)


def track(
    checkpoint: Path, videos: list[Path], *, max_frames: int | None, camera_motion: str
) -> PeerRun:
    """Track the vehicles of recordings, one after the other.

    Args:
        checkpoint: Weights, as ultralytics wrote or could have written them.
        videos: The recordings.
        max_frames: Frames read of each at most; None reads all.
        camera_motion: BoT-SORT's `gmc_method`: "none" where cameras stand still saves its cost.
    """
    make_importable()
    ultralytics: Any = importlib.import_module("ultralytics")
    model = ultralytics.YOLO(checkpoint).fuse()
    threads = torch.get_num_threads()
    starts: list[float] = []

    def start(_: object) -> None:
        # On CPUs ultralytics sets one thread less than there are cores; ours takes them all.
        torch.set_num_threads(threads)
        starts.append(time.perf_counter())

    model.add_callback("on_predict_start", start)
    run = PeerRun(threads=threads)
    with TemporaryDirectory() as folder:
        tracker = _write_tracker_settings(Path(folder), camera_motion)
        for video in videos:
            results = model.track(
                source=str(video),
                stream=True,
                persist=False,
                tracker=str(tracker),
                imgsz=IMAGE_SIZE,
                classes=list(class_map(tuple(model.names.values()))),
                quantize=16 if torch.cuda.is_available() else None,
                verbose=False,
            )
            with closing(results):
                _count(run, results, max_frames)
        run.seconds = time.perf_counter() - starts[0]
    run.stages["read and track"] = run.seconds - sum(run.stages.values())
    return run


def _write_tracker_settings(folder: Path, camera_motion: str) -> Path:
    """Write BoT-SORT's default settings with ReID on the detector's own features."""
    checks: Any = importlib.import_module("ultralytics.utils.checks")
    settings = yaml.safe_load(Path(checks.check_yaml("botsort.yaml")).read_text())
    settings |= {"with_reid": True, "model": "auto", "gmc_method": camera_motion}
    path = folder / "botsort-reid.yaml"
    path.write_text(yaml.safe_dump(settings))
    return path


def _count(run: PeerRun, results: Any, max_frames: int | None) -> None:
    """Go through the results of one recording and add them to what was done."""
    track_ids: set[int] = set()
    for index, result in enumerate(results, start=1):
        run.frames += 1
        if result.boxes.id is not None:
            track_ids |= set(result.boxes.id.int().tolist())
        for stage, milliseconds in result.speed.items():
            run.stages[stage] = run.stages.get(stage, 0.0) + milliseconds / 1000
        if index == max_frames:
            break
    run.tracks += len(track_ids)


def main(
    videos: Annotated[list[Path], typer.Argument(help="Recordings.", exists=True)],
    checkpoint: Annotated[Path, typer.Option(help="Checkpoint of ultralytics.", exists=True)],
    json_file: Annotated[Path, typer.Option("--json", help="Where the result goes.")],
    max_frames: Annotated[
        int | None, typer.Option(min=1, help="Read at most this many frames of each.")
    ] = None,
    camera_motion: Annotated[
        str, typer.Option(help="BoT-SORT's gmc_method (camera motion compensation).")
    ] = CAMERA_MOTION,
) -> None:
    """Track recordings with ultralytics and write what it took as JSON."""
    run = track(checkpoint, videos, max_frames=max_frames, camera_motion=camera_motion)
    json_file.write_text(json.dumps(asdict(run), indent=2) + "\n")


if __name__ == "__main__":
    run_command(main)
