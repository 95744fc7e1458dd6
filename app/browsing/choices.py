"""What can be said of the identity of a sighting in `app.browse`, as choices of a form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.browsing.corrector import obstacle
from app.errors import ConfigError
from app.storage.records import SightingFilter
from app.wording import percent

if TYPE_CHECKING:
    from app.browsing.desk import Desk
    from app.search.searched_runs import SearchedRun
    from app.storage.records import Sighting


@dataclass(frozen=True, slots=True)
class Choice:
    """What can be said of a sighting and an identity.

    Attributes:
        identity: The identity's name.
        remark: How probable it is, empty of the one that the sighting has.
        compare: The names to compare, empty where that is of no use.
    """

    identity: str
    remark: str = ""
    compare: tuple[str, ...] = ()


def choices(run: SearchedRun, sighting: Sighting) -> list[Choice]:
    """Return the identities of which a sighting is easily said to be, or not.

    Its own comes first, unless it has no other sighting: nothing could be said then.
    """
    own = sighting.identity_id
    names = () if own is None else (run.named(own),)
    assignment = run.store.assignment(sighting.sighting_id)
    found = [
        Choice(
            run.named(one.identity_id),
            f"({percent(one.probability)})",
            (*names, run.named(one.identity_id)),
        )
        for one in (() if assignment is None else assignment.candidates)
    ]
    if own is not None:
        where = SightingFilter(identity_id=own, exclude_sightings=frozenset({sighting.sighting_id}))
        if next(run.store.sightings(where), None) is not None:
            found.insert(0, Choice(run.named(own)))
    return found


def correction_values(desk: Desk, *runs: SearchedRun) -> dict[str, Any]:
    """Return what the forms of corrections need: who corrects, and why nobody can."""
    why = next(filter(None, map(obstacle, runs)), "")
    by = ""
    if not why:
        try:
            by = desk.corrector.by
        except ConfigError as error:
            why = str(error)
    return {"obstacle": why, "corrected_by": by}
