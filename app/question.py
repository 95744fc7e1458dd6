"""What is asked of a run: which vehicles look like one, or which passed some cameras."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app import models
from app.answer import Answer
from app.coverage import coverage
from app.errors import ConfigError
from app.forecast import Outlooks
from app.listing import list_vehicles
from app.matches import LEAST_IDENTITIES, how_sure, in_words
from app.records import SightingFilter
from app.search import search

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.search import Match
    from app.store_reader import StoreReader
    from app.subject import Subject


@dataclass(frozen=True, slots=True)
class Question:
    """A question to a run, which may be asked again while that goes on.

    Attributes:
        run: The run.
        subject: The vehicle that others are to look like, None to list all that pass the filter.
        asked: The filter.
        nearer_than: Only vehicles nearer to the subject than this L2 distance, None for all.
        by: Who asks, empty where that is not said.
        reason: Why, empty where that is not said.

    Raises:
        ConfigError: If neither a subject nor a filter is given, or a distance from no subject.
    """

    run: StoreReader
    subject: Subject | None
    asked: SightingFilter
    nearer_than: float | None = None
    by: str = ""
    reason: str = ""

    def __post_init__(self) -> None:
        if self.subject is not None:
            return
        if self.nearer_than is not None:
            raise ConfigError(
                "--nearer-than: nearer to whom? Give --image, --identity or --sighting with it"
            )
        if self.asked == SightingFilter():
            raise ConfigError(
                "expected whom to search for (--image, --identity or --sighting), or which "
                "vehicles to list (--camera, --class, --after, --before)"
            )

    @property
    def where(self) -> SightingFilter:
        """Which sightings come into question: those that pass and are not the subject itself."""
        if self.subject is None:
            return self.asked
        known = self.subject.known
        return replace(
            self.asked,
            exclude_identity=known.exclude_identity,
            exclude_sighting=known.exclude_sighting,
        )

    def find(self, where: SightingFilter) -> list[Match]:
        """Return all vehicles that are asked for, of which a sighting passes another filter."""
        return self._find(where, None)[0]

    def answer(self, *, top: int) -> Answer:
        """Return what there is to say by now.

        Args:
            top: Most vehicles, at least 1.
        """
        matches, more = self._find(self.where, top)
        return Answer(
            subject=self.subject,
            conditions=in_words(self.asked, nearer_than=self.nearer_than),
            matches=tuple(matches),
            outlooks=tuple(Outlooks(self.run).of(matches)),
            coverage=coverage(self.run, self.asked),
            more=more,
            verdict=self._verdict(matches),
            by=self.by,
            reason=self.reason,
        )

    def _find(self, where: SightingFilter, top: int | None) -> tuple[list[Match], int]:
        """Return vehicles, and how many listed ones there are beyond."""
        if self.subject is None:
            return list_vehicles(self.run, where, top=top)
        nearest = math.inf if self.nearer_than is None else self.nearer_than
        vectors = self.subject.vectors
        return search(self.run, vectors, where=where, nearer_than=nearest, top=top), 0

    def _verdict(self, matches: Sequence[Match]) -> str:
        """Return how sure the first match is, as far as that was measured; empty beyond.

        It was for pictures, which exclude nothing of the store, and without filters: among few
        vehicles a great lead is easily had.
        """
        measured = (
            self.where == SightingFilter()
            and self.run.totals().identities >= LEAST_IDENTITIES
            and models.uses_default_reid(self.run)
        )
        return how_sure(matches) if measured else ""
