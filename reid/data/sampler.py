"""Batch sampler: P identities with K crops each, including look-alikes."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from reid.data.datasets import CropSet


@dataclass(frozen=True, slots=True, eq=False)
class IdentitySampler:
    """Draws identity-balanced batches.

    Batches are a function of the random generator alone, so that a resumed training draws what
    an uninterrupted one would.

    Reference: Hermans, Beyer, Leibe: "In defense of the triplet loss for person
    re-identification", arXiv 2017, Sect. 2 (P identities × K images).

    Attributes:
        crop_set: What to draw from.
        identities: P, identities per batch; all of them where there are fewer.
        crops: K, crops per identity, from as many cameras as possible; an identity with fewer
            crops gives some of them twice.
        lookalike_share: Probability that an identity is followed by one of the same attributes,
            which is the hard negative that matters.
    """

    crop_set: CropSet
    identities: int
    crops: int
    lookalike_share: float = 0.0
    _rows: list[NDArray[np.intp]] = field(init=False, repr=False)
    _group: NDArray[np.int64] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Check the numbers and index the crops of each identity."""
        if not len(self.crop_set):
            raise ValueError("there are no crops to draw from")
        if self.identities < 1 or self.crops < 1:
            raise ValueError(
                f"identities and crops must be 1 or more, are {self.identities} and {self.crops}"
            )
        if not 0 <= self.lookalike_share <= 1:
            raise ValueError(f"lookalike_share must be in [0, 1], is {self.lookalike_share}")
        identity = self.crop_set.identity
        rows = [np.flatnonzero(identity == i) for i in range(int(identity.max()) + 1)]
        object.__setattr__(self, "_rows", rows)
        object.__setattr__(self, "_group", _attribute_groups(self.crop_set, rows))

    def draw(self, rng: np.random.Generator) -> NDArray[np.intp]:
        """Return the rows of one batch; intp (P · K,), the K of an identity side by side."""
        chosen = self._draw_identities(rng)
        return np.concatenate([self._draw_crops(i, rng) for i in chosen])

    def _draw_identities(self, rng: np.random.Generator) -> list[int]:
        chosen: list[int] = []
        for candidate in rng.permutation(len(self._rows)):
            if len(chosen) >= self.identities:
                break
            if candidate in chosen:
                continue
            chosen.append(int(candidate))
            if rng.random() < self.lookalike_share and len(chosen) < self.identities:
                alike = np.flatnonzero(self._group == self._group[candidate])
                alike = np.setdiff1d(alike, chosen)
                if len(alike):
                    chosen.append(int(rng.choice(alike)))
        return chosen

    def _draw_crops(self, identity: int, rng: np.random.Generator) -> NDArray[np.intp]:
        shuffled = rng.permutation(self._rows[identity])
        # The n-th crop of each camera comes before any camera's (n+1)-th.
        cameras = self.crop_set.camera[shuffled]
        nth = np.array([np.sum(cameras[:i] == cameras[i]) for i in range(len(cameras))])
        ordered = shuffled[np.argsort(nth, kind="stable")]
        return np.resize(ordered, self.crops)


def _attribute_groups(crop_set: CropSet, rows: list[NDArray[np.intp]]) -> NDArray[np.int64]:
    """Number the identities so that those of equal attributes share a number; int64 (P,)."""
    groups: dict[tuple[tuple[str, str], ...], int] = {}
    numbers = []
    for identity, members in enumerate(rows):
        attributes = crop_set.crops[members[0]].attributes
        # Where nothing is known, every vehicle is alone in its group.
        key = attributes or (("identity", str(identity)),)
        numbers.append(groups.setdefault(key, len(groups)))
    return np.array(numbers, np.int64)
