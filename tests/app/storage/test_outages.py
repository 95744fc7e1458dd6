"""Cameras note when they gave no picture: live ones while they were lost, recordings their gaps."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from pathlib import Path

import pytest

from app.frames.live import LiveSource
from app.frames.recorded import RecordedSource
from app.storage.outages import LEAST_S, MOST_S, Outages, OutageTally
from tests.app.footage import write_video
from tests.app.senders import sender, silent_sender


def outages(times: Sequence[float], *, blank: str = "", interval_s: float = 0.1) -> Outages:
    """Outages of a camera with images at these times; those marked by an x are blank."""
    tally = OutageTally(interval_s)
    for time, mark in itertools.zip_longest(times, blank):
        tally.see(time, blank=mark == "x")
    return tally.outages


@pytest.mark.parametrize(
    ("times", "interval_s", "expected"),
    [
        pytest.param([], 0.1, [], id="never read"),
        pytest.param([500.0], 0.1, [], id="the first picture follows on nothing"),
        pytest.param([0.0, LEAST_S, 2 * LEAST_S], 0.1, [], id="a stutter"),
        pytest.param([0.0, 2.5, 2.6, 9.0], 0.1, [(0.0, 2.5), (2.6, 9.0)], id="two"),
        pytest.param([0.0, 5.0, 10.0, 15.0], 5.0, [], id="a picture every five seconds"),
        pytest.param([0.0, MOST_S + 1], math.inf, [(0.0, MOST_S + 1)], id="hardly any picture"),
    ],
)
def test_what_is_an_outage(
    times: list[float], interval_s: float, expected: list[tuple[float, float]]
) -> None:
    assert outages(times, interval_s=interval_s) == (tuple(expected), ())


@pytest.mark.parametrize(
    ("blank", "times", "expected"),
    [
        pytest.param("..x.xx.", range(7), (), id="for a moment"),
        pytest.param(".xxxx..", range(7), ((1, 5),), id="from the first one to a picture"),
        pytest.param("xxxxxx.xxxx", range(11), ((0, 6), (7, math.inf)), id="until now"),
        pytest.param("xxxxxxx", [0, 1, 2, 3, 9, 10, 11], ((0, 3),), id="lost on the way"),
    ],
)
def test_blank_images_are_an_outage(
    blank: str, times: Sequence[float], expected: tuple[tuple[float, float], ...]
) -> None:
    assert outages(times, blank=blank).blank == expected


def test_gaps_in_a_recording_are_found_by_every_reader_alike(tmp_path: Path) -> None:
    times_ms = [*range(0, 1000, 100), *range(20_000, 21_000, 100), *range(22_000, 23_000, 100)]
    path = write_video(tmp_path / "a.mp4", times_ms)
    source = RecordedSource("cam", path, start_timestamp=1000.0)
    assert source.outages == ((), ())
    for _ in range(2):
        for _ in source.frames():
            pass
        assert source.outages.missing == (pytest.approx((1000.9, 1020.0)),)


@pytest.fixture
def broadcast(tmp_path: Path) -> bytes:
    """Thirty frames, a tenth of a second apart."""
    return write_video(tmp_path / "a.ts", range(0, 3000, 100)).read_bytes()


def clock(*begins: float, pictures: int = 30):
    """So many pictures, ten a second, from each of these times on."""
    ticks = itertools.chain.from_iterable(
        (begin + index / 10 for index in range(pictures)) for begin in begins
    )
    return lambda: next(ticks)


def test_a_live_camera_notes_when_it_was_lost(broadcast: bytes, monkeypatch) -> None:
    monkeypatch.setattr("app.frames.calling._FIRST_WAIT_S", 0.02)
    with sender(broadcast, broadcast, broadcast) as url:
        source = LiveSource(
            "north",
            url,
            clock_offset_s=-50.0,
            reconnect_s=0.3,
            clock=clock(100.0, 109.5, 113.0),  # the second time it is back within 0.6 s
        )
        last = list(source.frames())[-1]
        source.close()
    assert last.timestamp == pytest.approx(65.9)
    # By the time of its frames; that it is lost for good in the end nobody can tell from here.
    assert source.outages.missing == (pytest.approx((52.9, 59.5)),)


def test_silence_that_is_borne_is_an_outage_too(broadcast: bytes, monkeypatch) -> None:
    monkeypatch.setattr("app.frames.calling._FIRST_WAIT_S", 0.02)
    with silent_sender(broadcast, listeners=2) as url:
        # The last two of the thirty pictures are withheld (below).
        source = LiveSource("north", url, timeout_s=1.5, clock=clock(100.0, 106.0, pictures=28))
        for frame in source.frames():
            if frame.index == 55:
                break
        source.close()
    # From its last picture on, not from when it was given up.
    assert source.outages.missing == (pytest.approx((102.7, 106.0)),)


def test_it_was_away_from_its_last_picture_on(tmp_path: Path, monkeypatch) -> None:
    """Not only from when it was given up."""
    monkeypatch.setattr("app.frames.calling._FIRST_WAIT_S", 0.02)
    # Of MPEG-TS the last pictures are known for whole only by those after them, or the silence.
    content = write_video(tmp_path / "a.mkv", range(0, 3000, 100)).read_bytes()
    with silent_sender(content[: len(content) * 2 // 3], listeners=2) as url:
        source = LiveSource("north", url, timeout_s=1.0)
        while not source.warnings:
            next(source.frames())
        source.close()
    assert source.warnings == [f"{url}: lost once, 1 s in all"]


def test_what_a_silent_camera_sent_last_does_not_come_when_it_is_given_up(broadcast: bytes) -> None:
    """MPEG-TS: it would be shown as late as that."""
    with silent_sender(broadcast) as url:
        source = LiveSource("north", url, timeout_s=1.5, reconnect_s=0)
        times = [frame.timestamp for frame in source.frames()]
        source.close()
    assert times[-1] - times[0] < 1.0
    assert source.warnings == [f"{url}: the stream ended: no answer in time"]
