"""Validation sets in memory, and the scores of a network on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reid.config import ValidationConfig
from reid.data.datasets import CropSet, load_images
from reid.evaluation.metrics import (
    Distances,
    Gallery,
    RetrievalScores,
    squared_l2,
    without_camera_means,
)
from reid.evaluation.protocols import PROTOCOLS, check_cameras
from reid.training.domains import read_sources

EmbedImages = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""Maps decoded crops, uint8 (N, H, W, 3) BGR, to float32 (N, D) embeddings."""


@dataclass(frozen=True, slots=True, eq=False)
class ValidationSet:
    """A decoded validation set.

    Attributes:
        config: Its part of the configuration.
        crop_set: The crops, those of the gallery first.
        images: uint8 (N, H, W, 3), BGR.
        queries: How many crops at the end are queries; 0 where every crop is one.
    """

    config: ValidationConfig
    crop_set: CropSet
    images: NDArray[np.uint8]
    queries: int = 0

    def embedded(self, embed: EmbedImages) -> Gallery:
        """Return the embeddings of all crops with their identities and cameras."""
        items = Gallery(embed(self.images), self.crop_set.identity, self.crop_set.camera)
        return without_camera_means(items) if self.config.centred else items

    def distinct_rows(self) -> NDArray[np.intp]:
        """Return the crops without those queries that VeRi's layout has in its gallery, too."""
        names = [f"{crop.identity}/{crop.path.name}" for crop in self.crop_set.crops]
        return np.sort(np.unique(names, return_index=True)[1])

    def sides(self, items: Gallery) -> tuple[Gallery, Gallery]:
        """Return queries and gallery among all crops; the same object where every crop is both."""
        if not self.queries:
            return items, items
        rows = np.arange(len(items.identity))
        return items[rows[-self.queries :]], items[rows[: -self.queries]]

    def scores(
        self, items: Gallery, *, distances: Distances = squared_l2
    ) -> dict[str, RetrievalScores]:
        """Return the scores of the crops' embeddings by "<set>/<protocol>"."""
        query, gallery = self.sides(items)
        return {
            f"{self.config.name}/{name}": PROTOCOLS[name](query, gallery, distances)
            for name in self.config.protocols
        }


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
        ValueError: If one holds something else, or a protocol does not suit it.
    """
    sets = []
    for config in configs:
        crops, images = load_images(read_sources(config.sources, root), hw)
        queries = 0
        if config.query:
            asked, pictures = load_images(read_sources(config.query, root), hw)
            crops, images = [*crops, *asked], np.concatenate([images, pictures])
            queries = len(asked)
        crop_set = CropSet.of(crops)
        try:
            check_cameras(config.protocols, crop_set.camera)
        except ValueError as error:
            raise ValueError(f"validation set {config.name}: {error}") from error
        sets.append(ValidationSet(config, crop_set, images, queries))
    return sets
