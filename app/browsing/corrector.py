"""Corrects the runs that `app.browse` looks at, as `app.identities` does.

A correction opens the store for itself, in any thread: it may take seconds to write the results of
a long run again, and pages are shown meanwhile.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.accounts import current_user
from app.corrections import correction_request, making
from app.corrections.correction_session import open_finished, refresh
from app.errors import ConfigError, OutputError, StoreError
from app.search.searched_runs import run_of
from app.search.sighting_names import sighting_of_name
from app.storage.records import SightingFilter
from app.storage.run_state import is_tracked
from app.storage.schema import is_busy

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.corrections.correction_request import Request
    from app.corrections.making import Made
    from app.search.searched_runs import SearchedRun
    from app.storage.records import Sighting
    from app.storage.store import Store
    from app.storage.store_reader import StoreReader

KEPT: Final = 100
"""Changes that can be told once more; all corrections are listed anyway."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a correction changed, as a page says it.

    Attributes:
        number: By which `Corrector.change` returns it.
        title: What was done, and in which of several runs.
        changes: The identities that changed, a line each.
        warnings: What to know, a line each.
        results: What became of the run's results.
        identities: Names of the identities that it was about, as they are now.
        renamed: Names of identities that are no more, and what they became.
    """

    number: int
    title: str
    changes: tuple[str, ...]
    warnings: tuple[str, ...]
    results: str
    identities: tuple[str, ...]
    renamed: tuple[tuple[str, str], ...]


class Corrector:
    """Makes one correction at a time.

    Args:
        runs: The runs that are looked at.
        by: Who corrects, empty for the account's name.
    """

    def __init__(self, runs: Sequence[SearchedRun], *, by: str = "") -> None:
        self._runs = tuple(runs)
        self._by = by
        self._at_it = threading.Lock()
        self._changes: deque[Change] = deque(maxlen=KEPT)
        self._count = 0

    @property
    def by(self) -> str:
        """Who corrects.

        Raises:
            ConfigError: If nobody said, and the account has no name.
        """
        return self._by or current_user()

    def change(self, number: str) -> Change | None:
        """Return a change by its number, None if it is no longer kept."""
        # A copy: another thread may be adding one.
        return next((one for one in tuple(self._changes) if str(one.number) == number), None)

    def merge(self, identities: Sequence[str], *, note: str) -> Change:
        """Say that identities are one vehicle.

        Raises:
            ScanTrackError: If that is impossible; then nothing has changed.
        """
        run, own = self._of_one_run("merge", identities)
        numbers = [_number(text) for text in own]
        return self._correct(run, lambda s: correction_request.merge(s, numbers), note=note)

    def split(self, sightings: Sequence[str], *, note: str) -> Change:
        """Say that sightings are another vehicle than the rest of their identity.

        Raises:
            ScanTrackError: If that is impossible; then nothing has changed.
        """
        if not sightings:
            raise ConfigError("split: no sighting was ticked; tick those of the other vehicle")
        run, own = self._of_one_run("split", sightings)

        def request(store: Store) -> Request:
            return correction_request.split(store, [sighting_of_name(store, one) for one in own])

        return self._correct(run, request, note=note)

    def confirm(self, sighting: str, identity: str, *, note: str) -> Change:
        """Say that a sighting is of an identity; of its own run, the number is enough.

        Raises:
            ScanTrackError: If that is impossible; then nothing has changed.
        """
        return self._say(correction_request.confirm, sighting, identity, note=note)

    def reject(self, sighting: str, identity: str, *, note: str) -> Change:
        """Say that a sighting is not of an identity; of its own run, the number is enough.

        Raises:
            ScanTrackError: If that is impossible; then nothing has changed.
        """
        return self._say(correction_request.reject, sighting, identity, note=note)

    def undo(self, correction: str) -> Change:
        """Take a correction back; of several runs, `monday/3`.

        Raises:
            ScanTrackError: If that is impossible; then nothing has changed.
        """
        run, number = correction_named(self._runs, correction)
        return self._make(run, lambda store: making.undo(store, number))

    def _say(
        self,
        request: Callable[[StoreReader, Sighting, int], Request],
        sighting: str,
        identity: str,
        *,
        note: str,
    ) -> Change:
        """Say something of a sighting and an identity: confirm or reject."""
        what = request.__name__
        run, name = run_of(self._runs, sighting, what=what)
        whole = identity if "/" in identity else run.named(identity)
        _, (_, own) = self._of_one_run(what, [sighting, whole])
        number = _number(own)
        return self._correct(
            run, lambda s: request(s, sighting_of_name(s, name), number), note=note
        )

    def _correct(
        self, run: SearchedRun, request: Callable[[Store], Request], *, note: str
    ) -> Change:
        by = self.by
        making.check_text("--by", by)
        making.check_text("note", note)
        return self._make(run, lambda store: making.correct(store, request, by=by, note=note))

    def _make(self, run: SearchedRun, make: Callable[[Store], Made]) -> Change:
        if not self._at_it.acquire(blocking=False):
            raise StoreError(_BUSY)
        try:
            with _opened(run) as store:
                run.check_in_place()
                made = make(store)
                results = making.up_to_date(store)
                try:
                    refresh(store)
                except (OutputError, StoreError) as error:
                    # It holds all the same, and has to be told.
                    results = (
                        f"{error}; the correction holds, and the next one, or `python -m "
                        "app.identities apply`, writes tracks, thumbnails and report"
                    )
                return self._keep(run, store, made, results)
        finally:
            self._at_it.release()

    def _keep(self, run: SearchedRun, store: Store, made: Made, results: str) -> Change:
        self._count += 1
        now = (store.sighting(one.sighting_id).identity_id for one in made.about[:1])
        change = Change(
            number=self._count,
            title=f"{made.title} in {run.name}" if run.several else made.title,
            changes=made.changes,
            warnings=(*made.cautions, *made.warnings),
            results=results,
            identities=tuple(run.named(number) for number in now if number is not None),
            renamed=tuple(
                (run.named(before), run.named(after)) for before, after in _gone(store, made)
            ),
        )
        self._changes.append(change)
        return change

    def _of_one_run(self, what: str, texts: Sequence[str]) -> tuple[SearchedRun, list[str]]:
        found = [run_of(self._runs, text, what=what) for text in texts]
        if len({id(run) for run, _ in found}) > 1:
            raise ConfigError(
                f"{what}: {', '.join(texts)} are of different runs; an identity belongs to its run"
            )
        if not found:
            raise ConfigError(f"{what}: none was named")
        return found[0][0], [own for _, own in found]


def correction_named(runs: Sequence[SearchedRun], text: str) -> tuple[SearchedRun, int]:
    """Return the run and the number of a correction; of several runs, `monday/3`.

    Raises:
        ConfigError: If it is none of these runs, or no number.
    """
    run, own = run_of(runs, text, what="undo")
    return run, _number(own, what="correction")


def obstacle(run: SearchedRun) -> str:
    """Return why a run cannot be corrected, empty if it can; for the thread that opened it."""
    if not is_tracked(run.store):
        return (
            f"{run.name} has not finished, so its identities are not decided yet, and cannot be "
            "corrected"
        )
    for place in (run.folder.path, run.store.path):
        if not os.access(place, os.W_OK):
            return f"{place} cannot be written to, so identities cannot be corrected here"
    return ""


_BUSY: Final = "another correction is being made; try again when it is done"


def _opened(run: SearchedRun) -> Store:
    try:
        return open_finished(run.store.path)
    except StoreError as error:
        if is_busy(error):
            raise StoreError(f"{run.store.path}: {_BUSY}") from error
        raise


def _gone(store: StoreReader, made: Made) -> list[tuple[int, int]]:
    """Return the identities that have no sighting any more, and what became of each."""
    became = {one.before: one.after for one in made.revisions if one.before is not None}
    return [
        (before, after)
        for before, after in became.items()
        if next(store.sightings(SightingFilter(identity_id=before)), None) is None
    ]


def _number(text: str, *, what: str = "identity") -> int:
    try:
        return int(text)
    except ValueError:
        raise ConfigError(f"{what} {text}: expected a number (12)") from None
