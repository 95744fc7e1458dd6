"""The mosaic: grid, shape, missing pictures, rate of its video."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.drawing.mosaic import STALE_S, Mosaic, MosaicWriter, grid_shape
from app.drawing.video import VideoWriter
from app.frames.recorded import RecordedSource
from tests.app.footage import grey


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (1, (1, 1)),
        (2, (2, 1)),
        (3, (2, 2)),
        (4, (2, 2)),
        (5, (3, 2)),
        (6, (3, 2)),
        (9, (3, 3)),
        (10, (4, 3)),
        (16, (4, 4)),
    ],
)
def test_grid(cells: int, expected: tuple[int, int]) -> None:
    assert grid_shape(cells) == expected


@given(st.integers(1, 200))
def test_the_grid_has_room_and_no_empty_row(cells: int) -> None:
    columns, rows = grid_shape(cells)
    assert columns * (rows - 1) < cells <= columns * rows


@pytest.mark.parametrize(
    ("cameras", "expected"),
    [(1, (1280, 720)), (2, (1280, 360)), (4, (1280, 720)), (6, (1920, 720)), (11, (1920, 810))],
)
def test_size(cameras: int, expected: tuple[int, int]) -> None:
    mosaic = Mosaic([str(number) for number in range(cameras)])
    assert mosaic.size_wh == expected
    assert mosaic.compose(0.0).shape == (expected[1], expected[0], 3)


@pytest.mark.parametrize("names", [[], ["a", "a"]], ids=["none", "twice"])
def test_wrong_cameras_are_refused(names: list[str]) -> None:
    with pytest.raises(ValueError, match="camera_names must differ and not be empty"):
        Mosaic(names)


def test_every_camera_has_its_cell() -> None:
    mosaic = Mosaic(["a", "b", "c", "d"])
    for name, level in zip("abcd", (50, 100, 150, 200), strict=True):
        mosaic.update(name, grey(level, width=640, height=360), 0.0)
    picture = mosaic.compose(0.0)
    centres = [picture[y, x, 0] for y in (180, 540) for x in (320, 960)]
    assert centres == [50, 100, 150, 200]


@pytest.mark.parametrize(
    ("size", "inside", "outside"),
    [
        ((640, 480), (640, 20), (40, 360)),
        ((1920, 400), (20, 360), (640, 40)),
        ((1, 1), (640, 20), (40, 360)),
    ],
    ids=["4:3", "very wide", "one pixel"],
)
def test_shape_is_kept(
    size: tuple[int, int], inside: tuple[int, int], outside: tuple[int, int]
) -> None:
    mosaic = Mosaic(["a"])
    mosaic.update("a", grey(200, width=size[0], height=size[1]), 0.0)
    picture = mosaic.compose(0.0)
    assert picture[inside[1], inside[0], 0] == 200
    assert picture[outside[1], outside[0], 0] < 50


def has_picture(mosaic: Mosaic, timestamp: float) -> bool:
    return bool(mosaic.compose(timestamp)[100, 640, 0] == 200)


def test_a_camera_without_a_picture_says_so() -> None:
    mosaic = Mosaic(["a"])
    before = mosaic.compose(0.0)
    assert before.max() > 150  # its name
    assert before.mean() < 40
    mosaic.update("a", grey(200), 1.0)
    assert has_picture(mosaic, 1.0)
    assert has_picture(mosaic, 1.0 + STALE_S)
    assert not has_picture(mosaic, 1.1 + STALE_S)
    assert (mosaic.compose(1.1 + STALE_S) == before).all()
    mosaic.update("a", grey(200), 9.0)
    assert has_picture(mosaic, 9.0)


def test_a_composed_picture_is_the_callers_own() -> None:
    mosaic = Mosaic(["a"])
    mosaic.compose(0.0)[:] = 255
    assert mosaic.compose(0.0).mean() < 40


def video_of(path: Path, mosaic: Mosaic) -> VideoWriter:
    """A video as large as the mosaic."""
    width, height = mosaic.size_wh
    return VideoWriter(path, width, height, fps=10)


def mosaic_times(path: Path, times: dict[str, list[float]], *, fps: float) -> list[float]:
    events = sorted((time, name) for name, seen in times.items() for time in seen)
    mosaic = Mosaic(list(times), max_wh=(64, 48))
    with video_of(path, mosaic) as video, MosaicWriter(video, mosaic, fps=fps) as writer:
        for time, name in events:
            writer.write(name, grey(120), time)
    return [round(frame.timestamp, 3) for frame in RecordedSource("m", path).frames()]


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ({"a": [5.0]}, [0.0]),
        ({"a": [0.0, 0.1, 0.2, 0.3]}, [0.0, 0.1, 0.2, 0.3]),
        ({"a": [i / 10 for i in range(30)]}, [i / 10 for i in range(30)]),
        ({"a": [i / 40 for i in range(8)]}, [0.0, 0.1]),
        ({"a": [0.0, 0.1], "b": [0.05, 0.15, 0.25]}, [0.0, 0.1, 0.2]),
        ({"a": [0.0, 50.0]}, [0.0, 50.0]),
        ({"a": [0.0, 0.1, 3e4], "b": [0.1, 3e4, 3e4 + 0.1]}, [0.0, 0.1, 1.1, 1.2]),
        (
            {"a": [0.0, 300.0], "b": [50.0, 100.0, 150.0, 200.0, 250.0]},
            [i * 50.0 for i in range(7)],
        ),
    ],
    ids=[
        "one",
        "same rate",
        "same rate, long",
        "faster camera",
        "two cameras",
        "gap",
        "long gap of all",
        "long gap of one",
    ],
)
def test_rate_of_the_video(
    tmp_path: Path, times: dict[str, list[float]], expected: list[float]
) -> None:
    assert mosaic_times(tmp_path / "m.mp4", times, fps=10) == pytest.approx(expected)


def test_pictures_slightly_out_of_order_are_fine(tmp_path: Path) -> None:
    path, mosaic = tmp_path / "m.mp4", Mosaic(["a", "b"])
    with video_of(path, mosaic) as video, MosaicWriter(video, mosaic, fps=10) as writer:
        for name, time in (("a", 0.0), ("b", 0.21), ("a", 0.19), ("b", 0.31)):
            writer.write(name, grey(120), time)
    frames = list(RecordedSource("m", path).frames())
    assert [frame.timestamp for frame in frames] == pytest.approx([0.0, 0.2, 0.3])


def test_the_newest_picture_of_the_interval_is_shown(tmp_path: Path) -> None:
    path, mosaic = tmp_path / "m.mp4", Mosaic(["a"])
    with video_of(path, mosaic) as video, MosaicWriter(video, mosaic, fps=1) as writer:
        for time, level in ((0.0, 50), (0.9, 200), (1.0, 100)):
            writer.write("a", grey(level), time)
    levels = [frame.image[360, 640, 0] for frame in RecordedSource("m", path).frames()]
    assert np.allclose(levels, [200, 100], atol=3)


def test_no_picture_leaves_no_file(tmp_path: Path) -> None:
    mosaic = Mosaic(["a"])
    with video_of(tmp_path / "m.mp4", mosaic) as video:
        MosaicWriter(video, mosaic, fps=10).close()
    assert not (tmp_path / "m.mp4").exists()
