"""The clips that pages of `app.browse` play: files, of which those used last are kept."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MOST_BYTES: Final = 512 << 20
"""Some hundred clips of ten seconds; folders of temporary files may be in memory."""


class Clips:
    """Clips in a folder, the ones used last, to be used from any thread.

    Args:
        folder: Where they go; it is theirs alone.
        most_bytes: How large they may be together, beside those in use and the newest one.
    """

    def __init__(self, folder: Path, *, most_bytes: int = MOST_BYTES) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._sizes: dict[str, int] = {}
        """In the order of use, the latest last."""
        self._lent: Counter[str] = Counter()
        self._changing = threading.Lock()

    def keep(self, name: str, write: Callable[[Path], None]) -> None:
        """Write a clip, unless it is there, and remove those that were not used for longest.

        Args:
            name: Of the clip, as of a file without suffix.
            write: Writes it to a path.
        """
        with self._changing:
            if self._use(name):
                return
        path = self._path(name)
        try:
            write(path)
        except BaseException:
            # A part of it would take room that nobody counts: a full disk would stay full.
            path.unlink(missing_ok=True)
            raise
        with self._changing:
            self._sizes[name] = path.stat().st_size
            self._make_room(name)

    @contextmanager
    def lent(self, name: str) -> Iterator[Path | None]:
        """Return a clip that stays within, None if it is not there."""
        with self._changing:
            there = self._use(name)
            if there:
                self._lent[name] += 1
        if not there:
            yield None
            return
        try:
            yield self._path(name)
        finally:
            with self._changing:
                self._lent -= Counter([name])

    def _use(self, name: str) -> bool:
        """Return whether a clip is there, which then is the one used last."""
        if name not in self._sizes:
            return False
        self._sizes[name] = self._sizes.pop(name)
        return True

    def _make_room(self, newest: str) -> None:
        for name in list(self._sizes):
            if sum(self._sizes.values()) <= self._most_bytes:
                return
            if name != newest and name not in self._lent:
                del self._sizes[name]
                self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.mp4"
