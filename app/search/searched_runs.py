"""The runs that a query searches, and unambiguous names of their vehicles.

Identities and sightings are numbered in each run by itself. If several are searched, they are named
with the run: `monday/12`, `monday/gate:31`.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.errors import ConfigError, QueryError, StoreError
from app.storage.run_folder import RunFolder
from app.storage.store import FILE_NAME, Store

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from app.storage.store_reader import StoreReader


@dataclass(frozen=True, slots=True, eq=False)
class SearchedRun:
    """A run that is searched, by itself or with others.

    Attributes:
        store: What it has stored.
        name: The name of its folder, with those of as many folders above it as it takes to tell it
            from the others.
        several: Whether it is searched with others, so that what is shown of it needs its name.
    """

    store: StoreReader
    name: str
    several: bool = False

    @property
    def folder(self) -> RunFolder:
        """Where its files lie."""
        return RunFolder(self.store.path.parent)

    @property
    def label(self) -> str:
        """The name where it is needed, else empty."""
        return self.name if self.several else ""

    @property
    def tag(self) -> dict[str, str]:
        """The name as JSON states it where it is needed, else nothing."""
        return {"run": self.name} if self.several else {}

    def named(self, own: object) -> str:
        """Return what people call an identity or a sighting of this run by."""
        return f"{self.name}/{own}" if self.several else str(own)

    def check_in_place(self) -> None:
        """Check that its folder still holds the run that was opened; in any thread.

        Raises:
            StoreError: If not: the numbers of another run are other vehicles.
        """
        if not self.store.is_in_place:
            raise StoreError(
                f"{self.store.path}: is no longer the run that was opened, but was replaced or "
                "moved; start the command again"
            )


def open_runs(paths: Sequence[Path], opened: ExitStack) -> tuple[SearchedRun, ...]:
    """Open runs to be searched together.

    Args:
        paths: Their folders, or the stores in them; at least one.
        opened: Closes them.

    Raises:
        ConfigError: If one is given twice.
        StoreError: If one cannot be opened.
    """
    stores: list[StoreReader] = []
    for path in paths:
        store = opened.enter_context(Store.open(path))
        for before, other in zip(paths, stores, strict=False):
            if store.path.samefile(other.path):
                raise ConfigError(f"--run {path}: is the same run as --run {before}; give it once")
        stores.append(store)
    if len(stores) == 1:
        return (SearchedRun(stores[0], stores[0].path.resolve().parent.name),)
    names = _names([_place(store) for store in stores])
    return tuple(
        SearchedRun(store, name, several=True) for store, name in zip(stores, names, strict=True)
    )


@contextmanager
def unchanging(runs: Sequence[SearchedRun]) -> Iterator[None]:
    """Read one and the same state of each run within: it may be corrected meanwhile, or go on.

    Of a vehicle that is listed, the sightings would be gone a moment later.
    """
    with ExitStack() as opened:
        for run in runs:
            opened.enter_context(run.store.unchanging())
        yield


def check_not_empty(runs: Collection[SearchedRun]) -> None:
    """Check that there is something to search.

    Raises:
        QueryError: If no vehicle has been stored in any of the runs.
    """
    if not any(one.store.totals().vehicles for one in runs):
        stores = ", ".join(str(one.store.path) for one in runs)
        raise QueryError(f"{stores}: no vehicle has been stored yet, so there is nothing to find")


def run_of(runs: Sequence[SearchedRun], text: str, *, what: str) -> tuple[SearchedRun, str]:
    """Return of which run somebody speaks, and what of it: `monday/gate:31`.

    Args:
        runs: Those that are searched.
        text: A run's name or folder, a slash, and what of it is meant; with a single run, the last
            is enough.
        what: What the text stands for, in messages.

    Raises:
        ConfigError: If it is none of these runs, or could be of several.
    """
    name, slash, own = text.rpartition("/")
    known = ", ".join(run.name for run in runs)
    if slash:
        for run in runs:
            if name == run.name or Path(name).resolve() == _place(run.store):
                return run, own
        raise ConfigError(f"{what} {text}: expected one of the runs before the last /: {known}")
    if len(runs) > 1:
        raise ConfigError(
            f"{what} {text}: of which run? Write {runs[0].named(text)}; runs: {known}"
        )
    return runs[0], text


def _place(store: StoreReader) -> Path:
    """Return the folder of a run; of a store that lies somewhere by itself, the file."""
    file = store.path.resolve()
    return file.parent if file.name == FILE_NAME else file


def _names(places: Sequence[Path]) -> list[str]:
    """Return the shortest ends of places that tell each from all others.

    >>> _names([Path("/north/monday"), Path("/south/monday"), Path("/south/tuesday")])
    ['north/monday', 'south/monday', 'tuesday']
    """
    names = []
    for place in places:
        length = 1
        while sum(other.parts[-length:] == place.parts[-length:] for other in places) > 1:
            length += 1
        names.append(Path(*place.parts[-length:]).as_posix())
    return names
