"""The question who travels together, asked to one or several runs, and its answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from app.errors import ConfigError
from app.search.answer import Scope
from app.search.matches import in_words
from app.search.named import named_subject
from app.search.passes import read_passes
from app.search.query_options import filter_of
from app.wording import likeliest
from tracking.convoys.cliques import cliques
from tracking.convoys.pairs import find_companions, ranked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from app.search.passes import RunPasses
    from app.search.searched_runs import SearchedRun
    from app.storage.records import Sighting, SightingFilter
    from tracking.convoys.pairs import Companions, Ranking


WITHIN_S: Final = 10.0
"""Vehicles that pass a camera so close to each other pass it together, if nobody says how close."""

MOST_WITHIN_S: Final = 60.0
"""Within more, everybody is in everybody's company."""

FEWEST_CAMERAS: Final = 2
"""One camera is passed together by all that follow each other."""


@dataclass(frozen=True, slots=True)
class Together:
    """A camera that two vehicles passed together.

    Attributes:
        camera_id: The camera.
        time: UTC seconds at which the first vehicle was in the middle of its pass.
        gap_s: How much later the second vehicle passed; negative if it was ahead.
        sightings: Of the first vehicle, and of the second one.
    """

    camera_id: str
    time: float
    gap_s: float
    sightings: tuple[tuple[Sighting, ...], tuple[Sighting, ...]]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two vehicles that passed several cameras together.

    Attributes:
        run: The run that they are of.
        identities: Both; the one that was asked about comes first.
        passes: The cameras, in order of time.
        chance: How many cameras they are, and how probable that is by chance.
        same: Probability that both are one vehicle under two numbers; 0 if that is not likely.
    """

    run: SearchedRun
    identities: tuple[int, int]
    passes: tuple[Together, ...]
    chance: Companions
    same: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanionAnswer:
    """What there is to say about who travels together.

    Attributes:
        searched_for: What was asked, in words.
        conditions: How close, in how many cameras and when, in words.
        least_cameras: In how many cameras.
        pairs: The least probable ones by chance first.
        more: How many pairs there are beyond those listed.
        met: How many pairs passed one camera together at least, and could have gone on.
        groups: Three or more identities of a run, of which each two are a listed pair that stands
            out.
        note: Why there can be nothing, empty if there can.
        scope: What was searched.
        by: Who asked, empty where that was not said.
        reason: Why, empty where that was not said.
    """

    searched_for: str
    conditions: str
    least_cameras: int
    pairs: tuple[Pair, ...]
    more: int
    met: int
    groups: tuple[tuple[SearchedRun, tuple[int, ...]], ...]
    note: str
    scope: Scope
    by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanionQuestion:
    """Who travels together?

    Attributes:
        runs: Where, at least one.
        subject: A run and an identity of it, which has sightings, whose companions are meant; None
            for all pairs.
        within_s: Passes of one camera so close in time are together.
        least_cameras: Different cameras on one visit.
        where: Times; other filters are not looked at.
        by: Who asks.
        reason: Why.
    """

    runs: Sequence[SearchedRun]
    subject: tuple[SearchedRun, int] | None
    within_s: float
    least_cameras: int
    where: SightingFilter
    by: str = ""
    reason: str = ""

    @classmethod
    def of(
        cls,
        runs: Sequence[SearchedRun],
        *,
        identity: str | None,
        within_s: float,
        least_cameras: int,
        after: str | None,
        before: str | None,
        by: str = "",
        reason: str = "",
    ) -> Self:
        """Return the question as people write it.

        Args:
            runs: Where, at least one.
            identity: Whose companions are meant (`12`; of several runs, `monday/12`), None for all
                pairs.
            within_s: Passes of one camera so close in time are together.
            least_cameras: Different cameras on one visit.
            after: Only passes then or later, None for all.
            before: Only passes then or earlier, None for all.
            by: Who asks.
            reason: Why.

        Raises:
            ConfigError: If one cannot be read, or says nothing.
            QueryError: If there is no such identity.
        """
        if not 0 < within_s <= MOST_WITHIN_S:
            raise ConfigError(
                f"within {within_s:g} s: expected seconds above 0, at most {MOST_WITHIN_S:g}"
            )
        if least_cameras < FEWEST_CAMERAS:
            raise ConfigError(f"at {least_cameras} cameras: expected {FEWEST_CAMERAS} or more")
        named = named_subject(runs, identities=() if identity is None else [identity])
        return cls(
            runs=runs,
            subject=next(iter(named.identities), None),
            within_s=within_s,
            least_cameras=least_cameras,
            where=filter_of(runs, cameras=None, after=after, before=before, kinds=None),
            by=by,
            reason=reason,
        )

    def answer(self, *, top: int) -> CompanionAnswer:
        """Return the answer.

        Args:
            top: Most pairs.
        """
        # What the other runs have seen says nothing about a vehicle of this one.
        asked = list(self.runs) if self.subject is None else [self.subject[0]]
        passes = {run: read_passes(run.store) for run in asked}
        rankings = [self._ranking(passes[run], top) for run in asked]
        together = ranked(rankings, top=top)
        pairs = tuple(
            self._pair(asked[one.source], passes[asked[one.source]], one) for one in together.found
        )
        return CompanionAnswer(
            searched_for=self._searched_for(),
            conditions=self._conditions(),
            least_cameras=self.least_cameras,
            pairs=pairs,
            more=len(together.probabilities) - len(pairs),
            met=together.met,
            groups=tuple(
                (run, group)
                for run in asked
                for group in cliques(
                    one.chance.vehicles for one in pairs if one.run is run and one.chance.stands_out
                )
            ),
            note=self._note(passes),
            scope=Scope.of(self.runs, self.where),
            by=self.by,
            reason=self.reason,
        )

    def _ranking(self, run: RunPasses, top: int) -> Ranking:
        return find_companions(
            run.passes,
            within_s=self.within_s,
            least_cameras=self.least_cameras,
            top=top,
            of=None if self.subject is None else self.subject[1],
            asked=self._asked(run),
        )

    def _asked(self, run: RunPasses) -> NDArray[np.bool_]:
        """Return which passes lie in the time asked for."""
        after = -np.inf if self.where.after is None else self.where.after
        before = np.inf if self.where.before is None else self.where.before
        return np.array(
            [
                any(s.last_timestamp >= after and s.first_timestamp <= before for s in part)
                for part in run.sightings
            ],
            np.bool_,
        )

    def _pair(self, run: SearchedRun, passes: RunPasses, one: Companions) -> Pair:
        turned = self.subject is not None and self.subject[1] == one.vehicles[1]
        identities = one.vehicles[::-1] if turned else one.vehicles
        told = []
        for meeting in one.meetings:
            first, second, gap_s = meeting.first, meeting.second, meeting.gap_s
            if turned:
                first, second, gap_s = second, first, -gap_s
            told.append(
                Together(
                    camera_id=passes.cameras[passes.passes.camera[first]],
                    time=float(passes.passes.time[first]),
                    gap_s=gap_s,
                    sightings=(passes.sightings[first], passes.sightings[second]),
                )
            )
        same = 0.0
        for side, other in ((0, identities[1]), (1, identities[0])):
            seen = [sighting for part in told for sighting in part.sightings[side]]
            likely = [c.probability for c in likeliest(run.store, seen) if c.identity_id == other]
            same = max([same, *likely])
        return Pair(run, identities, tuple(told), one, same)

    def _note(self, passes: dict[SearchedRun, RunPasses]) -> str:
        """Return why there can be no companions, empty if there can."""
        if self.subject is None:
            cameras = {name for run in passes.values() for name in run.cameras}
            few = "there are not enough cameras" if len(cameras) < self.least_cameras else ""
            return few and f"{few}: {', '.join(sorted(cameras)) or 'none'}"
        run, identity = self.subject
        own = passes[run]
        asked = self._asked(own) & (own.passes.vehicle == identity)
        seen = sorted({own.cameras[index] for index in own.passes.camera[asked]})
        if len(seen) >= self.least_cameras:
            return ""
        where = "no camera" if not seen else f"{', '.join(seen)} only"
        return (
            f"identity {run.named(identity)} passed {where}: who travels with it cannot be told "
            f"from fewer than {self.least_cameras} cameras"
        )

    def _searched_for(self) -> str:
        if self.subject is None:
            return "vehicles that travel together"
        run, identity = self.subject
        return f"vehicles that travel with identity {run.named(identity)}"

    def _conditions(self) -> str:
        words = [f"within {self.within_s:g} s at {self.least_cameras} cameras or more"]
        return ", ".join(filter(None, [*words, in_words(self.where)]))
