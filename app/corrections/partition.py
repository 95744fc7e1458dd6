"""Effect of corrections on the association's identities: sightings in, identities out.

The association itself takes corrections as constraints when recordings are processed again. This
module makes them effective immediately, whatever the association makes of them: each moves the
sightings that it concerns, and leaves all others where they are.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from tracking.decisions import Key

SPLITTING: Final = ("split", "reject")
"""Kinds of corrections that may need a new identity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """A correction whose sightings have been found among those of a run.

    Attributes:
        correction_id: Its number.
        kind: merge, split, confirm or reject.
        same: Sightings of one vehicle; of a "confirm", the last one says which.
        different: Sightings that are not this vehicle.
    """

    correction_id: int
    kind: str
    same: tuple[Key, ...]
    different: frozenset[Key] = frozenset()

    def pairs(self) -> Iterator[tuple[Key, Key, bool]]:
        """Yield two sightings each and whether they are one vehicle; as few as say it all."""
        yield from ((self.same[0], other, True) for other in self.same[1:])
        yield from ((a, b, False) for a, b in product(self.same, sorted(self.different)))


@dataclass(frozen=True, slots=True)
class Move:
    """A sighting's new identity.

    Attributes:
        key: The sighting.
        after: The identity that it has now.
        correction_id: What moved it.
    """

    key: Key
    after: int
    correction_id: int


def corrected(
    identity: Mapping[Key, int], rulings: Sequence[Ruling], *, new_identity: Mapping[int, int]
) -> list[Move]:
    """Return what corrections change, in the order of the corrections.

    - merge: all sightings of the identities concerned get the lowest of their numbers, except
      those that were distinguished before from one that has it;
    - confirm: its sightings get the identity of the last one;
    - split, reject: where its sightings share an identity with one that they differ from, they
      leave it, together, for a new one.

    Those that were said before to be the same as its sightings go along. Where the identity that
    they are to get holds one that was distinguished from any of them, they get another of theirs.

    Args:
        identity: The association's decisions.
        rulings: The corrections, in the order in which they were made.
        new_identity: By correction, the number of the identity that it founds if it has to.
    """
    now = dict(identity)
    together = {key: frozenset((key,)) for key in now}
    apart: defaultdict[Key, set[Key]] = defaultdict(set)
    moves: list[Move] = []
    for ruling in rulings:
        for key, after in _moved(now, ruling, apart, together, new_identity=new_identity):
            now[key] = after
            moves.append(Move(key, after, ruling.correction_id))
        for a, b, same in ruling.pairs():
            if not same:
                apart[a].add(b)
                apart[b].add(a)
        joined: frozenset[Key] = frozenset().union(*(together.get(k, ()) for k in ruling.same))
        together.update((key, joined) for key in joined)
    return moves


def _moved(
    now: Mapping[Key, int],
    ruling: Ruling,
    apart: Mapping[Key, set[Key]],
    together: Mapping[Key, frozenset[Key]],
    *,
    new_identity: Mapping[int, int],
) -> list[tuple[Key, int]]:
    known = [key for key in ruling.same if key in now]
    if not known:
        return []
    group = frozenset().union(*(together[key] for key in known))

    def told_apart(keys: Iterable[Key], others: AbstractSet[Key]) -> bool:
        return any(not apart[key].isdisjoint(others) for key in keys if key in apart)

    def is_free(identity_id: int) -> bool:
        return not told_apart(group, {key for key in now if now[key] == identity_id})

    # Of the identities that the correction allows for, one that holds none who was distinguished.
    moving = set(group)
    if ruling.kind in SPLITTING:
        shared = {now[key] for key in ruling.different if key in now}
        stays = [now[key] for key in known if now[key] not in shared and is_free(now[key])]
        target = stays[0] if stays else new_identity[ruling.correction_id]
        moving -= ruling.different
    elif ruling.kind == "merge":
        concerned = sorted({now[key] for key in known})
        target = next(filter(is_free, concerned), concerned[0])
        members = group | {key for key in now if now[key] == target}
        for key in sorted(key for key in now if now[key] in concerned and key not in members):
            if not told_apart(together[key], members):
                members |= together[key]
        moving |= members
    else:
        concerned = [now[key] for key in reversed(known)]
        target = next(filter(is_free, concerned), concerned[0])
    return [(key, target) for key in sorted(moving) if now[key] != target]
