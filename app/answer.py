"""The answer to a query: all that its table, its JSON and its page show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.coverage import Coverage
    from app.forecast import Outlook
    from app.search import Match
    from app.subject import Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a query found.

    Attributes:
        subject: Who was searched for, None where vehicles were listed without a search.
        conditions: The filter in words, empty without one.
        matches: What was found: the nearest first; listed ones by the time of their first sighting.
        outlooks: Where each of them goes next, None where nothing is known.
        coverage: When the cameras that come into question did not watch.
        more: How many vehicles pass the filter beyond those listed; of a search, where it is only a
            matter of distance, 0.
        verdict: How sure it is that the first one is right, in words, empty where nobody knows.
        by: Who asked, empty where that was not said.
        reason: Why, empty where that was not said.
    """

    subject: Subject | None
    conditions: str
    matches: tuple[Match, ...]
    outlooks: tuple[Outlook | None, ...]
    coverage: Coverage
    more: int = 0
    verdict: str = ""
    by: str = ""
    reason: str = ""
