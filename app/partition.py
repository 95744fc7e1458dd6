"""What corrections make of the association's identities: sightings in, identities out.

The association itself takes corrections as constraints when recordings are run again. This is how
they take effect at once, and hold whatever the association makes of them: each moves the sightings
that it is about, and leaves all others where they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

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
      those that were told apart before from one that has it;
    - confirm: its sightings, and those confirmed to be the same as they, get the identity of the
      last one;
    - split, reject: where its sightings share an identity with one that they differ from, they
      leave it, together, for a new one.

    Args:
        identity: The association's decisions.
        rulings: The corrections, in the order in which they were made.
        new_identity: By correction, the number of the identity that it founds if it has to.
    """
    now = dict(identity)
    together = {key: frozenset((key,)) for key in now}
    apart: set[frozenset[Key]] = set()
    moves: list[Move] = []
    for ruling in rulings:
        for key, after in _moved(now, ruling, apart, together, new_identity=new_identity):
            now[key] = after
            moves.append(Move(key, after, ruling.correction_id))
        apart.update(frozenset((a, b)) for a, b, same in ruling.pairs() if not same)
        joined: frozenset[Key] = frozenset().union(*(together.get(k, ()) for k in ruling.same))
        together.update((key, joined) for key in joined)
    return moves


def _moved(
    now: Mapping[Key, int],
    ruling: Ruling,
    apart: set[frozenset[Key]],
    together: Mapping[Key, frozenset[Key]],
    *,
    new_identity: Mapping[int, int],
) -> list[tuple[Key, int]]:
    known = [key for key in ruling.same if key in now]
    if not known:
        return []
    if ruling.kind in SPLITTING:
        shared = {now[key] for key in ruling.different if key in now}
        stays = [now[key] for key in known if now[key] not in shared]
        target = stays[0] if stays else new_identity[ruling.correction_id]
        moving: Iterable[Key] = known
    elif ruling.kind == "merge":
        target = min(now[key] for key in known)
        joining = {now[key] for key in known} - {target}
        members = [key for key, identity_id in now.items() if identity_id == target]
        candidates = [key for key, identity_id in now.items() if identity_id in joining]
        moving = (
            key
            for key in candidates
            if key in ruling.same or not any(frozenset((key, m)) in apart for m in members)
        )
    else:
        target, moving = now[known[-1]], frozenset().union(*(together[k] for k in known[:-1]))
    return [(key, target) for key in sorted(moving) if now[key] != target]
