"""It is said when a machine is too slow for its live cameras."""

from __future__ import annotations

import itertools
import logging
from pathlib import Path

import pytest

from app.frames.live import LiveSource
from app.frames.pace import slowness
from tests.app.footage import write_video
from tests.app.senders import sender


@pytest.mark.parametrize(
    ("arrived", "skipped", "watched_s", "expected"),
    [
        pytest.param(0, 0, 0.0, "", id="nothing yet"),
        pytest.param(600, 0, 60.0, "", id="all are looked at"),
        pytest.param(300, 250, 29.0, "", id="too soon to tell"),
        pytest.param(1500, 900, 60.0, "", id="ten of twenty-five a second are enough"),
        pytest.param(240, 12, 60.0, "", id="a slow camera, of which hardly any are skipped"),
        pytest.param(
            600,
            480,
            60.0,
            "only 2.0 of 10.0 pictures a second are looked at, for this machine is too slow: "
            "vehicles may be missed; fewer cameras, smaller images or --no-video help",
            id="few of many",
        ),
    ],
)
def test_what_is_too_slow(arrived: int, skipped: int, watched_s: float, expected: str) -> None:
    assert slowness(arrived=arrived, skipped=skipped, watched_s=watched_s) == expected


def test_a_camera_whose_pictures_are_skipped_says_so_once(tmp_path: Path, caplog) -> None:
    video = write_video(tmp_path / "a.ts", range(0, 3000, 100)).read_bytes()
    ticks = itertools.count(100.0, 1.5)
    with sender(video) as url:
        source = LiveSource("north", url, reconnect_s=0, clock=lambda: next(ticks))
        source._newest._thread.join()
        with caplog.at_level(logging.WARNING):
            assert source.latest() is not None
            assert source.latest() is None
        source.close()
    line = source.slowness()
    assert line.startswith("only 0.0 of 0.7 pictures a second are looked at, for this machine is")
    assert [r.getMessage() for r in caplog.records if "slow" in r.getMessage()] == [
        f"camera north: {line}"
    ]
