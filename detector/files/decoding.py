"""Decodes a video stream with libav; what is damaged is skipped and counted."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import av
import numpy as np
from av.stream import Disposition
from av.video.reformatter import VideoReformatter

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream
    from numpy.typing import NDArray

FALLBACK_FPS: Final = 25.0
"""Frames per second assumed where a stream states none."""
NO_ANSWER: Final = "no answer in time"
"""Why a stream is read no more that has fallen silent."""
NO_PICTURE: Final = "nothing in it can be decoded"
"""Why a stream is given up that sends endless data without a frame."""
BLIND: Final = 6.0
"""How much more patience than with silence there is with what gives no picture: the next keyframe
may be most of a minute away."""
EARLY_END_S: Final = 1.0
"""How much of its announced duration a recording may lack before that is worth a warning."""
METADATA_ERRORS: Final = "replace"
"""What PyAV does with a title or comment that is not UTF-8: nobody needs it to see the video."""
_FILE: Final = "file:"
"""libav's protocol for files."""


def file_location(path: Path) -> str:
    """Return a file's path as libav takes it for one, whatever its name.

    Of `2026-05-04T08:30:00.mp4` it would take what comes before the colon for a protocol.
    """
    return f"{_FILE}{path}"


def reason(error: av.FFmpegError) -> str:
    """Return libav's reason without its error number, file name and function."""
    text: object = error.strerror
    if isinstance(error, av.error.ExitError):
        # libav's interrupt callback fires when the time-out has passed.
        return NO_ANSWER
    return str(text or type(error).__name__)


def video_stream(container: InputContainer) -> VideoStream:
    """Return the first stream of a container that a camera may have filmed.

    Raises:
        ValueError: If it has none, or one that cannot be decoded.
    """
    # Sound files carry an image of their cover, which is no camera's.
    streams = [
        stream
        for stream in container.streams.video
        if not stream.disposition & Disposition.attached_pic
    ]
    if not streams:
        raise ValueError("no video stream")
    # An undecodable codec leaves a stream without a context.
    if getattr(streams[0], "codec_context", None) is None:
        raise ValueError("video in a codec that libav cannot decode")
    return streams[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceInfo:
    """What a stream says about itself before it is read.

    Attributes:
        width: Pixels, as displayed: after rotation.
        height: Pixels, as displayed.
        average_fps: Mean frames per second, of a recording while it has no gap; `FALLBACK_FPS`
            where the stream states none.
        duration_s: Seconds, None where unknown (live streams).
        frame_count: Frames that the header announces, None where it doesn't; fewer may decode.
        codec: Name of the codec, as libav calls it.
    """

    width: int
    height: int
    average_fps: float
    duration_s: float | None
    frame_count: int | None
    codec: str


def describe(container: InputContainer, stream: VideoStream, first: VideoFrame) -> SourceInfo:
    """Return what a stream says about itself; its first frame tells how it is turned."""
    width, height = first.width, first.height
    if first.rotation % 180:
        width, height = height, width
    rate = stream.average_rate or stream.guessed_rate
    duration_s = None
    if stream.duration and stream.time_base:
        duration_s = float(stream.duration * stream.time_base)
    elif container.duration:
        ticks = container.duration
        # Matroska counts its length from zero, also where its times begin later.
        if "matroska" in container.format.name:
            ticks -= container.start_time or 0
        duration_s = ticks / 1_000_000  # av.time_base
    return SourceInfo(
        width=width,
        height=height,
        average_fps=float(rate) if rate else FALLBACK_FPS,
        duration_s=duration_s,
        frame_count=stream.frames or None,
        codec=stream.codec_context.name,
    )


@dataclass(slots=True)
class DecodeTally:
    """What became of a stream's packets, counted while they are decoded.

    Attributes:
        frames: Pictures that came out.
        hidden: Packets outside the edit list: read for the sake of later ones, never shown.
        undecodable: Packets that were skipped because they are damaged.
        failure: Why reading ended before the end, empty if it didn't.
    """

    frames: int = 0
    hidden: int = 0
    undecodable: int = 0
    failure: str = ""


def damage(info: SourceInfo, tally: DecodeTally, last_s: float) -> str:
    """Return in words what is wrong with a file that has been read; empty if nothing.

    Args:
        info: What it says about itself.
        tally: What became of its packets.
        last_s: Time of its last frame, in seconds from its beginning.
    """
    expected = (info.frame_count or 0) - tally.hidden
    missing = max(expected - tally.frames, tally.undecodable)
    parts = []
    if tally.failure:
        parts.append(f"reading failed ({tally.failure})")
    if info.duration_s and last_s + 1 / info.average_fps < info.duration_s - EARLY_END_S:
        parts.append(f"breaks off at {last_s:.1f} s of {info.duration_s:.1f} s")
    if missing > 0:
        of = f" of {expected}" if expected >= missing else ""
        parts.append(f"{missing}{of} frames are missing or damaged")
    return "; ".join(parts)


def decode(
    container: InputContainer,
    stream: VideoStream,
    tally: DecodeTally,
    *,
    silence_s: float = math.inf,
) -> Generator[VideoFrame]:
    """Yield a stream's images up to its end or break-off, skipping packets that don't decode.

    Args:
        container: What it is in.
        stream: The stream.
        tally: Counts what comes, and says why it broke off.
        silence_s: Seconds without a packet of it, the time-out of the container, after which it has
            broken off; also while sound or others continue, for a container's time-out sees only
            that something comes. Where packets of it come that yield no frame, `BLIND` times as
            long.
    """
    only = [stream] if silence_s == math.inf else []
    packets: Iterator[Packet[Any]] = container.demux(*only)
    heard_at = seen_at = time.monotonic()
    while True:
        asked_at = time.monotonic()
        try:
            packet = next(packets, None)
        except av.FFmpegError as error:
            tally.failure = reason(error)
            return
        if packet is None:
            return
        if time.monotonic() - asked_at >= silence_s:
            # A time-out, at which libav gives what it held back for want of what follows. Whoever
            # takes it would believe that it was filmed just now.
            tally.failure = NO_ANSWER
            return
        # Not `stream_index`: the empty packets of all streams, at the end, have that of the first.
        if packet.stream.index != stream.index:
            if time.monotonic() - heard_at > silence_s:
                tally.failure = NO_ANSWER
                return
            continue
        tally.hidden += packet.is_discard
        try:
            pictures = packet.decode()
        except av.FFmpegError:
            tally.undecodable += 1
            pictures = []
        for picture in pictures:
            tally.frames += 1
            yield picture
        heard_at = time.monotonic()
        if pictures:
            seen_at = heard_at
        elif heard_at - seen_at > BLIND * silence_s:
            tally.failure = NO_PICTURE
            return


class ImageConverter:
    """Turns decoded frames into upright BGR images of one size.

    It keeps libav's scaler between frames: setting it up again for each costs a third of the
    decoding speed at 960x540.

    Args:
        size_wh: Width and height of the images in pixels, as displayed: after rotation.
    """

    def __init__(self, size_wh: tuple[int, int]) -> None:
        self._size_wh = size_wh
        self._reformatter = VideoReformatter()

    def __call__(self, frame: VideoFrame) -> NDArray[np.uint8]:
        """Return uint8 (H, W, 3), BGR; a stream that changes its size is scaled to its first."""
        quarter_turns = round(frame.rotation / 90) % 4
        width, height = self._size_wh if quarter_turns % 2 == 0 else self._size_wh[::-1]
        bgr = self._reformatter.reformat(frame, width=width, height=height, format="bgr24")
        image: NDArray[np.uint8] = np.asarray(bgr.to_ndarray(), np.uint8)
        # Both libav's angle and rot90 count counterclockwise.
        return np.ascontiguousarray(np.rot90(image, quarter_turns)) if quarter_turns else image
