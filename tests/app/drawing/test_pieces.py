"""Endless videos in pieces: nothing is lost between two of them, and each is a whole file."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path

import av
import numpy as np
import pytest

from app.drawing.pieces import PieceWriter
from app.drawing.video import VideoWriter
from app.errors import OutputError
from app.frames.recorded import RecordedSource
from app.times import format_stamp
from tests.app.footage import grey
from tests.little_room import little_room

NOON = 1_777_896_000.0
"""2026-05-04 12:00 UTC."""


def pieces(folder: Path, *, piece_s: int = 2, width: int = 64, height: int = 48) -> PieceWriter:
    return PieceWriter(
        partial(VideoWriter, width=width, height=height, fps=10, crf=8),
        lambda begin: folder / f"{format_stamp(begin)}.mp4",
        piece_s=piece_s,
    )


def write(folder: Path, times: list[float], *, piece_s: int = 2) -> list[Path]:
    """Write pictures whose grey says which one each is; gives the files."""
    with pieces(folder, piece_s=piece_s) as writer:
        for i, time in enumerate(times):
            writer.write(grey(20 + 4 * i), time)
    return sorted(folder.iterdir())


def test_the_pieces_hold_every_picture_once_at_its_time(tmp_path: Path) -> None:
    # An irregular camera, which begins between two limits.
    times = [NOON + 0.7 + 0.1 * i + 0.03 * (i % 3) for i in range(54)]
    files = write(tmp_path, times)
    assert [file.stem for file in files] == [
        "20260504T120000Z",
        "20260504T120002Z",
        "20260504T120004Z",
        "20260504T120006Z",
    ]
    seen: list[float] = []
    for number, file in enumerate(files):
        expected = [time for time in times if (time - NOON) // 2 == number]
        frames = list(RecordedSource("cam", file).frames())
        assert [frame.timestamp for frame in frames] == pytest.approx(
            [time - expected[0] for time in expected], abs=1 / 90_000
        )
        seen += [float(frame.image.mean()) for frame in frames]
    assert seen == pytest.approx([20 + 4 * i for i in range(54)], abs=1.9)


def test_each_piece_is_a_whole_file_that_begins_with_a_keyframe(tmp_path: Path) -> None:
    files = write(tmp_path, [NOON + i / 10 for i in range(50)])
    for file, frames in zip(files, (20, 20, 10), strict=True):
        with av.open(str(file)) as container:
            stream = container.streams.video[0]
            # A plain MP4 has an index; a fragmented one announces no frames.
            assert stream.frames == frames
            first = next(container.demux(stream))
            assert (first.is_keyframe, first.pts) == (True, 0)
            container.seek(int(1.0 / stream.time_base), stream=stream)
            assert next(container.decode(stream)).time <= 1.0


def test_a_camera_that_was_away_goes_on_in_a_new_piece(tmp_path: Path) -> None:
    files = write(tmp_path, [NOON, NOON + 0.1, NOON + 7.5, NOON + 7.6])
    assert [file.stem for file in files] == ["20260504T120000Z", "20260504T120007Z"]
    assert [len(list(RecordedSource("cam", file).frames())) for file in files] == [2, 2]


def test_a_piece_of_one_picture(tmp_path: Path) -> None:
    files = write(tmp_path, [NOON, NOON + 1, NOON + 2], piece_s=1)
    assert [len(list(RecordedSource("cam", file).frames())) for file in files] == [1, 1, 1]


def test_a_piece_is_finished_while_the_next_one_is_written(tmp_path: Path, monkeypatch) -> None:
    free, encode = threading.Event(), VideoWriter._encode

    def slow(writer: VideoWriter, image: np.ndarray, pts: int) -> None:
        assert free.wait(60)
        encode(writer, image, pts)

    with pieces(tmp_path) as writer, monkeypatch.context() as patch:
        patch.setattr(VideoWriter, "_encode", slow)
        writer.write(grey(20), NOON)
        # Would wait for ever if it waited for the first piece.
        writer.write(grey(20), NOON + 2)
        free.set()
    assert len(list(tmp_path.iterdir())) == 2


def test_threads_end_with_their_pieces(tmp_path: Path) -> None:
    before = threading.active_count()
    with pieces(tmp_path, piece_s=1) as writer:
        for i in range(40):
            writer.write(grey(20), NOON + i / 2)
            # That of this piece, and of the one before.
            assert threading.active_count() <= before + 2
    assert threading.active_count() == before
    assert len(list(tmp_path.iterdir())) == 20
    writer.close()


def test_nothing_written_leaves_no_file(tmp_path: Path) -> None:
    assert write(tmp_path, []) == []


def test_times_must_ascend(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="timestamp must ascend"):
        write(tmp_path, [NOON, NOON + 2, NOON + 1.9])


def test_a_full_disk_reaches_the_caller_with_a_later_picture(tmp_path: Path) -> None:
    before = threading.active_count()
    rng = np.random.default_rng(0)

    def fill() -> None:
        with pieces(tmp_path, width=320, height=240) as writer:
            # The disk is full when the first piece is finished.
            for i in range(2):
                writer.write(rng.integers(0, 255, (240, 320, 3), np.uint8), NOON + i / 10)
            while True:
                i += 1
                writer.write(grey(20, width=320, height=240), NOON + 2 + i / 100)

    full = r"00Z\.mp4: cannot write the video \(File too large\)"
    with little_room(), pytest.raises(OutputError, match=full):
        fill()
    assert threading.active_count() == before


def test_a_piece_that_cannot_be_begun_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "20260504T120002Z.mp4").mkdir()
    with pytest.raises(OutputError, match=r"02Z\.mp4: cannot write a video \(Is a directory\)"):
        write(tmp_path, [NOON, NOON + 2])
    assert len(list(RecordedSource("cam", tmp_path / "20260504T120000Z.mp4").frames())) == 1
