"""Where the files of a run lie, and making room for them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

from app.errors import OutputError
from app.store import FILE_NAME, store_path

if TYPE_CHECKING:
    from pathlib import Path

_STORE_FILES: Final = tuple(FILE_NAME + suffix for suffix in ("", "-wal", "-shm"))


class RunFolder:
    """The folder of a run.

    Args:
        path: The folder; it need not exist yet.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.videos = path / "videos"
        self.mosaic = path / "mosaic.mp4"
        self.tracks = path / "tracks"
        self.thumbnails = path / "thumbnails"
        self.store = store_path(path)
        self.summary = path / "summary.json"
        self.report = path / "report.html"

    def video(self, camera_id: str) -> Path:
        """Return where the annotated video of a camera goes."""
        return self.videos / f"{camera_id}.mp4"

    def check(self, *, overwrite: bool) -> None:
        """Raise unless a run may write here.

        Raises:
            OutputError: If the place is taken, or cannot be written to.
        """
        if self.path.exists() and not self.path.is_dir():
            raise OutputError(f"{self.path}: is a file; give a folder with --out")
        if self.path.is_dir() and any(self.path.iterdir()) and not overwrite:
            raise OutputError(
                f"{self.path}: is not empty; choose another folder with --out, or replace the run "
                "in it with --overwrite"
            )
        existing = next(p for p in (self.path, *self.path.absolute().parents) if p.is_dir())
        probe = existing / ".scantrack-write-test"
        try:
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise OutputError(f"{self.path}: cannot be written to: {error.strerror}") from error

    def clear(self) -> None:
        """Make the folder, and remove what an older run left; other files stay.

        Raises:
            OutputError: If something cannot be removed or made.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            for folder in (self.videos, self.tracks, self.thumbnails):
                if folder.is_dir():
                    shutil.rmtree(folder)
            files = [self.path / name for name in _STORE_FILES]
            for file in (*files, self.mosaic, self.summary, self.report):
                file.unlink(missing_ok=True)
        except OSError as error:
            raise OutputError(f"{error.filename}: {error.strerror}") from error

    def make_video_folder(self) -> None:
        """Make the folder that the videos go to.

        Raises:
            OutputError: If it cannot be made.
        """
        try:
            self.videos.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{self.videos}: {error.strerror}") from error
