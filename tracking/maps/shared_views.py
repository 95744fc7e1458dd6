"""Registers the ground plane of one camera on that of another from vehicles seen by both.

Two tracks that were in both views at the same time, assumed to be one vehicle, propose a
registration of one map on the other: rotation, shift and stretch. Most such pairs are of two
vehicles and propose nonsense; the correct ones agree. So each pair proposes, and the proposal wins
that puts most other vehicles in the same position at the same time, with similar appearance. By
chance a few of them agree as well, but neither as closely nor most of those that both cameras
should see.

On ten rendered development scenes of a minute, with maps of `perspective`, 14 of 29 pairs of
cameras with overlapping views were found, whose vehicles are 0.4 to 2.3 m from the true positions
(medians of the pairs), and none of the 71 other pairs. Of the vehicles that both should see, 0.63
to 0.97 agree for a true overlap, and at most 0.38 otherwise, wrong times included. The overlaps
that are not found are corners that few vehicles pass.

Reference: Fischler & Bolles, "Random sample consensus", CACM 1981; Stauffer & Tieu, "Automated
multi-camera planar tracking correspondence modeling", CVPR 2003 (from tracks in overlapping views).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tracking.maps.encounters import ASTRAY_M
from tracking.maps.view_pairs import (
    agreeing_pairs,
    log_ratios,
    metres_apart,
    pairs_in_view,
    support_of,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tracking.maps.view_pairs import ViewPairs
    from tracking.sightings import Sightings

LEAST_VEHICLES: Final = 6
"""Moving vehicles that must agree,"""

LEAST_NATS: Final = 40.0
"""with so much evidence together,"""

LEAST_PLACE_NATS: Final = 3.0
"""and so much of each from places alone, 4.04 at most: that they are within some metres all the
time. On the development scenes true views have 3.3 to 3.95."""

LEAST_SHARE: Final = 0.5
"""Of the vehicles that should be seen by both, those that must agree."""

_LEAST_LOOKS: Final = -2.0
"""Pairs that look less alike propose nothing."""

_SCALES: Final = (0.4, 2.5)
"""By how much one map may be larger than another, as proposed and as found."""

_PROPOSALS: Final = 150
_REFINED: Final = 10
_ROUNDS: Final = 6
_STIFFNESS_M2: Final = 400.0
"""How much a stretch that differs by direction must bring, in squared metres."""

_ALONG: Final = 0.5
"""Cosine from which on two vehicles go the same way."""

_CELL_M: Final = 4.0
"""Side of the squares of the ground that both cameras see, if vehicles of both have been there."""

_LEAST_SHARED_S: Final = 1.5
"""Seconds on these for which a vehicle must be there so that both cameras should see it."""


@dataclass(frozen=True, slots=True, eq=False)
class Overlay:
    """How the map of one camera lies on that of another.

    Attributes:
        affine: float64 (2, 3), from metres (x, y, 1) on the other to metres on the one; a mirror
            image where one of the images is.
        vehicles: How many moving vehicles agree.
        nats: How much more likely their places and looks are than by chance, together.
        std_m: Standard deviation, in each direction, of where the two cameras see a vehicle.
        across: How many of the vehicles go elsewhere than the most common way.
    """

    affine: NDArray[np.float64]
    vehicles: int
    nats: float
    std_m: float
    across: int


class _Fit(NamedTuple):
    """A way to lay one map on the other, and what agrees.

    Attributes:
        affine: float64 (2, 3), as of `Overlay`.
        agreed: intp (A,), which of the pairs are one vehicle.
        nats: Their evidence, together.
    """

    affine: NDArray[np.float64]
    agreed: NDArray[np.intp]
    nats: float


def lay_over(one: Sightings, other: Sightings, looks: NDArray[np.float64]) -> Overlay | None:
    """Return how the map of one camera lies on that of another; None if they share no view.

    Args:
        one: N sightings of a camera, all at known places on its own map, by corrected clocks.
        other: M of another.
        looks: float64 (N, M), log-ratios of appearance.
    """
    pairs = pairs_in_view(one, other, looks)
    if len(pairs.i) < LEAST_VEHICLES:
        return None
    similarities, scales = _similarities(pairs.there.T, pairs.at.T)
    proposes = pairs.moving & (pairs.looks > _LEAST_LOOKS)
    proposes &= (scales > _SCALES[0]) & (scales < _SCALES[1])
    chosen = np.flatnonzero(proposes)
    # The most alike, if there are too many.
    chosen = np.sort(chosen[(-pairs.looks[chosen]).argsort(kind="stable")[:_PROPOSALS]])
    if len(chosen) < LEAST_VEHICLES:
        return None
    proposals = similarities[chosen]
    ratios = log_ratios(pairs, proposals)
    support = support_of(pairs, ratios)
    fits: dict[bytes, _Fit] = {}
    found = [
        _refined(pairs, proposals[number], ratios[number], fits)
        for number in (-support).argsort(kind="stable")[:_REFINED].tolist()
    ]
    # On a map that has shrunk to a point, vehicles of one queue are all in one place.
    sensible = [fit for fit in found if _SCALES[0] < _scale(fit.affine) < _SCALES[1]]
    if not sensible:
        return None
    affine, agreed, nats = max(sensible, key=lambda fit: fit.nats)
    vehicles = int(pairs.moving[agreed].sum())
    enough = vehicles >= LEAST_VEHICLES and nats >= LEAST_NATS
    by_places = nats - float(pairs.looks[agreed].sum())
    if not enough or by_places < LEAST_PLACE_NATS * len(agreed):
        return None
    if _share_agreed(one, other, affine, pairs, agreed) < LEAST_SHARE:
        return None
    # The median of distances in a plane is 1.18 standard deviations.
    std_m = float(np.median(metres_apart(pairs, affine[None])[0, agreed])) / 1.18
    across = _going_across(pairs, agreed[pairs.moving[agreed]])
    return Overlay(affine, vehicles, nats, std_m, across)


def agreement(
    one: Sightings, other: Sightings, looks: NDArray[np.float64]
) -> tuple[int, float] | None:
    """Return the number of moving vehicles in one position for both cameras, and the nats.

    Args:
        one: As of `lay_over`, but on a map that both cameras have.
        other: Likewise.
        looks: Likewise.

    Returns:
        None if the two share no view, or not at these times.
    """
    if not (len(one) and len(other)):
        return None
    low, high = (
        np.array([edge(some.path[..., :2], axis=(0, 1)) for some in (one, other)])
        for edge in (np.min, np.max)
    )
    # Most cameras of a town are far from each other.
    if (low.max(axis=0) > high.min(axis=0) + ASTRAY_M).any():
        return None
    pairs = pairs_in_view(one, other, looks)
    if len(pairs.i) < LEAST_VEHICLES:
        return None
    as_it_is = np.eye(2, 3)
    (ratios,) = log_ratios(pairs, as_it_is[None])
    agreed, _ = agreeing_pairs(pairs, ratios)
    moving = agreed[pairs.moving[agreed]]
    # Who stands is in one place at any time.
    nats = float(ratios[moving].sum())
    if len(moving) < LEAST_VEHICLES or nats < LEAST_NATS:
        return None
    if _share_agreed(one, other, as_it_is, pairs, agreed) < LEAST_SHARE:
        return None
    return len(moving), nats


def _similarities(
    from_: NDArray[np.float64], to: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the least-squares turn, shift and scale of sets of points.

    Args:
        from_: float64 (K, P, 2), points of each of the K sets.
        to: float64 (K, P, 2), where they are to be.

    Returns:
        float64 (K, 2, 3), and float64 (K,): the scales.
    """
    a_mean, b_mean = from_.mean(axis=1), to.mean(axis=1)
    a, b = from_ - a_mean[:, None], to - b_mean[:, None]
    p, q = (x[..., 0] + 1j * x[..., 1] for x in (a, b))
    z = (q * p.conj()).sum(axis=1) / np.maximum((np.abs(p) ** 2).sum(axis=1), 1e-9)
    turn = np.stack([np.stack([z.real, -z.imag], 1), np.stack([z.imag, z.real], 1)], axis=1)
    shift = b_mean - np.einsum("kij,kj->ki", turn, a_mean)
    return np.concatenate([turn, shift[..., None]], axis=2), np.abs(z)


def _scale(affine: NDArray[np.float64]) -> float:
    """Return by how much an affine map (2, 3) stretches, the geometric mean of both directions."""
    return float(np.sqrt(abs(np.linalg.det(affine[:, :2]))))


def _mapped(points: NDArray[np.float64], affine: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(points @ affine[:, :2].T + affine[:, 2])


def _refined(
    pairs: ViewPairs,
    affine: NDArray[np.float64],
    ratios: NDArray[np.float64],
    fits: dict[bytes, _Fit],
) -> _Fit:
    """Return a proposal fitted to the vehicles that agree with it.

    Args:
        pairs: E of them.
        affine: float64 (2, 3), the proposal.
        ratios: float64 (E,), evidence for each pair with it.
        fits: By the pairs fitted to, what came of it; most proposals come to the same in the end.
    """
    best = _Fit(affine, *agreeing_pairs(pairs, ratios))
    for _ in range(_ROUNDS):
        if len(best.agreed) < 2:
            break
        to = best.agreed.tobytes()
        if to not in fits:
            there, at = (p[..., best.agreed].reshape(2, -1).T for p in (pairs.there, pairs.at))
            fitted = _fit(there, at)
            fits[to] = _Fit(fitted, *agreeing_pairs(pairs, log_ratios(pairs, fitted[None])[0]))
        if fits[to].nats <= best.nats:
            break
        best = fits[to]
    return best


def _fit(from_: NDArray[np.float64], to: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return an affine map that stays near a similarity where points lie along a line."""
    (stiff,), _ = _similarities(from_[None], to[None])
    middle = from_.mean(axis=0)
    design = np.column_stack([from_ - middle, np.ones(len(from_))])
    normal = design.T @ design + np.diag([_STIFFNESS_M2, _STIFFNESS_M2, 1.0])
    change = np.linalg.solve(normal, design.T @ (to - _mapped(from_, stiff)))
    bent = change[:2].T
    return np.column_stack([stiff[:, :2] + bent, stiff[:, 2] + change[2] - bent @ middle])


def _share_agreed(
    one: Sightings,
    other: Sightings,
    affine: NDArray[np.float64],
    pairs: ViewPairs,
    agreed: NDArray[np.intp],
) -> float:
    """Return the share of vehicles that both should see that both do, in agreement.

    Both see where vehicles of both have been.
    """
    places = one.path[..., :2], _mapped(other.path[..., :2], affine)
    cells = _cells(places[0]), _cells(places[1])
    shared = np.intersect1d(cells[0], cells[1])
    due = seen = 0
    members = (pairs.i[agreed], pairs.j[agreed])
    for sightings, cell, agreeing in zip((one, other), cells, members, strict=True):
        step_s = (sightings.last - sightings.first) / (cell.shape[1] - 1)
        within_s = np.isin(cell, shared).sum(axis=1) * step_s
        expected = np.flatnonzero(within_s > _LEAST_SHARED_S)
        due += len(expected)
        seen += int(np.isin(expected, agreeing).sum())
    return seen / max(due, 1)


def _going_across(pairs: ViewPairs, chosen: NDArray[np.intp]) -> int:
    """Return how many vehicles go elsewhere than most others."""
    way = (pairs.at[:, -1, chosen] - pairs.at[:, 0, chosen]).T
    heading = way / np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-9)
    along = (heading @ heading.T > _ALONG).sum(axis=1)
    return len(chosen) - int(along.max(initial=0))


def _cells(places: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return a number for each cell of the ground; (N, T, 2) to (N, T)."""
    cell = np.floor(places / _CELL_M).astype(np.int64)
    return np.asarray(cell[..., 0] * 1_000_003 + cell[..., 1], np.int64)
