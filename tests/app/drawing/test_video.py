"""The H.264 writer: true speed, odd sizes, colours, killed runs, errors."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import av
import numpy as np
import pytest

from app.drawing.video import VideoWriter
from app.errors import OutputError
from app.frames.recorded import RecordedSource
from tests.app.footage import grey
from tests.little_room import little_room


def written(path: Path, times: list[float], *, width: int = 64, height: int = 48) -> Path:
    with VideoWriter(path, width, height, fps=10) as writer:
        for i, time in enumerate(times):
            writer.write(grey(20 + i, width=width, height=height), time)
    return path


@pytest.mark.parametrize(
    "times",
    [
        [5.0],
        [0.0, 0.1, 0.2],
        [1.7e9, 1.7e9 + 0.04, 1.7e9 + 0.2, 1.7e9 + 60.0],
        [i * 1001 / 30000 for i in range(50)],
    ],
    ids=["one", "steady", "variable, large", "NTSC"],
)
def test_times_are_kept(tmp_path: Path, times: list[float]) -> None:
    frames = list(RecordedSource("cam", written(tmp_path / "a.mp4", times)).frames())
    expected = [time - times[0] for time in times]
    assert [frame.timestamp for frame in frames] == pytest.approx(expected, abs=1 / 90_000)


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        pytest.param([7.0, 67.0, 67.1], [0.0, 60.0, 60.1], id="a minute is kept"),
        pytest.param([7.0, 67.1, 67.2], [0.0, 1.0, 1.1], id="more is cut"),
        pytest.param([0.0, 4e4, 4e4 + 0.1], [0.0, 1.0, 1.1], id="more than the file can hold"),
        pytest.param(
            [1.7e9, 1.7e9 + 3600, 1.7e9 + 3600.5, 1.7e9 + 9e4],
            [0.0, 1.0, 1.5, 2.5],
            id="several, large",
        ),
    ],
)
def test_long_stretches_without_a_picture_are_cut(
    tmp_path: Path, times: list[float], expected: list[float]
) -> None:
    frames = list(RecordedSource("cam", written(tmp_path / "a.mp4", times)).frames())
    assert [frame.timestamp for frame in frames] == pytest.approx(expected, abs=2 / 90_000)


def test_the_file_is_what_browsers_play(tmp_path: Path) -> None:
    path = written(tmp_path / "a.mp4", [i / 10 for i in range(50)])
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert container.format.name.startswith("mov,mp4")
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        # A plain MP4 has an index; a fragmented one announces no frames.
        assert stream.frames == 50
        keyframes = [float(frame.time) for frame in container.decode(stream) if frame.key_frame]
    assert keyframes[0] == 0.0
    # x264 may add some where the picture changes, but a fragment is never longer than 2 s.
    assert np.diff([*keyframes, 5.0]).max() <= 2.0 + 1e-6


@pytest.mark.parametrize(
    ("size", "expected"),
    [((64, 48), (64, 48)), ((65, 47), (66, 48)), ((3, 5), (4, 6)), ((1, 1), (2, 2))],
    ids=["even", "odd", "tiny", "one pixel"],
)
def test_odd_sizes_are_filled_up(
    tmp_path: Path, size: tuple[int, int], expected: tuple[int, int]
) -> None:
    path = written(tmp_path / "a.mp4", [0.0, 0.1], width=size[0], height=size[1])
    info = RecordedSource("cam", path).info
    assert (info.width, info.height) == expected


@pytest.mark.parametrize("bgr", [(0, 0, 255), (0, 255, 0), (255, 0, 0), (40, 160, 220)], ids=str)
def test_colours_come_back(tmp_path: Path, bgr: tuple[int, int, int]) -> None:
    image = np.full((48, 64, 3), bgr, np.uint8)
    with VideoWriter(tmp_path / "a.mp4", 64, 48, fps=10, crf=10) as writer:
        writer.write(image, 0.0)
    frame = next(RecordedSource("cam", tmp_path / "a.mp4").frames())
    assert np.abs(frame.image.astype(int) - bgr).max() <= 4


def test_nothing_written_leaves_no_file(tmp_path: Path) -> None:
    path = written(tmp_path / "a.mp4", [])
    assert not path.exists()


def test_an_error_of_the_caller_leaves_a_playable_file(tmp_path: Path) -> None:
    def interrupted() -> None:
        with VideoWriter(tmp_path / "a.mp4", 64, 48, fps=10) as writer:
            writer.write(grey(1), 0.0)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert len(list(RecordedSource("cam", tmp_path / "a.mp4").frames())) == 1


def test_closing_ends_the_thread_and_twice_is_fine(tmp_path: Path) -> None:
    before = threading.active_count()
    writer = VideoWriter(tmp_path / "a.mp4", 64, 48, fps=10)
    writer.write(grey(1), 0.0)
    writer.close()
    writer.close()
    assert threading.active_count() == before
    with pytest.raises(ValueError, match="is closed"):
        writer.write(grey(1), 1.0)


def test_two_writers_make_the_same_video(tmp_path: Path) -> None:
    # Not the same bytes: x264's lookahead reads a little past its pictures, and what it finds there
    # can change a decision, on tiny pictures often, on large ones once in a long while.
    times = [i / 10 for i in range(30)]
    pair = [written(tmp_path / name, times, width=320, height=240) for name in ("a.mp4", "b.mp4")]
    a, b = (list(RecordedSource("cam", path).frames()) for path in pair)
    assert [frame.timestamp for frame in a] == [frame.timestamp for frame in b]
    for one, other in zip(a, b, strict=True):
        assert np.abs(one.image.astype(int) - other.image).max() <= 3


@pytest.mark.parametrize("times", [[1.0, 1.0], [1.0, 0.9]])
def test_times_must_ascend(tmp_path: Path, times: list[float]) -> None:
    with pytest.raises(ValueError, match="timestamp must ascend"):
        written(tmp_path / "a.mp4", times)


def test_keyframes_come_by_time_though_the_camera_drops_frames(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "a.mp4", 64, 48, fps=10) as writer:
        for half_seconds in range(21):
            writer.write(grey(20), half_seconds / 2)
    with av.open(str(tmp_path / "a.mp4")) as container:
        packets = container.demux(video=0)
        keys = [packet.pts * packet.time_base for packet in packets if packet.is_keyframe]
    assert keys == [0, 2, 4, 6, 8, 10]


def test_frames_less_than_a_tick_apart_are_all_kept(tmp_path: Path) -> None:
    written(tmp_path / "a.mp4", [1.0, 1.000001, 1.000002, 1.1])
    assert len(list(RecordedSource("cam", tmp_path / "a.mp4").frames())) == 4


def test_wrong_pictures_are_refused(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "a.mp4", 64, 48, fps=10) as writer:
        with pytest.raises(ValueError, match=r"image must have shape \(48, 64, 3\)"):
            writer.write(grey(0, width=48, height=64), 0.0)
        with pytest.raises(ValueError, match="image must be uint8"):
            writer.write(np.zeros((48, 64, 3), np.float32), 0.0)  # type: ignore[arg-type]


@pytest.mark.parametrize(("width", "height", "fps"), [(0, 48, 10), (64, -1, 10), (64, 48, 0)])
def test_wrong_sizes_are_refused(tmp_path: Path, width: int, height: int, fps: float) -> None:
    with pytest.raises(ValueError, match="size and fps must be positive"):
        VideoWriter(tmp_path / "a.mp4", width, height, fps=fps)


@pytest.mark.parametrize(
    ("place", "expected"),
    [("gone/a.mp4", "No such file or directory"), (".", "Is a directory")],
    ids=["no folder", "a folder"],
)
def test_a_path_that_cannot_be_written(tmp_path: Path, place: str, expected: str) -> None:
    path = tmp_path / place
    with pytest.raises(OutputError, match=expected) as caught:
        VideoWriter(path, 64, 48, fps=10)
    assert str(caught.value).startswith(f"{path}: cannot write a video")


def fill(path: Path, *, frames: int = 300) -> None:
    """Write noise of some 100 kB a frame."""
    rng = np.random.default_rng(0)
    with VideoWriter(path, 320, 240, fps=10, crf=1) as writer:
        for i in range(frames):
            writer.write(rng.integers(0, 255, (240, 320, 3), np.uint8), i / 10)


@pytest.mark.parametrize("frames", [3, 300], ids=["found when closing", "found while writing"])
def test_a_full_disk_reaches_the_caller(tmp_path: Path, frames: int) -> None:
    before = threading.active_count()
    full = r"a\.mp4: cannot write the video \(File too large\)"
    with little_room(), pytest.raises(OutputError, match=full):
        fill(tmp_path / "a.mp4", frames=frames)
    assert threading.active_count() == before


def test_what_a_full_disk_leaves_plays(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "a.mp4"
    with little_room(1_000_000), pytest.raises(OutputError):
        fill(path)
    kept = "could not be written to its end; it is kept, and plays as far as it goes"
    assert caplog.messages == [f"{path}: {kept}"]
    assert len(list(RecordedSource("cam", path).frames())) >= 5


def test_what_a_full_disk_leaves_is_removed_if_nothing_plays(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "a.mp4"
    with little_room(1_000), pytest.raises(OutputError):
        fill(path)
    gone = "could not be written to its end; it is removed: nothing of it plays"
    assert caplog.messages == [f"{path}: {gone}"]
    assert not path.exists()


def test_an_error_of_another_kind_reaches_the_caller_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    writer = VideoWriter(tmp_path / "a.mp4", 64, 48, fps=10)
    monkeypatch.setattr(writer, "_encode", fail)
    writer.write(grey(1), 0.0)
    with pytest.raises(ZeroDivisionError):
        writer.close()


_ENDLESS = """
import sys, itertools
from pathlib import Path
import numpy as np
from app.drawing.video import VideoWriter
rng = np.random.default_rng(0)
writer = VideoWriter(Path(sys.argv[1]), 320, 240, fps=10)
for i in itertools.count():
    writer.write(rng.integers(0, 255, (240, 320, 3), np.uint8), i / 10)
    if i == 80:
        print("running", flush=True)
"""


def test_what_a_killed_run_leaves_is_playable(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with subprocess.Popen(
        [sys.executable, "-c", _ENDLESS, str(path)],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[3],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    ) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == b"running\n"
        run.send_signal(signal.SIGKILL)
    frames = list(RecordedSource("cam", path).frames())
    # Of 81 frames at most one fragment (20), the queue (4) and x264's look-ahead (10) are lost.
    assert len(frames) >= 40
    times = [frame.timestamp for frame in frames]
    assert times == pytest.approx([i / 10 for i in range(len(frames))])
