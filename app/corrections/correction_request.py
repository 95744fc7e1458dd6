"""A requested correction, validated against a run and expressed in sightings."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, product
from typing import TYPE_CHECKING

from app.errors import ConfigError, QueryError
from app.storage.records import SightingFilter

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.corrections.correction import Kind
    from app.corrections.partition import Ruling
    from app.storage.records import Sighting
    from app.storage.store_reader import StoreReader


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A correction, by the sightings of one run.

    Attributes:
        kind: What is asked for.
        same: Sightings of one vehicle; of a "confirm" the last says which.
        different: Sightings that are not that vehicle.
    """

    kind: Kind
    same: tuple[Sighting, ...]
    different: tuple[Sighting, ...] = ()


def merge(store: StoreReader, identity_ids: Sequence[int]) -> Request:
    """Ask that identities be one vehicle; said of all their sightings.

    Raises:
        QueryError: If there is no such identity.
        ConfigError: If there are fewer than two different ones.
    """
    if len(set(identity_ids)) < 2 or len(set(identity_ids)) < len(identity_ids):
        raise ConfigError("merge: two or more different identities are expected")
    groups = (sightings_of(store, identity_id) for identity_id in identity_ids)
    return Request(kind="merge", same=tuple(chain.from_iterable(groups)))


def split(store: StoreReader, sightings: Sequence[Sighting]) -> Request:
    """Ask that sightings leave their identity, together, for one of their own.

    Raises:
        ConfigError: If they are not of one identity, or none would stay.
    """
    identity_ids = {sighting.identity_id for sighting in sightings}
    if len(identity_ids) != 1:
        raise ConfigError(f"split: {_listed(sightings)} are not of one identity")
    (identity_id,) = identity_ids
    if identity_id is None:
        raise ConfigError(f"split: {_listed(sightings)} has no identity")
    stay = _others(sightings_of(store, identity_id), sightings)
    if not stay:
        raise ConfigError(
            f"split: {_listed(sightings)}: identity {identity_id} has no other sightings"
        )
    return Request(kind="split", same=tuple(dict.fromkeys(sightings)), different=tuple(stay))


def confirm(store: StoreReader, sighting: Sighting, identity_id: int) -> Request:
    """Ask that a sighting be of an identity; said of that identity's sighting seen best.

    Raises:
        QueryError: If there is no such identity.
        ConfigError: If the identity has no other sighting.
    """
    others = _others_of(store, identity_id, sighting, what="confirm")
    return Request(kind="confirm", same=(sighting, _seen_best(others)))


def reject(store: StoreReader, sighting: Sighting, identity_id: int) -> Request:
    """Ask that a sighting not be of an identity, whether it is now or only might be.

    Raises:
        QueryError: If there is no such identity.
        ConfigError: If the identity has no other sighting.
    """
    others = _others_of(store, identity_id, sighting, what="reject")
    return Request(kind="reject", same=(sighting,), different=tuple(others))


def _others_of(
    store: StoreReader, identity_id: int, sighting: Sighting, *, what: Kind
) -> list[Sighting]:
    """Return the sightings of an identity beside the one that something is said of."""
    others = _others(sightings_of(store, identity_id), [sighting])
    if not others:
        raise ConfigError(
            f"{what}: {sighting.name} is the only sighting of identity {identity_id}, so there is "
            f"nothing to {what}"
        )
    return others


def check_against(request: Request, rulings: Iterable[Ruling], store: StoreReader) -> None:
    """Refuse what an older correction contradicts.

    Raises:
        ConfigError: If sightings would come together that somebody distinguished, or the other way
            round; naming them and the correction.
    """
    joined, others = _meant(request, store)
    want_same = request.kind in ("merge", "confirm")
    sides = {frozenset((a.key, b.key)): (a, b) for a, b in product(joined, others)}
    for ruling in rulings:
        if ruling.kind == "merge" and not want_same:
            # What is distinguished sighting by sighting counts more; see `Corrections.effective`.
            continue
        for first, second, same in ruling.pairs():
            if same != want_same and (found := sides.get(frozenset((first, second)))):
                said = "one vehicle" if same else "two vehicles"
                raise ConfigError(
                    f"{request.kind}: {found[0].name} and {found[1].name} are {said} by correction "
                    f"{ruling.correction_id}; undo that one first with `undo`"
                )


def _meant(request: Request, store: StoreReader) -> tuple[list[Sighting], list[Sighting]]:
    """Return two groups of sightings that will be of one identity, or of two, afterwards."""
    if request.kind == "merge":
        return list(request.same), list(request.same)
    if request.kind == "confirm":
        return list(request.same[:-1]), _whole(store, request.same[-1])
    return list(request.same), list(request.different)


def _whole(store: StoreReader, sighting: Sighting) -> list[Sighting]:
    if sighting.identity_id is None:
        return [sighting]
    return sightings_of(store, sighting.identity_id)


def sightings_of(store: StoreReader, identity_id: int) -> list[Sighting]:
    """Return the sightings of an identity in time order.

    Raises:
        QueryError: If it has none.
    """
    found = list(store.sightings(SightingFilter(identity_id=identity_id)))
    if not found:
        became = _became(store, identity_id)
        hint = f"; it became {', '.join(map(str, became))}" if became else ""
        raise QueryError(f"{store.path}: there is no identity {identity_id}{hint}")
    return found


def _became(store: StoreReader, identity_id: int) -> list[int]:
    """Return the identities that an identity's last sightings have now."""
    last: dict[int, int | None] = {}
    for revision in store.revisions():
        last[revision.sighting_id] = revision.before
    return sorted(
        {
            sighting.identity_id
            for sighting in store.sightings()
            if last.get(sighting.sighting_id) == identity_id and sighting.identity_id is not None
        }
    )


def _others(sightings: Sequence[Sighting], without: Sequence[Sighting]) -> list[Sighting]:
    left_out = {sighting.key for sighting in without}
    return [sighting for sighting in sightings if sighting.key not in left_out]


def _seen_best(sightings: Sequence[Sighting]) -> Sighting:
    def area(sighting: Sighting) -> float:
        x1, y1, x2, y2 = sighting.best_xyxy
        return (x2 - x1) * (y2 - y1)

    return max(sightings, key=lambda s: (area(s), -s.sighting_id))


def _listed(sightings: Iterable[Sighting]) -> str:
    return ", ".join(sighting.name for sighting in sightings)
