"""Train a ReID network: `python -m reid.train --config configs/reid/strong.yaml`.

The same command resumes after an interruption.
"""

from __future__ import annotations

import csv
import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from rich.console import Console
from rich.logging import RichHandler
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from detector.computing.devices import choose_device
from detector.console.command_line import run_command
from detector.console.loading import INTERRUPTED
from detector.console.progress import WorkProgress
from detector.console.terminal import Device, check_folder, command_frame
from detector.files.checkpoint import is_complete, log_progress
from detector.files.whole_file import whole_file
from reid.config import TrainConfig, read_config
from reid.data.datasets import check_disjoint
from reid.evaluation.pictures import plot_training
from reid.inference.decoded import embed_images
from reid.model import ReIDModel, save
from reid.training.domains import Domain, load_domain, with_teacher
from reid.training.initialisation import initial_network
from reid.training.state import Training, seed_everything
from reid.training.teacher import Teacher, load_teachers
from reid.training.validation import ValidationSet, load_validation

_LOG = logging.getLogger(__name__)
CHECKPOINT = "checkpoint.pt"
WEIGHTS = "model.safetensors"
LOG = "log.csv"
PLOT = "training.png"


def run_training(
    config: TrainConfig, root: Path, out: Path, *, device: torch.device, console: Console
) -> None:
    """Train to the end, from the checkpoint in `out` if there is one; at once if that is complete.

    Args:
        config: The training.
        root: What the configuration's paths are relative to.
        out: Folder of checkpoint, weights and log; made if missing.
        device: Where it computes.
        console: For the progress bar.

    Raises:
        FileNotFoundError: If data or weights are missing.
        ValueError: If they are unusable.
    """
    check_folder(out)
    if (out / WEIGHTS).is_file() and is_complete(out / CHECKPOINT, config):
        return
    out.mkdir(parents=True, exist_ok=True)
    seed_everything(config.seed)
    network = initial_network(config.model, config.initial_weights, renewed=config.renewed)
    hw = config.model.input_hw
    domains = [load_domain(domain, root, hw=hw) for domain in config.domains]
    validation = load_validation(config.validation, root, hw=hw)
    _check(domains, validation)
    domains = _taught(domains, config, device=device)
    training = Training(config, network, domains, device=device)
    if (out / CHECKPOINT).is_file():
        training.load(out / CHECKPOINT)
        log_progress(out / CHECKPOINT, reached=training.step_count, steps=config.steps)
        if not (out / WEIGHTS).is_file():  # moved away, say: the checkpoint has them, too
            save(ReIDModel(training.average.network, config.model), out / WEIGHTS)
    else:
        training.place_classifiers()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with WorkProgress(*columns, TimeRemainingColumn(), console=console) as progress:
        _loop(training, validation, out, progress=progress)


def _taught(
    domains: Sequence[Domain], config: TrainConfig, *, device: torch.device
) -> list[Domain]:
    hw, half = config.model.input_hw, config.half
    loaded: dict[tuple[str, ...], Teacher] = {}
    taught = []
    for domain in domains:
        if not domain.config.distillation:
            taught.append(domain)
            continue
        weights = domain.config.teachers or config.teacher_weights
        if weights not in loaded:
            loaded[weights] = load_teachers(weights, hw=hw, device=device, half=half)
        if domain.config.taught_by == "crops":
            # Takes minutes where crops are many, so that something must be seen meanwhile.
            _LOG.info("teachers embed the %d crops of %s", len(domain.images), domain.config.name)
        taught.append(with_teacher(domain, loaded[weights]))
    return taught


def _check(domains: Sequence[Domain], validation: Sequence[ValidationSet]) -> None:
    """Log the sizes, and raise where training and validation share vehicles."""
    for domain in domains:
        name, crops = domain.config.name, domain.crop_set.crops
        _LOG.info("%s: %d crops of %d identities", name, len(crops), domain.identities)
        for validation_set in validation:
            check_disjoint(crops, validation_set.crop_set.crops)


def _loop(
    training: Training, validation: Sequence[ValidationSet], out: Path, *, progress: Progress
) -> None:
    config = training.config
    task = progress.add_task("training", total=config.steps, completed=training.step_count)
    recent: list[dict[str, float]] = []
    while training.step_count < config.steps:
        recent.append(training.step())
        if not math.isfinite(recent[-1]["loss"]):
            raise ValueError(
                f"the loss of step {training.step_count} is {recent[-1]['loss']}: the training "
                "has diverged (try a lower learning_rate); what was written before is kept"
            )
        progress.update(
            task, advance=1, description=f"loss {np.mean([r['loss'] for r in recent[-20:]]):.3f}"
        )
        if training.step_count % config.evaluate_every and training.step_count < config.steps:
            continue
        _record(training, validation, out, recent=recent)
        recent = []


def _record(
    training: Training,
    validation: Sequence[ValidationSet],
    out: Path,
    *,
    recent: Sequence[Mapping[str, float]],
) -> None:
    """Evaluate the averaged network; write log, weights and, last, the checkpoint."""
    spec, network = training.config.model, training.average.network
    row: dict[str, float] = {"step": training.step_count}
    # Of an attribute that no crop of a batch has there is no loss.
    for name in dict.fromkeys(name for step in recent for name in step):
        row[name] = float(np.mean([step[name] for step in recent if name in step]))
    for validation_set in validation:
        gallery = validation_set.embedded(lambda images: embed_images(network, images, spec))
        for name, score in validation_set.scores(gallery).items():
            row |= {f"{name} rank-1": score.cmc(1), f"{name} mAP": score.mean_average_precision}
    _append(out / LOG, row)
    plot_training(out / LOG, out / PLOT)
    _LOG.info("%s", "  ".join(f"{name} {value:.3f}" for name, value in row.items()))
    model = ReIDModel(network, spec)
    # Every evaluated point is kept: `reid.release` can blend an earlier one in.
    save(model, out / f"step_{training.step_count:06d}.safetensors", half=True)
    save(model, out / WEIGHTS)
    training.save(out / CHECKPOINT)


def _append(path: Path, row: Mapping[str, float]) -> None:
    """Add a row to a CSV file; of a step that is there already, it takes the old one's place.

    A training that continues may have measured it before it was stopped, or have other columns: of
    another validation set, say.

    Raises:
        ValueError: If the file is something else.
    """
    rows: list[dict[str, str]] = []
    if path.is_file():
        try:
            with path.open(newline="") as file:
                before = [old for old in csv.DictReader(file) if float(old["step"]) < row["step"]]
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path} is no log of a training; move it away to go on") from error
        rows = [{key: text for key, text in old.items() if key} for old in before]
    rows.append({key: f"{value:.6g}" for key, value in row.items()})
    with whole_file(path) as partial, partial.open("w", newline="") as file:
        columns = dict.fromkeys(name for each in rows for name in each)
        writer = csv.DictWriter(file, fieldnames=list(columns))
        writer.writeheader()
        writer.writerows(rows)


def main(
    config: Annotated[Path, typer.Option(help="Training configuration (YAML), see configs/reid/.")],
    data: Annotated[Path, typer.Option(help="Folder that the configuration's paths start from.")],
    out: Annotated[Path, typer.Option(help="Folder for weights, log and checkpoint.")],
    device: Device = "auto",
    seed: Annotated[
        int | None, typer.Option(min=0, help="Seed, instead of the configuration's.")
    ] = None,
) -> None:
    """Train a ReID network; resume from the checkpoint in --out if there is one."""
    console = Console()
    handler = RichHandler(console=console, show_path=False, markup=False)
    logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=[handler])
    try:
        with command_frame():
            chosen = choose_device(device)
            training = read_config(config)
            if seed is not None:
                training = replace(training, seed=seed)
            run_training(training, data, out, device=chosen, console=console)
    except KeyboardInterrupt:
        console.print(f"stopped; the same command resumes from the last checkpoint in {out}")
        raise typer.Exit(INTERRUPTED) from None


if __name__ == "__main__":
    run_command(main)
