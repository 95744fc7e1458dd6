"""The configuration of a training, and its file."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from detector.data.dataset import Source
from detector.files.settings_file import as_settings
from detector.files.yaml_file import load_yaml

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path


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
            if not 0 < getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be positive, is {getattr(self, name)}")
        for name in ("warmup_steps", "weight_decay", "layerwise_steps", "output_weight", "seed"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name} must not be negative, is {getattr(self, name)}")
        for name in ("image_size", "view_size", "layerwise_view_size"):
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


def read_config(path: Path) -> TrainingConfig:
    """Read a training configuration from YAML.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is not YAML or a key is unknown, missing or out of range.
    """
    return as_settings(TrainingConfig, load_yaml(path), where=str(path))


def read_sources(path: Path, names: Collection[str]) -> list[Source]:
    """Return the sources of a training configuration with some names; all if none are given.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: As `read_config`, or if it has no source of a name.
    """
    sources = read_config(path).sources
    if unknown := set(names) - {source.name for source in sources}:
        raise ValueError(f"{path} has no source {', '.join(sorted(unknown))}")
    return [source for source in sources if not names or source.name in names]
