from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app import assembly
from app.config import RunConfig
from app.errors import ConfigError
from app.evaluation.calibration import as_json
from app.running.opening import OpenSources
from tests.app.fakes import (
    BLUE,
    RED,
    Car,
    ColourDetector,
    ColourEmbedder,
    frame,
    standing,
    write_recording,
)
from tracking.appearance.calibration import Calibration, Curves


def config(*cameras: dict, **parts: object) -> RunConfig:
    return RunConfig.model_validate({"cameras": list(cameras), **parts})


@pytest.fixture
def good(tmp_path: Path) -> str:
    return str(write_recording(tmp_path / "good.mp4", [], frames=2))


@pytest.mark.parametrize(
    ("load", "part", "message"),
    [
        (assembly.load_detector, "detector", "detector: .*nowhere"),
        (assembly.load_embedder, "reid", "reid: .*nowhere"),
    ],
)
def test_weights_that_are_not_there(load, part, message):
    settings = config({"id": "a", "source": "a.mp4"}, **{part: {"weights": "nowhere.safetensors"}})
    with pytest.raises(ConfigError, match=message):
        load(settings)


def test_what_the_configuration_says_goes_before_what_the_weights_say():
    curves = Curves(
        whole=Calibration(distances=(0.5,), log_ratios=(1.0,)),
        young=Calibration(distances=(0.6,), log_ratios=(1.0,)),
    )
    camera = {"id": "a", "source": "a.mp4"}
    embedder = ColourEmbedder()
    assert assembly.appearance_curves(config(camera), embedder) == Curves(Calibration())
    embedder.calibration = as_json(curves, {})
    assert assembly.appearance_curves(config(camera), embedder) == curves
    given = config(camera, calibration={"distances": [0.7], "log_ratios": [2.0]})
    assert assembly.appearance_curves(given, embedder) == Curves(given.calibration)
    embedder.calibration = {"version": 2}
    with pytest.raises(ConfigError, match=r"reid: .*version 2"):
        assembly.appearance_curves(config(camera), embedder)


def test_the_store_finds_recordings_from_anywhere(tmp_path, good, monkeypatch):
    monkeypatch.chdir(tmp_path)
    camera = config(
        {
            "id": "a",
            "source": "./good.mp4",
            "start_time": "2026-05-04T08:30:00Z",
            "clock_offset_s": 1.5,
        }
    )
    with OpenSources(camera) as opened:
        record = assembly.camera_record(camera.cameras[0], opened.sources[0])
        assert next(opened.sources[0].frames()).timestamp == 1_777_883_401.5
    assert record.source == good
    assert (record.width, record.height, record.live, record.frames) == (160, 96, False, 0)
    assert (record.start_time, record.clock_offset_s) == (1_777_883_400.0, 1.5)


class LiveCamera:
    live = True

    def __init__(self, like) -> None:
        self.info = like.info


def test_the_store_does_not_know_passwords(good):
    camera = config({"id": "a", "source": "rtsp://admin:secret@10.0.0.7/1"}).cameras[0]
    with OpenSources(config({"id": "a", "source": good})) as opened:
        record = assembly.camera_record(camera, LiveCamera(opened.sources[0]))
    assert (record.source, record.live) == ("rtsp://***@10.0.0.7/1", True)
    assert record.start_time is None


def test_a_camera_has_its_own_region_confidence_and_tracker():
    settings = config(
        {
            "id": "a",
            "source": "a.mp4",
            "roi": [[0, 50], [160, 50], [160, 96], [0, 96]],
            "confidence": 0.5,
            "tracker": {"confirm_hits": 9},
        },
        {"id": "b", "source": "b.mp4"},
    )
    cars = [Car(RED, standing(60), top=4), Car(BLUE, standing(60), top=68)]
    rows = {}
    for camera in settings.cameras:
        tracks, detect = assembly.camera_tracks(settings, camera), ColourDetector()
        rows[camera.id] = []
        for index in range(10):
            now = frame(camera.id, index, cars)
            asked = tracks.advance(now, detect([now.image])[0])
            tracks.learn(now, np.eye(512, dtype=np.float32)[: len(asked)])
            rows[camera.id].append(len(tracks.take_boxes()))
    # The ninth sight confirms, of the one in the region; else the third, of both.
    assert rows == {"a": [0] * 8 + [9, 1], "b": [0, 0, 6] + [2] * 7}
