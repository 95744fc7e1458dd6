"""The recordings of a finished run, opened once more."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.errors import SourceError
from app.recorded import RecordedSource

if TYPE_CHECKING:
    from app.records import Camera
    from app.store_reader import StoreReader
    from app.streams import SourceInfo

_DURATION_ERROR_S: Final = 1.0
"""Of what headers say."""


def open_recordings(store: StoreReader) -> tuple[list[RecordedSource], list[SourceError]]:
    """Open the recordings that a run read.

    One that has been replaced since is not opened: the run's boxes are not of its pictures.

    Args:
        store: The run's; cameras that gave no frame are left out.

    Returns:
        The recordings, in the order of the run's cameras, to be closed by the caller, and why the
        other cameras have none.
    """
    sources: list[RecordedSource] = []
    failures: list[SourceError] = []
    for camera in store.cameras():
        if camera.frames:
            try:
                sources.append(open_recording(camera))
            except SourceError as error:
                failures.append(error)
    return sources, failures


def open_recording(camera: Camera) -> RecordedSource:
    """Open the recording that a run read of a camera, to be closed by the caller.

    Raises:
        SourceError: If it is missing, cannot be read, was replaced since, or there never was one.
    """
    if camera.live:
        raise SourceError(f"camera {camera.camera_id}: was live and has no recording")
    source = RecordedSource(
        camera.camera_id,
        Path(camera.source),
        start_timestamp=camera.start_time or 0.0,
        clock_offset_s=camera.clock_offset_s,
    )
    if not _is_what_was_read(source.info, camera):
        source.close()
        raise SourceError(
            f"camera {camera.camera_id}: {camera.source} is another recording than the run read"
        )
    return source


def _is_what_was_read(info: SourceInfo, camera: Camera) -> bool:
    """Return whether a recording may be the one that a run read, by size and length."""
    # Headers of long AVI files announce too few frames: only what is short by both is short.
    has_fewer = info.frame_count is not None and info.frame_count < camera.frames
    span_s = (camera.last_timestamp or 0.0) - (camera.first_timestamp or 0.0)
    ends_sooner = info.duration_s is not None and info.duration_s < span_s - _DURATION_ERROR_S
    same_size = (info.width, info.height) == (camera.width, camera.height)
    return same_size and not (has_fewer and ends_sooner)
