"""State of a training: one step, and everything that must survive a restart."""

from __future__ import annotations

import math
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast

import torch
from torch import nn

from detector import network
from detector.classes import main_outputs
from detector.computing.devices import emulates_bfloat16
from detector.data.dataset import Source
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

_TEACHER_SEES: Final = 0.15
"""Teacher's score above which an unlabelled place of an incompletely labelled image is ignored."""

_NORM_RATE: Final = 8.0
"""Learning rate of biases and normalisation, relative to that of weights: Adam's steps are as large
as the learning rate, and these start at 0 and 1 while weights start at a few hundredths."""

_MAX_GRADIENT_NORM: Final = 10.0
_FINAL_LEARNING_RATE: Final = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingConfig:
    """How a detector is trained.

    Attributes:
        sources: The images.
        architecture: Name of an ultralytics model description.
        initial_weights: Weights of this project to continue from, such as the shipped ones; empty
            for random ones.
        image_size: Long side in pixels at which the detector will be used by default.
        steps: Number of optimiser steps.
        batch: Images per step.
        view_size: Side of the square training views in pixels, a multiple of 32.
        learning_rate: Peak of AdamW's learning rate; falls to 2% of it by a half cosine.
        warmup_steps: Steps of linear rise at the beginning.
        weight_decay: Of weights, not of biases and normalisation.
        layerwise_steps: Steps in which the student's layers are fed by the teacher.
        layerwise_batch: Images per step meanwhile: features give much supervision per image, so
            that many small steps get further than few large ones.
        layerwise_view_size: Side of the views meanwhile.
        feature_weight: Weight of the features' loss at the beginning and at the end.
        output_weight: Weight of the teacher's outputs, on images that they are learned on.
        balance: Share of a source's images that every class shall come near to; 0 for as they are.
        average_decay: Of the exponential moving average of the weights that is shipped.
        initial_share: Share of `initial_weights` in what is written, in [0, 1): what further
            training gains on its own data it loses a little of elsewhere, and a mean of both
            networks is better than either (Wortsman et al., "Robust fine-tuning of zero-shot
            models", CVPR 2022).
        save_every_s: Seconds between checkpoints.
        seed: Fixes weights and batches.
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    sources: tuple[Source, ...]
    architecture: str = "yolo11n.yaml"
    initial_weights: str = ""
    image_size: int = 640
    steps: int = 4000
    batch: int = 8
    view_size: int = 384
    learning_rate: float = 1.5e-3
    warmup_steps: int = 100
    weight_decay: float = 0.02
    layerwise_steps: int = 1500
    layerwise_batch: int = 4
    layerwise_view_size: int = 256
    feature_weight: tuple[float, float] = (10.0, 2.0)
    output_weight: float = 1.0
    balance: float = 0.0
    average_decay: float = 0.998
    initial_share: float = 0.0
    save_every_s: float = 180.0
    seed: int = 1

    def __post_init__(self) -> None:
        """Check the values."""
        names = [source.name for source in self.sources]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"several sources are called {', '.join(twice)}")
        for name in ("steps", "batch", "layerwise_batch", "learning_rate", "save_every_s"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be positive, is {getattr(self, name)}")
        for name in ("view_size", "layerwise_view_size"):
            if getattr(self, name) <= 0 or getattr(self, name) % 32:
                raise ValueError(
                    f"{name} must be a positive multiple of 32, is {getattr(self, name)}"
                )
        if not 0 <= self.balance <= 1:
            raise ValueError(f"balance must be in [0, 1], is {self.balance}")
        if not 0 < self.average_decay < 1:
            raise ValueError(f"average_decay must be in (0, 1), is {self.average_decay}")
        if not 0 <= self.initial_share < 1:
            raise ValueError(f"initial_share must be in [0, 1), is {self.initial_share}")
        if self.initial_share and not self.initial_weights:
            raise ValueError("initial_share needs initial_weights, which is missing")


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
