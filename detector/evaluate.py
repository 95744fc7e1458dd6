"""Evaluates detectors: `python -m detector.evaluate --config configs/detector/yolo11n.yaml …`.

Uses the held-out part of every source of a training configuration. Where a source has no labels,
the confident detections of `--teacher` replace them, and its uncertain ones are ignored.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import cv2
import numpy as np
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from detector.console.command_line import run_command
from detector.console.terminal import Device, check_outputs, command_frame
from detector.data.dataset import load_samples, read_image
from detector.evaluation.figures import COUNTS, measure
from detector.evaluation.pictures import find_mistakes, mistake_sheet, plot_precision_recall
from detector.files.image_file import write_image
from detector.training.config import read_sources
from detector.truth import Truth
from detector.types import Detections
from detector.yolo import DEFAULT_WEIGHTS, DetectorSettings, YoloDetector

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from detector.data.dataset import Sample

_LOWEST_CONFIDENCE = 0.01
"""Of detections: average precision is that of the whole curve."""

_TEACHER_SURE = 0.4
_TEACHER_UNSURE = 0.1
"""Confidences from which on a teacher's detections are truth, and regions to ignore."""


def picture(sample: Sample) -> NDArray[np.uint8]:
    """Return a sample's image as its source wants it shown: blurred, if it says so."""
    image, blur = read_image(sample.image), sample.source.blur_px
    return np.asarray(cv2.GaussianBlur(image, (0, 0), blur), np.uint8) if blur else image


def truth_of(sample: Sample) -> Truth:
    """Return a sample's labels in pixels."""
    height, width = read_image(sample.image).shape[:2]
    size = np.array([width, height, width, height], np.float32)
    return Truth(sample.xyxy * size, sample.class_id, sample.ignore * size)


def teacher_truth(found: Detections) -> Truth:
    """Turn a teacher's detections into truth: the confident ones; uncertain ones are ignored."""
    sure = found.confidence >= _TEACHER_SURE
    return Truth(found.xyxy[sure], found.class_id[sure], found.xyxy[~sure])


def detect(detector: YoloDetector, samples: Sequence[Sample], *, title: str) -> list[Detections]:
    """Run a detector on samples, one image at a time."""
    steps = track(samples, description=title, transient=True, console=Console(stderr=True))
    return [detector([picture(sample)])[0] for sample in steps]


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """What detectors found on one set of images.

    Attributes:
        samples: The images.
        truths: Of each image.
        classes: Whether the truth has classes.
        found: By detector, the detections of each image.
    """

    samples: Sequence[Sample]
    truths: Sequence[Truth]
    classes: bool
    found: Mapping[str, Sequence[Detections]]


def attempt(
    detectors: Mapping[str, YoloDetector], samples: Sequence[Sample], *, judge: YoloDetector | None
) -> Trial | None:
    """Run detectors on the images of one source.

    Args:
        detectors: By name.
        samples: Images of one source, at least one.
        judge: Teacher whose detections are the truth where no image has labels.

    Returns:
        None if there are neither labels nor a teacher.
    """
    source = samples[0].source
    if any(len(sample.xyxy) for sample in samples):
        truths, classes = [truth_of(sample) for sample in samples], source.labelled
    elif judge is not None:
        found = detect(judge, samples, title=f"{source.name}: teacher")
        truths, classes = [teacher_truth(detections) for detections in found], True
    else:
        return None
    results = {
        name: detect(detector, samples, title=f"{source.name}: {name}")
        for name, detector in detectors.items()
    }
    return Trial(samples, truths, classes, results)


def attempt_all(
    detectors: Mapping[str, YoloDetector],
    held_out: Iterable[Sequence[Sample]],
    *,
    judge: YoloDetector | None,
) -> dict[str, Trial]:
    """Run detectors on the images of each source, by its name; without those that have no truth."""
    trials: dict[str, Trial] = {}
    for samples in filter(None, held_out):
        trial = attempt(detectors, samples, judge=judge)
        trials |= {samples[0].source.name: trial} if trial else {}
    return trials


def together(trials: Sequence[Trial]) -> Trial:
    """Return several trials of the same detectors as one."""
    return Trial(
        samples=[sample for trial in trials for sample in trial.samples],
        truths=[truth for trial in trials for truth in trial.truths],
        classes=all(trial.classes for trial in trials),
        found={
            name: [detections for trial in trials for detections in trial.found[name]]
            for name in trials[0].found
        },
    )


def by_condition(trials: Mapping[str, Trial]) -> dict[str, Trial]:
    """Pool the sources that state the same condition (night, rain, …)."""
    groups: dict[str, list[Trial]] = {}
    for trial in trials.values():
        if condition := trial.samples[0].source.condition:
            groups.setdefault(f"condition: {condition}", []).append(trial)
    return {name: together(group) for name, group in sorted(groups.items())}


def draw(name: str, trial: Trial, folder: Path, *, confidence: float) -> None:
    """Write the images of one set: precision over recall, and each detector's worst errors."""
    stem = re.sub(r"\W+", "_", name)
    plot_precision_recall(trial.found, trial.truths, folder / f"{stem}_pr.png", title=name)
    for detector, found in trial.found.items():
        mistakes = find_mistakes(found, trial.truths, confidence=confidence)
        sheet = mistake_sheet(mistakes, lambda i: picture(trial.samples[i]))
        weights = re.sub(r"[^\w.-]+", "_", detector)
        write_image(folder / f"{stem}_{weights}_mistakes.jpg", sheet)


def names_of(weights: Sequence[str]) -> dict[str, str]:
    """Return weights by their name in tables: the end of their path, as long as it is unique.

    >>> list(names_of(["a.pt", "runs/1/latest.safetensors", "runs/2/latest.safetensors"]))
    ['a', '1/latest', '2/latest']
    >>> list(names_of(["a.pt", "a.onnx"]))
    ['a.pt', 'a.onnx']
    """
    different = list(dict.fromkeys(weights))
    named = {}
    for each in different:
        path = Path(each)
        ends = ["/".join([*path.parts[-n:-1], path.stem]) for n in range(1, len(path.parts) + 1)]
        others = [Path(other).with_suffix("") for other in different if other != each]
        alone = (end for end in ends if not any(f"/{o}".endswith(f"/{end}") for o in others))
        named[next(alone, each)] = each
    return named


def thin(samples: Sequence[Sample], limit: int) -> list[Sample]:
    """Return at most `limit` samples, evenly spaced."""
    if len(samples) <= limit:
        return list(samples)
    return [samples[i] for i in np.linspace(0, len(samples) - 1, limit).astype(int)]


def show(results: dict[str, dict[str, dict[str, float]]], console: Console) -> None:
    """Print one table per source: a row per figure, a column per detector."""
    for source, by_weights in results.items():
        table = Table(title=source, title_justify="left")
        table.add_column("")
        for weights in by_weights:
            table.add_column(weights, justify="right")
        for figure in next(iter(by_weights.values())):
            values = [by_weights[weights][figure] for weights in by_weights]
            if not all(math.isnan(value) for value in values):
                digits = 0 if figure in COUNTS else 3
                table.add_row(figure, *(f"{value:.{digits}f}" for value in values))
        console.print(table)


def as_json(results: dict[str, dict[str, dict[str, float]]]) -> str:
    """Return the figures as JSON, with null where there was nothing to measure."""
    plain = {
        source: {
            weights: {name: None if math.isnan(v) else v for name, v in figures.items()}
            for weights, figures in by_weights.items()
        }
        for source, by_weights in results.items()
    }
    return json.dumps(plain, indent=2, allow_nan=False) + "\n"


def main(
    config: Annotated[Path, typer.Option(help="Training configuration that names the sources.")],
    data: Annotated[list[Path], typer.Option(help="Data folder; may be given several times.")],
    weights: Annotated[list[str], typer.Option(help="Detectors to compare.")] = [DEFAULT_WEIGHTS],  # noqa: B006
    source: Annotated[list[str], typer.Option(help="Only these sources.")] = [],  # noqa: B006
    teacher: Annotated[
        str | None, typer.Option(help="Weights whose detections replace missing labels.")
    ] = None,
    confidence: Annotated[
        float, typer.Option(min=0, max=1, help="Threshold of precision and recall.")
    ] = 0.25,
    image_size: Annotated[int, typer.Option(help="Long side in pixels.")] = 640,
    max_images: Annotated[
        int, typer.Option(min=1, help="Maximum number of images per source.")
    ] = 200,
    json_out: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
    pictures: Annotated[
        Path | None, typer.Option(help="Folder for PR plots and sheets of the worst errors.")
    ] = None,
    device: Device = "auto",
) -> None:
    """Compare detectors on held-out images by source, class, size and condition."""
    with command_frame():
        settings = DetectorSettings(
            confidence=_LOWEST_CONFIDENCE, image_size=image_size, device=device
        )
        check_outputs([json_out], inputs=[config, *map(Path, weights)], folder=pictures)
        chosen = read_sources(config, source)
        named = names_of(weights)
        detectors = {n: YoloDetector(replace(settings, weights=w)) for n, w in named.items()}
        judge = None
        if teacher is not None:
            judge = YoloDetector(replace(settings, weights=teacher, confidence=_TEACHER_UNSURE))
        held_out = [thin(load_samples(s, data, held_out=True), max_images) for s in chosen]
        trials = attempt_all(detectors, held_out, judge=judge)
        if not trials:
            raise ValueError(
                f"{', '.join(map(str, data))}: nothing to measure: no held-out image of "
                f"{', '.join(s.name for s in chosen)} with labels, and no --teacher to judge; "
                "held_out_groups of a source names what is held out"
            )
        trials |= by_condition(trials)
        results = {
            name: {
                weights: measure(found, trial.truths, confidence=confidence, classes=trial.classes)
                for weights, found in trial.found.items()
            }
            for name, trial in trials.items()
        }
        show(results, Console())
        if json_out:
            json_out.write_text(as_json(results), encoding="utf-8")
        if pictures:
            pictures.mkdir(parents=True, exist_ok=True)
            for name, trial in trials.items():
                draw(name, trial, pictures, confidence=confidence)


if __name__ == "__main__":
    run_command(main)
