"""Opens a video stream with libav, with actionable messages if it cannot be read."""

from __future__ import annotations

import math
import re
import time
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice, pairwise
from statistics import median
from typing import TYPE_CHECKING, Any, Final

import av
import numpy as np
from av.stream import Disposition
from av.video.reformatter import VideoReformatter

from app.errors import AccessError, SourceError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping
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
_SECRET: Final = re.compile(
    r"((?:user|username|usr|loginuse|pass|password|passwd|pwd|loginpas|token|auth|secret|key)=)"
    r"[^&;/]+",
    re.IGNORECASE,
)
"""A name or password under its key; some cameras want it in the query, others in the path."""
RATE_PACKETS: Final = 60
"""Packets that tell how many images a second usually has."""
_FILE: Final = "file:"
"""libav's protocol for files."""


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


def public_name(location: str) -> str:
    """Return a path or URL without the name and password that those of cameras often carry.

    >>> public_name("rtsp://admin:secret@10.0.0.7/stream1")
    'rtsp://***@10.0.0.7/stream1'
    >>> public_name("http://10.0.0.7/video?channel=1&user=admin&pwd=secret")
    'http://10.0.0.7/video?channel=1&user=***&pwd=***'
    """
    if "://" not in location:
        return location
    return _SECRET.sub(r"\1***", re.sub(r"(?<=://)[^/]*@", "***@", location))


def reason(error: av.FFmpegError) -> str:
    """Return libav's reason without its error number, file name and function."""
    text: object = error.strerror
    if isinstance(error, av.error.ExitError):
        # libav's interrupt callback fires when the time-out has passed.
        return NO_ANSWER
    return str(text or type(error).__name__)


def file_location(path: Path) -> str:
    """Return a file's path as libav takes it for one, whatever its name.

    Of `2026-05-04T08:30:00.mp4` it would take what comes before the colon for a protocol.
    """
    return f"{_FILE}{path}"


def open_stream(
    camera_id: str,
    location: str | Path,
    *,
    advice: str,
    demuxer: str | None = None,
    options: Mapping[str, str] | None = None,
    timeout_s: float | None = None,
    decoder_threads: int = 1,
) -> tuple[InputContainer, VideoStream]:
    """Open the first video stream of a file, URL or device.

    Args:
        camera_id: Named in errors.
        location: The file, or the URL or device that libav opens.
        advice: What the user can do where it cannot be opened; ends the message.
        demuxer: Name of libav's input format; None finds out from the content.
        options: For libav's demuxer.
        timeout_s: Longest wait for opening and for each packet; None waits without end.
        decoder_threads: Threads that libav may decode with.

    Returns:
        The container, which the caller closes, and its video stream.

    Raises:
        AccessError: If name or password are refused.
        SourceError: If it cannot be opened or holds no video.
    """
    where = f"camera {camera_id}: {public_name(str(location))}"
    try:
        container = av.open(
            location if isinstance(location, str) else file_location(location),
            format=demuxer,
            options=dict(options or {}),
            timeout=timeout_s,
        )
    except (av.HTTPUnauthorizedError, av.HTTPForbiddenError) as error:  # of RTSP, too
        raise AccessError(
            where,
            f"access is denied ({reason(error)}); not retried, since that can lock the "
            "account: check the name and password in the address",
        ) from error
    except av.FFmpegError as error:
        raise SourceError(
            f"{where}: cannot be opened as a video ({reason(error)}); {advice}"
        ) from (error)
    # Sound files carry an image of their cover, which is no camera's.
    streams = [
        stream
        for stream in container.streams.video
        if not stream.disposition & Disposition.attached_pic
    ]
    # An undecodable codec leaves a stream without a context.
    if not streams or getattr(streams[0], "codec_context", None) is None:
        kind = "no video stream" if not streams else "video in a codec that libav cannot decode"
        container.close()
        raise SourceError(f"{where}: {kind}; {advice}")
    stream = streams[0]
    stream.thread_type = "AUTO"
    stream.codec_context.thread_count = decoder_threads
    return container, stream


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
        duration_s = container.duration / 1_000_000  # av.time_base
    return SourceInfo(
        width=width,
        height=height,
        average_fps=float(rate) if rate else FALLBACK_FPS,
        duration_s=duration_s,
        frame_count=stream.frames or None,
        codec=stream.codec_context.name,
    )


def usual_fps(container: InputContainer, stream: VideoStream) -> float | None:
    """Return one over the median interval between a stream's next packets, None if unknown."""
    packets = islice(container.demux(stream), RATE_PACKETS)
    with suppress(av.FFmpegError):
        ticks = sorted(packet.pts for packet in packets if packet.pts is not None)
        intervals = [after - before for before, after in pairwise(ticks) if after > before]
        if intervals and stream.time_base:
            return float(1 / (median(intervals) * stream.time_base))
    return None


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
        silence_s: Seconds without a packet of it, while sound or others continue, after which it
            has broken off: time-outs of the container see only that something comes. Where packets
            of it come that yield no frame, `BLIND` times as long.
    """
    only = [stream] if silence_s == math.inf else []
    packets: Iterator[Packet[Any]] = container.demux(*only)
    heard_at = seen_at = time.monotonic()
    while True:
        try:
            packet = next(packets, None)
        except av.FFmpegError as error:
            tally.failure = reason(error)
            return
        if packet is None:
            return
        if packet.stream_index != stream.index:
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
    """

    def __init__(self, info: SourceInfo) -> None:
        self._size_wh = info.width, info.height
        self._reformatter = VideoReformatter()

    def __call__(self, frame: VideoFrame) -> NDArray[np.uint8]:
        """Return uint8 (H, W, 3), BGR; a stream that changes its size is scaled to its first."""
        quarter_turns = round(frame.rotation / 90) % 4
        width, height = self._size_wh if quarter_turns % 2 == 0 else self._size_wh[::-1]
        bgr = self._reformatter.reformat(frame, width=width, height=height, format="bgr24")
        image: NDArray[np.uint8] = np.asarray(bgr.to_ndarray(), np.uint8)
        # Both libav's angle and rot90 count counterclockwise.
        return np.ascontiguousarray(np.rot90(image, quarter_turns)) if quarter_turns else image
