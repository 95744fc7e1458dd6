"""State of a training: one step, and everything that must survive a restart."""

from __future__ import annotations

import math
from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, cast

import torch
from torch import nn

from detector import network
from detector.classes import main_outputs
from detector.computing.devices import emulates_bfloat16
from detector.files.checkpoint import read_checkpoint, resume_optimiser, write_checkpoint
from detector.inference.riders import MOTORCYCLE
from detector.training.distillation import (
    Outputs,
    edge_loss,
    feature_loss,
    run_layers,
    score_loss,
    spread,
    stage_ends,
)
from detector.training.supervision import SupervisedLoss, anchors_in_regions
from detector.types import CLASS_NAMES

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

    from detector.training.batches import Batch
    from detector.training.config import TrainingConfig

_TEACHER_SEES: Final = 0.15
"""Teacher's score above which an unlabelled place of an incompletely labelled image is ignored."""

_NORM_RATE: Final = 8.0
"""Learning rate of biases and normalisation, relative to that of weights: Adam's steps are as large
as the learning rate, and these start at 0 and 1 while weights start at a few hundredths."""

_MAX_GRADIENT_NORM: Final = 10.0
_FINAL_LEARNING_RATE: Final = 0.02
"""At the last step, relative to the peak."""


def _initial_network(config: TrainingConfig) -> network.Network:
    """Return the student before its first step."""
    if not config.initial_weights:
        return network.build(config.architecture, CLASS_NAMES, image_size=config.image_size)
    loaded = network.load(config.initial_weights)
    if loaded.names != CLASS_NAMES or loaded.architecture != config.architecture:
        raise ValueError(
            f"initial_weights {config.initial_weights!r} must be a {config.architecture} for "
            f"{', '.join(CLASS_NAMES)}"
        )
    return replace(loaded, image_size=config.image_size)


class Trainer:
    """The student, its running average, its teacher and its optimiser."""

    def __init__(
        self,
        config: TrainingConfig,
        *,
        teacher: str | None,
        device: torch.device | str,
        threads: int,
    ) -> None:
        """Build a student with random weights, or with those that the configuration names.

        Args:
            config: How to train.
            teacher: Weights of a network of the same architecture, but for its classes.
            device: Where to train.
            threads: CPU threads for the networks.

        Raises:
            FileNotFoundError: If there are no such weights of the teacher, or to continue from.
            ValueError: If the teacher knows not all of our classes, the architecture is unknown, or
                the weights to continue from are of another one.
        """
        torch.set_num_threads(threads)
        torch.manual_seed(config.seed)
        self.config = config
        self.step = 0
        self._device = torch.device(device)
        self._half = not emulates_bfloat16(self._device)
        self._network = _initial_network(config)
        self._student = self._place(self._network.module).train()
        self._average = deepcopy(self._student).eval().requires_grad_(False)
        self._initial = deepcopy(self._average)
        self._layers = stage_ends(self._student)
        self._spreads: list[float] = []
        self._supervised = SupervisedLoss(self._student)
        self._optimizer = _optimizer(self._student, config)
        self._teacher: nn.Module | None = None
        if teacher is not None:
            self._teacher, self._teacher_rows = self._load_teacher(teacher)

    def train_step(self, batch: Batch) -> dict[str, Tensor]:
        """Train on one batch and return the parts of the loss."""
        self._set_learning_rate()
        batch = batch.to(self._device)
        images = batch.images.to(memory_format=torch.channels_last).float() / 255
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self._half):
            teacher = self._teach(images)
            given = None
            if teacher is not None and self.step < self.config.layerwise_steps:
                given = {i: teacher.layers[i] for i in self._layers}
            student = run_layers(self._student, images, given=given)
        losses = self._losses(student, teacher, batch)
        self._optimizer.zero_grad(set_to_none=True)
        losses["total"].backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self._student.parameters(), _MAX_GRADIENT_NORM)
        self._optimizer.step()
        self._update_average()
        self.step += 1
        return {name: value.detach() for name, value in losses.items()}

    def averaged(self) -> network.Network:
        """Return the network to use: the student's running average, blended with its beginning."""
        blended = deepcopy(self._average)
        _move(blended, self._initial, share=self.config.initial_share)
        return replace(self._network, module=blended)

    def save(self, path: Path) -> None:
        """Write a checkpoint atomically.

        Raises:
            OSError: If it cannot be written.
        """
        state = {
            "step": self.step,
            "student": self._student.state_dict(),
            "average": self._average.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "spreads": self._spreads,
        }
        write_checkpoint(path, state, self.config)

    def resume(self, path: Path) -> None:
        """Resume from a checkpoint.

        Raises:
            ValueError: If the file is no checkpoint of this network.
        """
        state = read_checkpoint(path, self.config)
        try:
            self._student.load_state_dict(state["student"])
            self._average.load_state_dict(state["average"])
            resume_optimiser(self._optimizer, state["optimizer"])
            self._spreads = list(state["spreads"])
            self.step = int(state["step"])
        except (RuntimeError, ValueError, KeyError) as error:
            raise ValueError(
                f"{path} is not a checkpoint of {self.config.architecture}; train into a new folder"
            ) from error

    def _losses(self, student: Outputs, teacher: Outputs | None, batch: Batch) -> dict[str, Tensor]:
        """Return the total loss and its parts."""
        ignored = anchors_in_regions(batch, student.features)
        if teacher is None:
            supervised = self._supervised(student, batch, ignored=ignored)
            return {"total": supervised, "supervised": supervised}
        probability = teacher.scores[:, self._teacher_rows].float().sigmoid()
        seen = probability.amax(dim=1) > _TEACHER_SEES
        supervised = self._supervised(
            student, batch, ignored=ignored | (seen & ~batch.complete[:, None])
        )
        self._spreads = self._spreads or spread(teacher.layers, self._layers)
        features = feature_loss(
            student.layers, teacher.layers, layers=self._layers, spreads=self._spreads
        )
        taught = batch.taught
        bins = student.boxes.shape[1] // 4
        scores = score_loss(student.scores[taught], probability[taught])
        confidence, kind = probability[taught].max(dim=1)
        # The teacher boxes motorcycles without their riders: not a lesson for this detector.
        confidence = confidence.masked_fill(kind == MOTORCYCLE, 0.0)
        edges = edge_loss(student.boxes[taught], teacher.boxes[taught], confidence, bins=bins)
        start, end = self.config.feature_weight
        weight = end + (start - end) * self._cosine()
        outputs = self.config.output_weight * (scores + edges)
        return {
            "total": supervised + weight * features + outputs,
            "supervised": supervised,
            "features": features,
            "scores": scores,
            "edges": edges,
        }

    @torch.no_grad()
    def _teach(self, images: Tensor) -> Outputs | None:
        """Return the teacher's outputs."""
        return None if self._teacher is None else run_layers(self._teacher, images)

    def _load_teacher(self, weights: str) -> tuple[nn.Module, list[int]]:
        """Load the teacher and find which of its classes are ours, in our order."""
        loaded = network.load(weights)
        rows = main_outputs(loaded.names)
        missing = [name for i, name in enumerate(CLASS_NAMES) if i not in rows]
        if missing:
            raise ValueError(f"teacher {weights} has no class {', '.join(missing)}")
        module = network.inference_module(loaded, self._device, dtype=torch.float32)
        return module, [rows[i] for i in range(len(CLASS_NAMES))]

    def _place(self, module: nn.Module) -> nn.Module:
        """Move a network to the device, laid out for convolutions."""
        moved = cast("Any", module).to(self._device, memory_format=torch.channels_last)
        return cast("nn.Module", moved)

    def _cosine(self) -> float:
        """Return the half cosine that falls from 1 at the first step to 0 at the last."""
        return (1 + math.cos(math.pi * min(1.0, self.step / self.config.steps))) / 2

    def _set_learning_rate(self) -> None:
        """Follow the schedule: linear rise, then half a cosine."""
        rise = min(1.0, (self.step + 1) / max(1, self.config.warmup_steps))
        fall = _FINAL_LEARNING_RATE + (1 - _FINAL_LEARNING_RATE) * self._cosine()
        for group in self._optimizer.param_groups:
            group["lr"] = self.config.learning_rate * rise * fall * group["rate"]

    def _update_average(self) -> None:
        """Move the average towards the student; faster at first, when it is still random."""
        decay = min(self.config.average_decay, (1 + self.step) / (10 + self.step))
        _move(self._average, self._student, share=1 - decay)


@torch.no_grad()
def _move(module: nn.Module, towards: nn.Module, *, share: float) -> None:
    """Move the weights of a network a share of the way to those of another one, in place."""
    pairs = zip(module.state_dict().values(), towards.state_dict().values(), strict=True)
    for own, other in pairs:
        if own.is_floating_point():  # not the counts of batches
            own.lerp_(other, share)


def _optimizer(module: nn.Module, config: TrainingConfig) -> torch.optim.AdamW:
    """Return AdamW with weight decay on what multiplies inputs, not on biases and norms."""
    weights = [p for p in module.parameters() if p.requires_grad and p.ndim > 1]
    others = [p for p in module.parameters() if p.requires_grad and p.ndim <= 1]
    groups = [
        {"params": weights, "weight_decay": config.weight_decay, "rate": 1.0},
        {"params": others, "weight_decay": 0.0, "rate": _NORM_RATE},
    ]
    return torch.optim.AdamW(groups, lr=config.learning_rate, betas=(0.9, 0.99))
