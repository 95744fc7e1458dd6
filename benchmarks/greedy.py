"""Baseline of the association: greedy nearest-neighbour matching of mean embeddings.

What most scripts around a tracker and a ReID network do: each finished track joins the known
vehicle with the nearest mean embedding, if that is below a fixed threshold, and otherwise is a new
one. No time, no position, no revision.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracking.types import EMBEDDING_DIM, Tracklet

THRESHOLDS: Final[tuple[float, ...]] = tuple(round(0.5 + 0.05 * n, 2) for n in range(15))
"""L2 distances that are tried to find the best fixed one."""


@dataclass(frozen=True, slots=True)
class Match:
    """Which vehicle a track was taken for."""

    identity_id: int


class GreedyMatcher:
    """Matches tracks one after the other, each for good.

    Args:
        max_distance: Greatest L2 distance to a mean embedding.
    """

    def __init__(self, max_distance: float) -> None:
        self._max_distance = max_distance
        self._sums = np.zeros((64, EMBEDDING_DIM))
        self._means = np.zeros((64, EMBEDDING_DIM), np.float32)
        self._vehicles = 0

    def update(self, tracklets: Sequence[Tracklet]) -> dict[tuple[str, int], Match]:
        """Return which vehicles those of the tracklets that have ended are, in order."""
        return {t.key: Match(self.match(t.embedding)) for t in tracklets if t.ended}

    def match(self, embedding: NDArray[np.float32]) -> int:
        """Return which vehicle a track is, from 1.

        Args:
            embedding: float32 (512,), its mean appearance, unit length.
        """
        known = self._means[: self._vehicles]
        nearest = int(np.argmax(known @ embedding)) if self._vehicles else -1
        if nearest < 0 or np.linalg.norm(known[nearest] - embedding) > self._max_distance:
            nearest = self._found()
        self._sums[nearest] += embedding
        self._means[nearest] = self._sums[nearest] / np.linalg.norm(self._sums[nearest])
        return nearest + 1

    def _found(self) -> int:
        if self._vehicles == len(self._sums):
            self._sums = np.concatenate([self._sums, np.zeros_like(self._sums)])
            self._means = np.concatenate([self._means, np.zeros_like(self._means)])
        self._vehicles += 1
        return self._vehicles - 1


def best_threshold(score: Callable[[float], float]) -> float:
    """Return the best-scoring of `THRESHOLDS`, so that the baseline is as good as it can be.

    Args:
        score: IDF1 with a threshold, on other traffic than the one that is reported.
    """
    return max(THRESHOLDS, key=score)
