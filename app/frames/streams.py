"""Opens a video stream with libav, with actionable messages if it cannot be read."""

from __future__ import annotations

import errno
import re
from contextlib import suppress
from itertools import islice, pairwise
from statistics import median
from typing import TYPE_CHECKING, Final

import av

from app.errors import AccessError, SourceError, TooManyFilesError
from detector.files.decoding import METADATA_ERRORS, file_location, reason, video_stream

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from av.container import InputContainer
    from av.video.stream import VideoStream

_SECRET: Final = re.compile(
    r"((?:user|username|usr|loginuse|pass|password|passwd|pwd|loginpas|token|auth|secret|key)=)"
    r"[^&;/]+",
    re.IGNORECASE,
)
"""A name or password under its key; some cameras want it in the query, others in the path."""
_TOO_MANY_FILES: Final = (errno.EMFILE, errno.ENFILE)
"""Of this process, and of the machine."""
RATE_PACKETS: Final = 60
"""Packets that tell how many images a second usually has."""


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


def open_stream(
    camera_id: str,
    location: str | Path,
    *,
    advice: str,
    demuxer: str | None = None,
    options: Mapping[str, str] | None = None,
    timeout_s: float | None = None,
) -> tuple[InputContainer, VideoStream]:
    """Open the first video stream of a file, URL or device.

    Args:
        camera_id: Named in errors.
        location: The file, or the URL or device that libav opens.
        advice: What the user can do where it cannot be opened; ends the message.
        demuxer: Name of libav's input format; None finds out from the content.
        options: For libav's demuxer.
        timeout_s: Longest wait for opening and for each packet; None waits without end.

    Returns:
        The container, which the caller closes, and its video stream.

    Raises:
        AccessError: If name or password are refused.
        TooManyFilesError: If no more files can be open.
        SourceError: If it cannot be opened or holds no video.
    """
    where = f"camera {camera_id}: {public_name(str(location))}"
    try:
        container = av.open(
            location if isinstance(location, str) else file_location(location),
            format=demuxer,
            options=dict(options or {}),
            timeout=timeout_s,
            metadata_errors=METADATA_ERRORS,
        )
    except (av.HTTPUnauthorizedError, av.HTTPForbiddenError) as error:  # of RTSP, too
        raise AccessError(
            where,
            f"access is denied ({reason(error)}); not retried, since that can lock the "
            "account: check the name and password in the address",
        ) from error
    except av.FFmpegError as error:
        if error.errno in _TOO_MANY_FILES:
            raise TooManyFilesError(
                f"{where}: cannot be opened ({reason(error)}); raise the limit of open files "
                "(ulimit -n), or run fewer cameras at a time"
            ) from error
        why = f"cannot be opened as a video ({reason(error)})"
        raise SourceError(f"{where}: {why}; {advice}") from error
    try:
        stream = video_stream(container)
    except ValueError as error:
        container.close()
        raise SourceError(f"{where}: {error}; {advice}") from error
    # Several cameras are read at once, and decode side by side already.
    stream.codec_context.thread_count = 1
    return container, stream


def usual_fps(container: InputContainer, stream: VideoStream) -> float | None:
    """Return one over the median interval between a stream's next packets, None if unknown."""
    packets = islice(container.demux(stream), RATE_PACKETS)
    with suppress(av.FFmpegError):
        ticks = sorted(packet.pts for packet in packets if packet.pts is not None)
        intervals = [after - before for before, after in pairwise(ticks) if after > before]
        if intervals and stream.time_base:
            return float(1 / (median(intervals) * stream.time_base))
    return None
