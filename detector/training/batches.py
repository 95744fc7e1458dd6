"""Batches of random views: a seed and a step fix them, on every machine and after a restart.

Reference:
    Images with rare classes are drawn more often as in Gupta, Dollár, Girshick, "LVIS", CVPR 2019,
    Sect. 5.1 (repeat factor sampling), here within each source.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from detector.data.dataset import read_image
from detector.training.augment import random_view
from detector.types import CLASS_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from detector.data.dataset import Sample
    from detector.training.augment import View


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
        taught: bool (B,), whether the teacher's outputs are learned on it.
    """

    images: Tensor
    rows: Tensor
    xyxy: Tensor
    class_id: Tensor
    ignore_rows: Tensor
    ignore: Tensor
    labelled: Tensor
    complete: Tensor
    taught: Tensor

    def to(self, device: torch.device) -> Batch:
        """Return the batch on a device."""
        return Batch(**{name: getattr(self, name).to(device) for name in self.__slots__})


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """The samples of one source and how often each is drawn.

    Attributes:
        samples: At least one.
        chances: float64 (N,), probabilities.
    """

    samples: Sequence[Sample]
    chances: NDArray[np.float64]


def pool(samples: Sequence[Sample], *, balance: float) -> Pool:
    """Return the pool in which images with rare classes are drawn more often.

    An image counts max over its classes of max(1, sqrt(balance / f)) times, where f is the share of
    images that have the class.

    Args:
        samples: Of one source, at least one.
        balance: Share of images that every class shall come near to; 0 draws all alike.
    """
    present = np.zeros((len(samples), len(CLASS_NAMES)), bool)
    for row, sample in zip(present, samples, strict=True):
        row[sample.class_id] = True
    share = present.mean(axis=0)
    factor = np.sqrt(balance / np.maximum(share, 1 / len(samples))).clip(1)
    times = np.where(present, factor, 1.0).max(axis=1)
    return Pool(samples, times / times.sum())


def draw_batch(pools: Sequence[Pool], *, step: int, batch: int, size: int, seed: int) -> Batch:
    """Draw a batch: for each place first a source by weight, then one of its samples.

    Args:
        pools: Samples of each source.
        step: Number of the batch.
        batch: Number of images.
        size: Side of the views in pixels.
        seed: The run's seed; with `step` it fixes everything drawn.
    """
    rng = np.random.default_rng((seed, step))
    weights = np.array([each.samples[0].source.weight for each in pools])
    chosen = [pools[i] for i in rng.choice(len(pools), batch, p=weights / weights.sum())]
    samples = [p.samples[int(rng.choice(len(p.samples), p=p.chances))] for p in chosen]
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
        taught=torch.tensor(
            [
                (s.source.taught or not s.source.labelled) and not view.night
                for view, s in zip(views, samples, strict=True)
            ]
        ),
    )


def _owner(arrays: Sequence[NDArray[np.float32]]) -> NDArray[np.int64]:
    """Return, for each row of the concatenated arrays, the index of the array it comes from."""
    return np.repeat(np.arange(len(arrays)), [len(a) for a in arrays])
