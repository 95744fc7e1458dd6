"""Validation sets in memory, and what a network scores on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reid.config import ValidationConfig
from reid.datasets import CropSet, load_images
from reid.domains import read_sources
from reid.metrics import PROTOCOLS, Gallery, RetrievalScores

EmbedImages = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""Maps decoded crops, uint8 (N, H, W, 3) BGR, to float32 (N, D) vectors."""


@dataclass(frozen=True, slots=True, eq=False)
class ValidationSet:
    """A decoded validation set.

    Attributes:
        config: Its part of the configuration.
        crop_set: The crops.
        images: uint8 (N, H, W, 3), BGR.
    """

    config: ValidationConfig
    crop_set: CropSet
    images: NDArray[np.uint8]

    def gallery(self, embed: EmbedImages) -> Gallery:
        """Return the crops' vectors with their identities and cameras."""
        return Gallery(embed(self.images), self.crop_set.identity, self.crop_set.camera)

    def scores(self, gallery: Gallery) -> dict[str, RetrievalScores]:
        """Return the scores of the crops' vectors by "<set>/<protocol>"."""
        config = self.config
        return {f"{config.name}/{name}": PROTOCOLS[name](gallery) for name in config.protocols}


def load_validation(
    configs: Sequence[ValidationConfig], root: Path, *, hw: tuple[int, int]
) -> list[ValidationSet]:
    """Read and decode validation sets.

    Args:
        configs: Which.
        root: What their paths are relative to.
        hw: Height and width to decode at, in pixels.

    Raises:
        FileNotFoundError: If a folder is missing.
        ValueError: If one holds something else.
    """
    sets = []
    for config in configs:
        crops, images = load_images(read_sources(config.sources, root), hw)
        sets.append(ValidationSet(config, CropSet.of(crops), images))
    return sets
