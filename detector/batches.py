"""Batches of random views: a seed and a step fix them, on every machine and after a restart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from detector.augment import random_view
from detector.dataset import read_image

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from detector.augment import View
    from detector.dataset import Sample


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Views stacked for the network, with their labels.

    Attributes:
        images: uint8 (B, 3, S, S), RGB.
        rows: int64 (N,), which image each box is in.
        xyxy: float32 (N, 4), boxes in pixels.
        class_id: int64 (N,).
        ignore_rows: int64 (M,), which image each region to ignore is in.
        ignore: float32 (M, 4), regions in pixels.
        labelled: bool (B,), whether an image has labels at all.
        complete: bool (B,), whether all its vehicles are labelled.
    """

    images: Tensor
    rows: Tensor
    xyxy: Tensor
    class_id: Tensor
    ignore_rows: Tensor
    ignore: Tensor
    labelled: Tensor
    complete: Tensor

    def to(self, device: torch.device) -> Batch:
        """Return the batch on a device."""
        return Batch(**{name: getattr(self, name).to(device) for name in self.__slots__})


def draw_batch(
    sets: Sequence[Sequence[Sample]], *, step: int, batch: int, size: int, seed: int
) -> Batch:
    """Draw a batch: for each place first a source by weight, then one of its samples.

    Args:
        sets: Samples of each source, none of them empty.
        step: Number of the batch.
        batch: Number of images.
        size: Side of the views in pixels.
        seed: The run's seed; with `step` it fixes everything drawn.
    """
    rng = np.random.default_rng((seed, step))
    weights = np.array([samples[0].source.weight for samples in sets])
    chosen = rng.choice(len(sets), batch, p=weights / weights.sum())
    samples = [sets[i][int(rng.integers(len(sets[i])))] for i in chosen.tolist()]
    views = [random_view(read_image(s.image), s, size=size, rng=rng) for s in samples]
    return collate(views, samples)


def collate(views: Sequence[View], samples: Sequence[Sample]) -> Batch:
    """Stack views and the flags of the samples that they come from."""
    pixels = np.stack([view.image[:, :, ::-1].transpose(2, 0, 1) for view in views])
    return Batch(
        images=torch.from_numpy(pixels),
        rows=torch.from_numpy(_owner([view.xyxy for view in views])),
        xyxy=torch.from_numpy(np.concatenate([view.xyxy for view in views])),
        class_id=torch.from_numpy(np.concatenate([view.class_id for view in views])),
        ignore_rows=torch.from_numpy(_owner([view.ignore for view in views])),
        ignore=torch.from_numpy(np.concatenate([view.ignore for view in views])),
        labelled=torch.tensor([s.source.labelled for s in samples]),
        complete=torch.tensor([s.source.complete for s in samples]),
    )


def _owner(arrays: Sequence[NDArray[np.float32]]) -> NDArray[np.int64]:
    """Return, for each row of the concatenated arrays, the index of the array it comes from."""
    return np.repeat(np.arange(len(arrays)), [len(a) for a in arrays])
