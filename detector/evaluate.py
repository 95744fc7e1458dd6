"""Measure detectors: `python -m detector.evaluate --config configs/detector/yolo11n.yaml …`.

Takes the held-out side of every source of a training configuration. Where a source has no labels,
the sure detections of `--teacher` stand in for them, and its unsure ones are ignored.
"""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from detector.dataset import load_samples, read_image
from detector.metrics import (
    HEIGHT_BINS,
    Truth,
    average_precision,
    match,
    precision_recall,
    recall_at_precision,
)
from detector.train import read_config
from detector.types import CLASS_NAMES, Detections
from detector.yolo import DEFAULT_WEIGHTS, DetectorSettings, YoloDetector

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from detector.dataset import Sample

_LOWEST_CONFIDENCE = 0.01
_TEACHER_SURE = 0.4
_TEACHER_UNSURE = 0.1


def truth_of(sample: Sample) -> Truth:
    """Return a sample's labels in pixels."""
    height, width = read_image(sample.image).shape[:2]
    size = np.array([width, height, width, height], np.float32)
    return Truth(sample.xyxy * size, sample.class_id, sample.ignore * size)


def teacher_truth(found: Detections) -> Truth:
    """Turn a teacher's detections into truth: the sure ones; the unsure ones are ignored."""
    sure = found.confidence >= _TEACHER_SURE
    return Truth(found.xyxy[sure], found.class_id[sure], found.xyxy[~sure])


def detect(detector: YoloDetector, samples: Sequence[Sample], *, title: str) -> list[Detections]:
    """Run a detector on samples, one image at a time."""
    steps = track(samples, description=title, transient=True, console=Console(stderr=True))
    return [detector([read_image(sample.image)])[0] for sample in steps]


def measure(
    detections: Sequence[Detections],
    truths: Sequence[Truth],
    *,
    confidence: float,
    classes: bool,
) -> dict[str, float]:
    """Return every figure of one detector on one source; NaN where there is nothing to measure.

    Args:
        detections: Of each image.
        truths: Of each image.
        confidence: Threshold for precision and recall.
        classes: Whether the truth's classes mean anything.
    """
    matches = match(detections, truths)
    precision, recall = precision_recall(matches, confidence=confidence)
    best_recall, threshold = recall_at_precision(matches, 0.9)
    figures = {
        "images": float(len(truths)),
        "vehicles": float(len(matches.truth_confidence)),
        "AP50": average_precision(matches),
        "AP75": average_precision(match(detections, truths, min_iou=0.75)),
        "precision": precision,
        "recall": recall,
        "recall_at_p90": best_recall,
        "threshold_at_p90": threshold,
    }
    for low, high in HEIGHT_BINS:
        span = f"{low:.0f}-{high:.0f}" if math.isfinite(high) else f"{low:.0f}+"
        precision, recall = precision_recall(matches, confidence=confidence, heights=(low, high))
        figures |= {f"precision_{span}": precision, f"recall_{span}": recall}
    if classes:
        for class_id, name in enumerate(CLASS_NAMES):
            figures[f"AP50_{name}"] = average_precision(
                match(detections, truths, class_id=class_id)
            )
    return figures


def compare(
    detectors: Mapping[str, YoloDetector],
    samples: Sequence[Sample],
    *,
    judge: YoloDetector | None,
    confidence: float,
) -> dict[str, dict[str, float]]:
    """Measure detectors on the images of one source.

    Args:
        detectors: By name.
        samples: Images of one source, at least one.
        judge: Teacher that says what is true where no image has labels.
        confidence: Threshold for precision and recall.

    Returns:
        The figures of each detector; empty if there are neither labels nor a teacher.
    """
    source = samples[0].source
    if any(len(sample.xyxy) for sample in samples):
        truths, classes = [truth_of(sample) for sample in samples], source.labelled
    elif judge is not None:
        found = detect(judge, samples, title=f"{source.name}: teacher")
        truths, classes = [teacher_truth(detections) for detections in found], True
    else:
        return {}
    return {
        name: measure(
            detect(detector, samples, title=f"{source.name}: {name}"),
            truths,
            confidence=confidence,
            classes=classes,
        )
        for name, detector in detectors.items()
    }


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
                digits = 0 if figure in {"images", "vehicles"} else 3
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
    teacher: Annotated[str | None, typer.Option(help="Truth where there are no labels.")] = None,
    confidence: Annotated[float, typer.Option(help="Threshold of precision and recall.")] = 0.25,
    image_size: Annotated[int, typer.Option(help="Long side in pixels.")] = 640,
    max_images: Annotated[int, typer.Option(help="Most images per source.")] = 200,
    json_out: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
) -> None:
    """Compare detectors on held-out images: AP50, precision and recall by class and size."""
    settings = DetectorSettings(confidence=_LOWEST_CONFIDENCE, image_size=image_size)
    try:
        sources = read_config(config).sources
        unknown = set(source) - {s.name for s in sources}
        if unknown:
            raise ValueError(f"{config} has no source {', '.join(sorted(unknown))}")
        detectors = {Path(w).stem: YoloDetector(replace(settings, weights=w)) for w in weights}
        judge = None
        if teacher is not None:
            judge = YoloDetector(replace(settings, weights=teacher, confidence=_TEACHER_UNSURE))
    except (FileNotFoundError, ValueError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from error
    results: dict[str, dict[str, dict[str, float]]] = {}
    for entry in sources:
        samples = thin(load_samples(entry, data, held_out=True), max_images)
        if samples and (not source or entry.name in source):
            figures = compare(detectors, samples, judge=judge, confidence=confidence)
            results |= {entry.name: figures} if figures else {}
    show(results, Console())
    if json_out:
        json_out.write_text(as_json(results), encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
