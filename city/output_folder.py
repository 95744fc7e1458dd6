"""An output folder being filled: its owner, its inputs, and what is already done."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

STATE: Final = ".city"
"""Subfolder with the stamp and the notes of finished parts; whoever has it is ours."""
VERSION: Final = "2"
"""Raised when the same settings give other images or another truth than before."""
_STAMP: Final = "stamp.json"
_ERROR_LOG: Final = "worker-error.log"
_PART: Final = ".part"


def digest(*texts: str) -> str:
    """Return a fingerprint of some texts."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


class OutputFolder:
    """Where a command writes, in parts that are finished one by one.

    Args:
        path: The folder; it need not exist.
        origin: What its contents follow from, by name: two runs whose origins differ do not mix.
        owned: Glob patterns of all that the command writes there.
    """

    def __init__(self, path: Path, *, origin: Mapping[str, str], owned: Iterable[str]) -> None:
        self.path = path
        self._origin = dict(origin)
        self._owned = tuple(owned)

    @property
    def _stamp(self) -> Path:
        return self.path / STATE / _STAMP

    @property
    def error_log(self) -> Path:
        """For the traceback of what ended the last run, if an error did."""
        return self.path / STATE / _ERROR_LOG

    def open(self, *, overwrite: bool) -> None:
        """Make the folder, or take up what an earlier run of the same origin has left.

        Args:
            overwrite: Whether what another run has written may be removed.

        Raises:
            ValueError: If it cannot be written, or holds anything that is not ours to continue or
                to remove.
        """
        try:
            self._open(overwrite=overwrite)
        except OSError as error:
            reason = error.strerror or error
            raise ValueError(
                f"{self.path} cannot be written ({reason}): choose another --out"
            ) from None

    def _open(self, *, overwrite: bool) -> None:
        if self.path.exists() and not self.path.is_dir():
            raise ValueError(f"{self.path} is a file: choose another --out")
        # One that was killed as it began, or found the disk full, left no stamp, and nothing else.
        begun = self._stamp.is_file()
        others = (path for path in self.path.glob("*") if path.name != STATE)
        if begun or any(others):
            self._take_over(overwrite=overwrite)
        self._stamp.parent.mkdir(parents=True, exist_ok=True)
        self._remove_written(_PART)
        self.error_log.unlink(missing_ok=True)
        write_whole(self._stamp, json.dumps(self._origin, indent=1).encode())

    def _take_over(self, *, overwrite: bool) -> None:
        if not self._stamp.is_file():
            raise ValueError(
                f"{self.path} is not empty, and not of this command: choose another --out"
            )
        if overwrite:
            self._remove_written()
            return
        try:
            before = json.loads(self._stamp.read_text())
        except ValueError:
            raise ValueError(
                f"{self._stamp} is damaged, so that nobody knows what the folder was made from: "
                "choose another --out, or --overwrite"
            ) from None
        differs = [name for name in self._origin if before.get(name) != self._origin[name]]
        if differs:
            raise ValueError(
                f"{self.path} was made from another {' and '.join(differs)}: choose another --out, "
                "or --overwrite"
            )

    def _remove_written(self, suffix: str = "") -> None:
        # Only what the command writes: somebody may have put files of their own beside it.
        for pattern in (*self._owned, f"{STATE}/*.json"):
            for file in self.path.glob(pattern + suffix):
                file.unlink()

    def finished(self, part: str) -> dict[str, object] | None:
        """Return the notes of a finished part, None if it is not finished."""
        note = self._note(part)
        if not note.is_file():
            return None
        notes: dict[str, object] = json.loads(note.read_text())
        return notes

    def finish(self, part: str, notes: Mapping[str, object]) -> None:
        """Note that a part is finished: all its files are in place."""
        write_whole(self._note(part), json.dumps(notes).encode())

    def _note(self, part: str) -> Path:
        return self.path / STATE / f"part-{part}.json"


def partial(path: Path) -> Path:
    """Return where a file is written until it is complete; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.with_name(path.name + _PART)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that is there as a whole or not at all."""
    part = partial(path)
    part.write_bytes(content)
    part.replace(path)
