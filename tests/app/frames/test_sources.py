"""Opening cameras, live ones over a socket."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from app.errors import SourceError
from app.frames.live import LiveSource
from app.frames.sources import live_location
from app.frames.streams import public_name
from detector.files.decoding import DecodeTally, decode
from tests.app.footage import grey, write_video
from tests.app.senders import sender, silent_sender, slow_sender

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def broadcast(tmp_path: Path) -> bytes:
    """Thirty frames of MPEG-TS, as a camera might send it."""
    path = tmp_path / "a.ts"
    return write_video(path, range(0, 3000, 100)).read_bytes()


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        (0, 0),
        ("0", 0),
        ("12", 12),
        ("rtsp://10.0.0.7/main", "rtsp://10.0.0.7/main"),
        ("a.mp4", None),
        ("/a/12.mp4", None),
        (Path("a.mp4"), None),
        (Path("7"), None),
    ],
)
def test_live_location(location: str | int | Path, expected: str | int | None) -> None:
    assert live_location(location) == expected


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("rtsp://host/path", "rtsp://host/path"),
        ("rtsp://user:pass@host/path", "rtsp://***@host/path"),
        ("rtsp://user:p@ss@host/path", "rtsp://***@host/path"),
        ("rtsp://host/a@b", "rtsp://host/a@b"),
        ("videos/a@b.mp4", "videos/a@b.mp4"),
        ("videos/user=7/a.mp4", "videos/user=7/a.mp4"),
        ("http://host/mjpg?user=me&pwd=p@ss&ch=2", "http://host/mjpg?user=***&pwd=***&ch=2"),
        ("http://host/v?Password=pass&token=ab", "http://host/v?Password=***&token=***"),
        ("rtsp://host/user=me_password=pass_ch=1/0.sdp", "rtsp://host/user=***/0.sdp"),
    ],
)
def test_passwords_are_not_shown(location: str, expected: str) -> None:
    assert public_name(location) == expected


def test_a_stream_is_a_live_camera(broadcast: bytes) -> None:
    with sender(broadcast) as url:
        source = LiveSource("north", url, clock_offset_s=-3600.0, reconnect_s=0)
        frames = list(source.frames())
        source.close()
    assert source.live
    assert (source.info.width, source.info.height) == (64, 48)
    assert source.info.frame_count is None
    assert frames[-1].index == 29
    # Every frame was either taken or counted as dropped.
    assert len(frames) + source.dropped == 30
    assert source.ended
    assert len(source.warnings) == 1
    assert "the stream ended" in source.warnings[0]


def test_live_frames_carry_the_time_of_arrival(broadcast: bytes) -> None:
    ticks = itertools.chain([100.0, 100.5, 90.0], itertools.count(101.0))
    with sender(broadcast) as url:
        source = LiveSource(
            "cam", url, clock_offset_s=10.0, reconnect_s=0, clock=lambda: next(ticks)
        )
        source._newest._thread.join()
        frame = source.latest()
        assert source.latest() is None
        source.close()
    assert frame is not None
    assert frame.timestamp == 110.0 + 27  # the thirtieth tick, with the clock's offset


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Call lost cameras at once."""
    monkeypatch.setattr("app.frames.calling._FIRST_WAIT_S", 0.02)


@pytest.mark.usefixtures("impatient")
def test_a_lost_camera_is_called_again(broadcast: bytes, tmp_path: Path) -> None:
    picture = np.full((64, 96, 3), 90, np.uint8)
    larger = write_video(tmp_path / "b.ts", range(0, 1000, 100), picture=picture).read_bytes()
    with sender(broadcast, larger, broadcast) as url:
        source = LiveSource("north", url, reconnect_s=0.3)
        frames = list(source.frames())
        source.close()
    assert frames[-1].index == 69
    assert len(frames) + source.dropped == 70
    assert all(a.timestamp < b.timestamp for a, b in itertools.pairwise(frames))
    # As the whole run takes the camera to be: a new size is scaled to the first.
    assert {frame.image.shape for frame in frames} == {(48, 64, 3)}
    lost, ended = source.warnings
    assert lost.startswith(f"{url}: lost 2 times, ")
    assert ended == f"{url}: the stream ended"
    assert source.ended


@pytest.mark.usefixtures("impatient")
def test_closing_ends_the_calls(broadcast: bytes) -> None:
    with sender(broadcast) as url:
        source = LiveSource("north", url, reconnect_s=float("inf"))
    while source.latest() is None:
        time.sleep(0.01)
    time.sleep(0.1)
    assert not source.ended
    source.close()
    source._newest._thread.join()
    assert source.warnings == []


def test_a_file_behind_a_url_ends_with_its_last_picture(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", [0, 100])
    source = LiveSource("north", path.as_uri(), reconnect_s=float("inf"))
    assert 1 <= len(list(source.frames())) <= 2
    assert "the stream ended" in source.warnings[0]


def test_a_camera_that_also_sends_data_ends_like_any_other(tmp_path: Path) -> None:
    # A time code here; cameras send what they detect.
    path = tmp_path / "a.mov"
    with av.open(str(path), "w") as container:
        container.metadata["timecode"] = "10:00:00:00"
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        picture = av.VideoFrame.from_ndarray(grey(20), format="bgr24")
        container.mux(stream.encode(picture))
        container.mux(stream.encode())
    with av.open(str(path)) as container:
        assert container.streams.data
    source = LiveSource("cam", path.as_uri(), reconnect_s=0)
    assert len(list(source.frames())) == 1
    assert "the stream ended" in source.warnings[0]


def test_live_times_ascend_when_the_clock_is_set_back(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", [0, 100, 200])
    ticks = iter([100.0, 50.0, 50.0])
    source = LiveSource("cam", str(path), clock=lambda: next(ticks))
    source._newest._thread.join()
    frame = source.latest()
    source.close()
    assert frame is not None
    assert frame.timestamp == pytest.approx(100.002)


def test_closing_a_live_camera_ends_its_thread(tmp_path: Path) -> None:
    before = threading.active_count()
    source = LiveSource("cam", str(write_video(tmp_path / "a.mp4", range(0, 9000, 100))))
    source.close()
    assert threading.active_count() == before
    source.close()


def test_a_silent_camera_is_not_waited_for(broadcast: bytes) -> None:
    with silent_sender(broadcast) as url:
        source = LiveSource("north", url)
        while source.latest() is None:
            time.sleep(0.01)
        began = time.monotonic()
        source.hang_up()
        source.close()
        assert time.monotonic() - began < 2.0
    # It ends with the connection, or would with the process.
    source._newest._thread.join()


@pytest.mark.usefixtures("impatient")
def test_a_camera_that_falls_silent_is_called_again(broadcast: bytes) -> None:
    with silent_sender(broadcast, listeners=2) as url:
        source = LiveSource("north", url, timeout_s=1.5)
        last = -1
        while last < 55:  # 28 of 30 each time: the last two are known for whole only by the silence
            last = next(source.frames()).index
        source.close()
    assert [warning.startswith(f"{url}: lost once") for warning in source.warnings] == [True]


def test_a_camera_of_which_only_the_sound_goes_on_is_lost(tmp_path: Path) -> None:
    content = sound_after_video(tmp_path / "a.ts")
    with slow_sender(content, at_once=len(content) // 2, piece=188 * 8, every_s=0.05) as url:
        source = LiveSource("cam", url, timeout_s=0.5, reconnect_s=0)
        began = time.monotonic()
        assert len(list(source.frames())) > 0
        assert time.monotonic() - began < 2.5  # it sends for 5 s
        source.close()
    (warning,) = source.warnings
    assert "no answer in time" in warning


def sound_after_video(path: Path) -> bytes:
    """A second of sound and pictures, and nine of noise alone."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=10)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        video.codec_context.options = {"tune": "zerolatency"}
        sound = container.add_stream("aac", rate=44_100)
        noise = np.random.default_rng(0)
        for index in range(430):
            if index < 40 and index % 4 == 0:
                picture = av.VideoFrame.from_ndarray(grey(index), format="bgr24")
                container.mux(video.encode(picture))
            samples = noise.normal(0, 0.1, (2, 1024)).astype(np.float32)
            frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="stereo")
            frame.sample_rate, frame.pts = 44_100, index * 1024
            container.mux(sound.encode(frame))
        container.mux(video.encode())
        container.mux(sound.encode())
    return path.read_bytes()


class Undecodable:
    """A stream, its container and its packets in one: one without a picture every 0.1 s."""

    index = 0
    is_discard = False

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        self.stream = self
        monkeypatch.setattr("detector.files.decoding.time.monotonic", lambda: self.now)

    def demux(self) -> Iterator[Undecodable]:
        while self.now < 100:
            self.now += 0.1
            yield self

    def decode(self) -> list[av.VideoFrame]:
        return []


def test_a_camera_that_sends_nothing_decodable_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    camera, tally = Undecodable(monkeypatch), DecodeTally()
    assert list(decode(camera, camera, tally, silence_s=1.0)) == []
    assert tally.failure == "nothing in it can be decoded"
    assert camera.now == pytest.approx(6.0, abs=0.2)


def test_nobody_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(SourceError) as caught:
        LiveSource("north", f"rtsp://admin:secret@127.0.0.1:{port}/main")
    message = str(caught.value)
    assert message.startswith(f"camera north: rtsp://***@127.0.0.1:{port}/main: ")
    assert "Connection refused" in message
    assert "secret" not in message
    assert "\n" not in message


def test_a_silent_camera_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(SourceError, match=r"camera north: tcp:.*\(no answer in time\)"):
            LiveSource("north", url, timeout_s=0.2)


def test_a_stream_without_a_picture(tmp_path: Path) -> None:
    path = tmp_path / "header.mp4"
    content = write_video(tmp_path / "a.mp4", [0, 100]).read_bytes()
    start = content.index(b"mdat") + 4
    size = int.from_bytes(content[start - 8 : start - 4]) - 8
    path.write_bytes(content[:start] + b"\xff" * size + content[start + size :])
    with pytest.raises(SourceError, match=r"camera north: .*header\.mp4: no frame; check"):
        LiveSource("north", str(path))


def test_a_device_that_is_not_there() -> None:
    with pytest.raises(SourceError, match="camera north"):
        LiveSource("north", 987)


def test_devices_by_number_need_a_known_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "plan9")
    with pytest.raises(SourceError, match="device 0: devices cannot be opened by number on plan9"):
        LiveSource("north", 0)


def test_sound_alone_is_no_camera(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with av.open(str(path), "w") as container:
        container.add_stream("pcm_s16le", rate=8000)
        container.start_encoding()
    with pytest.raises(SourceError, match="camera north"):
        LiveSource("north", str(path))
