"""Records the searches of runs that require it, and what was shown."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import chain
from typing import TYPE_CHECKING

from app.errors import ConfigError
from app.search.search_log import RECORDED_KEY, Search, append

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.search.answer import Answer, Finding
    from app.search.companions import CompanionAnswer
    from app.search.searched_runs import SearchedRun
    from app.storage.records import Sighting


class SearchRecorder:
    """Keeps each answer of a search before it is shown.

    Args:
        runs: What is searched: each that asks for it keeps what is shown of it.
        reason: Why; it must be given where the searches of any of these runs are recorded.

    Raises:
        ConfigError: If a reason is missing.
    """

    def __init__(self, runs: Sequence[SearchedRun], *, reason: str) -> None:
        self._runs = [run for run in runs if run.store.meta(RECORDED_KEY, False)]
        if self._runs and not reason:
            raise ConfigError(
                f"{self._runs[0].folder.path}: searches of this run are logged, and each needs a "
                'reason: --reason "case 114, hit and run"'
            )

    def __call__(self, answer: Answer, *shown: Sequence[Finding]) -> None:
        """Record what is shown, in all runs that ask for that.

        Args:
            answer: What was asked, by whom and why.
            shown: All that is shown; a vehicle may be in it several times.

        Raises:
            OutputError: If one cannot be written; then nothing must be shown.
            ConfigError: If a record is damaged.
        """
        subject = answer.subject
        self.keep(
            by=answer.by,
            reason=answer.reason,
            searched_for="" if subject is None else subject.description,
            pictures=() if subject is None else subject.files,
            conditions=answer.conditions,
            shown=[(one.run, one.match.identity_id, one.match.sightings) for one in chain(*shown)],
        )

    def keep_companions(self, answer: CompanionAnswer) -> None:
        """Record who is shown to travel together, in all runs that ask for that.

        Args:
            answer: What was asked, by whom and why, and the pairs that are shown.

        Raises:
            OutputError: If one cannot be written; then nothing must be shown.
            ConfigError: If a record is damaged.
        """
        self.keep(
            by=answer.by,
            reason=answer.reason,
            searched_for=answer.searched_for,
            conditions=answer.conditions,
            shown=[
                (pair.run, number, [s for one in pair.passes for s in one.sightings[side]])
                for pair in answer.pairs
                for side, number in enumerate(pair.identities)
            ],
        )

    def keep(
        self,
        *,
        by: str,
        reason: str,
        searched_for: str,
        conditions: str,
        pictures: Sequence[str] = (),
        shown: Sequence[tuple[SearchedRun, int | None, Sequence[Sighting]]],
    ) -> None:
        """Record what is shown, in all runs that ask for that.

        Args:
            by: Who searches.
            reason: Why.
            searched_for: Who is searched for, in words.
            conditions: The filter in words, empty without one.
            pictures: SHA-256 of the image files that show who is searched for, in hexadecimal.
            shown: Run, identity and sightings of all that is shown; some may be in it several
                times.

        Raises:
            OutputError: If one cannot be written; then nothing must be shown.
            ConfigError: If a record is damaged.
        """
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        for run in self._runs:
            own = [(number, seen) for whose, number, seen in shown if whose is run]
            seen = dict.fromkeys(number for number, _ in own)
            sightings = dict.fromkeys(one.sighting_id for _, found in own for one in found)
            search = Search(
                at=at,
                by=by,
                reason=reason,
                searched_for=searched_for,
                pictures=tuple(pictures),
                conditions=conditions,
                identities=tuple(number for number in seen if number is not None),
                sightings=tuple(sightings),
            )
            append(run.folder.searches, search)
