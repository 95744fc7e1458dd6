"""Records the searches of runs that require it, and what was shown."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import chain
from typing import TYPE_CHECKING

from app.errors import ConfigError
from app.models import fingerprint
from app.search_log import RECORDED_KEY, Search, append

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.answer import Answer, Finding
    from app.searched_runs import SearchedRun


class SearchRecorder:
    """Keeps each answer of a search before it is shown.

    Args:
        runs: What is searched: each that asks for it keeps what is shown of it.
        reason: Why; it must be given where the searches of any of these runs are recorded.
        pictures: Files that show who is searched for.

    Raises:
        ConfigError: If a reason is missing.
    """

    def __init__(
        self, runs: Sequence[SearchedRun], *, reason: str, pictures: Sequence[Path] = ()
    ) -> None:
        self._runs = [run for run in runs if run.store.meta(RECORDED_KEY, False)]
        self._pictures = pictures
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
        pictures = tuple(map(fingerprint, self._pictures)) if self._runs else ()
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        for run in self._runs:
            matches = [one.match for one in chain(*shown) if one.run is run]
            seen = dict.fromkeys(match.identity_id for match in matches)
            sightings = dict.fromkeys(one.sighting_id for m in matches for one in m.sightings)
            search = Search(
                at=at,
                by=answer.by,
                reason=answer.reason,
                searched_for="" if answer.subject is None else answer.subject.description,
                pictures=pictures,
                conditions=answer.conditions,
                identities=tuple(number for number in seen if number is not None),
                sightings=tuple(sightings),
            )
            append(run.folder.searches, search)
