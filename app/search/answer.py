"""Answer to a query: everything that its table, JSON and page show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.search.forecast import Outlook
    from app.search.ranking import Match
    from app.search.searched_runs import SearchedRun
    from app.search.subject import Subject
    from app.storage.coverage import Coverage


@dataclass(frozen=True, slots=True)
class Finding:
    """A vehicle that a query found.

    Attributes:
        run: The run that it is of: its numbers mean nothing in another one.
        match: The vehicle.
        outlook: Where it goes next, None where nothing is known.
    """

    run: SearchedRun
    match: Match
    outlook: Outlook | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a query found.

    Attributes:
        subject: Who was searched for, None where vehicles were listed without a search.
        conditions: The filter, and what was ruled out, in words; empty without.
        runs: What was searched, at least one run.
        found: The vehicles of all runs: the nearest first; listed ones by the time of their first
            sighting.
        coverage: Of each run, when the cameras that come into question did not watch.
        between: Of several runs, when there was none of them; None of one.
        unfinished: Those of the runs that go on, or broke off, with the latest UTC second that
            they have seen, None before any picture.
        more: How many vehicles pass the filter beyond those listed; of a search, where it is only a
            matter of distance, 0.
        verdict: How sure it is that the first one is right, in words, empty where nobody knows.
        by: Who asked, empty where that was not said.
        reason: Why, empty where that was not said.
    """

    subject: Subject | None
    conditions: str
    runs: tuple[SearchedRun, ...]
    found: tuple[Finding, ...]
    coverage: tuple[Coverage, ...]
    between: Coverage | None = None
    unfinished: tuple[tuple[SearchedRun, float | None], ...] = ()
    more: int = 0
    verdict: str = ""
    by: str = ""
    reason: str = ""

    @property
    def several(self) -> bool:
        """Whether several runs were searched."""
        return len(self.runs) > 1
