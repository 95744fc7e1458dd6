"""Identities and sightings that a user names: as the vehicle that is searched for, or ruled out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from app.errors import ConfigError, QueryError
from app.search.searched_runs import run_of
from app.search.sighting_names import sighting_of_name, sighting_of_name_or_id
from app.storage.records import SightingFilter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.search.searched_runs import SearchedRun
    from app.storage.records import Sighting
    from app.storage.store_reader import StoreReader


@dataclass(frozen=True, slots=True)
class Named:
    """Identities and sightings of one or several runs, each once, in the order of naming.

    Attributes:
        identities: Their numbers, each with its run.
        sightings: Each with its run.
    """

    identities: tuple[tuple[SearchedRun, int], ...] = ()
    sightings: tuple[tuple[SearchedRun, Sighting], ...] = ()

    def __len__(self) -> int:
        return len(self.identities) + len(self.sightings)

    def __add__(self, other: Named) -> Named:
        # By their ids: of a run in progress, a sighting may have grown since it was named first.
        singles = {
            (run, one.sighting_id): (run, one) for run, one in (*self.sightings, *other.sightings)
        }
        whole = dict.fromkeys((*self.identities, *other.identities))
        return Named(tuple(whole), tuple(singles.values()))

    def __str__(self) -> str:
        """Return what people call them, such as `identity 12, sighting gate:31`."""
        names = [f"identity {run.named(number)}" for run, number in self.identities]
        names += [f"sighting {run.named(sighting.name)}" for run, sighting in self.sightings]
        return ", ".join(names)

    def left_out(self, run: SearchedRun, where: SightingFilter) -> SightingFilter:
        """Return a filter of a run's sightings that those of them do not pass either."""
        return replace(
            where,
            exclude_identities=where.exclude_identities
            | {number for of, number in self.identities if of is run},
            exclude_sightings=where.exclude_sightings | self.sightings_of(run),
        )

    def sightings_of(self, run: SearchedRun) -> frozenset[int]:
        """Return the ids of the sightings, not those of the identities, that are of a run."""
        return frozenset(one.sighting_id for of, one in self.sightings if of is run)


NOBODY: Final = Named()


def named_subject(
    runs: Sequence[SearchedRun], *, identities: Sequence[str], sightings: Sequence[str] = ()
) -> Named:
    """Return what `--identity` and `--sighting` name.

    Raises:
        ConfigError: If a name cannot be read, or its run is not searched.
        QueryError: If there is no such identity or sighting.
    """
    whole, single = Named(), Named()
    for text in identities:
        run, number = run_of(runs, text, what="identity")
        whole += _identity(run, number, text, hint="a number (12)", what="identity")
    for text in sightings:
        run, name = run_of(runs, text, what="sighting")
        single += _sighting(run, name, find=sighting_of_name_or_id, what="sighting")
    return whole + single


def ruled_out(runs: Sequence[SearchedRun], texts: Sequence[str], *, subject: Named) -> Named:
    """Return what `--not` names: a bare number is an identity.

    Args:
        runs: Those that are searched.
        texts: The names.
        subject: What is named as the vehicle itself.

    Raises:
        ConfigError: If a name cannot be read, its run is not searched, or it is also the subject's.
        QueryError: If there is no such identity or sighting.
    """
    found = Named()
    for text in texts:
        run, name = run_of(runs, text, what="not")
        if ":" in name:
            one = _sighting(run, name, find=sighting_of_name, what="not")
        else:
            one = _identity(
                run, name, text, hint="an identity (12) or a sighting (gate:31)", what="not"
            )
        if len(subject + one) == len(subject):
            raise ConfigError(
                f"not {text}: is also named as the vehicle that is searched for; leave out one"
            )
        found += one
    return found


def _sighting(
    run: SearchedRun, name: str, *, find: Callable[[StoreReader, str], Sighting], what: str
) -> Named:
    try:
        return Named(sightings=((run, find(run.store, name)),))
    except ConfigError as error:
        raise ConfigError(f"{what} {error}") from error


def _identity(run: SearchedRun, number: str, text: str, *, hint: str, what: str) -> Named:
    try:
        identity_id = int(number)
    except ValueError:
        raise ConfigError(f"{what} {text}: expected {hint}") from None
    if next(run.store.sightings(SightingFilter(identity_id=identity_id)), None) is None:
        raise QueryError(f"{run.store.path}: there is no identity {identity_id}")
    return Named(identities=((run, identity_id),))
