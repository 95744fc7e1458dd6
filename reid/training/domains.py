"""Training crops in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reid.config import DomainConfig, Source
from reid.data.datasets import Crop, CropSet, load_images, with_at_least
from reid.data.layouts import READERS
from reid.data.sampler import IdentitySampler
from reid.training.teacher import Teacher


@dataclass(frozen=True, slots=True, eq=False)
class Domain:
    """One training domain, decoded.

    Attributes:
        config: Its part of the configuration.
        crop_set: The crops.
        images: uint8 (N, H, W, 3), BGR.
        attributes: For each learned attribute int64 (N,), -1 where unknown.
        teacher: What distillation keeps close to: float32 (N, E), the teachers' features of the
            crops; or the teachers themselves, where they see every view; or None without it.
        sampler: Draws its part of each batch.
    """

    config: DomainConfig
    crop_set: CropSet
    images: NDArray[np.uint8]
    attributes: dict[str, NDArray[np.int64]]
    teacher: NDArray[np.float32] | Teacher | None
    sampler: IdentitySampler

    @property
    def identities(self) -> int:
        """Number of identities."""
        return int(self.crop_set.identity.max()) + 1


def read_sources(sources: Sequence[Source], root: Path) -> list[Crop]:
    """Read the crops of all sources; identities and cameras are distinguished by their scope.

    Raises:
        FileNotFoundError: If a folder is missing.
        ValueError: If one holds something else.
    """
    return [
        replace(
            crop,
            identity=f"{source.scope or source.path}/{crop.identity}",
            camera=f"{source.scope or source.path}/{crop.camera}",
        )
        for source in sources
        for crop in READERS[source.format](root / source.path)
    ]


def load_domain(config: DomainConfig, root: Path, *, hw: tuple[int, int]) -> Domain:
    """Read and decode a training domain, still without a teacher.

    Raises:
        FileNotFoundError: If a folder is missing.
        ValueError: If one holds something else, if fewer than two identities have enough readable
            crops, or if an attribute is known of no crop.
    """
    listed = with_at_least(read_sources(config.sources, root), config.min_crops)
    crops, images = load_images(listed, hw)
    if len(crops) < len(listed):  # identities may have lost the crops that are unreadable
        enough = set(with_at_least(crops, config.min_crops))
        kept = [row for row, crop in enumerate(crops) if crop in enough]
        crops, images = [crops[row] for row in kept], images[kept]
    crop_set = CropSet.of(crops)
    if len(np.unique(crop_set.identity)) < 2:
        raise ValueError(
            f"domain {config.name!r} has one identity: it needs a source with other vehicles, too"
        )
    sampler = IdentitySampler(crop_set, config.identities, config.crops, config.lookalike_share)
    attributes = {name: crop_set.attribute(name) for name in config.attributes}
    if unknown := [name for name, codes in attributes.items() if (codes < 0).all()]:
        raise ValueError(f"domain {config.name!r}: no crop has the attribute {unknown[0]!r}")
    return Domain(config, crop_set, images, attributes, None, sampler)


def with_teacher(domain: Domain, teacher: Teacher) -> Domain:
    """Return the domain with a teacher, or its features of the crops, as what to stay close to."""
    views = domain.config.taught_by == "views"
    return replace(domain, teacher=teacher if views else teacher(domain.images))
