"""Connection to a store, to read from."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

from app.storage import schema

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from app.storage.rows import Row


class StoreConnection:
    """An open store.

    Methods raise `StoreError` if the file cannot be read. An instance belongs to the thread that
    opened it.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._file = path.stat()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    @property
    def is_in_place(self) -> bool:
        """Whether the file is still at its path, neither replaced nor removed; in any thread."""
        try:
            return os.path.samestat(self._path.stat(), self._file)
        except OSError:
            return False

    def close(self) -> None:
        """Close the file; the instance is of no use afterwards."""
        self._connection.close()

    @contextmanager
    def unchanging(self) -> Iterator[None]:
        """Read one and the same state of the store within, while a run continues writing to it."""
        if self._connection.in_transaction:  # of the writer itself, who sees all it does
            yield
            return
        with schema.reported(self._path):
            self._connection.execute("BEGIN")
        try:
            yield
        finally:
            self._connection.rollback()

    def _read(self, sql: str, values: Sequence[Any] = ()) -> Iterator[Row]:
        with schema.reported(self._path):
            # Not `yield from`: it would close the cursor with this generator, which fails, in
            # nobody's hands, where an error left it half read and the store was closed before.
            for row in self._connection.execute(sql, values):  # noqa: UP028
                yield row
