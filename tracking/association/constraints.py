"""Manual corrections of tracklets, as constraints on the association.

Reference: Wagstaff et al., "Constrained k-means clustering with background knowledge", ICML 2001
(must-link and cannot-link).
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from tracking.association.gallery import Known
    from tracking.decisions import Correction, Key

CERTAIN: Final = 1000.0
"""Log-odds of a manual correction: more than all evidence together."""


class Constraints:
    """Must-link and cannot-link between tracklets.

    Must-link is transitive, and cannot-link holds for everything that is linked to either side.

    Args:
        corrections: Manual corrections, in this order; of two contradicting ones the later one
            counts.
    """

    def __init__(self, corrections: Iterable[Correction]) -> None:
        said: dict[frozenset[Key], bool] = {}
        for one in corrections:
            pair = frozenset((one.first, one.second))
            said.pop(pair, None)
            said[pair] = one.same
        self._group: dict[Key, int] = {}
        members: dict[int, list[Key]] = {}
        for pair in said:
            for key in sorted(pair):
                if key not in self._group:
                    self._group[key] = len(members)
                    members[len(members)] = [key]
        for pair, same in said.items():
            first, second = sorted(self._group[key] for key in pair)
            if same and first != second:
                for key in members.pop(second):
                    self._group[key] = first
                    members[first].append(key)
        self._apart: defaultdict[int, set[int]] = defaultdict(set)
        for pair, same in said.items():
            first, second = (self._group[key] for key in sorted(pair))
            if not same and first != second:
                self._apart[first].add(second)
                self._apart[second].add(first)
        self._identities: defaultdict[int, set[int]] = defaultdict(set)

    def note(self, key: Key, identity_id: int) -> None:
        """Take note that a tracklet has got its final identity."""
        group = self._group.get(key)
        if group is not None:
            self._identities[group].add(identity_id)

    def wanted(self, keys: Iterable[Key]) -> list[int]:
        """Return the settled identities that tracklets must or must not be linked to."""
        groups = {self._group[key] for key in keys if key in self._group}
        return sorted({number for group in groups for number in self._identities[group]})

    def between(
        self, known: Known, keys: Sequence[Key]
    ) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
        """Return what holds between known identities and new tracklets, and among these.

        Args:
            known: K identities.
            keys: N tracklets.

        Returns:
            Which pairs are certainly two vehicles, and the log-odds added to those that are
            certainly one; (K + N, N).
        """
        k, n = len(known), len(keys)
        apart, together = np.zeros((k + n, n), np.bool_), np.zeros((k + n, n))
        rows: defaultdict[int, list[int]] = defaultdict(list)
        row_of = {number: row for row, number in enumerate(known.identity.tolist())}
        for group, numbers in self._identities.items():
            rows[group] += [row_of[number] for number in sorted(numbers) if number in row_of]
        columns: defaultdict[int, list[int]] = defaultdict(list)
        for column, key in enumerate(keys):
            if key in self._group:
                columns[self._group[key]].append(column)
                rows[self._group[key]].append(k + column)
        for group, own in columns.items():
            for row in rows[group]:
                # One after the other: a link that leaves one out would keep it out.
                later = [column for column in own if k + column > row]
                together[row, later[:1]] = CERTAIN
            for other in sorted(self._apart[group]):
                apart[np.ix_(rows[other], own)] = True
        return apart, together
