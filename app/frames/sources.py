"""Sources of frames: recordings and live cameras behind one interface."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from app.frames.live import LiveSource
from app.frames.recorded import RecordedSource
from detector.files.decoding import SourceInfo

if TYPE_CHECKING:
    from collections.abc import Iterator

    from detector.types import Frame

__all__ = [
    "LiveCamera",
    "LiveSource",
    "RecordedSource",
    "Source",
    "SourceInfo",
    "live_location",
]


class Source(Protocol):
    """One camera that gives frames.

    Attributes:
        camera_id: The camera.
        info: Size, rate and length, as far as they are known.
        live: Whether frames are lost that nobody waits for; else every frame is kept.
        warnings: What went wrong without ending the run, one line each.
    """

    camera_id: str
    info: SourceInfo
    live: bool
    warnings: list[str]

    def frames(self) -> Iterator[Frame]:
        """Yield frames with strictly ascending timestamps until the camera ends."""

    def close(self) -> None:
        """Free what reading holds: threads, files, connections."""


@runtime_checkable
class LiveCamera(Source, Protocol):
    """A source that can be asked for its newest frame without waiting."""

    @property
    def ended(self) -> bool:
        """Whether the last frame has been taken and none will come."""

    def latest(self) -> Frame | None:
        """Return the newest frame, None if it has already been returned."""


def live_location(location: str | int | Path) -> str | int | None:
    """Return the URL or the device number that a camera's location names, None for a file.

    >>> [live_location(location) for location in (0, "1", "rtsp://10.0.0.7/main", "a/b.mp4")]
    [0, 1, 'rtsp://10.0.0.7/main', None]
    """
    if isinstance(location, Path):
        return None
    if isinstance(location, int):
        return location
    if location.isdecimal():
        return int(location)
    return location if "://" in location else None
