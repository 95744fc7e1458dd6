"""Builds the parts of a run from its configuration."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

from app.calibration import from_json
from app.camera import CameraTracks
from app.errors import ConfigError, SourceError
from app.records import Camera
from app.roi import area, clip
from app.sources import LiveSource, RecordedSource, live_location, open_source
from app.streams import public_name
from detector.yolo import YoloDetector
from reid.embedder import Embedder
from tracking.calibration import Calibration, Curves
from tracking.tracker import Tracker

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from app.config import CameraConfig, RunConfig
    from app.sources import Source


class OpenSources:
    """All cameras of a run, opened; a context manager that closes them.

    A camera that cannot be opened is left out with a warning, as long as another one can: an
    investigator's other recordings are still worth a run.

    Attributes:
        sources: The opened cameras, in the configured order.
        failures: Why others could not be opened.
    """

    def __init__(self, config: RunConfig) -> None:
        """Open them.

        Raises:
            SourceError: If none can be opened; the first camera's error.
            ConfigError: If some are recordings and others live, or a region of interest is outside
                of its camera's picture.
        """
        if len({live_location(camera.source) is None for camera in config.cameras}) > 1:
            raise ConfigError(
                "cameras: recordings and live cameras cannot be mixed in one run: run them apart"
            )
        self.sources: list[RecordedSource | LiveSource] = []
        self.failures: list[SourceError] = []
        for camera in config.cameras:
            try:
                source = open_source(
                    camera.id,
                    camera.source,
                    start_timestamp=camera.start_timestamp,
                    clock_offset_s=camera.clock_offset_s,
                    reconnect_s=camera.reconnect_s,
                )
            except SourceError as error:
                self.failures.append(error)
            else:
                self.sources.append(source)
        if not self.sources:
            raise self.failures[0]
        outside = list(_regions_outside(config, self.sources))
        if outside:
            self.close()
            raise ConfigError("\n".join(outside))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all of them; live ones hang up before any is waited for, which costs time once."""
        for source in self.sources:
            if isinstance(source, LiveSource):
                source.hang_up()
        for source in self.sources:
            source.close()

    @property
    def recordings(self) -> list[RecordedSource]:
        """Those that are files; either all or none."""
        return [source for source in self.sources if isinstance(source, RecordedSource)]

    def warnings(self) -> list[str]:
        """Return what went wrong so far, one line each."""
        return [str(error) for error in self.failures] + [
            f"camera {source.camera_id}: {warning}"
            for source in self.sources
            for warning in source.warnings
        ]


def _regions_outside(config: RunConfig, sources: Iterable[Source]) -> Iterator[str]:
    """Yield a line for each camera that would see nothing, because its region is elsewhere."""
    regions = {camera.id: camera.roi for camera in config.cameras if camera.roi is not None}
    for source in sources:
        if source.camera_id in regions:
            width, height = source.info.width, source.info.height
            roi = np.array(regions[source.camera_id], np.float64)
            if area(clip(roi, width=width, height=height)) < 1:
                yield (
                    f"camera {source.camera_id}: roi: all of it is outside of the picture, which "
                    f"is {width}x{height} pixels; give its corners in pixels of the picture"
                )


def load_detector(config: RunConfig) -> YoloDetector:
    """Load the detector.

    Raises:
        ConfigError: If its weights or its device cannot be used.
    """
    try:
        return YoloDetector(config.detector)
    except (FileNotFoundError, ValueError) as error:
        raise ConfigError(f"detector: {error}") from error


def load_embedder(config: RunConfig) -> Embedder:
    """Load the ReID network.

    Raises:
        ConfigError: If its weights or its device cannot be used.
    """
    try:
        return Embedder(config.reid)
    except (FileNotFoundError, ValueError) as error:
        raise ConfigError(f"reid: {error}") from error


def appearance_curves(config: RunConfig, embedder: Embedder) -> Curves:
    """Return what distances of appearance mean in a run.

    What the configuration says goes before what the ReID weights say of themselves; where neither
    does, it is the association's default.

    Raises:
        ConfigError: If the weights carry something unusable.
    """
    if config.calibration is not None or embedder.calibration is None:
        return Curves(config.calibration or Calibration())
    try:
        return from_json(embedder.calibration)
    except ValueError as error:
        raise ConfigError(f"reid: {config.reid.weights}: {error}") from error


def camera_record(camera: CameraConfig, source: Source) -> Camera:
    """Return a camera as the store knows it before its first frame."""
    return Camera(
        camera_id=camera.id,
        # Found again from any folder; and a password is nobody's business.
        source=public_name(camera.source) if source.live else str(Path(camera.source).resolve()),
        width=source.info.width,
        height=source.info.height,
        start_time=camera.start_time.timestamp() if camera.start_time else None,
        clock_offset_s=camera.clock_offset_s,
        live=source.live,
    )


def camera_tracks(config: RunConfig, camera: CameraConfig) -> CameraTracks:
    """Return the tracking of one camera."""
    return CameraTracks(
        camera.id,
        Tracker(camera.id, config.tracker_settings(camera)),
        config.tracklet,
        roi=None if camera.roi is None else np.array(camera.roi, np.float32),
        min_confidence=camera.confidence,
    )
