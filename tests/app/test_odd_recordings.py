"""Recordings with unusual names, streams and containers."""

from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition

from app.drawing.video import VideoWriter
from app.errors import SourceError
from app.frames.recorded import RecordedSource
from detector.files.video_file import VideoFile
from tests.app.footage import grey, write_video


@pytest.mark.parametrize("name", ["2026-05-04T08:30:00.mp4", "cam%03d.mp4", "rue d'été #1?.mp4"])
def test_any_name_is_a_file_also_without_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    write_video(tmp_path / "a.mp4", [0, 100]).rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert len(list(RecordedSource("cam", Path(name)).frames())) == 2


def test_a_video_is_written_under_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path("08:30") / "gate.mp4"
    path.parent.mkdir()
    with VideoWriter(path, 64, 48, fps=10) as video:
        video.write(grey(0), 0.0)
    assert path.stat().st_size > 0


@pytest.fixture(scope="module", params=["ts", "h264", "mkv", "avi", "flv"])
def foreign(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve seconds in another container, with a keyframe every two."""
    path = tmp_path_factory.mktemp("foreign") / f"a.{request.param}"
    with av.open(str(path), "w") as container:
        codec = "mpeg4" if request.param == "avi" else "libx264"
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.gop_size = 50
        for index in range(300):
            picture = grey(20 + index * 7 % 200)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode())
    return path


@pytest.mark.parametrize(("first", "last"), [(0, 3), (30, 40), (51, 52), (149, 160), (290, 299)])
def test_frames_are_found_in_every_container(foreign: Path, first: int, last: int) -> None:
    source = RecordedSource("cam", foreign, start_timestamp=1.7e9)
    frames = list(source.frames())[first : last + 1]
    found = list(source.frames_between(frames[0].timestamp, frames[-1].timestamp))
    assert [frame.timestamp for frame in found] == [frame.timestamp for frame in frames]
    assert all((a.image == b.image).all() for a, b in zip(found, frames, strict=True))


def test_the_cover_of_a_sound_file_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        cover = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 160, 120, "yuvj420p"
        cover.disposition = Disposition.attached_pic
        sound = container.add_stream("aac", rate=44_100)
        picture = av.VideoFrame.from_ndarray(grey(99, width=160, height=120), format="bgr24")
        container.mux(cover.encode(picture.reformat(format="yuvj420p")))
        container.mux(cover.encode())
        silence = np.zeros((2, 1024), np.float32)
        frame = av.AudioFrame.from_ndarray(silence, format="fltp", layout="stereo")
        frame.sample_rate = 44_100
        container.mux(sound.encode(frame))
        container.mux(sound.encode())
    with pytest.raises(SourceError, match="no video stream"):
        RecordedSource("cam", path)


def test_streams_joined_byte_by_byte_keep_their_times(tmp_path: Path) -> None:
    fast = write_video(tmp_path / "fast.ts", range(0, 4000, 40))
    slow = write_video(tmp_path / "slow.ts", range(0, 3000, 100))
    both = tmp_path / "both.ts"
    both.write_bytes(fast.read_bytes() + slow.read_bytes())
    times = [frame.timestamp for frame in RecordedSource("cam", both).frames()]
    steps = np.diff(times)
    assert steps[:100] == pytest.approx(0.04, abs=1e-3)
    assert steps[100:] == pytest.approx(0.1, abs=1e-3)


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi", "flv"])
def test_a_title_in_another_encoding_is_no_obstacle(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    with av.open(str(path), "w", metadata_encoding="latin-1") as container:
        container.metadata["title"] = "Zufahrt Süd"
        stream = container.add_stream("mpeg4" if suffix == "avi" else "libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(grey(20), format="bgr24")))
        container.mux(stream.encode())
    assert "Zufahrt Süd".encode("latin-1") in path.read_bytes()
    assert len(list(RecordedSource("cam", path).frames())) == 1
    with VideoFile(path) as file:
        assert len(list(file.frames(lambda _: True))) == 1
