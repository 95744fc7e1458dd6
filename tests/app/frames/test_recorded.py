"""Recordings: true times, repaired times, damage, seeking."""

import itertools
import logging
import math
import threading
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import SourceError
from app.frames.recorded import PresentationClock, RecordedSource
from tests.app.footage import GREY_STEP, write_video

CLIPS = Path(__file__).parents[4] / "shared" / "data" / "clips"


def seconds(ticks: list[int | None], *, origin: int | None = 0) -> list[float]:
    clock = PresentationClock(0.01, origin, interval_s=0.1)
    return [
        round(clock.seconds(pts, following), 6)
        for pts, following in itertools.pairwise([*ticks, None])
    ]


@pytest.mark.parametrize(
    ("ticks", "origin", "expected"),
    [
        ([], 0, []),
        ([500], 500, [0.0]),
        ([500, 510, 555], 500, [0.0, 0.1, 0.55]),
        ([520, 530], 500, [0.2, 0.3]),
        ([500, 510], None, [0.0, 0.1]),
        ([500, 510], 900, [0.0, 0.1]),
        ([0, None, 20], 0, [0.0, 0.1, 0.2]),
        ([None, None, 700, 710], None, [0.0, 0.1, 0.2, 0.3]),
        ([0, 10, 10, 20, 30], 0, [0.0, 0.1, 0.15, 0.2, 0.3]),
        ([0, 0, 0, 0], 0, [0.0, 0.05, 0.15, 0.25]),
        ([0, 10, 5, 30], 0, [0.0, 0.1, 0.15, 0.3]),
        ([900, 910, 0, 25, 27], 900, [0.0, 0.1, 0.2, 0.45, 0.47]),
        ([900, 910, 0, None, 25, 27], 900, [0.0, 0.1, 0.2, 0.3, 0.4, 0.42]),
        ([900, 910, 0, 930], 900, [0.0, 0.1, 0.2, 0.3]),
        ([0, 10, 10**6, 30, 40], 0, [0.0, 0.1, 0.2, 0.3, 0.4]),
        ([0, 10, 700, 0, 10], 0, [0.0, 0.1, 7.0, 7.1, 7.2]),
        ([0, 10, 700, 710], 0, [0.0, 0.1, 7.0, 7.1]),
    ],
    ids=[
        "none",
        "one",
        "variable",
        "first frames lost",
        "no origin",
        "origin too late",
        "one missing",
        "first missing",
        "one double",
        "stuck",
        "one backwards",
        "begun anew",
        "begun anew, one missing",
        "one far backwards",
        "one far ahead",
        "begun anew after a gap",
        "a gap",
    ],
)
def test_clock(ticks: list[int | None], origin: int | None, expected: list[float]) -> None:
    assert seconds(ticks, origin=origin) == expected


@given(st.lists(st.none() | st.integers(-(10**6), 10**6)), st.none() | st.integers(-100, 100))
def test_clock_always_ascends(ticks: list[int | None], origin: int | None) -> None:
    times = seconds(ticks, origin=origin)
    assert all(later > earlier for earlier, later in itertools.pairwise(times))
    assert all(map(math.isfinite, times))


def test_frames_carry_the_times_of_a_variable_rate(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", [0, 40, 200, 240, 1000])
    source = RecordedSource("cam", path, start_timestamp=1000.0, clock_offset_s=-0.5)
    frames = list(source.frames())
    assert [frame.timestamp - 999.5 for frame in frames] == pytest.approx([0, 0.04, 0.2, 0.24, 1])
    assert [frame.index for frame in frames] == [0, 1, 2, 3, 4]
    assert {frame.camera_id for frame in frames} == {"cam"}
    levels = [int(frame.image.mean()) for frame in frames]
    assert levels == pytest.approx([20 + GREY_STEP * i for i in range(5)], abs=4)
    assert source.warnings == []


def test_info(tmp_path: Path) -> None:
    info = RecordedSource("cam", write_video(tmp_path / "a.mp4", [0, 100, 200])).info
    assert (info.width, info.height, info.codec) == (64, 48, "h264")
    assert info.frame_count == 3
    assert info.average_fps == pytest.approx(10)
    assert info.duration_s == pytest.approx(0.3)


def test_the_rate_is_that_of_pictures_not_of_the_gaps_between_them(tmp_path: Path) -> None:
    """A recorder that records only what moves: three seconds, and ten minutes of nothing."""
    bursts = [begin + at for begin in (0, 600_000, 1_200_000) for at in range(0, 3000, 100)]
    source = RecordedSource("cam", write_video(tmp_path / "a.mp4", bursts))
    assert source.info.average_fps == pytest.approx(10)
    assert len(list(source.frames())) == len(bursts)
    assert source.warnings == []


def test_reading_twice_gives_the_same(tmp_path: Path) -> None:
    source = RecordedSource("cam", write_video(tmp_path / "a.mp4", [0, 100, 200]))
    first, second = list(source.frames()), list(source.frames())
    assert [frame.timestamp for frame in first] == [frame.timestamp for frame in second]
    assert all(np.array_equal(a.image, b.image) for a, b in zip(first, second, strict=True))


def test_a_turned_recording_is_shown_upright(tmp_path: Path) -> None:
    picture = np.zeros((48, 64, 3), np.uint8)
    picture[:, :32] = 255  # the left half is white
    path = write_video(tmp_path / "a.mp4", [0, 100], picture=picture)
    one, zero = (65536).to_bytes(4), bytes(4)
    w = (1 << 30).to_bytes(4)
    upright = one + zero * 3 + one + zero * 3 + w
    clockwise = zero + one + zero + (-65536).to_bytes(4, signed=True) + zero * 4 + w
    content = path.read_bytes()
    at = content.index(upright, content.index(b"tkhd"))
    path.write_bytes(content[:at] + clockwise + content[at + len(upright) :])
    source = RecordedSource("cam", path)
    image = next(source.frames()).image
    assert (source.info.width, source.info.height) == (48, 64)
    assert image.shape == (64, 48, 3)
    # Turned clockwise, what was left is on top.
    assert image[:28].mean() > 250 > 5 > image[36:].mean()


def test_stopping_early_ends_the_thread(tmp_path: Path) -> None:
    source = RecordedSource("cam", write_video(tmp_path / "a.mp4", range(0, 4000, 100)))
    before = threading.active_count()
    reader = source.frames()
    next(reader)
    assert threading.active_count() == before + 1
    source.close()
    assert threading.active_count() == before
    assert list(reader) == []
    source.close()


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("gone.mp4", None, "no such file"),
        ("empty.mp4", b"", "cannot be opened as a video"),
        ("notes.mp4", b"Just text.\n" * 50, "cannot be opened as a video"),
    ],
    ids=["missing", "zero bytes", "text"],
)
def test_unreadable_files_are_refused_in_one_line(
    tmp_path: Path, name: str, content: bytes | None, expected: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SourceError, match=expected) as caught:
        RecordedSource("north", path)
    message = str(caught.value)
    assert "camera north" in message
    assert str(path) in message
    assert "remove the camera" in message
    assert "\n" not in message


def test_sound_without_video_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sound.wav"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), layout="mono")
        frame.rate = 8000
        container.mux(stream.encode(frame))
    with pytest.raises(SourceError, match=r"sound\.wav: no video stream"):
        RecordedSource("cam", path)


def test_a_header_without_pictures_is_refused(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", [0, 100])
    content = path.read_bytes()
    start = content.index(b"mdat") + 4
    size = int.from_bytes(content[start - 8 : start - 4]) - 8
    path.write_bytes(content[:start] + b"\xff" * size + content[start + size :])
    with pytest.raises(SourceError, match=r"camera cam: .*a\.mp4: no frame can be decoded"):
        RecordedSource("cam", path)


@pytest.fixture
def long_video(tmp_path: Path) -> Path:
    """Sixty frames at 10 per second, the index in front so that a cut file opens."""
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 255, (48, 64, 3), np.uint8)
    plain = write_video(tmp_path / "plain.mp4", range(0, 6000, 100), picture=noise)
    path = tmp_path / "long.mp4"
    with (
        av.open(str(plain)) as source,
        av.open(str(path), "w", options={"movflags": "faststart"}) as target,
    ):
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    return path


def test_a_recording_that_breaks_off_ends_with_one_warning(
    long_video: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    content = long_video.read_bytes()
    long_video.write_bytes(content[: len(content) * 2 // 3])
    source = RecordedSource("north", long_video)
    with caplog.at_level(logging.WARNING):
        frames = list(source.frames())
        again = list(source.frames())
    assert 10 < len(frames) == len(again) < 60
    assert len(source.warnings) == len(caplog.records) == 1
    assert "breaks off at" in source.warnings[0]
    assert f"{60 - len(frames)} of 60 frames" in source.warnings[0]
    assert "camera north" in caplog.text
    assert capfd.readouterr().err == ""  # libav writes there unless silenced


def test_a_matroska_file_whose_times_begin_late_is_whole(tmp_path: Path) -> None:
    # As the parts of a recording that was cut without setting its times back to zero.
    late = write_video(tmp_path / "late.mkv", range(3_600_000, 3_606_000, 100))
    source = RecordedSource("north", late)
    assert source.info.duration_s == pytest.approx(6.0, abs=0.11)
    assert [round(frame.timestamp, 3) for frame in source.frames()][-1] == 5.9
    assert source.warnings == []


def test_damaged_packets_are_skipped_and_counted(long_video: Path) -> None:
    with av.open(str(long_video)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
        places = [(packet.pos, packet.size) for packet in packets[31:34:2]]
    content = bytearray(long_video.read_bytes())
    for start, size in places:
        content[start : start + size] = b"\xff" * size
    long_video.write_bytes(content)
    source = RecordedSource("cam", long_video)
    frames = list(source.frames())
    times = [frame.timestamp for frame in frames]
    assert all(later > earlier for earlier, later in itertools.pairwise(times))
    assert times[-1] == pytest.approx(5.9)
    assert len(frames) == 58
    assert source.warnings == ["long.mp4: 2 of 60 frames are missing or damaged"]


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (100.25, 100.55, [100.3, 100.4, 100.5]),
        (90.0, 100.15, [100.0, 100.1]),
        (105.75, 999.0, [105.8, 105.9]),
        (100.3, 100.3, [100.3]),
        (200.0, 300.0, []),
        (0.0, 50.0, []),
    ],
    ids=["inside", "from before", "to after", "one", "after the end", "before the beginning"],
)
def test_frames_between(long_video: Path, first: float, last: float, expected: list[float]) -> None:
    source = RecordedSource("cam", long_video, start_timestamp=100.0)
    # A millisecond of slack: 100.3 is not a binary number.
    frames = list(source.frames_between(first - 1e-3, last + 1e-3))
    assert [frame.timestamp for frame in frames] == pytest.approx(expected)
    assert [frame.index for frame in frames] == list(range(len(expected)))


def test_seeking_gives_the_same_times_as_reading(long_video: Path) -> None:
    source = RecordedSource("cam", long_video, start_timestamp=1.7e9)
    times = [frame.timestamp for frame in source.frames()]
    sought = [frame.timestamp for frame in source.frames_between(times[20], times[40])]
    assert sought == times[20:41]


@pytest.mark.skipif(not CLIPS.is_dir(), reason="the real clips are not here")
def test_the_webcam_that_lost_its_first_frames() -> None:
    source = RecordedSource("cam", CLIPS / "ckuhn_webcam" / "ckuhn_traffic.mp4")
    frames = list(source.frames())
    assert source.info.frame_count == 754
    assert len(frames) == 734
    # It begins without a keyframe: the first picture comes 1.86 s after the beginning.
    assert frames[0].timestamp == pytest.approx(1.86)
    assert len(source.warnings) == 1
