"""Train a detector: `python -m detector.train --config configs/detector/yolo11n.yaml --data DIR`.

The network starts from random weights, or from `initial_weights` of the configuration. It learns
from labelled boxes and, where a teacher is given, from that network's features and outputs
(`detector.training.distillation`), for which images need no labels.
A run can be stopped at any time and continues from its last checkpoint when started again with the
same `--out`.
"""

from __future__ import annotations

import logging
import math
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import TextColumn, TimeRemainingColumn

from detector import network
from detector.computing.devices import choose_device
from detector.console.command_line import run_command
from detector.console.loading import INTERRUPTED
from detector.console.progress import WorkProgress
from detector.console.terminal import Device, check_folder, command_frame
from detector.data.dataset import load_samples
from detector.files.checkpoint import is_complete, log_progress
from detector.training.batches import draw_batch, pool
from detector.training.config import read_config
from detector.training.log import append, forget_after
from detector.training.state import Trainer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from detector.training.batches import Batch, Pool
    from detector.training.config import TrainingConfig

_LOG = logging.getLogger(__name__)
_LOG_EVERY_STEPS = 10
CHECKPOINT = "checkpoint.pt"
WEIGHTS = "latest.safetensors"


def load_pools(config: TrainingConfig, roots: Sequence[Path]) -> list[Pool]:
    """Load the training side of every source that has images and a weight.

    Raises:
        ValueError: If none has.
    """
    pools = []
    for source in config.sources:
        samples = load_samples(source, roots, held_out=False) if source.weight else []
        _LOG.info("%s: %d images", source.name, len(samples))
        if samples and source.labelled and not any(len(sample.xyxy) for sample in samples):
            _LOG.warning("%s: no image has a labelled vehicle; all are background", source.name)
        if samples:
            pools.append(pool(samples, balance=config.balance))
    if not pools:
        raise ValueError(f"no training images found in {', '.join(map(str, roots))}")
    return pools


def batches(config: TrainingConfig, pools: Sequence[Pool], first: int) -> Iterator[Batch]:
    """Yield the batches from step `first` to the last, each drawn while the one before is used."""

    def draw(step: int) -> Batch:
        early = step < config.layerwise_steps
        return draw_batch(
            pools,
            step=step,
            batch=config.layerwise_batch if early else config.batch,
            size=config.layerwise_view_size if early else config.view_size,
            seed=config.seed,
        )

    with ThreadPoolExecutor(max_workers=1) as executor:
        pending = executor.submit(draw, first)
        for step in range(first, config.steps):
            batch = pending.result()
            if step + 1 < config.steps:
                pending = executor.submit(draw, step + 1)
            yield batch


def run(trainer: Trainer, pools: Sequence[Pool], out: Path) -> None:
    """Train to the last step, with progress, a CSV log and checkpoints in `out`."""
    config = trainer.config
    log = out / "log.csv"
    counted_s = forget_after(log, trainer.step)
    columns = (
        *WorkProgress.get_default_columns()[:-1],
        TimeRemainingColumn(),
        TextColumn("{task.fields[loss]}"),
    )
    saved = time.monotonic()
    started = saved - counted_s
    with WorkProgress(*columns) as progress:
        task = progress.add_task("steps", total=config.steps, completed=trainer.step, loss="")
        for batch in batches(config, pools, trainer.step):
            losses = trainer.train_step(batch)
            if not math.isfinite(total := float(losses["total"])):
                raise ValueError(
                    f"the loss of step {trainer.step} is {total}: the training has diverged (try "
                    "a lower learning_rate); what was written before is kept"
                )
            if trainer.step % _LOG_EVERY_STEPS == 0 or trainer.step == config.steps:
                line = {name: round(float(value), 4) for name, value in losses.items()}
                seconds = round(time.monotonic() - started, 1)
                append(log, {"step": trainer.step, "seconds": seconds, **line})
                progress.update(task, loss=f"loss {line['total']:.3f}")
            progress.update(task, completed=trainer.step)
            if time.monotonic() - saved > config.save_every_s:
                save(trainer, out)
                saved = time.monotonic()
    save(trainer, out)


def save(trainer: Trainer, out: Path) -> None:
    """Write the averaged weights to detect with and, last, the checkpoint to continue from."""
    metadata = {"licence": "AGPL-3.0-or-later", "steps": str(trainer.step)}
    network.save(trainer.averaged(), out / WEIGHTS, metadata=metadata)
    trainer.save(out / CHECKPOINT)


def main(
    config: Annotated[Path, typer.Option(help="Training configuration (YAML).")],
    data: Annotated[list[Path], typer.Option(help="Data folder; may be given several times.")],
    out: Annotated[Path, typer.Option(help="Folder for checkpoints, log and weights.")],
    teacher: Annotated[
        str | None, typer.Option(help="Weights of the teacher, for distillation.")
    ] = None,
    device: Device = "auto",
    threads: Annotated[int, typer.Option(min=1, help="CPU threads for the network.")] = 2,
) -> None:
    """Train a detector on labels and, if a teacher is given, by distillation.

    It starts from random weights, or from those that the configuration names; a training that was
    stopped resumes from the checkpoint in --out.
    """
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        with command_frame():
            check_folder(out)
            chosen = choose_device(device)
            settings = read_config(config)
            if teacher is None:
                settings = replace(settings, layerwise_steps=0)
            if (out / WEIGHTS).is_file() and is_complete(out / CHECKPOINT, settings):
                return
            pools = load_pools(settings, data)
            trainer = Trainer(settings, teacher=teacher, device=chosen, threads=threads)
            out.mkdir(parents=True, exist_ok=True)
            if (out / CHECKPOINT).is_file():
                trainer.resume(out / CHECKPOINT)
                log_progress(out / CHECKPOINT, reached=trainer.step, steps=settings.steps)
            run(trainer, pools, out)
    except KeyboardInterrupt:
        typer.echo(f"stopped; the same command resumes from the last checkpoint in {out}", err=True)
        raise typer.Exit(INTERRUPTED) from None


if __name__ == "__main__":
    run_command(main)
