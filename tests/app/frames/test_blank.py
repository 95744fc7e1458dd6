"""Cameras that send black, or one colour, are there and see nothing."""

from __future__ import annotations

import logging
import math
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from app.frames.blank import Watch, is_blank
from app.frames.live import LiveSource
from app.frames.recorded import RecordedSource
from detector.types import Frame
from tests.app.fakes import picture
from tests.app.footage import grey, write_video
from tests.app.senders import sender

RNG = np.random.default_rng(0)
SAMPLE = Path("sample_videos/camA1.mp4")


def noisy(level: int, *, noise: float, width: int = 960, height: int = 540) -> np.ndarray:
    image = RNG.normal(level, noise, (height, width, 3))
    return np.clip(image, 0, 255).astype(np.uint8)


def with_text(text: str, row: int) -> np.ndarray:
    """A black image with a line of text, its lower edge at a row."""
    image = grey(0, width=960, height=540)
    return cv2.putText(image, text, (20, row), cv2.FONT_HERSHEY_SIMPLEX, 1.5, (255,) * 3, 3)


@pytest.mark.parametrize(
    "image",
    [
        pytest.param(grey(0), id="black"),
        pytest.param(with_text("2026-05-04 08:30:00", 60), id="a clock at the top"),
        pytest.param(with_text("GATE 3", 520), id="a name at the bottom"),
        pytest.param(grey(130, width=1920, height=1080), id="grey"),
        pytest.param(np.full((540, 960, 3), (255, 0, 0), np.uint8), id="a blue screen"),
        pytest.param(noisy(0, noise=4.0), id="a cap on the lens"),
        pytest.param(noisy(100, noise=4.0), id="a cap in the light"),
        pytest.param(grey(16, width=3, height=2), id="hardly any pixel"),
    ],
)
def test_nothing_is_seen(image: np.ndarray) -> None:
    assert is_blank(image)


def lamp_at_night() -> np.ndarray:
    """A lamp of 1 % of the image's width, and its light on the road."""
    image = noisy(2, noise=1.0)
    image[200:206, 500:510] = 255
    image[300:360, 450:560] += 20
    return image


@pytest.mark.parametrize(
    "image",
    [
        pytest.param(lamp_at_night(), id="night"),
        pytest.param(picture([], 0), id="a road"),
        pytest.param(with_text("no signal", 300), id="text in the middle, which may be a lamp"),
    ],
)
def test_something_is_seen(image: np.ndarray) -> None:
    assert not is_blank(image)


def test_all_of_a_sample_video_is_seen_also_at_a_twentieth_of_its_light() -> None:
    source = RecordedSource("a", SAMPLE)
    frame = next(source.frames_between(10.0, 11.0))
    assert not is_blank(frame.image)
    assert not is_blank(frame.image // 20)


def write_dark(path: Path, marks: str) -> Path:
    """Write a frame of a second for each mark: an x for a black one."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=1)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        stream.codec_context.options = {"bf": "0", "preset": "ultrafast"}
        for second, mark in enumerate(marks):
            image = picture([], 0) if mark != "x" else grey(0, width=160, height=96)
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            frame.pts, frame.time_base = second, Fraction(1, 1)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def test_a_recording_tells_once_when_it_shows_nothing(tmp_path: Path, caplog) -> None:
    caplog.set_level(logging.WARNING)
    path = write_dark(tmp_path / "a.mp4", "..xxxxxx..x..xxxxx")
    source = RecordedSource("gate", path)
    for _ in range(2):
        assert len(list(source.frames())) == 18
        assert source.outages == ((), ((2.0, 8.0), (13.0, math.inf)))
    assert caplog.messages == [
        "camera gate: no picture since 0:00:02: its images are black, or of one colour",
        "camera gate: a picture again since 0:00:08",
        "camera gate: no picture since 0:00:13: its images are black, or of one colour",
    ]


def test_a_camera_that_shows_nothing_after_an_outage_either_has_no_picture_again(caplog) -> None:
    watch = Watch("gate", 1.0)
    for index, second in enumerate([*range(10), 40, 41]):
        watch.look(Frame("gate", index, float(second), grey(0)))
    assert watch.outages == (((9.0, 40.0),), ((0.0, 9.0),))
    watch.look(Frame("gate", 12, 42.0, picture([], 0)))
    assert caplog.messages == [
        "camera gate: no picture since 0:00:00: its images are black, or of one colour"
    ]


def test_a_live_camera_shows_nothing(tmp_path: Path) -> None:
    image = grey(0)
    video = write_video(tmp_path / "a.ts", range(0, 3000, 100), picture=image).read_bytes()
    ticks = iter(range(100, 200))
    with sender(video) as url:
        source = LiveSource("north", url, reconnect_s=0, clock=lambda: float(next(ticks)))
        list(source.frames())
        source.close()
    assert source.outages == ((), ((100.0, math.inf),))
