"""Answer to a query: everything that its table, JSON and page show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from app.storage.coverage import between_runs, coverage, run_span
from app.storage.run_state import is_cut_short, is_tracked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.search.forecast import Outlook
    from app.search.ranking import Match
    from app.search.searched_runs import SearchedRun
    from app.search.subject import Subject
    from app.storage.coverage import Coverage
    from app.storage.records import SightingFilter


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What was searched, and when nobody was watching there.

    Attributes:
        runs: What was searched, at least one run.
        coverage: Of each run, when the cameras that come into question did not watch.
        between: Of several runs, when there was none of them; None of one.
        unfinished: Those of the runs that go on, or broke off, with the latest UTC second that
            they have seen, None before any picture.
        cut_short: Those that were stopped before the end of their recordings, likewise.
    """

    runs: tuple[SearchedRun, ...]
    coverage: tuple[Coverage, ...]
    between: Coverage | None = None
    unfinished: tuple[tuple[SearchedRun, float | None], ...] = ()
    cut_short: tuple[tuple[SearchedRun, float | None], ...] = ()

    @classmethod
    def of(cls, runs: Sequence[SearchedRun], where: SightingFilter) -> Self:
        """Return the scope of a search in runs by a filter."""
        several = len(runs) > 1
        stores = [run.store for run in runs]
        return cls(
            runs=tuple(runs),
            coverage=tuple(coverage(store, where, alone=not several) for store in stores),
            between=between_runs(stores, where) if several else None,
            unfinished=tuple((run, _last(run)) for run in runs if not is_tracked(run.store)),
            cut_short=tuple((run, _last(run)) for run in runs if is_cut_short(run.store)),
        )

    @property
    def several(self) -> bool:
        """Whether several runs were searched."""
        return len(self.runs) > 1


def _last(run: SearchedRun) -> float | None:
    span = run_span(run.store)
    return None if span is None else span[1]


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
        scope: What was searched.
        found: The vehicles of all runs: the nearest first; listed ones by the time of their first
            sighting, or of their last.
        more: How many vehicles pass the filter beyond those listed; of a search, where it is only a
            matter of distance, 0.
        verdict: How sure it is that the first one is right, in words, empty where nobody knows.
        latest: Whether vehicles that were listed come in the order of when they were in view last.
        by: Who asked, empty where that was not said.
        reason: Why, empty where that was not said.
    """

    subject: Subject | None
    conditions: str
    scope: Scope
    found: tuple[Finding, ...]
    more: int = 0
    verdict: str = ""
    latest: bool = False
    by: str = ""
    reason: str = ""
