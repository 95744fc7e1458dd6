"""A live camera: the newest picture, at the time it arrived."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Final

from app.background import Newest, interruptible
from app.errors import SourceError
from app.steady_clock import SteadyClock
from app.streams import DecodeTally, ImageConverter, decode, describe, open_stream, public_name
from detector.types import Frame

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from av.container import InputContainer
    from av.video.frame import VideoFrame

    from app.streams import SourceInfo

_log = logging.getLogger(__name__)

TIMEOUT_S: Final = 10.0
"""How long a camera may be silent: some send a keyframe only every few seconds."""
_MIN_STEP_S: Final = 1e-3
"""Two frames that arrive together are this far apart."""
_CLOCK: Final = SteadyClock()
_DEVICES: Final = {"linux": ("v4l2", "/dev/video{}"), "darwin": ("avfoundation", "{}")}
"""libav's input format and naming of capture devices by platform."""
_ADVICE: Final = "check that it is switched on and reachable, and the address and password"


class LiveSource:
    """An RTSP (or other) stream, or a capture device, of which only the newest frame is kept.

    It is read from the moment it is opened, so that nothing piles up at the sender.

    Args:
        camera_id: The camera.
        location: A URL, or the number of a device.
        clock_offset_s: Seconds to add to this machine's clock to get the true time.
        timeout_s: Longest wait for the connection and for each packet; after that the camera has
            ended.
        clock: Gives UTC seconds.

    Attributes:
        info: Size and rate, as the stream states them.
        warnings: Why it ended.

    Raises:
        SourceError: If it cannot be opened or sends no picture.
    """

    def __init__(
        self,
        camera_id: str,
        location: str | int,
        *,
        clock_offset_s: float = 0.0,
        timeout_s: float = TIMEOUT_S,
        clock: Callable[[], float] = _CLOCK,
    ) -> None:
        self.camera_id = camera_id
        self.live = True
        self.warnings: list[str] = []
        self._clock = clock
        self._clock_offset_s = clock_offset_s
        self._name = f"device {location}" if isinstance(location, int) else public_name(location)
        demuxer, address = _address(camera_id, location)

        def connect() -> Generator[Frame]:
            container, stream = open_stream(
                camera_id,
                address,
                advice=_ADVICE,
                demuxer=demuxer,
                # Over UDP, lost packets smear the picture until the next keyframe.
                options={"rtsp_transport": "tcp"} if address.startswith("rtsp") else {},
                timeout_s=timeout_s,
            )
            tally = DecodeTally()
            pictures = decode(container, stream, tally)
            first = next(pictures, None)
            if first is None:
                container.close()
                why = f" ({tally.failure})" if tally.failure else ""
                raise SourceError(f"camera {camera_id}: {self._name}: no picture{why}; {_ADVICE}")
            self.info: SourceInfo = describe(container, stream, first)
            return self._read(container, first, pictures, tally)

        items = interruptible(connect, name=f"connect-{camera_id}")
        self._newest = Newest(items, name=f"live-{camera_id}")

    @property
    def dropped(self) -> int:
        """How many frames came and went before anybody asked for them."""
        return self._newest.dropped

    @property
    def ended(self) -> bool:
        """Whether the last frame has been taken and none will come."""
        return self._newest.exhausted

    def latest(self) -> Frame | None:
        """Return the newest frame if it has not been returned yet; never waits."""
        return self._newest.take(wait=False)

    def frames(self) -> Generator[Frame]:
        """Yield the newest frame whenever the consumer is ready for one, until the camera ends."""
        while (frame := self._newest.take(wait=True)) is not None:
            yield frame

    def hang_up(self) -> None:
        """Have the camera closed with its next frame; never waits."""
        self._newest.stop(wait=False)

    def close(self) -> None:
        """Hang up, and wait for that half a second at most, from the first call of either on."""
        self._newest.stop()

    def _read(
        self,
        container: InputContainer,
        first: VideoFrame,
        pictures: Generator[VideoFrame],
        tally: DecodeTally,
    ) -> Generator[Frame]:
        convert = ImageConverter(self.info)
        timestamp = float("-inf")
        index = 0
        with container:
            picture: VideoFrame | None = first
            while picture is not None:
                timestamp = max(self._clock() + self._clock_offset_s, timestamp + _MIN_STEP_S)
                yield Frame(self.camera_id, index, timestamp, convert(picture))
                index += 1
                picture = next(pictures, None)
        self.warnings.append(
            f"{self._name}: the stream ended{tally.failure and ': '}{tally.failure}"
        )
        _log.warning("camera %s: %s", self.camera_id, self.warnings[0])


def _address(camera_id: str, location: str | int) -> tuple[str | None, str]:
    """Return libav's input format (None: by content) and name for a URL or device number."""
    if isinstance(location, str):
        return None, location
    if sys.platform not in _DEVICES:
        raise SourceError(
            f"camera {camera_id}: device {location}: devices cannot be opened by number on "
            f"{sys.platform}; give a URL"
        )
    demuxer, pattern = _DEVICES[sys.platform]
    return demuxer, pattern.format(location)
