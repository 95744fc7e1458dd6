"""Builds the parts of a run from its configuration."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.camera import CameraTracks
from app.errors import ConfigError
from app.evaluation.calibration import from_json
from app.frames.streams import public_name
from app.storage.records import Camera
from detector.yolo import YoloDetector
from reid.embedder import Embedder
from tracking.appearance.calibration import Calibration, Curves
from tracking.association.associator import Associator
from tracking.single_camera.tracker import Tracker

if TYPE_CHECKING:
    from app.config import CameraConfig, RunConfig
    from app.frames.sources import Source


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


def associator(config: RunConfig, embedder: Embedder) -> Associator:
    """Return the association across cameras.

    Raises:
        ConfigError: If the ReID weights carry something unusable.
    """
    curves = appearance_curves(config, embedder)
    return Associator(
        config.association,
        config.camera_links(),
        calibration=curves.whole,
        young=curves.young,
        ground=config.ground(),
    )


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
