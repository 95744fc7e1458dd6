"""Search by appearance: which stored sightings look most like a vehicle?

The filter is SQL, the search exact: no sighting that passes the filter can be missed, and the same
question always has the same answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import faiss
import numpy as np

from app.rows import EVERYTHING
from detector.types import check_array
from tracking.types import EMBEDDING_DIM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from app.records import Sighting, SightingFilter
    from app.store_reader import StoreReader

QUERIES_AT_ONCE: Final = 16
"""From 20 queries on, faiss expands |a - b|^2 into products, which blurs small distances."""


@dataclass(frozen=True, slots=True)
class Match:
    """A sighting and how far it is from what was searched.

    Attributes:
        sighting: The sighting.
        distance: L2 distance of its nearest vector to the nearest query vector; 0 is equal, 2 is
            opposite.
    """

    sighting: Sighting
    distance: float


def search(
    store: StoreReader,
    queries: NDArray[np.float32],
    *,
    where: SightingFilter = EVERYTHING,
    top: int = 20,
) -> list[Match]:
    """Return the sightings that look most like the query, the nearest first.

    Args:
        store: Where to look.
        queries: float32 (Q, 512), unit length: one or more views of the vehicle.
        where: Which sightings come into question.
        top: Most matches to return, at least 1.

    Returns:
        At most `top` matches by distance, equal ones by sighting id; none from an empty store.

    Raises:
        ValueError: If there is no query, or `top` is not positive.
    """
    check_array("queries", queries, dtype=np.float32, shape=(None, EMBEDDING_DIM))
    if not len(queries) or top < 1:
        raise ValueError(
            f"a query vector and a positive top are needed, have {len(queries)}, {top}"
        )
    nearest: dict[int, float] = {}
    for owners, vectors in store.vectors(where):
        for sighting_id, distance in _nearest(owners, vectors, queries=queries, top=top).items():
            nearest[sighting_id] = min(distance, nearest.get(sighting_id, distance))
        nearest = _best(nearest, top)
    return [Match(store.sighting(key), distance) for key, distance in nearest.items()]


def _nearest(
    owners: Sequence[int],
    vectors: NDArray[np.float32],
    *,
    queries: NDArray[np.float32],
    top: int,
) -> dict[int, float]:
    """Return the `top` nearest owners of vectors and their distances, nearest first."""
    index = faiss.IndexFlatL2(EMBEDDING_DIM)
    index.add(vectors)
    owner_of = np.asarray(owners)
    found: dict[int, float] = {}
    for start in range(0, len(queries), QUERIES_AT_ONCE):
        some = np.ascontiguousarray(queries[start : start + QUERIES_AT_ONCE])
        for key, distance in _nearest_to(some, index=index, owner_of=owner_of, top=top).items():
            found[key] = min(distance, found.get(key, distance))
    return _best(found, top)


def _nearest_to(
    queries: NDArray[np.float32],
    *,
    index: faiss.IndexFlatL2,
    owner_of: NDArray[np.int64],
    top: int,
) -> dict[int, float]:
    """Look ever deeper until no vector that was not looked at can change the first `top`.

    An owner has several vectors, so the nearest `top` vectors may belong to fewer owners.
    """
    depth = min(4 * top, index.ntotal)
    while True:
        squared, rows = index.search(queries, depth)
        found: dict[int, float] = {}
        distances = np.sqrt(squared)
        for key, distance in zip(
            owner_of[rows].ravel().tolist(), distances.ravel().tolist(), strict=True
        ):
            found[key] = min(distance, found.get(key, distance))
        best = _best(found, top)
        complete = len(best) == top and max(best.values()) < distances[:, -1].min()
        if complete or depth == index.ntotal:
            return best
        depth = min(4 * depth, index.ntotal)


def _best(distances: dict[int, float], top: int) -> dict[int, float]:
    """Return the `top` smallest by distance, then by key."""
    ranked = sorted(distances.items(), key=lambda item: (item[1], item[0]))
    return dict(ranked[:top])
