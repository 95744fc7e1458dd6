"""Re-ranking: vehicles are similar if they also have the same neighbours.

Reference: Zhong, Zheng, Cao, Li: "Re-ranking person re-identification with k-reciprocal encoding",
CVPR 2017. Sections and equations below are the paper's.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from reid.evaluation.metrics import Distances


def reranking(*, k1: int = 20, k2: int = 6, original_weight: float = 0.3) -> Distances:
    """Return distances after re-ranking; the defaults are the paper's.

    They need queries and gallery at once: three times (Q + G)² numbers in memory, 2.1 GB for
    VeRi-776. Where every item of the gallery is a query (the same array is given as both), each is
    there once, not as a neighbour of itself.

    Args:
        k1: Neighbours that may be reciprocal ones.
        k2: Neighbours whose encodings are averaged (local query expansion).
        original_weight: λ of Eq. 12, weight of the original distance.

    Raises:
        ValueError: If a number is out of range.
    """
    if k1 < 1 or k2 < 1:
        raise ValueError(f"k1 and k2 must be 1 or more, are {k1} and {k2}")
    if not 0 <= original_weight <= 1:
        raise ValueError(f"original_weight must be in [0, 1], is {original_weight}")
    return partial(_rerank, k1=k1, k2=k2, original_weight=original_weight)


def _rerank(
    query: NDArray[np.float32],
    gallery: NDArray[np.float32],
    *,
    k1: int,
    k2: int,
    original_weight: float,
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.float32]]]:
    if not len(query) or not len(gallery):
        return
    count, begin = (len(query), 0 if query is gallery else len(query))
    original = _normalised(gallery if query is gallery else np.concatenate([query, gallery]))
    seen = max(k1 + 1, k2)
    order = np.stack([np.argsort(row, kind="stable")[:seen] for row in original])
    encoding = _encode(original, order, k1=k1)
    if k2 > 1:
        averaged = np.empty_like(encoding)
        for item, near in enumerate(order):
            encoding[near[:k2]].mean(axis=0, out=averaged[item])
        encoding = averaged
    jaccard = _jaccard(encoding[:count], encoding[begin:])
    mixed = (1 - original_weight) * jaccard + original_weight * original[:count, begin:]
    yield np.arange(count), mixed.astype(np.float32)


def _normalised(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return squared distances between all embeddings, each row divided by its largest."""
    squares = np.square(vectors).sum(axis=1)
    distance = -2 * vectors @ vectors.T
    distance += squares[:, None]  # in place: each copy of a published set takes 0.7 GB
    distance += squares
    np.clip(distance, 0, None, out=distance)
    np.fill_diagonal(distance, 0)
    distance /= np.maximum(distance.max(axis=1, keepdims=True), 1e-12)
    return distance


def _reciprocal(order: NDArray[np.intp], item: int, k: int) -> NDArray[np.intp]:
    """Return the k nearest (itself included) that have the item among their k nearest (Eq. 1)."""
    forward = order[item, : k + 1]
    return np.asarray(forward[(order[forward, : k + 1] == item).any(axis=1)])


def _encode(
    original: NDArray[np.float32], order: NDArray[np.intp], *, k1: int
) -> NDArray[np.float32]:
    """Return each item's neighbours as weights that sum to one (Eq. 3 to 7); (N, N)."""
    encoding = np.zeros_like(original)
    half = round(k1 / 2)
    for item in range(len(original)):
        near = _reciprocal(order, item, k1)
        expanded = near
        for candidate in near:
            theirs = _reciprocal(order, int(candidate), half)
            if len(np.intersect1d(theirs, near)) > 2 / 3 * len(theirs):
                expanded = np.append(expanded, theirs)
        expanded = np.unique(expanded)
        weights = np.exp(-original[item, expanded])
        encoding[item, expanded] = weights / weights.sum()
    return encoding


def _jaccard(query: NDArray[np.float32], gallery: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the Jaccard distances of encodings (Eq. 10); (Q, N), (G, N) -> (Q, G)."""
    holders = [np.flatnonzero(gallery[:, item]) for item in range(gallery.shape[1])]
    distance = np.empty((len(query), len(gallery)), np.float32)
    for row, weights in enumerate(query):
        shared = np.zeros(len(gallery), np.float32)
        for item in np.flatnonzero(weights):
            who = holders[item]
            shared[who] += np.minimum(weights[item], gallery[who, item])
        # Both sum to one, so that the sum of the maxima is 2 minus that of the minima.
        distance[row] = 1 - shared / (2 - shared)
    return distance
