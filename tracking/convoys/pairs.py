"""Vehicles that travel together: pairs that pass several cameras close to each other, on one visit.

In dense traffic every vehicle has neighbours, and neighbours on one road stay neighbours for a
while. So pairs are ranked by how improbable it is that they stay together by chance
(`tracking.convoys.chance`), not by how often they were seen together. All is sorted by camera and
time: nothing compares all pairs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from tracking.convoys.chance import Evidence, changes, followers, log_probabilities, pair_numbers
from tracking.travel.gap_densities import MOST_GAP_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

SAME_WAY: Final = 0.5
"""Cosine of the angle in the image up to which two vehicles go the same way: 60 degrees. It tells
oncoming and crossing traffic apart, and tolerates tracks that begin late."""

STANDS_OUT: Final = 0.05
"""False discovery rate below which a pair stands out."""


@dataclass(frozen=True, slots=True, eq=False)
class Passes:
    """Moving vehicles' passes through cameras, in any order.

    Attributes:
        vehicle: int64 (N,), which vehicle.
        camera: int64 (N,), which camera, from 0.
        time: float64 (N,), when it was in the middle of its pass, in seconds.
        move: float64 (N, 2), from where it came into view to where it left, in pixels.
    """

    vehicle: NDArray[np.int64]
    camera: NDArray[np.int64]
    time: NDArray[np.float64]
    move: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.vehicle)


@dataclass(frozen=True, slots=True)
class Meeting:
    """A camera that two vehicles passed close to each other.

    Attributes:
        first: Index of the pass of the vehicle with the lower number.
        second: Index of the other one's.
        gap_s: How much later the second vehicle passed; negative if it was ahead.
    """

    first: int
    second: int
    gap_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Companions:
    """Two vehicles that passed several cameras together.

    Attributes:
        vehicles: The lower number first.
        meetings: In order of time.
        cameras: How many different cameras they passed together on one visit, at most.
        probability: That two vehicles that meet once go on like this by chance.
        surprise: What they are ranked by, in nats: minus the logarithm of the probability by the
            rule that is least probable, before it is corrected for trying several.
        source: Index of the run that it is of, if several are ranked together.
        expected: How many such pairs, or less probable ones, there would be by chance.
        false_discovery_rate: Of a list that ends with this pair, the share that is chance.
    """

    vehicles: tuple[int, int]
    meetings: tuple[Meeting, ...]
    cameras: int
    probability: float
    surprise: float
    source: int = 0
    expected: float = 1.0
    false_discovery_rate: float = 1.0

    @property
    def stands_out(self) -> bool:
        """Whether it is more than chance, as far as the traffic shows."""
        return self.false_discovery_rate <= STANDS_OUT


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """What was found.

    Attributes:
        found: Pairs with enough cameras, the least probable ones first, as many as were asked for.
        met: How many pairs met at one camera at least, and could have gone on together.
        probabilities: float64 (P,), of all pairs with enough cameras, ascending.
    """

    found: tuple[Companions, ...]
    met: int
    probabilities: NDArray[np.float64]


def find_companions(
    passes: Passes,
    *,
    within_s: float,
    least_cameras: int = 2,
    top: int = 100,
    of: int | None = None,
    asked: NDArray[np.bool_] | None = None,
) -> Ranking:
    """Return the pairs of vehicles that passed several cameras together.

    Args:
        passes: All traffic: it also tells what is to be expected by chance.
        within_s: Passes of one camera so close in time are together.
        least_cameras: Different cameras that they must pass together on one visit, at least 2.
        top: Most pairs.
        of: Only pairs with this vehicle.
        asked: bool (N,), only meetings of these passes; all if it is not given.

    Raises:
        ValueError: If `within_s` or `least_cameras` is too low.
    """
    if not within_s > 0:
        raise ValueError(f"within_s must be above 0, is {within_s:g}")
    if least_cameras < 2:
        raise ValueError(f"least_cameras must be at least 2, is {least_cameras}")
    order = np.lexsort((passes.camera, passes.time, passes.vehicle))
    ordered = Passes(
        passes.vehicle[order], passes.camera[order], passes.time[order], passes.move[order]
    )
    visit = visits(ordered)
    first, second = meetings(ordered, within_s=within_s)
    first, second = _in_order(visit, first, second)
    evidence = Evidence.gather(
        visit=visit,
        camera=ordered.camera,
        time=ordered.time,
        first=first,
        second=second,
        within_s=within_s,
    )
    wanted = np.ones(len(first), np.bool_)
    if asked is not None:
        wanted &= asked[order][first] & asked[order][second]
    if of is not None:
        wanted &= (ordered.vehicle[first] == of) | (ordered.vehicle[second] == of)
    first, second = first[wanted], second[wanted]
    if not len(first):
        return Ranking((), 0, np.zeros(0))
    table = _Table.of(ordered, visit, first, second)
    surprise = _surprise(table, log_probabilities(evidence, first, second)[table.sorting])
    # Bonferroni: of several rules the one is taken by which it is least probable.
    probability = np.minimum(1.0, len(evidence.rules_s) * np.exp(-surprise))
    enough = np.flatnonzero(table.cameras >= least_cameras)
    best = enough[np.lexsort((-table.cameras[enough], -surprise[enough]))]
    found = [
        Companions(
            vehicles=table.vehicles(pair),
            meetings=table.meetings(pair, order),
            cameras=int(table.cameras[pair]),
            probability=float(probability[pair]),
            surprise=float(surprise[pair]),
        )
        for pair in best[:top]
    ]
    return ranked([Ranking(tuple(found), table.met, probability[best])], top=top)


def visits(ordered: Passes) -> NDArray[np.int64]:
    """Return the visit that each pass belongs to, int64 (N,), ascending.

    A vehicle that no camera sees for longer than travel times are learned for
    (`gap_densities.MOST_GAP_S`) is on another visit.

    Args:
        ordered: Passes by vehicle and time.
    """
    if not len(ordered):
        return np.zeros(0, np.int64)
    new = (np.diff(ordered.vehicle) != 0) | (np.diff(ordered.time) > MOST_GAP_S)
    return np.append(0, np.cumsum(new)).astype(np.int64)


def meetings(passes: Passes, *, within_s: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the passes of two vehicles through one camera, the same way and close in time.

    Args:
        passes: In any order.
        within_s: How close.

    Returns:
        intp (M,) twice, indices of both passes; that of the vehicle with the lower number first.
    """
    none = np.zeros(0, np.intp)
    if not len(passes):
        return none, none
    order = np.lexsort((passes.time, passes.camera))
    # One axis for all cameras, so far apart that no window reaches from one into the next.
    since = passes.time - passes.time.min()
    axis = (since + passes.camera * (since.max() + 3 * within_s))[order]
    after = np.searchsorted(axis, axis + within_s, side="right")
    earlier, later = followers(after - np.arange(len(order)) - 1)
    one, other = order[earlier], order[later]
    swapped = passes.vehicle[one] > passes.vehicle[other]
    first, second = np.where(swapped, other, one), np.where(swapped, one, other)
    length = np.maximum(np.hypot(*passes.move.T), 1e-9)
    heading = passes.move / length[:, None]
    same_way = (heading[first] * heading[second]).sum(axis=1) >= SAME_WAY
    kept = same_way & (passes.vehicle[first] != passes.vehicle[second])
    return first[kept], second[kept]


def ranked(parts: Sequence[Ranking], *, top: int) -> Ranking:
    """Return the pairs of one or several runs in one list, with what is expected by chance.

    The false discovery rate is that of Benjamini and Hochberg, "Controlling the false discovery
    rate", 1995, among all pairs that met.

    Args:
        parts: Of each run, at least one.
        top: Most pairs.
    """
    met = sum(part.met for part in parts)
    probabilities = np.sort(np.concatenate([part.probabilities for part in parts]))
    expected = probabilities * met
    rates = expected / np.arange(1, len(expected) + 1)
    rates = np.minimum(1.0, np.minimum.accumulate(rates[::-1])[::-1])
    found = [replace(one, source=source) for source, part in enumerate(parts) for one in part.found]
    found.sort(key=lambda one: (-one.surprise, -one.cameras))
    told = []
    for one in found[:top]:
        last = int(np.searchsorted(probabilities, one.probability, side="right")) - 1
        rate = float(rates[last])
        told.append(replace(one, expected=one.probability * met, false_discovery_rate=rate))
    return Ranking(tuple(told), met, probabilities)


def _in_order(
    visit: NDArray[np.int64], first: NDArray[np.intp], second: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return meetings by pair of visits and time, without those in another order of cameras.

    Args:
        visit: int64 (N,), of each pass; passes are by vehicle and time.
        first: intp (M,), the first vehicle's pass of each meeting.
        second: intp (M,), the second vehicle's.
    """
    order = np.lexsort((second, first, visit[second], visit[first]))
    first, second = first[order], second[order]
    pair = pair_numbers(visit, first, second)
    # How far the second vehicle has got: of each pair beyond all numbers of the pair before.
    place = pair * len(visit) + second
    on = place > np.maximum.accumulate(np.append(-1, place))[:-1]
    return first[on], second[on]


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """M meetings of P pairs of vehicles, sorted by pair, visits and time.

    Attributes:
        passes: By vehicle and time.
        sorting: intp (M,), the meetings in this order.
        first: intp (M,), the pass of the vehicle with the lower number.
        second: intp (M,), the other one's.
        begin: intp (P + 1,), the first meeting of each pair, and M.
        cameras: int64 (P,), different cameras that each passed together on one visit, at most.
        met: How many of the pairs could have gone on together.
    """

    passes: Passes
    sorting: NDArray[np.intp]
    first: NDArray[np.intp]
    second: NDArray[np.intp]
    begin: NDArray[np.intp]
    cameras: NDArray[np.int64]
    met: int

    @classmethod
    def of(
        cls,
        passes: Passes,
        visit: NDArray[np.int64],
        first: NDArray[np.intp],
        second: NDArray[np.intp],
    ) -> Self:
        """Return the table of meetings that are sorted by pair of visits and time."""
        vehicles = passes.vehicle[first], passes.vehicle[second]
        sorting = np.lexsort((visit[second], visit[first], vehicles[1], vehicles[0]))
        first, second = first[sorting], second[sorting]
        new_pair = changes(passes.vehicle[first], passes.vehicle[second])
        begin = np.flatnonzero(new_pair)
        number = pair_numbers(visit, first, second)
        camera = passes.camera[first]
        by_camera = np.lexsort((camera, number))
        another = changes(number[by_camera], camera[by_camera])
        different = np.bincount(number[by_camera][another])
        last = np.append(np.diff(visit) > 0, True)
        goes_on = np.logical_or.reduceat(~last[first] | ~last[second], begin)
        return cls(
            passes,
            sorting,
            first,
            second,
            np.append(begin, len(first)),
            np.maximum.reduceat(different[number], begin),
            int(np.count_nonzero(goes_on)),
        )

    def vehicles(self, pair: int) -> tuple[int, int]:
        """Return who a pair is."""
        at = self.begin[pair]
        one, other = self.passes.vehicle[self.first[at]], self.passes.vehicle[self.second[at]]
        return int(one), int(other)

    def meetings(self, pair: int, order: NDArray[np.intp]) -> tuple[Meeting, ...]:
        """Return the meetings of a pair in order of time, by `order[i]` for the i-th pass."""
        own = slice(self.begin[pair], self.begin[pair + 1])
        first, second = self.first[own], self.second[own]
        time = self.passes.time
        in_time = np.argsort(time[first], kind="stable")
        return tuple(
            Meeting(int(order[a]), int(order[b]), float(time[b] - time[a]))
            for a, b in zip(first[in_time], second[in_time], strict=True)
        )


def _surprise(table: _Table, log_p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how surprising each pair is by the rule by which it is most so, float64 (P,), nats."""
    return np.asarray(-np.add.reduceat(log_p, table.begin[:-1], axis=0).min(axis=1))
