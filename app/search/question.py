"""A question to one or several runs: similar vehicles, or vehicles that pass filters.

Each run answers by itself, and the answers are merged: distances of one ReID network mean the same
in all runs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.running import models
from app.search.answer import Answer, Finding, Scope
from app.search.forecast import Outlooks
from app.search.listing import list_vehicles
from app.search.matches import COLOURLESS, LEAST_IDENTITIES, how_sure, in_words
from app.search.named import NOBODY
from app.search.ranking import search
from app.storage.rows import EVERYTHING
from app.times import is_elapsed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.search.named import Named
    from app.search.ranking import Match
    from app.search.searched_runs import SearchedRun
    from app.search.subject import Subject
    from app.storage.records import SightingFilter

    Found = tuple[SearchedRun, Match]


@dataclass(frozen=True, slots=True)
class Question:
    """A question to one or more runs, which may be asked again while they continue.

    Attributes:
        runs: The runs, at least one.
        subject: The vehicle that others are to look like, None to list all that pass the filter.
        asked: The filter.
        nearer_than: Only vehicles nearer to the subject than this L2 distance, None for all.
        wrong: What was ruled out, and is left out.
        latest: Whether vehicles that are listed come in the order of when they were in view last,
            rather than first.
        by: Who asks, empty where that is not said.
        reason: Why, empty where that is not said.

    Raises:
        StoreError: If the runs' vectors, which a subject is compared with, are not of one network.
    """

    runs: Sequence[SearchedRun]
    subject: Subject | None
    asked: SightingFilter
    nearer_than: float | None = None
    wrong: Named = NOBODY
    latest: bool = False
    by: str = ""
    reason: str = ""

    def __post_init__(self) -> None:
        if self.subject is not None:
            models.check_same_reid([run.store for run in self.runs])

    def where(self, run: SearchedRun) -> SightingFilter:
        """Return which sightings of a run pass and are not the subject itself, or ruled out."""
        known = NOBODY if self.subject is None else self.subject.known
        return (known + self.wrong).left_out(run, self.asked)

    def find(self, run: SearchedRun, where: SightingFilter) -> list[Match]:
        """Return all vehicles asked for of a run of which a sighting passes another filter."""
        return self._find(run, where, None)[0]

    def answer(self, *, top: int) -> Answer:
        """Return what there is to say by now.

        Args:
            top: Most vehicles, of all runs together, at least 1.
        """
        found: list[Found] = []
        more = 0
        for run in self.runs:
            matches, beyond = self._find(run, self.where(run), top)
            found += [(run, match) for match in matches]
            more += beyond
        # Equal ones stay in the order of the runs, and within a run in its own.
        found.sort(key=self._order)
        if self.subject is None:
            more += len(found[top:])
        findings = self.findings(found[:top])
        return Answer(
            subject=self.subject,
            conditions=in_words(self.asked, nearer_than=self.nearer_than, wrong=self.wrong),
            scope=Scope.of(self.runs, self.asked),
            found=findings,
            more=more,
            verdict=self._verdict(findings),
            latest=self.latest,
            by=self.by,
            reason=self.reason,
        )

    def findings(self, found: Iterable[Found]) -> tuple[Finding, ...]:
        """Return vehicles with where they go next."""
        pairs = list(found)
        outlooks = {run: Outlooks(run.store) for run in dict(pairs)}
        return tuple(Finding(run, match, outlooks[run].of(match)) for run, match in pairs)

    def _find(
        self, run: SearchedRun, where: SightingFilter, top: int | None
    ) -> tuple[list[Match], int]:
        """Return vehicles of a run, and how many listed ones there are beyond."""
        if self.subject is None:
            return list_vehicles(run.store, where, top=top, latest=self.latest)
        nearest = math.inf if self.nearer_than is None else self.nearer_than
        matches = search(
            run.store,
            self.subject.images,
            sightings=self.subject.sightings,
            where=where,
            nearer_than=nearest,
            top=top,
        )
        return matches, 0

    def _order(self, found: Found) -> tuple[int, float]:
        """Return what vehicles of several runs are ordered by."""
        run, match = found
        if match.distance is not None:
            return 0, match.distance
        # Times since the start compare with nothing but those of the same run.
        time = match.sightings[0].first_timestamp
        group = self.runs.index(run) - len(self.runs) if is_elapsed(time) else 0
        if self.latest:
            time = -max(sighting.last_timestamp for sighting in match.sightings)
        return group, time

    def _verdict(self, found: Sequence[Finding]) -> str:
        """Return how sure the first match is, as far as that was measured; empty beyond.

        It was for images alone, in colour, and without filters: among few vehicles a great lead is
        easily had. The vehicles of all runs together are those that it is nearer than.
        """
        if self.subject is not None and self.subject.colourless:
            return COLOURLESS if found else ""
        measured = (
            self.subject is not None
            and not self.subject.known
            and not self.wrong
            and self.asked == EVERYTHING
            and sum(run.store.totals().identities for run in self.runs) >= LEAST_IDENTITIES
            and all(models.uses_default_reid(run.store) for run in self.runs)
        )
        return how_sure(found) if measured else ""
