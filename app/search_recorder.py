"""Records what is searched for in a run and shown of it, where the run asks for that."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import chain
from typing import TYPE_CHECKING

from app.errors import ConfigError
from app.models import fingerprint
from app.run_folder import RunFolder
from app.search_log import RECORDED_KEY, Search, append

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.answer import Answer
    from app.search import Match
    from app.store_reader import StoreReader


class SearchRecorder:
    """Keeps each answer of a search before it is shown.

    Args:
        run: What is searched.
        reason: Why; it must be given where the run's searches are recorded.
        pictures: Files that show who is searched for.

    Raises:
        ConfigError: If a reason is missing.
    """

    def __init__(self, run: StoreReader, *, reason: str, pictures: Sequence[Path] = ()) -> None:
        folder = RunFolder(run.path.parent)
        self._path = folder.searches if run.meta(RECORDED_KEY, False) else None
        self._pictures = pictures
        if self._path is not None and not reason:
            raise ConfigError(
                f"{folder.path}: searches of this run are recorded, and each needs a reason: "
                '--reason "case 114, hit and run"'
            )

    def __call__(self, answer: Answer, *shown: Sequence[Match]) -> None:
        """Record what is shown, if the run asks for that.

        Args:
            answer: What was asked, by whom and why.
            shown: All that is shown; a vehicle may be in it several times.

        Raises:
            OutputError: If it cannot be written; then it must not be shown.
            ConfigError: If the record is damaged.
        """
        if self._path is None:
            return
        matches = list(chain(*shown))
        seen = dict.fromkeys(match.identity_id for match in matches)
        sightings = dict.fromkeys(one.sighting_id for match in matches for one in match.sightings)
        search = Search(
            at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            by=answer.by,
            reason=answer.reason,
            searched_for="" if answer.subject is None else answer.subject.description,
            pictures=tuple(map(fingerprint, self._pictures)),
            conditions=answer.conditions,
            identities=tuple(number for number in seen if number is not None),
            sightings=tuple(sightings),
        )
        append(self._path, search)
