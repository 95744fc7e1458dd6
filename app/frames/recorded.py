"""A recording as a camera: every frame, with its presentation timestamp."""

from __future__ import annotations

import logging
from contextlib import closing, suppress
from dataclasses import replace
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Final
from weakref import WeakSet

import av

from app.errors import SourceError
from app.frames.background import prefetch
from app.frames.blank import Watch
from app.frames.streams import open_stream, usual_fps
from app.storage.outages import Outages
from detector.files.decoding import DecodeTally, ImageConverter, damage, decode, describe
from detector.types import Frame

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from av.container import InputContainer
    from av.video.stream import VideoStream

    from detector.files.decoding import SourceInfo

_log = logging.getLogger(__name__)

PREFETCH_FRAMES: Final = 3
"""Decoded frames that wait for the consumer: hides a keyframe's decoding, 19 MB at 1080p."""
SEEK_BACK_S: Final = 2.0
"""How far to go back where a seek found no keyframe in time; twice as far each time after that."""
RESTART_S: Final = 1.0
"""Timestamps that fall back by more have begun again; by less, they are in disorder."""
GAPS: Final = 2.0
"""A mean rate that is so many times below the usual one is that of a recording with gaps."""
_ADVICE: Final = "give a video file that ffprobe can read, or remove the camera"


class PresentationClock:
    """Turns presentation timestamps into strictly ascending seconds.

    A timestamp that is missing or doesn't ascend is replaced by the one before it plus the
    average interval; the first of several that don't ascend by half of it, so that a single
    double timestamp does not push all later ones aside. Where they fall back by more than
    `RESTART_S` and ascend again from there, as in recordings that were joined byte by byte, they
    count on from where they fell back. A single one that is far ahead of those before and after
    it is as good as missing.

    Args:
        tick_s: Seconds per tick, the stream's time base.
        origin: Tick that counts as zero; None, or one that lies after the first frame, makes the
            first frame zero.
        interval_s: Average seconds between two frames.
    """

    def __init__(self, tick_s: float, origin: int | None, *, interval_s: float) -> None:
        self._tick_s = tick_s
        self._origin = origin
        self._interval_s = interval_s
        self._last_s: float | None = None
        self._stuck = False
        self._fallen_to: int | None = None

    def seconds(self, pts: int | None, following: int | None = None) -> float:
        """Return the time of the next frame.

        Args:
            pts: Its presentation timestamp, None if it has none.
            following: That of the frame after it, None if it has none or there is no such frame.

        >>> clock = PresentationClock(0.001, 5000, interval_s=0.5)
        >>> [clock.seconds(pts) for pts in (5000, None, 5100, 6200)]
        [0.0, 0.5, 0.75, 1.2]
        """
        if self._last_s is None:
            self._last_s = self._stated(pts, 0.0) if pts is not None else 0.0
            return self._last_s
        expected = self._last_s + self._interval_s
        stated = expected if pts is None else self._stated(pts, expected)
        if pts is not None and following is not None:
            then = self._stated(following, expected)
            if self._last_s < then < stated - RESTART_S:
                pts, stated = None, expected
        fallen_to, self._fallen_to = self._fallen_to, None
        if pts is not None and stated < self._last_s - RESTART_S:
            if fallen_to is not None and pts > fallen_to:
                self._origin = fallen_to - round(self._last_s / self._tick_s)
                stated = self._stated(pts, expected)
            else:
                self._fallen_to = pts
        if stated > self._last_s:
            self._stuck = False
            self._last_s = stated
        else:
            is_single = not self._stuck and self._fallen_to is None
            self._last_s = self._last_s + self._interval_s / 2 if is_single else expected
            self._stuck = True
        return self._last_s

    def _stated(self, pts: int, expected: float) -> float:
        before_zero = self._last_s is None and self._origin is not None and pts < self._origin
        if self._origin is None or before_zero:
            self._origin = pts - round(expected / self._tick_s)
        return (pts - self._origin) * self._tick_s


class RecordedSource:
    """A video file, of which no frame is dropped.

    Args:
        camera_id: The camera it stands for.
        path: The file.
        start_timestamp: UTC seconds at which the recording begins, by the camera's clock.
        clock_offset_s: Seconds to add to the camera's clock to get the true time.

    Attributes:
        info: Size, rate and length, as the file states them.
        warnings: What was wrong with the recording; filled once, when its end is reached.
        seeks: Whether `frames_between` may seek: where timestamps begin again, that would find
            another part of the recording.

    Raises:
        SourceError: If the file is missing, unreadable or holds no frame.
    """

    def __init__(
        self,
        camera_id: str,
        path: Path,
        *,
        start_timestamp: float = 0.0,
        clock_offset_s: float = 0.0,
    ) -> None:
        self.camera_id = camera_id
        self.path = path
        self.live = False
        self.warnings: list[str] = []
        self._watch: Watch | None = None
        self.seeks = True
        self._zero = start_timestamp + clock_offset_s
        self._readers: WeakSet[Generator[Frame]] = WeakSet()
        self.info, self._origin = self._probe()

    @property
    def outages(self) -> Outages:
        """Gaps and blank frames, as far as the last reader of all frames has come."""
        return self._watch.outages if self._watch is not None else Outages()

    def frames(self) -> Generator[Frame]:
        """Yield every frame from the beginning, decoded ahead in a thread.

        A recording that is damaged or breaks off ends early; that is logged, and added to
        `warnings`, once.
        """
        reader = prefetch(self._all(), depth=PREFETCH_FRAMES, name=f"decode-{self.camera_id}")
        self._readers.add(reader)
        return reader

    def frames_between(self, first: float, last: float) -> Generator[Frame]:
        """Yield the frames with first <= timestamp <= last (UTC seconds), if need be by seeking.

        Their `index` counts from the first one yielded.
        """
        index = 0
        with closing(self._from(first) if self.seeks else self._sought(self._zero)) as frames:
            for frame in frames:
                if frame.timestamp > last:
                    return
                if frame.timestamp >= first:
                    yield Frame(self.camera_id, index, frame.timestamp, frame.image)
                    index += 1

    def close(self) -> None:
        """Stop every reader; closing twice does nothing."""
        while self._readers:
            self._readers.pop().close()

    def _from(self, first: float) -> Generator[Frame]:
        """Yield the frames from one at or before a time on, or from the very first on."""
        back_s = 0.0
        while first - back_s > self._zero:
            with closing(self._sought(first - back_s)) as frames:
                head = next(frames, None)
                if head is not None and head.timestamp <= first:
                    yield head
                    yield from frames
                    return
            # Containers without an index (MPEG-TS) are sought by time alone, and what comes before
            # the next keyframe cannot be decoded.
            back_s = max(SEEK_BACK_S, 2 * back_s)
        yield from self._sought(self._zero)

    def _sought(self, begin: float) -> Generator[Frame]:
        """Yield the frames from about a time on."""
        container, stream = self._open()
        with container:
            if begin > self._zero and stream.time_base:
                ticks = int((begin - self._zero) / stream.time_base) + (self._origin or 0)
                # Streams without timestamps (*.h264) cannot be sought, and begin at their first.
                with suppress(av.FFmpegError):
                    # To the last keyframe at or before that time, where the container knows it.
                    container.seek(ticks, stream=stream, backward=True)
            yield from self._decode(container, stream, DecodeTally())

    def _open(self) -> tuple[InputContainer, VideoStream]:
        return open_stream(self.camera_id, self.path, advice=_ADVICE)

    def _probe(self) -> tuple[SourceInfo, int | None]:
        """Decode one frame, so that a file without a frame is refused before the run."""
        where = f"camera {self.camera_id}: {self.path}"
        if not self.path.is_file():
            # libav would take it for a protocol, or a folder for a series of images.
            raise SourceError(f"{where}: no such file; correct the path or remove the camera")
        container, stream = self._open()
        with container:
            for picture in decode(container, stream, DecodeTally()):
                origin = picture.pts if stream.start_time is None else stream.start_time
                info = describe(container, stream, picture)
                usual = usual_fps(container, stream)
                # A recorder that waits for something to move leaves gaps, which are not its rate.
                if usual is not None and usual > GAPS * info.average_fps:
                    info = replace(info, average_fps=usual)
                return info, origin
        raise SourceError(f"{where}: no frame can be decoded; {_ADVICE}")

    def _all(self) -> Generator[Frame]:
        container, stream = self._open()
        tally = DecodeTally()
        read_before = self._watch is not None
        watch = Watch(self.camera_id, 1 / self.info.average_fps, quiet=read_before)
        self._watch = watch
        last = self._zero
        with container:
            for frame in self._decode(container, stream, tally):
                last = frame.timestamp
                watch.look(frame)
                yield frame
        complaint = damage(self.info, tally, last - self._zero)
        if complaint and not self.warnings:
            self.warnings.append(f"{self.path.name}: {complaint}")
            _log.warning("camera %s: %s", self.camera_id, self.warnings[0])

    def _decode(
        self, container: InputContainer, stream: VideoStream, tally: DecodeTally
    ) -> Generator[Frame]:
        interval_s = 1 / self.info.average_fps
        clock = PresentationClock(
            float(stream.time_base or interval_s), self._origin, interval_s=interval_s
        )
        convert = ImageConverter((self.info.width, self.info.height))
        pictures = decode(container, stream, tally)
        for index, (picture, following) in enumerate(pairwise(chain(pictures, [None]))):
            if picture is not None:
                pts = None if following is None else following.pts
                timestamp = self._zero + clock.seconds(picture.pts, pts)
                yield Frame(self.camera_id, index, timestamp, convert(picture))
