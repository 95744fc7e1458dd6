"""What speaks for and against two sightings being of one vehicle: looks, time, place and class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from detector.types import CLASS_NAMES
from tracking.links import gaps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tracking.gallery import Sightings
    from tracking.links import LinkGraph

_MOTORCYCLE: Final = CLASS_NAMES.index("motorcycle")


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """How two sets of sightings compare; all (N, M).

    Attributes:
        forbidden: bool, whether the two cannot be of one vehicle, whatever else is known.
        distance: float64, L2 distance of appearance, inf for pairs that may be of one vehicle only
            if it was also seen in between (and for forbidden ones).
        excess: float64, the distance less the greatest that is credible, summed over the `pairs`;
            below 0 speaks for one vehicle.
        pairs: float64, how many pairs of sightings have a finite distance: 0 or 1, and more once
            the sightings of an identity are taken together.
    """

    forbidden: NDArray[np.bool_]
    distance: NDArray[np.float64]
    excess: NDArray[np.float64]
    pairs: NDArray[np.float64]

    def beside(self, other: Evidence) -> Evidence:
        """Return this and other evidence about the same first sightings; (N, M), (N, L)."""
        return Evidence(
            np.concatenate([self.forbidden, other.forbidden], axis=1),
            np.concatenate([self.distance, other.distance], axis=1),
            np.concatenate([self.excess, other.excess], axis=1),
            np.concatenate([self.pairs, other.pairs], axis=1),
        )


def weigh(
    a: Sightings,
    b: Sightings,
    graph: LinkGraph,
    *,
    max_distance: float,
    max_linked_distance: float,
    max_return_distance: float,
    horizon_s: float,
) -> Evidence:
    """Compare every sighting of `a` with every one of `b`.

    Forbidden is: to be in one place too soon after being in another, or in both at once (by the
    least gaps of the links); to turn from a motorcycle into something else. Other classes may
    differ, since detectors take vans for cars, trucks or buses.

    Args:
        a: N sightings.
        b: M sightings.
        graph: Least and greatest gap between cameras.
        max_distance: Greatest credible distance where nothing is known about the gap.
        max_linked_distance: The same within a link's travel window.
        max_return_distance: The same between two sightings of one camera.
        horizon_s: Longer gaps are not looked at.
    """
    gap, a_first = gaps(a.first[:, None], a.last[:, None], b.first[None], b.last[None])
    n_cameras = len(graph.linked)
    earlier = np.where(a_first, a.camera[:, None], b.camera[None])
    later = np.where(a_first, b.camera[None], a.camera[:, None])
    cell = earlier * n_cameras + later
    two_wheels = (a.class_id == _MOTORCYCLE)[:, None] != (b.class_id == _MOTORCYCLE)[None]
    forbidden = two_wheels | (gap < graph.min_gap_s.take(cell))
    near = ~forbidden & (gap <= graph.max_gap_s.take(cell)) & (gap <= horizon_s)
    distance = np.full(gap.shape, np.inf)
    columns = np.flatnonzero(near.any(axis=0))
    similarity = a.embedding @ b.embedding[columns].T
    distance[:, columns] = np.sqrt(np.clip(2.0 - 2.0 * similarity, 0.0, None))
    distance[~near] = np.inf
    limit = np.where(graph.linked.take(cell), max_linked_distance, max_distance)
    limit[earlier == later] = max_return_distance
    return Evidence(
        forbidden=forbidden,
        distance=distance,
        excess=np.where(near, distance - limit, 0.0),
        pairs=near.astype(np.float64),
    )


def by_identity(
    evidence: Evidence, identity: NDArray[np.int64]
) -> tuple[NDArray[np.int64], Evidence]:
    """Take the evidence against the sightings of each identity together.

    One sighting is enough to forbid an identity, and the distance is that to the nearest.

    Args:
        evidence: (N, M).
        identity: int64 (M,), of the second sightings.

    Returns:
        The K identities that have a finite distance to anyone, ascending, and the evidence for
        them, (N, K).
    """
    useful = np.unique(identity[evidence.pairs.any(axis=0)])
    if not len(useful):
        empty = np.zeros((len(evidence.pairs), 0))
        return useful, Evidence(empty.astype(np.bool_), empty, empty, empty)
    columns = np.flatnonzero(np.isin(identity, useful))
    columns = columns[np.argsort(identity[columns], kind="stable")]
    starts = np.searchsorted(identity[columns], useful)
    return useful, Evidence(
        np.logical_or.reduceat(evidence.forbidden[:, columns], starts, axis=1),
        np.minimum.reduceat(evidence.distance[:, columns], starts, axis=1),
        np.add.reduceat(evidence.excess[:, columns], starts, axis=1),
        np.add.reduceat(evidence.pairs[:, columns], starts, axis=1),
    )


def without_self(evidence: Evidence) -> Evidence:
    """Return the evidence of sightings against themselves, (N, N), with nothing on the diagonal."""
    other = ~np.eye(len(evidence.pairs), dtype=np.bool_)
    return Evidence(
        evidence.forbidden & other,
        np.where(other, evidence.distance, np.inf),
        evidence.excess * other,
        evidence.pairs * other,
    )
