"""Opens the recordings of a run again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.errors import ConfigError, SourceError
from app.frames.moved_recordings import find_moved
from app.frames.recorded import RecordedSource
from app.frames.recording_fingerprints import is_unchanged

if TYPE_CHECKING:
    from app.storage.records import Camera
    from app.storage.store_reader import StoreReader
    from detector.files.decoding import SourceInfo

_DURATION_ERROR_S: Final = 1.0
"""Of what headers say."""


class Recordings:
    """The recordings that a run read, to be opened where they lie now.

    One that has been replaced since is not opened: the run's boxes are not of its images.

    Args:
        store: The run's.
        moved_to: Folder that they were moved or copied to, as `find_moved` looks there; None where
            they lie under the paths at which the run read them.

    Raises:
        ConfigError: If there is no such folder.
    """

    def __init__(self, store: StoreReader, *, moved_to: Path | None = None) -> None:
        if moved_to is not None and not moved_to.is_dir():
            raise ConfigError(f"--recordings {moved_to}: no such folder")
        self._store = store
        self._moved_to = moved_to

    def open_all(self) -> tuple[list[RecordedSource], list[SourceError]]:
        """Open the recordings of all cameras that gave a frame.

        Returns:
            The recordings, in the order of the run's cameras, to be closed by the caller, and why
            the other cameras have none.
        """
        sources: list[RecordedSource] = []
        failures: list[SourceError] = []
        for camera in self._store.cameras():
            if camera.frames:
                try:
                    sources.append(self.open(camera))
                except SourceError as error:
                    failures.append(error)
        return sources, failures

    def open(self, camera: Camera) -> RecordedSource:
        """Open the recording of a camera, to be closed by the caller.

        Raises:
            SourceError: If it is missing, cannot be read, was replaced since, may be more than one
                file, or there never was one.
        """
        if camera.live:
            raise SourceError(f"camera {camera.camera_id}: was live, and has no recording")
        path = self._path(camera)
        source = RecordedSource(
            camera.camera_id,
            path,
            start_timestamp=camera.start_time or 0.0,
            clock_offset_s=camera.clock_offset_s,
        )
        try:
            unchanged = is_unchanged(self._store, camera.camera_id, path)
        except OSError as error:
            source.close()
            reason = error.strerror or error
            raise SourceError(f"camera {camera.camera_id}: {path}: {reason}") from error
        source.seeks = not _ends_sooner(source.info, camera)
        if not (unchanged and _is_what_was_read(source.info, camera)):
            source.close()
            raise SourceError(
                f"camera {camera.camera_id}: {path} is not the recording that the run read"
            )
        return source

    def _path(self, camera: Camera) -> Path:
        if self._moved_to is not None:
            return find_moved(self._store, camera, self._moved_to)
        path = Path(camera.source)
        if not path.is_file():
            raise SourceError(
                f"camera {camera.camera_id}: {path}: no such file; if it was moved, "
                "--recordings DIR says where to"
            )
        return path


def _is_what_was_read(info: SourceInfo, camera: Camera) -> bool:
    """Return whether a recording may be the one that a run read, by size and length."""
    # Headers of long AVI files announce too few frames: only what is short by both is short.
    has_fewer = info.frame_count is not None and info.frame_count < camera.frames
    same_size = (info.width, info.height) == (camera.width, camera.height)
    return same_size and not (has_fewer and _ends_sooner(info, camera))


def _ends_sooner(info: SourceInfo, camera: Camera) -> bool:
    """Return whether a recording says that it is shorter than what a run read of it.

    So it says of itself where its timestamps begin again, as those of joined streams do.
    """
    span_s = (camera.last_timestamp or 0.0) - (camera.first_timestamp or 0.0)
    return info.duration_s is not None and info.duration_s < span_s - _DURATION_ERROR_S
