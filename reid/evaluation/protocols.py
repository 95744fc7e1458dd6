"""Evaluation protocols: those of the field, and ours for small sets.

A protocol takes queries and a gallery. Where a set has no queries of its own, its gallery is given
as both, and every crop is searched among all others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from reid.evaluation.metrics import (
    Distances,
    Gallery,
    RetrievalScores,
    mean_per_camera,
    merge_scores,
    score,
)

Protocol = Callable[[Gallery, Gallery, Distances], RetrievalScores]

VEHICLE_ID_DRAWS: Final = 10
"""Random galleries that VehicleID's protocol averages over."""

_FOR_TWO_CAMERAS: Final = ("camera_1_to_2", "camera_2_to_1")


def cross_camera(query: Gallery, gallery: Gallery, distances: Distances) -> RetrievalScores:
    """Leave images of the query's own identity in its own camera out: VeRi-776's protocol."""
    return score(query, gallery, same_camera=False, distances=distances)


def camera_to_camera(query: Gallery, gallery: Gallery, distances: Distances) -> RetrievalScores:
    """Search the queries of each camera among the items of each other one, one at a time."""
    parts = [
        _one_way(query, gallery, distances, here=here, there=there)
        for here in np.unique(query.camera)
        for there in np.unique(gallery.camera)
        if here != there
    ]
    nobody = np.arange(0)
    return merge_scores([*parts, score(query[nobody], gallery, same_camera=True)])


def camera_1_to_2(query: Gallery, gallery: Gallery, distances: Distances) -> RetrievalScores:
    """Search the queries of the first of two cameras among the items of the second.

    Raises:
        ValueError: If there are not two cameras.
    """
    first, second = _two_cameras(query, gallery)
    return _one_way(query, gallery, distances, here=first, there=second)


def camera_2_to_1(query: Gallery, gallery: Gallery, distances: Distances) -> RetrievalScores:
    """As `camera_1_to_2`, the other way."""
    first, second = _two_cameras(query, gallery)
    return _one_way(query, gallery, distances, here=second, there=first)


def check_cameras(protocols: Sequence[str], camera: NDArray[np.int64]) -> None:
    """Raise where the cameras of a set do not suit a protocol: before anything is computed.

    Args:
        protocols: Keys of `PROTOCOLS`.
        camera: int64 (N,), of queries and gallery.

    Raises:
        ValueError: If there are not two cameras for a protocol that wants two.
    """
    count = len(np.unique(camera))
    for name in protocols:
        if name in _FOR_TWO_CAMERAS and count != 2:
            raise ValueError(f"the protocol {name} is for two cameras, there are {count}")


def _two_cameras(query: Gallery, gallery: Gallery) -> tuple[int, int]:
    cameras = np.union1d(query.camera, gallery.camera).tolist()
    if len(cameras) != 2:
        raise ValueError(f"the protocol is for two cameras, there are {len(cameras)}")
    return cameras[0], cameras[1]


def _one_way(
    query: Gallery, gallery: Gallery, distances: Distances, *, here: int, there: int
) -> RetrievalScores:
    return score(
        query[np.flatnonzero(query.camera == here)],
        gallery[np.flatnonzero(gallery.camera == there)],
        same_camera=True,
        distances=distances,
    )


def first_to_last(query: Gallery, gallery: Gallery, distances: Distances) -> RetrievalScores:
    """Search each identity's first query among the last items of all: for single-camera tracks."""
    identities = [
        i for i in np.unique(query.identity) if (gallery.identity == i).sum() > (query is gallery)
    ]
    first = [np.flatnonzero(query.identity == i)[0] for i in identities]
    last = [np.flatnonzero(gallery.identity == i)[-1] for i in identities]
    chosen = query[np.array(first, np.intp)], gallery[np.array(last, np.intp)]
    return score(*chosen, same_camera=True, distances=distances)


def early_to_late(query: Gallery, gallery: Gallery, distances: Distances) -> RetrievalScores:
    """Search the first half of each identity's queries among the last halves of all: as above.

    Every crop counts, so that the standard error is smaller than in `first_to_last`, and nearer
    ones are easier. Of an odd number of crops the middle one is left out; a single one of a gallery
    that has queries of its own stays.
    """
    halves = [_halves(query, gallery, i) for i in np.unique(query.identity)]
    early = np.concatenate([np.arange(0), *(first for first, last in halves if len(last))])
    late = np.concatenate([np.arange(0), *(last for _, last in halves)])
    return score(query[early], gallery[late], same_camera=True, distances=distances)


def _halves(
    query: Gallery, gallery: Gallery, identity: np.int64
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the rows of the early queries of an identity, and those of its late items."""
    asked = np.flatnonzero(query.identity == identity)
    items = np.flatnonzero(gallery.identity == identity)
    if query is gallery:
        half = len(items) // 2
        return asked[:half], items[len(items) - half :]
    return asked[: (len(asked) + 1) // 2], items[len(items) // 2 :]


def tracklet_to_tracklet(query: Gallery, gallery: Gallery, distances: Distances) -> RetrievalScores:
    """As `cross_camera`, but of the mean embedding of each identity in each camera."""
    tracklets = mean_per_camera(gallery)
    asked = tracklets if query is gallery else mean_per_camera(query)
    return cross_camera(asked, tracklets, distances)


def vehicle_id(query: Gallery, gallery: Gallery, distances: Distances) -> RetrievalScores:
    """Draw one image per identity as the gallery, search the rest; ten draws: VehicleID's protocol.

    Reference: Liu et al., "Deep relative distance learning", CVPR 2016, Sect. 5. The draws are
    those of seeds 0 to 9. Queries and gallery are the same set.
    """
    parts = []
    for seed in range(VEHICLE_ID_DRAWS):
        order = np.random.default_rng(seed).permutation(len(gallery.identity))
        _, first = np.unique(gallery.identity[order], return_index=True)
        drawn = np.sort(order[first])
        rest = np.setdiff1d(np.arange(len(query.identity)), drawn)
        parts.append(score(query[rest], gallery[drawn], same_camera=True, distances=distances))
    return merge_scores(parts)


PROTOCOLS: Final[Mapping[str, Protocol]] = MappingProxyType(
    {
        "cross_camera": cross_camera,
        "camera_to_camera": camera_to_camera,
        "camera_1_to_2": camera_1_to_2,
        "camera_2_to_1": camera_2_to_1,
        "first_to_last": first_to_last,
        "early_to_late": early_to_late,
        "tracklet_to_tracklet": tracklet_to_tracklet,
        "vehicle_id": vehicle_id,
    }
)
"""All protocols by the name that configurations use."""
