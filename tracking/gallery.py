"""The sightings that association compares: their times, cameras and appearance as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tracking.types import EMBEDDING_DIM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tracking.links import LinkGraph
    from tracking.types import Tracklet


@dataclass(frozen=True, slots=True, eq=False)
class Sightings:
    """Tracklets as a struct of arrays.

    Attributes:
        camera: intp (N,), index of the camera in the `LinkGraph`.
        first: float64 (N,), UTC seconds of the first time.
        last: float64 (N,), of the last time; inf while the vehicle is still in view.
        class_id: int64 (N,), index into `CLASS_NAMES`.
        embedding: float32 (N, 512), unit length.
    """

    camera: NDArray[np.intp]
    first: NDArray[np.float64]
    last: NDArray[np.float64]
    class_id: NDArray[np.int64]
    embedding: NDArray[np.float32]

    def __len__(self) -> int:
        """Return the number of sightings."""
        return len(self.camera)

    def __getitem__(self, rows: slice) -> Sightings:
        """Return some of the sightings."""
        return Sightings(*(getattr(self, name)[rows] for name in _FIELDS))

    @classmethod
    def of(cls, tracklets: Sequence[Tracklet], graph: LinkGraph) -> Sightings:
        """Return tracklets as arrays."""
        return cls(
            np.array([graph.index(t.camera_id) for t in tracklets], np.intp),
            np.array([t.first_timestamp for t in tracklets], np.float64),
            np.array([t.last_timestamp if t.ended else np.inf for t in tracklets], np.float64),
            np.array([t.class_id for t in tracklets], np.int64),
            np.array([t.embedding for t in tracklets], np.float32).reshape(-1, EMBEDDING_DIM),
        )


_FIELDS: Final = ("camera", "first", "last", "class_id", "embedding")


class Gallery:
    """Sightings that have an identity, by key. They have no order, and none is ever forgotten.

    A sighting takes 2.1 kB.
    """

    def __init__(self) -> None:
        self._columns: dict[str, NDArray[Any]] = {
            "camera": np.zeros(64, np.intp),
            "first": np.zeros(64),
            "last": np.zeros(64),
            "class_id": np.zeros(64, np.int64),
            "embedding": np.zeros((64, EMBEDDING_DIM), np.float32),
            "identity": np.zeros(64, np.int64),
        }
        self._keys: list[tuple[str, int]] = []
        self._row_of: dict[tuple[str, int], int] = {}

    def __len__(self) -> int:
        """Return the number of sightings."""
        return len(self._keys)

    @property
    def identity(self) -> NDArray[np.int64]:
        """Identity of each sighting; (N,)."""
        return np.asarray(self._columns["identity"][: len(self)])

    @property
    def sightings(self) -> Sightings:
        """The sightings, as views that the next change makes invalid."""
        return Sightings(*(self._columns[name][: len(self)] for name in _FIELDS))

    def put(self, key: tuple[str, int], one: Sightings, *, identity: int) -> None:
        """Add a sighting, or replace it if it is there.

        Args:
            key: Its camera and track.
            one: The sighting, as arrays of length 1.
            identity: Which vehicle it is.
        """
        row = self._row_of.setdefault(key, len(self))
        if row == len(self):
            self._keys.append(key)
        for name, column in self._columns.items():
            if row == len(column):
                # Doubling keeps the cost of adding constant on average.
                self._columns[name] = np.concatenate([column, np.zeros_like(column)])
        for name in _FIELDS:
            self._columns[name][row] = getattr(one, name)[0]
        self._columns["identity"][row] = identity

    def remove(self, key: tuple[str, int]) -> int | None:
        """Take a sighting out and return its identity; None if it is not there."""
        row = self._row_of.pop(key, None)
        if row is None:
            return None
        identity = int(self.identity[row])
        # The last sighting takes its row.
        moved = self._keys.pop()
        if moved != key:
            for column in self._columns.values():
                column[row] = column[len(self)]
            self._keys[row] = moved
            self._row_of[moved] = row
        return identity
