"""Pseudo-labels for videos of fixed cameras: `python -m detector.label VIDEO --teacher …`.

Every teacher sees each frame as it is, mirrored and enlarged; their detections are fused
(`detector.data.fusion`) and made consistent over time (`detector.data.consistency`). Writes
`DIR/VIDEO/frames`, `labels` and `ignore`, as `detector.train` reads them; correct them manually
with any tool for YOLO labels before training where it matters.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer
from rich.console import Console
from rich.progress import Progress

from detector.console.command_line import run_command
from detector.console.loading import INTERRUPTED
from detector.console.progress import WorkProgress
from detector.console.terminal import Device, check_folder, command_frame
from detector.data.consistency import settle
from detector.data.fusion import fuse, mirrored
from detector.files.image_file import write_image
from detector.files.video_file import VideoFile
from detector.yolo import DetectorSettings, YoloDetector

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from detector.data.fusion import Opinion
    from detector.truth import Truth

_ENLARGED = 1.5
"""Second view: small vehicles are found in larger images."""
_LOWEST_CONFIDENCE = 0.1
_JPEG_QUALITY = 92


def frames_of(video: Path, every: int) -> Iterator[NDArray[np.uint8]]:
    """Yield every n-th frame of a video, uint8 (H, W, 3) BGR.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If no frame of it can be decoded.
    """
    with VideoFile(video) as file:
        for _, image in file.frames(lambda number: number % every == 0):
            yield image


def ask(teachers: Sequence[YoloDetector], image: NDArray[np.uint8]) -> Opinion:
    """Return the fused detections of all teachers on a frame and its mirror image."""
    return fuse([found for teacher in teachers for found in mirrored(teacher, image)])


def write_labels(folder: Path, name: str, truth: Truth, *, size_wh: tuple[int, int]) -> None:
    """Write a frame's labels and regions to ignore as lines `class cx cy w h`, normalised."""
    for part, xyxy, classes in (
        ("labels", truth.xyxy, truth.class_id),
        ("ignore", truth.ignore, np.zeros(len(truth.ignore), np.int64)),
    ):
        boxes = xyxy / np.array([*size_wh, *size_wh], np.float32)
        centers, sizes = (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]
        rows = np.hstack([centers, sizes]).tolist()
        lines = [
            f"{c} " + " ".join(f"{v:.5f}" for v in row)
            for c, row in zip(classes.tolist(), rows, strict=True)
        ]
        (folder / part).mkdir(parents=True, exist_ok=True)
        (folder / part / f"{name}.txt").write_text("".join(line + "\n" for line in lines))


def label_video(
    video: Path,
    teachers: Sequence[YoloDetector],
    folder: Path,
    *,
    every: int,
    keep_every: int,
    progress: Progress,
) -> tuple[int, int]:
    """Label one video; `frames` appears when all of them have labels.

    A frame without a label file is one without vehicles to whoever trains with it.

    Args:
        video: Of a fixed camera.
        teachers: Detectors; the same one at several sizes counts as several.
        folder: Where frames, labels and ignore go.
        every: Process every n-th frame.
        keep_every: Write every n-th of those that were processed.
        progress: Shows how far it is.

    Returns:
        The number of frames written, and of vehicles in them.
    """
    partial = folder / "frames.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    task = progress.add_task(video.stem, total=None)
    opinions, size_wh = [], (1, 1)
    for index, image in enumerate(frames_of(video, every)):
        size_wh = (image.shape[1], image.shape[0])
        opinions.append(ask(teachers, image))
        if index % keep_every == 0:
            write_image(partial / f"{index:06d}.jpg", image, jpeg_quality=_JPEG_QUALITY)
        progress.update(task, completed=index + 1)
    truths = settle(opinions)
    kept = range(0, len(truths), keep_every)
    for index in kept:
        write_labels(folder, f"{index:06d}", truths[index], size_wh=size_wh)
    partial.replace(folder / "frames")
    progress.update(task, total=len(opinions), completed=len(opinions))
    return len(kept), sum(len(truths[index].xyxy) for index in kept)


def main(
    videos: Annotated[list[Path], typer.Argument(help="Videos of fixed cameras.")],
    teacher: Annotated[list[str], typer.Option(help="Weights of a teacher; give several.")],
    out: Annotated[Path, typer.Option(help="Folder; each video gets one of its own in it.")],
    every: Annotated[int, typer.Option(min=1, help="Process every n-th frame.")] = 2,
    keep_every: Annotated[int, typer.Option(min=1, help="Write every n-th processed frame.")] = 4,
    image_size: Annotated[int, typer.Option(help="Long side in pixels.")] = 640,
    device: Device = "auto",
) -> None:
    """Create pseudo-labels for videos of fixed cameras by an ensemble of detectors."""
    sizes = (image_size, round(image_size * _ENLARGED / 32) * 32)
    try:
        with command_frame():
            check_folder(out)
            names = [video.stem for video in videos]
            if twice := sorted({name for name in names if names.count(name) > 1}):
                raise ValueError(f"several videos are called {', '.join(twice)}: rename them")
            if missing := [str(video) for video in videos if not video.is_file()]:
                raise FileNotFoundError(f"video {', '.join(missing)} not found")
            for folder in (out / name for name in names):
                if (folder / "frames").exists():  # perhaps corrected by hand since
                    raise ValueError(f"{folder} is labelled already: leave it out, or remove it")
            teachers = [
                YoloDetector(
                    DetectorSettings(
                        weights=w, confidence=_LOWEST_CONFIDENCE, image_size=size, device=device
                    )
                )
                for w in teacher
                for size in sizes
            ]
            with WorkProgress(console=Console(stderr=True)) as progress:
                counts = {
                    video: label_video(
                        video,
                        teachers,
                        out / video.stem,
                        every=every,
                        keep_every=keep_every,
                        progress=progress,
                    )
                    for video in videos
                }
    except KeyboardInterrupt:
        typer.echo(
            "stopped; videos finished before are complete: name the others to go on", err=True
        )
        raise typer.Exit(INTERRUPTED) from None
    for video, (frames, vehicles) in counts.items():
        typer.echo(f"{out / video.stem}: {frames} frames, {vehicles} vehicles")


if __name__ == "__main__":
    run_command(main)
