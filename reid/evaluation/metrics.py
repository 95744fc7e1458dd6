"""Retrieval metrics: CMC and mAP. The protocols are in `reid.evaluation.protocols`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Distances = Callable[
    [NDArray[np.float32], NDArray[np.float32]],
    Iterator[tuple[NDArray[np.intp], NDArray[np.float32]]],
]
"""Maps queries (Q, D) and a gallery (G, D) to blocks: rows of queries, their distances (q, G)."""

_CHUNK_ELEMENTS: Final = 20_000_000
"""Distances held at a time: 80 MB, so that a gallery of 100,000 needs no more memory."""


@dataclass(frozen=True, slots=True, eq=False)
class Gallery:
    """Embeddings with what is known of them.

    Attributes:
        embeddings: float32 (N, D).
        identity: int64 (N,).
        camera: int64 (N,).
    """

    embeddings: NDArray[np.float32]
    identity: NDArray[np.int64]
    camera: NDArray[np.int64]

    def __post_init__(self) -> None:
        """Check that lengths agree."""
        if not len(self.embeddings) == len(self.identity) == len(self.camera):
            raise ValueError(
                f"embeddings, identity and camera must be equally long, are "
                f"{len(self.embeddings)}, {len(self.identity)} and {len(self.camera)}"
            )

    def __getitem__(self, rows: NDArray[np.intp]) -> Gallery:
        """Return the chosen rows."""
        return Gallery(self.embeddings[rows], self.identity[rows], self.camera[rows])


@dataclass(frozen=True, slots=True, eq=False)
class RetrievalScores:
    """Scores of Q queries.

    Attributes:
        average_precision: float64 (Q,), NaN for queries that have no match in the gallery.
        first_match: int64 (Q,), rank of the first match from 0, -1 where there is none.
        identity: int64 (Q,), the vehicle of each query: queries of one vehicle are not independent.
    """

    average_precision: NDArray[np.float64]
    first_match: NDArray[np.int64]
    identity: NDArray[np.int64]

    @property
    def queries(self) -> int:
        """Number of queries that have a match and so count."""
        return int((self.first_match >= 0).sum())

    @property
    def mean_average_precision(self) -> float:
        """MAP in [0, 1]; NaN without any query that counts."""
        return float(np.nanmean(self.average_precision)) if self.queries else float("nan")

    def cmc(self, rank: int) -> float:
        """Return the share of queries with a match among the first `rank`; NaN without queries."""
        if not self.queries:
            return float("nan")
        return float(((self.first_match >= 0) & (self.first_match < rank)).sum() / self.queries)


def squared_l2(
    query: NDArray[np.float32], gallery: NDArray[np.float32]
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.float32]]]:
    """Yield blocks of queries and their squared L2 distances, which rank like the distances.

    At unit length they are 2 − 2·cos, so that cosine similarity gives the same ranking.
    """
    step = max(1, _CHUNK_ELEMENTS // max(1, len(gallery)))
    squares = np.square(gallery).sum(axis=1)
    for start in range(0, len(query), step):
        block = query[start : start + step]
        distance = np.square(block).sum(axis=1)[:, None] + squares - 2 * (block @ gallery.T)
        yield np.arange(start, start + len(block)), distance


def score(
    query: Gallery, gallery: Gallery, *, same_camera: bool, distances: Distances = squared_l2
) -> RetrievalScores:
    """Rank the gallery by ascending distance for every query, and score the rankings.

    Equal distances keep the gallery's order. Average precision is the mean of the precision at
    each match, as in VeRi's and Market-1501's protocols without interpolation.

    Args:
        query: The queries.
        gallery: What is searched.
        same_camera: Whether the query's own identity in its own camera counts; VeRi leaves these
            images out of the ranking.
        distances: What the gallery is ranked by.
    """
    precision = np.full(len(query.identity), np.nan)
    first = np.full(len(query.identity), -1, np.int64)
    for rows, distance in distances(query.embeddings, gallery.embeddings):
        order = np.argsort(distance, axis=1, kind="stable")
        match = gallery.identity[order] == query.identity[rows, None]
        counted = np.ones_like(match)
        if not same_camera:
            counted = ~(match & (gallery.camera[order] == query.camera[rows, None]))
        for row, matches, kept in zip(rows, match, counted, strict=True):
            precision[row], first[row] = score_ranking(matches[kept])
    return RetrievalScores(precision, first, query.identity)


def score_ranking(match: NDArray[np.bool_]) -> tuple[float, int]:
    """Return average precision and the rank of the first match of one ranking.

    Args:
        match: bool (G,), what is ranked, best first: whether it matches.

    Returns:
        NaN and -1 where nothing does.
    """
    ranks = np.flatnonzero(match)
    if not len(ranks):
        return float("nan"), -1
    return float(np.mean(np.arange(1, len(ranks) + 1) / (ranks + 1))), int(ranks[0])


def merge_scores(parts: list[RetrievalScores]) -> RetrievalScores:
    """Return the scores of all queries of some searches together."""
    return RetrievalScores(
        np.concatenate([part.average_precision for part in parts]),
        np.concatenate([part.first_match for part in parts]),
        np.concatenate([part.identity for part in parts]),
    )


def mean_per_camera(items: Gallery) -> Gallery:
    """Return one item, the mean direction, for each identity in each camera: its tracklet."""
    pairs = np.stack([items.identity, items.camera], axis=1)
    keys, group = np.unique(pairs, axis=0, return_inverse=True)
    sums = np.zeros((len(keys), items.embeddings.shape[1]), np.float32)
    np.add.at(sums, group.reshape(-1), items.embeddings)
    norms = np.linalg.norm(sums, axis=1, keepdims=True)
    return Gallery(sums / np.maximum(norms, 1e-12), keys[:, 0], keys[:, 1])


def without_camera_means(items: Gallery) -> Gallery:
    """Return items at unit length without the mean of their camera.

    What a camera adds to the embeddings of all vehicles (its light, its side) distinguishes none.

    Reference: Zhuang et al., "Rethinking the distribution gap of person re-identification with
    camera-based batch normalization", ECCV 2020. Departure: after training, and of the mean only.
    """
    cameras, which = np.unique(items.camera, return_inverse=True)
    sums = np.zeros((len(cameras), items.embeddings.shape[1]))
    np.add.at(sums, which, items.embeddings)
    counts = np.bincount(which, minlength=len(cameras))[:, None]
    centred = items.embeddings - (sums / np.maximum(counts, 1))[which]
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    unit = np.asarray(centred / np.maximum(lengths, 1e-12), np.float32)
    return Gallery(unit, items.identity, items.camera)
