"""Cameras are opened in order, and those that cannot be are left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.config import RunConfig
from app.errors import ConfigError, SourceError
from app.running.opening import OpenSources
from tests.app.fakes import write_recording


def config(*cameras: dict) -> RunConfig:
    return RunConfig.model_validate({"cameras": list(cameras)})


@pytest.fixture
def good(tmp_path: Path) -> str:
    return str(write_recording(tmp_path / "good.mp4", [], frames=2))


@pytest.fixture
def bad(tmp_path: Path) -> str:
    (tmp_path / "bad.mp4").touch()
    return str(tmp_path / "bad.mp4")


def test_cameras_are_opened_in_order(good, tmp_path):
    longer = str(write_recording(tmp_path / "longer.mp4", [], frames=3))
    cameras = [{"id": "b", "source": good}, {"id": "a", "source": longer}]
    with OpenSources(config(*cameras)) as opened:
        assert [source.camera_id for source in opened.sources] == ["b", "a"]
        assert opened.recordings == opened.sources
        assert (opened.failures, opened.awaited, opened.warnings()) == ({}, [], [])
        assert opened.now() is None


def test_one_that_cannot_be_opened_is_left_out_with_one_warning(good, bad):
    cameras = [{"id": "a", "source": bad}, {"id": "b", "source": good}]
    with OpenSources(config(*cameras)) as opened:
        assert [source.camera_id for source in opened.sources] == ["b"]
        assert (list(opened.failures), opened.awaited) == (["a"], [])
        (warning,) = opened.warnings()
        assert warning.startswith(f"camera a: {bad}: ")
        opened.sources[0].warnings.append("breaks off")
        assert opened.warnings() == [warning, "camera b: breaks off"]


def test_none_that_can_be_opened_is_an_error(bad):
    with pytest.raises(SourceError) as caught:
        OpenSources(config({"id": "a", "source": bad}, {"id": "b", "source": bad}))
    # Each is named: who puts one right after the other calls them all each time.
    assert [line[:10] for line in str(caught.value).splitlines()] == ["camera a: ", "camera b: "]


def test_live_cameras_and_recordings_are_not_mixed(good):
    # Found before anything is opened: there is no such address.
    cameras = [{"id": "a", "source": good}, {"id": "b", "source": "rtsp://nowhere.invalid/1"}]
    with pytest.raises(ConfigError, match="cannot be mixed"):
        OpenSources(config(*cameras))


def test_a_region_outside_of_the_picture_would_see_nothing(good):
    outside = [[0, 97], [160, 97], [160, 300]]
    cameras = [
        {"id": "a", "source": good, "roi": outside},
        {"id": "b", "source": good, "roi": [[0, 90], [160, 90], [160, 300]]},
        {"id": "c", "source": good, "roi": [[-9, 0], [-1, 0], [-1, 96]]},
    ]
    with pytest.raises(ConfigError) as caught:
        OpenSources(config(*cameras))
    lines = str(caught.value).splitlines()
    assert [line.partition(":")[0] for line in lines] == ["camera a", "camera c"]
    assert all("outside the image, which is 160x96" in line for line in lines)


def test_ground_points_outside_of_the_picture_were_read_off_another(good):
    inside = [[0, 0, 0, 9], [160, 0, 9, 9], [160, 96, 9, 0], [0, 96, 0, 0]]
    outside = [[4 * x, 4 * y, east, north] for x, y, east, north in inside]
    cameras = [
        {"id": "a", "source": good, "ground_points": inside},
        {"id": "b", "source": good, "ground_points": outside},
    ]
    with pytest.raises(ConfigError) as caught:
        OpenSources(config(*cameras))
    assert str(caught.value) == (
        "camera b: ground_points: pixel (640, 0) is outside the image, which is 160x96 pixels; "
        "read the points off an image of this size"
    )
