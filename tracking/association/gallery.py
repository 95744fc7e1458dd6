"""Gallery: the settled identities with which new sightings are compared.

Sightings of the last minutes are kept individually, since times, positions and exclusivity matter
for them. An identity without any recent sighting goes to the archive, from which only appearance
can retrieve it; so the work per sighting does not grow with the number of vehicles ever seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tracking.association.archive import Archive, Retired
from tracking.sightings import Sightings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from tracking.decisions import Key
    from tracking.ground import GroundPlane


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """Some identities and their latest sightings.

    Attributes:
        identity: int64 (K,), ascending.
        tail: The sighting of each that began last; K of them.
        tail_row: intp (K,), which of the members that is.
        tail_key: Their names.
        total: float32 (K, 512), sum of the embeddings of all sightings of each.
        count: float64 (K,), how many that are.
        scale: float64 (K, 2), mean and deviation of the distances to other vehicles, their mean.
        crops: float64 (K,), single views of all its sightings; infinite where some are old.
        members: Their sightings of the last minutes, M of them.
        owner: intp (M,), which of the K each belongs to.
    """

    identity: NDArray[np.int64]
    tail: Sightings
    tail_row: NDArray[np.intp]
    tail_key: list[Key]
    total: NDArray[np.float32]
    count: NDArray[np.float64]
    scale: NDArray[np.float64]
    crops: NDArray[np.float64]
    members: Sightings
    owner: NDArray[np.intp]

    def __len__(self) -> int:
        """Return the number of identities."""
        return len(self.identity)


def known_of(
    members: Sightings,
    keys: Sequence[Key],
    identity: NDArray[np.int64],
    older: dict[int, tuple[NDArray[np.float32], float]],
) -> Known:
    """Group sightings by identity.

    Args:
        members: M sightings.
        keys: Their names.
        identity: int64 (M,), of each.
        older: By identity, the sum and the number of embeddings that are not among the members.
    """
    numbers, owner = np.unique(identity, return_inverse=True)
    # The last of each identity in order of first times.
    order = np.lexsort((members.first, owner))
    size = np.bincount(owner, minlength=len(numbers))
    tails = order[np.cumsum(size) - 1]
    # Most have one sighting only, above all those from the archive.
    total = members.embedding[tails]
    several = size > 1
    if several.any():
        starts = np.cumsum(size[several]) - size[several]
        seen = members.embedding[order[several[owner[order]]]]
        total[several] = np.add.reduceat(seen, starts, axis=0)
    count = size.astype(np.float64)
    scale = np.zeros((len(numbers), 2))
    np.add.at(scale, owner, members.scale)
    scale /= np.maximum(count, 1)[:, None]
    crops = np.bincount(owner, members.crops, len(numbers)).astype(np.float64)
    rows = [row for row, number in enumerate(numbers.tolist()) if number in older]
    if rows:
        before = [older[number] for number in numbers[rows].tolist()]
        crops[rows] = np.inf
        total[rows] += np.stack([one for one, _ in before])
        count[rows] += [number for _, number in before]
    return Known(
        numbers,
        members[tails],
        tails,
        [keys[i] for i in tails.tolist()],
        total,
        count,
        scale,
        crops,
        members,
        owner,
    )


class Gallery:
    """Settled sightings by identity.

    Args:
        horizon_s: Sightings that ended longer ago leave the recent ones.
    """

    def __init__(self, empty: Sightings, *, horizon_s: float) -> None:
        self._horizon_s = horizon_s
        self._recent = empty
        self._keys: list[Key] = []
        self._identity = np.zeros(0, np.int64)
        self._numbers: set[int] = set()
        self._older: dict[int, tuple[NDArray[np.float32], float]] = {}
        self.archive = Archive()
        self._fetched: dict[int, Retired] = {}

    def holds(self, identity_id: int) -> bool:
        """Return whether an identity has sightings here, recent or archived."""
        return identity_id in self.archive or identity_id in self._numbers

    def settle(
        self, sightings: Sightings, keys: Sequence[Key], identity: NDArray[np.int64]
    ) -> None:
        """Add sightings whose identity will not change any more."""
        for number in dict.fromkeys(identity.tolist()):
            retired = self.archive.take(number)
            self._fetched.pop(number, None)
            if retired is not None:
                self._older[number] = retired.total, retired.count
        self._recent = Sightings.join([self._recent, sightings])
        self._keys += keys
        self._identity = np.concatenate([self._identity, identity])
        self._numbers.update(identity.tolist())

    def place(
        self,
        ground: Mapping[int, GroundPlane | None],
        numbered: Callable[[Sightings], Sightings],
    ) -> None:
        """Place the recent sightings again; see `Sightings.placed`.

        Args:
            ground: As of that.
            numbered: Gives sightings new numbers.
        """
        self._recent = numbered(self._recent.placed(ground))

    def forget(self, now: float) -> None:
        """Send identities that were not seen for long to the archive."""
        old = self._recent.last < now - self._horizon_s
        # Rarely, so that the arrays are not copied for each single one.
        if old.sum() <= len(old) // 4:
            return
        kept = set(self._identity[~old].tolist())
        gone = known_of(
            self._recent[old],
            [key for key, is_old in zip(self._keys, old.tolist(), strict=True) if is_old],
            self._identity[old],
            {},
        )
        for row, number in enumerate(gone.identity.tolist()):
            before = self._older.pop(number, (np.float32(0), 0.0))
            total, count = before[0] + gone.total[row], before[1] + float(gone.count[row])
            if number in kept:
                self._older[number] = total, count
            else:
                tail = gone.tail[np.array([row])]
                self.archive.put(Retired(number, total, count, tail, gone.tail_key[row]))
        self._keys = [k for k, is_old in zip(self._keys, old.tolist(), strict=True) if not is_old]
        self._recent, self._identity, self._numbers = self._recent[~old], self._identity[~old], kept

    def known(
        self,
        extra: Sightings,
        extra_keys: Sequence[Key],
        extra_identity: NDArray[np.int64],
        *,
        archived: Sequence[int],
    ) -> Known:
        """Return the recent identities.

        Args:
            extra: Further sightings, not settled.
            extra_keys: Their names.
            extra_identity: Their identities.
            archived: Identities to fetch from the archive as well; they stay there.
        """
        parts, keys = [self._recent, extra], [*self._keys, *extra_keys]
        numbers, older = [self._identity, extra_identity], dict(self._older)
        fetched = self._fetch(archived)
        for number, retired in fetched.items():
            parts.append(retired.tail)
            keys.append(retired.tail_key)
            tail = retired.tail.embedding[0]
            older[number] = retired.total - tail, retired.count - 1
        numbers.append(np.array(list(fetched), np.int64))
        return known_of(Sightings.join(parts), keys, np.concatenate(numbers), older)

    def _fetch(self, numbers: Sequence[int]) -> dict[int, Retired]:
        """Return those of some identities that are archived.

        Mostly they are those of the last call: these are kept, as long as they are archived.
        """
        found = {
            number: self._fetched.get(number) or self.archive.get(number)
            for number in dict.fromkeys(numbers)
        }
        self._fetched = {number: one for number, one in found.items() if one is not None}
        return self._fetched
