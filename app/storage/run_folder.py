"""Files of a run: their paths, and replacing older ones."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final

from app.errors import OutputError
from app.storage import asked_outputs
from app.storage.folder_lock import held, is_held
from app.storage.store import FILE_NAME, store_path
from app.times import format_stamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_ONLINE: Final = "_online"
_LOCK: Final = ".running"
# The store goes last: as long as it is there, the folder is known to be a run's.
_STORE_FILES: Final = tuple(FILE_NAME + suffix for suffix in ("-shm", "-wal", ""))


class RunFolder:
    """The folder of a run.

    Args:
        path: The folder; it need not exist yet.
        online: Whether videos and tracks are meant that show what was known at the time, instead
            of the final ones.
    """

    def __init__(self, path: Path, *, online: bool = False) -> None:
        suffix = _ONLINE if online else ""
        self.path = path
        self.videos = path / f"videos{suffix}"
        self.mosaic = path / f"mosaic{suffix}.mp4"
        self.mosaic_pieces = path / "mosaic"
        self.tracks = path / f"tracks{suffix}"
        self.aside = path / ".drawing"
        self.thumbnails = path / "thumbnails"
        self.store = store_path(path)
        self.summary = path / "summary.json"
        self.report = path / "report.html"
        self.corrections = path / "corrections.yaml"
        self.searches = path / "searches.jsonl"
        self.links_picture = path / "links.svg"
        self.error_sheet = path / "identity_errors.jpg"

    def video(self, camera_id: str) -> Path:
        """Return where the annotated video of a recording goes."""
        return self.videos / f"{camera_id}.mp4"

    def video_piece(self, camera_id: str, begin: float) -> Path:
        """Return where a piece of a live camera's annotated video goes.

        Args:
            camera_id: The camera.
            begin: When its first frame was taken, in UTC seconds.
        """
        return self.videos / f"{camera_id}_{format_stamp(begin)}.mp4"

    def mosaic_piece(self, begin: float) -> Path:
        """Return where a piece of the mosaic of live cameras goes, likewise."""
        return self.mosaic_pieces / f"mosaic_{format_stamp(begin)}.mp4"

    def own_files(self) -> list[Path]:
        """Return the files, there or not, that only commands for the whole run may write."""
        return [self.corrections, self.searches, *self._written()]

    def note(self, written: Iterable[Path]) -> None:
        """Take note of files that a command was asked to write, so that they go with the run.

        Args:
            written: The files; those that lie outside of the folder are nobody's business.
        """
        if self.store.exists():
            asked_outputs.note(self.path, written)

    def has_video_at(self, path: Path) -> bool:
        """Return whether a place is one that the run's videos go to."""
        place = path.resolve()
        mosaics = self._final.mosaic.resolve(), self._online.mosaic.resolve()
        return place in mosaics or place.parent in (f.resolve() for f in self._video_folders())

    def check(self, *, overwrite: bool, recordings: Iterable[Path] = ()) -> None:
        """Raise unless a run may write here.

        Args:
            overwrite: Whether an older run here may be replaced.
            recordings: What the run will read; none of it may lie where its videos go, or go with
                the older run.

        Raises:
            OutputError: If the place is taken, or cannot be written to.
        """
        if self.path.exists() and not self.path.is_dir():
            raise OutputError(f"{self.path}: is a file; give a folder with --out")
        noted = asked_outputs.unchanged(self.path) if overwrite else ()
        going = {file.resolve() for file in noted}
        for recording in recordings:
            if self.has_video_at(recording):
                raise OutputError(
                    f"{recording}: is an input, but lies where the run writes its videos; choose "
                    "another folder with --out"
                )
            if recording.resolve() in going:
                raise OutputError(
                    f"{recording}: is an input, but a clip of the older run, which is replaced; "
                    "move it, or choose another folder with --out"
                )
        try:
            existing = next(p for p in (self.path, *self.path.absolute().parents) if p.exists())
            with tempfile.TemporaryFile(dir=existing):
                pass
        except OSError as error:
            raise OutputError(f"{self.path}: cannot be written to: {error.strerror}") from error
        if self.in_use():
            raise self._busy()
        self.check_free(overwrite=overwrite)

    def check_free(self, *, overwrite: bool) -> None:
        """Raise if there is something in the folder that may not be replaced.

        A run asks again once it has `reserved` the folder: another one may have come and gone.

        Args:
            overwrite: Whether an older run here may be replaced.

        Raises:
            OutputError: If that is so.
        """
        if overwrite or not self.path.is_dir():
            return
        try:
            taken = any(file.name != _LOCK for file in self.path.iterdir())
        except OSError as error:
            raise OutputError(f"{self.path}: cannot be read: {error.strerror}") from error
        if taken:
            raise OutputError(
                f"{self.path}: is not empty; choose another folder with --out, or replace the run "
                "in it with --overwrite"
            )

    def clear(self) -> None:
        """Make the folder, and remove what an older run left, and what commands noted there.

        All other files stay, and with them people's corrections and the record of searches.

        Raises:
            OutputError: If something cannot be removed or made.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            if self.store.exists():
                self._remove_run()
        except OSError as error:
            raise OutputError(f"{error.filename}: {error.strerror}") from error

    @contextmanager
    def reserved(self) -> Iterator[None]:
        """Keep other runs, and who draws one again, out of the folder, which is made if need be.

        Raises:
            OutputError: If another process is at it, or the folder cannot be made.
        """
        with ExitStack() as stack:
            try:
                self.path.mkdir(parents=True, exist_ok=True)
                stack.enter_context(held(self.path / _LOCK))
            except BlockingIOError:
                raise self._busy() from None
            except OSError as error:
                raise OutputError(f"{error.filename}: {error.strerror}") from error
            yield

    def in_use(self) -> bool:
        """Return whether a run is going on in the folder."""
        return is_held(self.path / _LOCK)

    def _busy(self) -> OutputError:
        return OutputError(
            f"{self.path}: another run or rendering is in progress in this folder; wait until it "
            "ends, or choose another folder"
        )

    def _remove_run(self) -> None:
        # Only what a run writes: somebody may have put files of their own beside it.
        # What speaks of this run, as the two images do, would seem to be of the next one.
        asked_for = asked_outputs.unchanged(self.path)
        for file in (self.links_picture, self.error_sheet, *asked_for, *self._written()):
            file.unlink(missing_ok=True)
        shutil.rmtree(self.aside, ignore_errors=True)
        filled = [folder for folder, _ in self._filled()]
        for folder in (*filled, *(file.parent for file in asked_for)):
            if folder != self.path and folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()

    def _written(self) -> Iterator[Path]:
        """Yield the files that a run writes; those with names of their own, there or not."""
        for folder, pattern in self._filled():
            yield from folder.glob(pattern)
        yield from (self._final.mosaic, self._online.mosaic, self.summary, self.report)
        yield self.path / asked_outputs.FILE_NAME
        yield from (self.path / name for name in _STORE_FILES)

    def _filled(self) -> list[tuple[Path, str]]:
        """Return the folders that a run fills, and what with."""
        tracks = [(kind.tracks, "*.txt") for kind in (self._final, self._online)]
        videos = [(folder, "*.mp4") for folder in self._video_folders()]
        return [*videos, *tracks, (self.thumbnails, "*.jpg")]

    def _video_folders(self) -> list[Path]:
        return [self._final.videos, self._online.videos, self.mosaic_pieces]

    @property
    def _final(self) -> RunFolder:
        return RunFolder(self.path)

    @property
    def _online(self) -> RunFolder:
        return RunFolder(self.path, online=True)
