"""Cameras that read one and the same recording or stream are said to do so."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import pytest

from app.config import RunConfig
from app.running.opening import OpenSources
from app.running.repeated_sources import repeated_sources
from tests.app.fakes import BLUE, Car, passing, write_recording

SO = ", so every vehicle in it is matched with itself; correct a source, unless that is intended"


def config(**sources: object) -> RunConfig:
    cameras = [{"id": name, "source": str(source)} for name, source in sources.items()]
    return RunConfig.model_validate({"cameras": cameras})


@pytest.fixture
def north(tmp_path: Path) -> Path:
    return write_recording(tmp_path / "north.mp4", [Car(BLUE, passing(0))], frames=4)


@pytest.fixture
def south(tmp_path: Path) -> Path:
    return write_recording(tmp_path / "south.mp4", [Car(BLUE, passing(0.1))], frames=4)


def test_each_camera_has_its_own(north: Path, south: Path) -> None:
    missing = [north.with_name("a.mp4"), north.with_name("b.mp4")]
    cameras = config(a=north, b=south, c=missing[0], d=missing[1]).cameras
    assert repeated_sources(cameras) == []


def test_one_file_by_several_paths(north: Path, south: Path, monkeypatch) -> None:
    monkeypatch.chdir(north.parent)
    link = Path("link.mp4")
    link.symlink_to(north)
    cameras = config(a=north, b=south, c="north.mp4", d=link).cameras
    assert repeated_sources(cameras) == [
        f"cameras a, c and d: they read the same recording ({north}){SO}"
    ]


def test_a_copy_and_another_file_of_its_size(north: Path) -> None:
    copy, other = north.with_name("copy.mp4"), north.with_name("other.mp4")
    shutil.copy(north, copy)
    content = bytearray(north.read_bytes())
    content[-1] ^= 1
    other.write_bytes(content)
    cameras = config(a=north, b=other, c=copy).cameras
    assert repeated_sources(cameras) == [
        f"cameras a and c: they read the same recording ({north}, {copy}){SO}"
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("rtsp://gate.example/main", "rtsp://gate.example/main/"),
        ("rtsp://gate.example/main", "rtsp://gate.example:554/main"),
        ("http://gate.example", "http://gate.example:80/"),
        ("https://gate.example/live", "https://gate.example:443/live"),
        ("rtsp://gate.example/main", "RTSP://Gate.Example/main"),
        ("rtsp://me:p%40ss%3a@10.0.0.7/main", "rtsp://me:p%40ss%3A@10.0.0.7/main"),
        ("rtsp://%6de:secret@10.0.0.7/main", "rtsp://me:secret@10.0.0.7:554/main"),
        ("rtsp://[FD00::7]/main?channel=1", "rtsp://[fd00::7]:554/main/?channel=1"),
    ],
)
def test_two_spellings_of_one_address(first: str, second: str) -> None:
    (line,) = repeated_sources(config(a=first, b=second).cameras)
    assert line.startswith("cameras a and b: they read the same stream (")
    assert "secret" not in line


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("rtsp://gate.example/main", "rtsp://gate.example/Main"),
        ("rtsp://gate.example/main", "rtsp://gate.example:8554/main"),
        ("rtsp://gate.example:80/main", "rtsp://gate.example/main"),
        ("rtsp://gate.example/main", "http://gate.example/main"),
        ("http://gate.example/?a=1&b=2", "http://gate.example/?b=2&a=1"),
        ("rtsp://10.0.0.7:x/main", "rtsp://10.0.0.7/main"),
    ],
)
def test_different_addresses(first: str, second: str) -> None:
    assert repeated_sources(config(a=first, b=second).cameras) == []


def test_streams_of_one_address_without_its_password() -> None:
    main = "rtsp://me:secret@10.0.0.7/main"
    cameras = config(a=main, b="rtsp://10.0.0.7/side", c=main, d=0, e="0").cameras
    assert repeated_sources(cameras) == [
        f"cameras a and c: they read the same stream (rtsp://***@10.0.0.7/main){SO}",
        f"cameras d and e: they read the same device (0){SO}",
    ]


def test_a_run_says_it_once_and_keeps_it(north: Path, south: Path, caplog) -> None:
    with (
        caplog.at_level(logging.WARNING),
        OpenSources(config(a=north, b=south, c=north)) as opened,
    ):
        line = f"cameras a and c: they read the same recording ({north}){SO}"
        assert opened.warnings() == [line]
        assert [record.getMessage() for record in caplog.records] == [line]
        assert len(opened.sources) == 3
