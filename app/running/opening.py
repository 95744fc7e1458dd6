"""Opens the cameras of a run, and continues with those that can be opened."""

from __future__ import annotations

import logging
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

from app.errors import AccessError, ConfigError, SourceError, TooManyFilesError
from app.frames.blank import NO_PICTURE_AT_TIMES
from app.frames.calling import Calling
from app.frames.sources import LiveSource, RecordedSource, live_location
from app.roi import area, clip
from app.running.repeated_sources import repeated_sources

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.config import CameraConfig, RunConfig
    from app.frames.sources import Source
    from app.storage.outages import Outages

_log = logging.getLogger(__name__)


class OpenSources:
    """All cameras of a run, opened; a context manager that closes them.

    A camera that cannot be opened is left out with a warning, as long as another one can: an
    investigator's other recordings are still worth a run. Live cameras are called all at the same
    time, and those that do not answer at once are called again for their `reconnect_s`, unless they
    refuse the password.

    Attributes:
        sources: The opened cameras, in the configured order; those that came late after them.
        failures: Why others could not be opened, by camera.
    """

    def __init__(self, config: RunConfig) -> None:
        """Open them; of live cameras wait until each has answered or failed once.

        Raises:
            SourceError: If none can be opened; a line for each.
            TooManyFilesError: If one cannot because no more files can be open.
            ConfigError: If some are recordings and others live, or a region of interest or a ground
                point is outside of its camera's image.
        """
        if len({live_location(camera.source) is None for camera in config.cameras}) > 1:
            raise ConfigError(
                "cameras: recordings and live cameras cannot be mixed in one run; run them "
                "separately"
            )
        self.sources: list[RecordedSource | LiveSource] = []
        self.failures: dict[str, SourceError] = {}
        self._configured = {camera.id: camera for camera in config.cameras}
        self._began = time.monotonic()
        self._joined: list[str] = []
        self._calls: dict[str, Calling[LiveSource]] = {}
        try:
            self._open(config.cameras)
        except BaseException:
            self.close()
            raise
        left_out = self.failures.keys() - self._calls.keys()
        self._repeated = repeated_sources([c for c in config.cameras if c.id not in left_out])
        for line in self._repeated:
            _log.warning("%s", line)

    def _open(self, cameras: Sequence[CameraConfig]) -> None:
        for camera in cameras:
            location = live_location(camera.source)
            if location is not None:
                self._calls[camera.id] = _call(camera, location)
        for camera in cameras:
            try:
                if camera.id in self._calls:
                    self.sources.append(self._calls[camera.id].first_outcome())
                else:
                    self.sources.append(_open_recording(camera))
            except TooManyFilesError:
                raise
            except SourceError as error:
                self.failures[camera.id] = error
                if camera.reconnect_s > 0 and not isinstance(error, AccessError):
                    continue
            self._calls.pop(camera.id, None)
        if not self.sources:
            raise SourceError("\n".join(map(str, self.failures.values())))
        outside = [line for source in self.sources if (line := self._outside(source))]
        if outside:
            raise ConfigError("\n".join(outside))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all of them; live ones hang up before any is waited for, which costs time once."""
        for call in self._calls.values():
            call.hang_up()
        for source in self.sources:
            if isinstance(source, LiveSource):
                source.hang_up()
        for closable in (*self._calls.values(), *self.sources):
            closable.close()

    @property
    def recordings(self) -> list[RecordedSource]:
        """Those that are files; either all or none."""
        return [source for source in self.sources if isinstance(source, RecordedSource)]

    @property
    def awaited(self) -> list[str]:
        """Live cameras that did not answer at once and may still do, in the configured order."""
        return list(self._calls)

    def latecomers(self) -> list[LiveSource]:
        """Return the awaited cameras that have answered, which are among the sources from now on.

        One that refuses the password, or whose region of interest or ground points turn out to be
        outside of its image, is left out instead: the others' run is worth more than an error.
        """
        joined = []
        for camera_id, call in list(self._calls.items()):
            try:
                source = self._answer(call)
            except SourceError as error:
                self.failures[camera_id] = error
                _log.warning("left out: %s", error)
            else:
                if source is None:
                    continue
                late_s = time.monotonic() - self._began
                self._joined.append(f"camera {camera_id}: joined {late_s:.0f} s after the start")
                _log.warning("%s", self._joined[-1])
                del self.failures[camera_id]
                joined.append(source)
            del self._calls[camera_id]
        self.sources += joined
        return joined

    def _answer(self, call: Calling[LiveSource]) -> LiveSource | None:
        """Return a camera if it has answered.

        Raises:
            SourceError: If it never will, or there is nothing for it to see.
        """
        source = call.answer()
        if source is not None and (outside := self._outside(source)):
            source.hang_up()
            raise SourceError(outside)
        return source

    def warnings(self) -> list[str]:
        """Return what went wrong so far, one line each."""
        own = [
            f"camera {source.camera_id}: {warning}"
            for source in self.sources
            for warning in source.warnings
        ]
        blank = [
            f"camera {source.camera_id}: {NO_PICTURE_AT_TIMES}"
            for source in self.sources
            if source.outages.blank
        ]
        live = (source for source in self.sources if isinstance(source, LiveSource))
        slow = [f"camera {one.camera_id}: {words}" for one in live if (words := one.slowness())]
        failed = map(str, self.failures.values())
        return [*self._repeated, *failed, *self._joined, *own, *blank, *slow]

    def outages(self) -> dict[str, Outages]:
        """Return when each opened camera delivered no frame so far, or blank ones."""
        return {source.camera_id: source.outages for source in self.sources}

    def now(self) -> float | None:
        """Return the time by the clock of the live cameras, UTC seconds; None without any.

        Where they are said to have different ones it is the one that is behind: no camera counts
        as lost for the difference.
        """
        live = [source.now for source in self.sources if isinstance(source, LiveSource)]
        return min(live, default=None)

    def _outside(self, source: Source) -> str:
        """Return a line if what is said of a camera's image lies outside of it, else ""."""
        camera = self._configured[source.camera_id]
        width, height = source.info.width, source.info.height
        size = f"the image, which is {width}x{height} pixels"
        roi = camera.roi
        if (
            roi is not None
            and area(clip(np.array(roi, np.float64), width=width, height=height)) < 1
        ):
            return (
                f"camera {camera.id}: roi: entirely outside {size}; give its corners in image "
                "pixels"
            )
        for x, y, *_ in camera.ground_points or ():
            if not (0 <= x <= width and 0 <= y <= height):
                return (
                    f"camera {camera.id}: ground_points: pixel ({x:g}, {y:g}) is outside {size}; "
                    "read the points off an image of this size"
                )
        return ""


def _call(camera: CameraConfig, location: str | int) -> Calling[LiveSource]:
    """Begin to call a live camera."""
    call = partial(
        LiveSource,
        camera.id,
        location,
        clock_offset_s=camera.clock_offset_s,
        reconnect_s=camera.reconnect_s,
    )
    return Calling(camera.id, call, reconnect_s=camera.reconnect_s)


def _open_recording(camera: CameraConfig) -> RecordedSource:
    return RecordedSource(
        camera.id,
        Path(camera.source),
        start_timestamp=camera.start_timestamp,
        clock_offset_s=camera.clock_offset_s,
    )
