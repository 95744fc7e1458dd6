"""What a decision found of pairs of sightings, kept for the next one.

From one decision to the next, only vehicles in view change. A sighting that is another in anything
has another number (`Sightings.number`), so that whatever is kept of two numbers still holds, as
long as nothing else that it rests on has changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tracking.sightings import NUMBERLESS

if TYPE_CHECKING:
    from numpy.typing import NDArray


class PairMemory:
    """Values of the pairs of the last decision, by the numbers of rows and columns."""

    def __init__(self) -> None:
        self._rests_on: object = None
        self._rows = self._columns = np.zeros(0, np.int64)
        self._tables: tuple[NDArray[Any], ...] = ()

    def recall(
        self, rows: NDArray[np.int64], columns: NDArray[np.int64], rests_on: object
    ) -> tuple[NDArray[Any], ...] | None:
        """Return the tables of the last decision for the pairs of this one.

        Args:
            rows: int64 (R,), numbers of the rows.
            columns: int64 (N,), of the columns.
            rests_on: As of `keep`.

        Returns:
            The tables, (R, N) each; 0 of pairs that the last decision did not have. None if it
            rested on something else.
        """
        if self._rests_on != rests_on or not len(self._rows) or not len(self._columns):
            return None
        row, column = _places(self._rows, rows), _places(self._columns, columns)
        found = tuple(table.take(row, axis=0).take(column, axis=1) for table in self._tables)
        for table in found:
            table[row < 0] = 0
            table[:, column < 0] = 0
        return found

    def keep(
        self,
        rows: NDArray[np.int64],
        columns: NDArray[np.int64],
        rests_on: object,
        *tables: NDArray[Any],
    ) -> None:
        """Keep the tables of a decision in place of those of the last one.

        Args:
            rows: int64 (R,), numbers of the rows.
            columns: int64 (N,), of the columns.
            rests_on: All else that they follow from; compared by equality.
            tables: (R, N) each; nobody may change them.
        """
        self._rests_on = rests_on
        self._rows, self._columns, self._tables = rows, columns, tables


def _places(numbers: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.intp]:
    """Return where among some numbers others are, -1 for nowhere."""
    order = numbers.argsort(kind="stable")
    place = np.minimum(np.searchsorted(numbers, wanted, sorter=order), len(numbers) - 1)
    found = order[place]
    return np.where((numbers[found] == wanted) & (wanted != NUMBERLESS), found, -1)
