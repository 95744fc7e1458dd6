"""Archive of identities not seen for long, searched by appearance alone.

An inverted file: mean embeddings are kept in cells around centroids, and a query searches the few
cells with the nearest centroids. A cell that has grown too large is split in two, so that no search
and no insertion ever takes long, whatever was added before. The results of a query are ranked by
exact distances.

Reference: Sivic & Zisserman, "Video Google", ICCV 2003; Jegou et al., "Product quantization for
nearest neighbor search", PAMI 2011, Sect. IV (coarse quantiser). Departure: cells grow by bisection
(Steinbach et al., "A comparison of document clustering techniques", 2000), not in one training.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tracking.ground import NOWHERE, SAMPLES
from tracking.sightings import NUMBERLESS, Sightings
from tracking.types import EMBEDDING_DIM

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tracking.decisions import Key

PROBED_CELLS: Final = 12
"""Cells looked through for a query."""

CELL_SIZE: Final = 256
"""Identities of a cell at most."""

_ROUNDS: Final = 4
"""Of k-means with two clusters, by which a cell is split."""


@dataclass(frozen=True, slots=True, eq=False)
class Retired:
    """An archived identity.

    Attributes:
        identity_id: Its number.
        total: float32 (512,), sum of the embeddings of its sightings.
        count: How many that are.
        tail: Its last sighting; one, with the mean appearance of all.
        tail_key: Its name.
    """

    identity_id: int
    total: NDArray[np.float32]
    count: float
    tail: Sightings
    tail_key: Key


class Archive:
    """Retired identities; about 1.2 kB each."""

    def __init__(self) -> None:
        self._columns: dict[str, NDArray[Any]] = {
            "mean": np.zeros((64, EMBEDDING_DIM), np.float16),
            "number": np.zeros((64, 4)),
            "ends": np.zeros((64, 10), np.float32),
            "camera": np.zeros(64, np.intp),
        }
        self._keys: list[Key] = []
        self._identity: list[int] = []
        self._row_of: dict[int, int] = {}
        self._free: list[int] = []
        self._cells = _Cells()

    def __len__(self) -> int:
        """Return the number of identities."""
        return len(self._row_of)

    def __contains__(self, identity_id: int) -> bool:
        """Return whether an identity is there."""
        return identity_id in self._row_of

    def put(self, one: Retired) -> None:
        """Add an identity, which must not be there."""
        if one.identity_id in self._row_of:
            raise ValueError(f"identity {one.identity_id} is in the archive already")
        row = self._free.pop() if self._free else self._new_row()
        tail = one.tail
        mean = one.total / np.float32(one.count)
        self._columns["mean"][row] = mean
        self._columns["number"][row] = (tail.first[0], tail.last[0], one.count, tail.class_id[0])
        self._columns["ends"][row] = (*tail.entry[0], *tail.leave[0], *tail.scale[0])
        self._keys[row], self._identity[row] = one.tail_key, one.identity_id
        self._columns["camera"][row] = tail.camera[0]
        self._row_of[one.identity_id] = row
        self._cells.add(row, self._columns["mean"])

    def get(self, identity_id: int) -> Retired | None:
        """Return an identity; None if it is not there."""
        row = self._row_of.get(identity_id)
        if row is None:
            return None
        mean = self._columns["mean"][row].astype(np.float32)
        first, last, count, class_id = self._columns["number"][row].tolist()
        ends = self._columns["ends"][row].astype(np.float64)
        tail = Sightings(
            self._columns["camera"][row : row + 1].copy(),
            np.array([first]),
            np.array([last]),
            np.array([True]),
            np.array([class_id], np.int64),
            mean[None],
            ends[None, :4],
            ends[None, 4:8],
            ends[None, 8:],
            np.array([np.inf]),
            # By now it may be anywhere.
            np.full((1, SAMPLES, 3), np.nan),
            np.full((1, 2, 4), np.nan),
            np.zeros(1),
            np.array([NOWHERE], np.intp),
            np.array([None], np.object_),
            # It is not what it was.
            np.array([NUMBERLESS], np.int64),
        )
        return Retired(identity_id, mean * np.float32(count), count, tail, self._keys[row])

    def take(self, identity_id: int) -> Retired | None:
        """Remove an identity and return it; None if it is not there."""
        found = self.get(identity_id)
        if found is not None:
            row = self._row_of.pop(identity_id)
            self._cells.remove(row)
            self._free.append(row)
        return found

    def nearest(self, embedding: NDArray[np.float32], *, limit: int) -> list[int]:
        """Return the identities most similar to a vehicle, the nearest first.

        Args:
            embedding: float32 (512,).
            limit: How many at most.
        """
        rows = self._cells.near(embedding)
        if not len(rows):
            return []
        similarity = self._columns["mean"][rows].astype(np.float32) @ embedding
        best = np.argsort(-similarity, kind="stable")[:limit]
        return [self._identity[row] for row in rows[best].tolist()]

    def _new_row(self) -> int:
        row = len(self._identity)
        self._identity.append(0)
        self._keys.append(("", 0))
        for name, column in self._columns.items():
            if row == len(column):
                # Doubling keeps the cost of adding constant on average.
                self._columns[name] = np.concatenate([column, np.zeros_like(column)])
        return row


class _Cells:
    """Rows in cells around centres."""

    def __init__(self) -> None:
        self._centres = np.zeros((8, EMBEDDING_DIM), np.float32)
        self._rows: list[list[int]] = [[]]
        self._cell_of: dict[int, int] = {}

    def add(self, row: int, vectors: NDArray[np.float16]) -> None:
        cell = int(self._similarity(vectors[row].astype(np.float32)).argmax())
        self._rows[cell].append(row)
        self._cell_of[row] = cell
        if len(self._rows[cell]) > CELL_SIZE:
            self._split(cell, vectors)

    def remove(self, row: int) -> None:
        self._rows[self._cell_of.pop(row)].remove(row)

    def near(self, vector: NDArray[np.float32]) -> NDArray[np.intp]:
        cells = np.argsort(-self._similarity(vector), kind="stable")[:PROBED_CELLS]
        return np.array([row for cell in cells.tolist() for row in self._rows[cell]], np.intp)

    def _similarity(self, vector: NDArray[np.float32]) -> NDArray[np.float32]:
        return self._centres[: len(self._rows)] @ vector

    def _split(self, cell: int, vectors: NDArray[np.float16]) -> None:
        rows = np.array(self._rows[cell], np.intp)
        points = vectors[rows].astype(np.float32)
        left = _halves(points)
        new = len(self._rows)
        if new == len(self._centres):
            self._centres = np.concatenate([self._centres, np.zeros_like(self._centres)])
        self._rows.append(rows[~left].tolist())
        self._rows[cell] = rows[left].tolist()
        self._cell_of.update(dict.fromkeys(self._rows[new], new))
        for place, part in ((cell, points[left]), (new, points[~left])):
            centre = part.mean(axis=0)
            self._centres[place] = centre / max(float(np.linalg.norm(centre)), 1e-6)


def _halves(points: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which points are in the first of two clusters; neither is empty."""
    middle = points.mean(axis=0)
    first = points[((points - middle) ** 2).sum(axis=1).argmax()]
    second = points[((points - first) ** 2).sum(axis=1).argmax()]
    left = np.arange(len(points)) < len(points) // 2
    for _ in range(_ROUNDS):
        # Nearer to the first: the sign of the projection on what is between them.
        found = points @ (first - second) > ((first**2).sum() - (second**2).sum()) / 2
        if found.all() or not found.any():
            break
        left = found
        first, second = points[left].mean(axis=0), points[~left].mean(axis=0)
    return np.asarray(left)
