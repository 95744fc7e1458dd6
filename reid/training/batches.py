"""Training batches: made image by image on the host, or as a whole on the device.

On a GPU, decoding is done once and all crops stay there as one tensor: no image data is moved
during training. On a CPU, OpenCV's functions are faster than batched products.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from reid.augmentation.augment import AugmentSettings, augment
from reid.augmentation.device_augment import augment_batch
from reid.training.domains import Domain

_LOG = logging.getLogger(__name__)

_LARGEST_SHARE: Final = 0.5
"""Of a GPU's free memory that crops may take; the rest is for the network."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One domain's part of a batch.

    Attributes:
        domain: The domain.
        rows: intp (B,), which of its crops.
    """

    domain: Domain
    rows: NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """What a network sees in one step.

    Attributes:
        parts: One for each domain, in their order.
        images: uint8 (B, H, W, 3), BGR, augmented, on the training's device; B over all parts.
    """

    parts: tuple[Part, ...]
    images: Tensor


BatchSource: TypeAlias = Callable[[np.random.Generator], Batch]
"""Makes the next batch, a function of the generator alone."""


def batch_source(
    domains: Sequence[Domain], settings: AugmentSettings, *, where: str, device: torch.device
) -> BatchSource:
    """Return what makes batches.

    Args:
        domains: What it draws from.
        settings: How images are changed.
        where: "host", "device", or "auto" for the device if that is a GPU with room for all crops.
        device: Where the network computes.
    """
    if where == "auto":
        where = "device" if _has_room(domains, device) else "host"
    _LOG.info("batches are made on the %s", device if where == "device" else "host")
    if where == "device":
        return _on_device(domains, settings, device)
    return _on_host(domains, settings, device)


def _has_room(domains: Sequence[Domain], device: torch.device) -> bool:
    if device.type != "cuda":
        return False
    free, _ = torch.cuda.mem_get_info(device)
    return sum(domain.images.nbytes for domain in domains) < _LARGEST_SHARE * free


def _on_host(
    domains: Sequence[Domain], settings: AugmentSettings, device: torch.device
) -> BatchSource:
    def draw(rng: np.random.Generator) -> Batch:
        parts, images = [], []
        for domain in domains:
            rows = domain.sampler.draw(rng)
            parts.append(Part(domain, rows))
            images += [augment(domain.images[row], settings, rng) for row in rows]
        return Batch(tuple(parts), torch.from_numpy(np.stack(images)).to(device))

    return draw


def _on_device(
    domains: Sequence[Domain], settings: AugmentSettings, device: torch.device
) -> BatchSource:
    sizes = [len(domain.images) for domain in domains]
    starts = np.cumsum([0, *sizes[:-1]])
    shape = (sum(sizes), *domains[0].images.shape[1:])
    crops = torch.empty(shape, dtype=torch.uint8, device=device)
    for start, domain in zip(starts, domains, strict=True):
        # Domain by domain, so that the host never holds all of them a second time.
        crops[start : start + len(domain.images)] = torch.from_numpy(domain.images)

    def draw(rng: np.random.Generator) -> Batch:
        parts = tuple(Part(domain, domain.sampler.draw(rng)) for domain in domains)
        rows = [start + part.rows for start, part in zip(starts, parts, strict=True)]
        chosen = crops[torch.from_numpy(np.concatenate(rows)).to(device)]
        return Batch(parts, augment_batch(chosen, settings, rng))

    return draw
