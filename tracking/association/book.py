"""Settled identities, and the decisions made against them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from tracking.association.constraints import Constraints
from tracking.association.evidence import PairMemories, compare, followed
from tracking.association.explanation import explain
from tracking.association.gallery import Gallery
from tracking.association.naming import name_groups
from tracking.association.returns import with_returns
from tracking.chains.solver import solve
from tracking.chains.successions import ALONE, chain_labels
from tracking.maps.exclusivity import conflicts
from tracking.maps.terrain import Terrain
from tracking.sightings import Sightings

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from tracking.appearance.calibration import Curves
    from tracking.appearance.camera_looks import CameraLooks
    from tracking.appearance.cohort import Cohort
    from tracking.association.evidence import Comparison
    from tracking.association.gallery import Known
    from tracking.association.settings import AssociationSettings
    from tracking.chains.solver import Solution
    from tracking.chains.visits import VisitLooks
    from tracking.decisions import Assignment, Correction, Key
    from tracking.learning.link_learning import CameraZones
    from tracking.travel.travel_times import TravelTimes
    from tracking.types import Tracklet


_SPARE: Final = 2
"""Sightings are kept as arrays until so many times as many are kept as are needed."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class View:
    """What is believed at the moment of a decision.

    Attributes:
        zones: Of the cameras.
        times: Travel times; None if they are not to be used.
        offsets: float64 (C,), seconds to add to each camera's times.
        curves: Calibration of appearance.
        visits: What it says of whole visits; None if that is not known.
        now: Stream time in UTC seconds.
        settings: How it is decided.
    """

    zones: CameraZones
    times: TravelTimes | None
    offsets: NDArray[np.float64]
    curves: Curves
    visits: VisitLooks | None
    now: float
    settings: AssociationSettings


@dataclass(frozen=True, slots=True, eq=False)
class Decision:
    """Some tracklets, decided together.

    Attributes:
        keys: N tracklets, in order of their first times by corrected clocks.
        known: What they were compared with.
        comparison: How they compare.
        solution: What was decided.
        curves: Calibration of appearance.
    """

    keys: list[Key]
    known: Known
    comparison: Comparison
    solution: Solution
    curves: Curves

    def identities(
        self,
        shown: Sequence[Mapping[int, float]],
        *,
        taken: Iterable[int],
        new_number: Callable[[], int],
    ) -> list[int]:
        """Return the identity of each, by number.

        Args:
            shown: Identities that each had before, and for how long, in seconds.
            taken: Identities that no new group may have.
            new_number: Gives an identity that was never used.
        """
        groups = chain_labels(self.solution.previous, len(self.known)).tolist()
        fixed: dict[Hashable, int] = dict(enumerate(self.known.identity.tolist()))
        return name_groups(groups, shown, fixed=fixed, taken=set(taken), new_number=new_number)

    def previous(self) -> dict[Key, Key | None]:
        """Return which sighting each follows; None where it founds an identity."""
        names = self.comparison.keys
        rows = self.solution.previous.tolist()
        return {
            key: None if row == ALONE else names[row]
            for key, row in zip(self.keys, rows, strict=True)
        }

    def assignments(
        self, identities: Sequence[int], wanted: Collection[Key], cameras: Sequence[str]
    ) -> dict[Key, Assignment]:
        """Return the assignments of some of the tracklets, with reasons.

        Args:
            identities: Of all N.
            wanted: Which are to be explained.
            cameras: Names of the cameras by index.
        """
        row_identity = np.concatenate([self.known.identity, np.array(identities, np.int64)])
        return {
            key: explain(
                column,
                self.comparison,
                self.solution,
                self.curves,
                row_identity=row_identity,
                cameras=cameras,
            )
            for column, key in enumerate(self.keys)
            if key in wanted
        }


class Book:
    """Settled identities, and manual corrections of them.

    Args:
        index: Gives a camera's index.
        cohort: What appearance is compared with.
        cameras: Their bias of embeddings.
        corrections: Manual corrections.
        horizon_s: Sightings that ended longer ago are archived.
        terrain: How cameras see the ground.
    """

    def __init__(
        self,
        index: Callable[[str], int],
        cohort: Cohort,
        cameras: CameraLooks,
        corrections: Iterable[Correction],
        *,
        horizon_s: float,
        terrain: Terrain,
    ) -> None:
        self._index = index
        self._cohort = cohort
        self._cameras = cameras
        self._constraints = Constraints(corrections)
        self._terrain = terrain
        self._placed_by = self._terrain.version
        self._none = Sightings.of([], index, cohort, cameras)
        self._gallery = Gallery(self._none, horizon_s=horizon_s)
        self._looked_up: dict[tuple[Key, bool], list[int]] = {}
        self._made = self._none
        self._rows: dict[Key, tuple[Tracklet, int]] = {}
        self._numbers = 0
        # Of decisions about all that is not settled, and about some of that.
        self._memories = PairMemories(), PairMemories()

    def holds(self, identity_id: int) -> bool:
        """Return whether an identity has settled sightings."""
        return self._gallery.holds(identity_id)

    def conflicts(self, some: Sequence[Tracklet], others: Sequence[Tracklet]) -> NDArray[np.bool_]:
        """Return which of N tracklets cannot be one vehicle with which of M others; (N, M)."""
        return conflicts(self._sightings(some), self._sightings(others))

    def decide(
        self,
        chosen: Sequence[Tracklet],
        others: Sequence[Tracklet],
        identities: Mapping[Key, int],
        view: View,
        previous: Mapping[Key, Key | None] | None = None,
    ) -> Decision:
        """Decide some tracklets together, against all that is settled and some that stay.

        Args:
            chosen: N tracklets, in order of their first times by corrected clocks.
            others: Tracklets that are not settled, but stay what they are.
            identities: Of these.
            view: What is believed.
            previous: Which sighting each was decided to follow before, None for none.
        """
        keys = [t.key for t in chosen]
        settings = view.settings
        self._place_anew()
        known = self._gallery.known(
            self._sightings(others),
            [t.key for t in others],
            np.array([identities[t.key] for t in others], np.int64),
            archived=self._archived(chosen, limit=settings.archive_candidates),
        )
        comparison = compare(
            known,
            self._sightings(chosen),
            keys,
            zones=view.zones,
            times=view.times,
            offsets=view.offsets,
            constraints=self._constraints,
            now=view.now,
            exclusive=settings.exclusive,
            memories=self._memories[bool(others)],
        )
        stay = settings.stay_nats * followed(comparison.keys, keys, previous or {})
        problem = replace(comparison.problem, bonus=comparison.problem.bonus + stay)
        # By looks alone hardly anything would be sure.
        least = 0.0 if view.times is None else settings.min_probability
        solution = solve(
            problem, view.curves, correlation=settings.correlation, min_probability=least
        )
        if view.visits is not None and view.times is not None:
            solution = with_returns(
                replace(comparison, problem=problem),
                solution,
                view.visits,
                view.times,
                min_probability=least,
            )
        return Decision(keys, known, comparison, solution, view.curves)

    def settle(
        self, tracklets: Sequence[Tracklet], identities: Sequence[int], *, now: float
    ) -> None:
        """Fix the identities of some tracklets, in order of their first times."""
        if not tracklets:
            return
        keys = [t.key for t in tracklets]
        for key, number in zip(keys, identities, strict=True):
            self._constraints.note(key, number)
            for ended in (False, True):
                self._looked_up.pop((key, ended), None)
        self._gallery.settle(self._sightings(tracklets), keys, np.array(identities, np.int64))
        self._gallery.forget(now)
        for key in keys:
            self._rows.pop(key, None)

    def _place_anew(self) -> None:
        """Place all sightings again if more is known of the ground by now."""
        if self._placed_by == self._terrain.version:
            return
        learned = self._terrain.learned.items()
        self._gallery.place({self._index(name): plane for name, plane in learned}, self._numbered)
        self._rows.clear()
        self._made = self._none
        self._placed_by = self._terrain.version

    def _sightings(self, tracklets: Sequence[Tracklet]) -> Sightings:
        """Return tracklets as arrays, made once for each."""
        rows = self._rows
        new = [t for t in tracklets if t.key not in rows or rows[t.key][0] is not t]
        if new:
            planes = self._terrain.planes
            some = Sightings.of(new, self._index, self._cohort, self._cameras, planes)
            rows.update((t.key, (t, row)) for row, t in enumerate(new, len(self._made)))
            self._made = Sightings.join([self._made, self._numbered(some)])
        found = self._made[np.array([rows[t.key][1] for t in tracklets], np.intp)]
        if len(self._made) > _SPARE * (len(rows) + 1):
            kept = np.array([row for _, row in rows.values()], np.intp)
            self._made = self._made[kept]
            for place, (key, (tracklet, _)) in enumerate(rows.items()):
                rows[key] = tracklet, place
        return found

    def _numbered(self, sightings: Sightings) -> Sightings:
        """Return sightings with numbers that none had before."""
        number = self._numbers + np.arange(len(sightings))
        self._numbers += len(sightings)
        return replace(sightings, number=number)

    def _archived(self, tracklets: Sequence[Tracklet], *, limit: int) -> list[int]:
        """Return the archived identities that some tracklets may be."""
        found = set(self._constraints.wanted(t.key for t in tracklets))
        archive = self._gallery.archive
        if limit and len(archive):
            for tracklet in tracklets:
                place = tracklet.key, tracklet.ended
                if place not in self._looked_up:
                    look = self._sightings([tracklet]).embedding[0]
                    near = archive.nearest(look, limit=limit)
                    self._looked_up[place] = near
                found.update(self._looked_up[place])
        return sorted(found)


def renumbered(assignment: Assignment, numbers: Mapping[int, int]) -> Assignment:
    """Return an assignment with other identities in place of provisional ones.

    Candidates that have come to nothing, and so have no number, are dropped.
    """
    candidates = tuple(
        replace(one, identity_id=numbers[one.identity_id])
        for one in assignment.candidates
        if one.identity_id in numbers
    )
    reasons = assignment.reasons
    if reasons is not None and reasons.runner_up is not None:
        other = numbers.get(reasons.runner_up.identity_id)
        runner_up = None if other is None else replace(reasons.runner_up, identity_id=other)
        reasons = replace(reasons, runner_up=runner_up)
    return replace(
        assignment,
        identity_id=numbers[assignment.identity_id],
        reasons=reasons,
        candidates=candidates,
    )
